"""The invoice that an address names: one whose date has come, or the one that is expected next."""

from dataclasses import dataclass
from datetime import date, datetime

from desk.web.desk import Desk
from desk.web.times import Times
from ledger.application.show_license import LicenseSheet, Row, show_license
from ledger.rules.calendar import first_instant
from ledger.rules.errors import NotFound


class InvoiceNotFound(NotFound):
    """Raised for a billing date without an invoice, at the times that were asked for."""

    code = "invoice_not_found"
    template = "Licence {license_id!r} has no invoice of {name}, as known at that time."
    hint = "An invoice may exist at another time: look at the licence's invoices."


@dataclass(frozen=True)
class FoundInvoice:
    """An invoice's row and its licence's sheet; `as_of` is when to ask, its own date if that is ahead."""

    sheet: LicenseSheet
    row: Row
    is_expected: bool
    as_of: datetime


def find_invoice(desk: Desk, license_id: str, billing_date: date, times: Times) -> FoundInvoice:
    """Return the invoice of a billing date; raises InvoiceNotFound and what `show_license` raises."""
    sheet = show_license(desk.ledger, license_id, as_of=times.as_of, known_at=times.known_at)
    wanted = billing_date.isoformat()
    for row in sheet.invoices:
        if row["billing_date"] == wanted:
            return FoundInvoice(sheet, row, is_expected=False, as_of=times.as_of)
    expected = sheet.next_invoice
    if expected is None or expected["billing_date"] != wanted:
        raise InvoiceNotFound(what="invoice", name=wanted, license_id=license_id)
    at = first_instant(billing_date, sheet.time_zone)
    return FoundInvoice(sheet, expected, is_expected=True, as_of=at)
