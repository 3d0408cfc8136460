"""One invoice: its lines, what it was made under, and room for the document and its explanation."""

from datetime import date
from typing import Literal

from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import TheDesk
from desk.web.routing import Pages, View
from desk.web.times import TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from ledger.application.show_license import LicenseSheet, Row, show_license
from ledger.rules.errors import NotFound
from ledger.rules.words import PricingModel

pages = Pages()

# a field of that name hides the type
Day = date


class InvoiceNotFound(NotFound):
    """Raised for a billing date without an invoice, at the times that were asked for."""

    code = "invoice_not_found"
    template = "Licence {license_id!r} has no invoice of {name}, as known at that time."
    hint = "An invoice may exist at another time: look at the licence's invoices."


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


@pages.read(
    "/licenses/{license_id:name}/invoices/{billing_date}",
    "invoice.html",
    may(Right.READ_INVOICES),
    summary="Show an invoice",
)
def invoice(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> InvoiceView:
    """Return an invoice as it stands at the times that are asked for; who read it is written down."""
    sheet = show_license(desk.ledger, license_id, as_of=times.as_of, known_at=times.known_at)
    row, is_expected = _row(sheet, billing_date), False
    if row is None and sheet.next_invoice is not None:
        row, is_expected = sheet.next_invoice, True
    if row is None or row["billing_date"] != billing_date.isoformat():
        raise InvoiceNotFound(what="invoice", name=billing_date.isoformat(), license_id=license_id)
    note_access(desk.accounts, visitor, "read_invoice", license_id, billing_date.isoformat())
    dates = [one["billing_date"] for one in sheet.invoices]
    place = len(dates) if is_expected else dates.index(row["billing_date"])
    return InvoiceView(
        partner_id=sheet.summary.partner_id,
        payer=sheet.summary.payer,
        times=times,
        is_expected=is_expected,
        before=date.fromisoformat(dates[place - 1]) if place else None,
        after=date.fromisoformat(dates[place + 1]) if place + 1 < len(dates) else None,
        **row,
    )


def _row(sheet: LicenseSheet, billing_date: date) -> Row | None:
    wanted = billing_date.isoformat()
    return next((one for one in sheet.invoices if one["billing_date"] == wanted), None)
