"""An invoice in the form that somebody wants: plain text, HTML or PDF."""

from desk.configuration import Configuration
from desk.documents.form import Form
from desk.documents.html import html_of
from desk.documents.page import page_of
from desk.documents.pdf import pdf_of
from desk.documents.text import text_of
from ledger.application.invoice_document import InvoiceDocument


def in_form(document: InvoiceDocument, configuration: Configuration, form: Form) -> bytes:
    """Return an invoice as bytes, text in UTF-8; the same for the same invoice and configuration.

    Raises PdfLibraryMissing where a PDF cannot be made.
    """
    page, paper = page_of(document, configuration), configuration.invoices.paper
    if form is Form.PDF:
        return pdf_of(page, paper)
    return (html_of(page, paper) if form is Form.HTML else text_of(page)).encode()
