"""One invoice: its lines, what it was made under, its document, and why it was charged."""

from datetime import date
from typing import Literal

from fastapi import Request
from fastapi.responses import Response

from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import TheDesk, desk_of
from desk.web.pages.invoice_found import FoundInvoice, find_invoice
from desk.web.pages.invoice_why import why_of
from desk.web.rendering import page
from desk.web.routing import Pages, View
from desk.web.times import TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from ledger.rules.words import PricingModel

pages = Pages()

# a field of that name hides the type
Day = date


class InvoiceLine(View):
    """A line: `quantity` units at `unit_amount`, or a rate, or what corrects an earlier invoice."""

    kind: Literal["recurring", "true_up", "discount", "adjustment"]
    amount: int
    pricing_model: PricingModel | None = None
    quantity: int | None = None
    unit_amount: int | None = None
    date: Day | None = None
    remaining_days: int | None = None
    period_days: int | None = None
    period_start: Day | None = None
    period_end: Day | None = None
    rate: str | None = None
    billing_date: Day | None = None


class InvoiceView(View):
    """An invoice. Amounts are minor units of `currency`; `number` is null until it is issued."""

    license_id: str
    partner_id: str | None
    payer: str
    times: Times
    billing_date: date
    number: str | None
    period_start: date | None
    period_end: date | None
    pricing_model: PricingModel | None
    plan: str
    billing_cycle: str
    currency: str
    lines: list[InvoiceLine]
    total: int
    is_expected: bool
    before: date | None
    after: date | None


_PATH = "/licenses/{license_id:name}/invoices/{billing_date}"


@pages.data(_PATH, may(Right.READ_INVOICES), summary="Show an invoice", name="api_invoice")
def invoice_data(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> InvoiceView:
    """Return an invoice as it stands at the times that are asked for; who read it is written down."""
    found = find_invoice(desk, license_id, billing_date, times)
    note_access(desk.accounts, visitor, "read_invoice", license_id, billing_date.isoformat())
    return _view(found, times)


@pages.page(_PATH, may(Right.READ_INVOICES), name="invoice")
def invoice_page(
    request: Request,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> Response:
    """Show the same with its document, and why it was charged."""
    desk = desk_of(request)
    found = find_invoice(desk, license_id, billing_date, times)
    note_access(desk.accounts, visitor, "read_invoice", license_id, billing_date.isoformat())
    context = {"view": _view(found, times), "why": why_of(desk, found, times)}
    return page(request, "invoice.html", context)


def _view(found: FoundInvoice, times: Times) -> InvoiceView:
    sheet, row = found.sheet, found.row
    dates = [one["billing_date"] for one in sheet.invoices]
    place = len(dates) if found.is_expected else dates.index(row["billing_date"])
    return InvoiceView(
        partner_id=sheet.summary.partner_id,
        payer=sheet.summary.payer,
        times=times,
        is_expected=found.is_expected,
        before=date.fromisoformat(dates[place - 1]) if place else None,
        after=date.fromisoformat(dates[place + 1]) if place + 1 < len(dates) else None,
        **row,
    )
