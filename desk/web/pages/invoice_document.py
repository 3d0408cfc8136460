"""An invoice's document as its payer gets it: a page of its own to look at or print, and a PDF."""

import base64
import hashlib
import re
from datetime import date

from fastapi.responses import HTMLResponse, Response

from desk.documents.form import Form
from desk.documents.pdf import PACKAGES, PdfLibraryMissing
from desk.documents.rendering import in_form
from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import Desk, TheDesk
from desk.web.limiting import EXPORTS_A_USER
from desk.web.pages.invoice_found import find_invoice
from desk.web.routing import Pages
from desk.web.times import TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from ledger.application.invoice_document import InvoiceDocument, draft_document
from ledger.rules.errors import LedgerError

pages = Pages()

_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class NoPdfHere(LedgerError):
    """Raised where the machine that serves the pages lacks the libraries that a PDF is set with."""

    code = "pdf_library_missing"
    template = "{reason}"
    hint = (
        "Open the document and print it from the browser instead. Whoever runs this ledger can mend it: on "
        f"Debian and Ubuntu, apt-get install {PACKAGES}."
    )


@pages.page(
    "/licenses/{license_id:name}/invoices/{billing_date}/document",
    may(Right.READ_INVOICES),
    name="invoice_document",
)
def invoice_document(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> Response:
    """Show the document; it brings its own style, which alone it may use, and may stand inside our pages."""
    document = _document(desk, license_id, billing_date, times)
    note_access(desk.accounts, visitor, "read_invoice", license_id, f"{billing_date}, document")
    html = in_form(document, desk.configuration, Form.HTML).decode()
    return HTMLResponse(html, headers=_own_headers(html))


@pages.download(
    "/licenses/{license_id:name}/invoices/{billing_date}/invoice.pdf",
    may(Right.READ_INVOICES),
    summary="Get an invoice as PDF",
    media_type="application/pdf",
)
def invoice_pdf(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> Response:
    """Return the document as PDF, named by its number; a draft by licence and date."""
    desk.limits.hit(EXPORTS_A_USER, visitor.name)
    document = _document(desk, license_id, billing_date, times)
    try:
        pdf = in_form(document, desk.configuration, Form.PDF)
    except PdfLibraryMissing as missing:
        raise NoPdfHere(reason=str(missing)) from missing
    note_access(desk.accounts, visitor, "read_invoice", license_id, f"{billing_date}, PDF")
    name = _UNSAFE.sub("-", document.number or f"{license_id}-{billing_date}")
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _document(desk: Desk, license_id: str, billing_date: date, times: Times) -> InvoiceDocument:
    found = find_invoice(desk, license_id, billing_date, times)
    return draft_document(desk.ledger, license_id, billing_date, found.as_of, times.known_at)


def _own_headers(html: str) -> dict[str, str]:
    digests = [hashlib.sha256(style.encode()).digest() for style in _STYLE.findall(html)]
    styles = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'self'"
        ),
        "X-Frame-Options": "SAMEORIGIN",
    }
