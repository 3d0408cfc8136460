"""Invoices as the partner API of the programme's owner returns them, read exactly or refused by row."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from ledger.rules.currencies import MINOR_UNIT_DIGITS
from ledger.rules.errors import LedgerError
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR

MAX_ROWS = 100_000
MAX_AMOUNT = Decimal(10**12)
MAX_DECIMALS = 12
MAX_SEATS = 10**9
MAX_TEXT_LENGTH = 200
_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ Tt](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(?:[ ]?([Zz]|[+-]\d\d:?\d\d))?)?", re.ASCII
)
_AMOUNT = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,12})?", re.ASCII)


class BadPartnerFile(LedgerError):
    """Raised for a file that is not what the partner API returns."""

    code = "bad_partner_file"
    template = "{file}: {reason}."
    hint = 'The file is what the partner API answers: one JSON object with "result", a list of invoices.'


class BadPartnerRow(LedgerError):
    """Raised for an invoice of the file that cannot be what its fields mean; rows count from 1."""

    code = "bad_partner_row"
    template = "{file}, row {row}: {field}: {reason}."
    hint = "Nothing was compared. Fetch the file again, or mend the row."


@dataclass(frozen=True)
class Stamp:
    """When an invoice was made there: a day, an instant if the file says the zone, or a time without one."""

    text: str
    day: date
    clock: datetime | None
    instant: datetime | None


@dataclass(frozen=True)
class PartnerInvoice:
    """One invoice there. `amount` is in units of the currency, exactly as written."""

    row: int
    invoice_no: str
    stamp: Stamp
    plan: str
    seats: int
    billing_cycle: str
    amount: Decimal
    status: str
    currency: str | None
    license_id: str | None
    organization_id: str | None


def read_partner_file(file: str, text: bytes) -> list[PartnerInvoice]:
    """Return the invoices of a file in its order; `file` names it for people.

    Amounts are read as decimals and never as floats. Raises BadPartnerFile and BadPartnerRow.
    """
    try:
        whole = json.loads(text.decode(), parse_float=Decimal, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise BadPartnerFile(file=file, reason="it is not UTF-8 text") from error
    except RecursionError as error:
        raise BadPartnerFile(file=file, reason="it is nested too deeply") from error
    except json.JSONDecodeError as error:
        reason = f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg.lower()})"
        raise BadPartnerFile(file=file, reason=reason) from error
    except ValueError as error:
        raise BadPartnerFile(file=file, reason="it is not JSON: a number in it is none") from error
    rows = whole.get("result") if isinstance(whole, dict) else None
    if not isinstance(rows, list):
        raise BadPartnerFile(file=file, reason='it has no list of invoices under "result"')
    if len(rows) > MAX_ROWS:
        raise BadPartnerFile(
            file=file, reason=f"it has {len(rows):,} invoices, and {MAX_ROWS:,} can be compared"
        )
    return list(
        _distinct(file, (_Row(file, place, row).invoice() for place, row in enumerate(rows, start=1)))
    )


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _distinct(file: str, invoices: Iterator[PartnerInvoice]) -> Iterator[PartnerInvoice]:
    seen: dict[tuple[str | None, str], int] = {}
    for invoice in invoices:
        key = (invoice.license_id or invoice.organization_id, invoice.invoice_no)
        first = seen.setdefault(key, invoice.row)
        if first != invoice.row:
            reason = f"{invoice.invoice_no} stands in row {first} already"
            raise BadPartnerRow(file=file, row=invoice.row, field="invoice_no", reason=reason)
        yield invoice


class _Row:
    """One row while it is read."""

    def __init__(self, file: str, place: int, row: object) -> None:
        self._file = file
        self._place = place
        if not isinstance(row, dict):
            self._refuse("invoice", "it must be an object, in braces")
        self._row: Mapping[str, Any] = row

    def invoice(self) -> PartnerInvoice:
        """Return the row, read; raises BadPartnerRow."""
        return PartnerInvoice(
            row=self._place,
            invoice_no=self._text("invoice_no"),
            stamp=self._stamp("date"),
            plan=self._text("plan"),
            seats=self._seats("seats"),
            billing_cycle=self._text("billing_cycle"),
            amount=self._amount("amount"),
            status=self._text("status"),
            currency=self._currency("currency"),
            license_id=self._optional("license_id"),
            organization_id=self._optional("organization_id"),
        )

    def _refuse(self, field: str, reason: str) -> NoReturn:
        raise BadPartnerRow(file=self._file, row=self._place, field=field, reason=reason)

    def _needed(self, field: str) -> Any:
        value = self._row.get(field)
        if value is None:
            self._refuse(field, "it is missing")
        return value

    def _text(self, field: str) -> str:
        return self._as_text(field, self._needed(field))

    def _optional(self, field: str) -> str | None:
        value = self._row.get(field)
        return None if value is None else self._as_text(field, value)

    def _as_text(self, field: str, value: object) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT_LENGTH:
            self._refuse(field, f"it must be text of 1 to {MAX_TEXT_LENGTH} letters")
        if not value.isprintable():
            self._refuse(field, "it has control characters")
        return value.strip()

    def _stamp(self, field: str) -> Stamp:
        text = self._text(field)
        match = _STAMP.fullmatch(text)
        if match is None:
            self._refuse(field, f"{text!r} is not a date, such as 2024-08-20 or 2024-08-20 07:15:00")
        day, clock, zone = match.groups()
        try:
            if clock is None:
                return Stamp(text, self._in_range(field, date.fromisoformat(day)), None, None)
            local = datetime.fromisoformat(f"{day}T{clock}")
            self._in_range(field, local.date())
            if zone is None:
                return Stamp(text, local.date(), local, None)
            instant = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}").astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse(field, f"there is no {text!r}")
        return Stamp(text, instant.date(), None, instant)

    def _in_range(self, field: str, day: date) -> date:
        # a day's room for the zones at either end
        if not FIRST_YEAR <= (day - timedelta(days=1)).year <= (day + timedelta(days=1)).year <= LAST_YEAR:
            self._refuse(field, f"its year is outside {FIRST_YEAR} to {LAST_YEAR}")
        return day

    def _seats(self, field: str) -> int:
        value = self._needed(field)
        if isinstance(value, Decimal) and value == value.to_integral_value() and abs(value) <= MAX_SEATS:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SEATS:
            self._refuse(field, f"it must be a whole number from 0 to {MAX_SEATS:,}")
        return value

    def _amount(self, field: str) -> Decimal:
        value = self._needed(field)
        if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
            value = Decimal(value.strip())
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self._refuse(field, "it must be a number of currency units, such as 39 or 39.20")
        amount = Decimal(value)
        if abs(amount) > MAX_AMOUNT or amount.adjusted() < -MAX_DECIMALS:
            self._refuse(field, f"{amount:.3g} is no amount of an invoice")
        return amount

    def _currency(self, field: str) -> str | None:
        code = self._optional(field)
        if code is not None and code.upper() not in MINOR_UNIT_DIGITS:
            self._refuse(field, f"{code!r} is not a currency code of ISO 4217")
        return code.upper() if code is not None else None
