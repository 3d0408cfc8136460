"""A partner's statement of a month: invoices, discounts, commission earned, the reseller's margin."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import Response

from desk.web.access import TheVisitor, may
from desk.web.desk import Desk, TheDesk
from desk.web.downloads import csv_file
from desk.web.keeping import moment_of
from desk.web.limiting import EXPORTS_A_USER
from desk.web.partnership import VisiblePartner
from desk.web.routing import Pages, View
from desk.web.times import TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from ledger.application.show_statement import Statement, show_statement
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR
from ledger.rules.words import PricingModel

pages = Pages()

_MOST_SHOWN = 200
_MONTHS_A_YEAR = 12
_CSV_COLUMNS = (
    "license_id", "billing_date", "number", "payer", "pricing_model", "currency", "recurring", "true_ups",
    "discount", "adjustments", "total", "commission_rate", "commission", "accounts", "unit_amount",
    "public_price", "margin",
)  # fmt: skip
_MONTH = Query(description="The month of the billing dates, like 2024-08; the present one, if left out.")
Month = Annotated[str, _MONTH]


class BadMonth(InvalidValue):
    """Raised for text that names no month."""

    code = "bad_month"
    template = "{value!r} is no month."
    hint = "Write it like 2024-08."


class StatementRow(View):
    """An invoice of the month; minor units. Margin is null where the client pays."""

    license_id: str
    billing_date: date
    number: str | None
    payer: Literal["partner", "client"]
    pricing_model: PricingModel | None
    currency: str
    recurring: int
    true_ups: int
    discount: int
    adjustments: int
    total: int
    commission_rate: str | None
    commission: int | None
    accounts: int | None
    public_price: int | None
    margin: int | None


class StatementTotal(View):
    """The sums of a currency."""

    currency: str
    licenses: int
    invoices: int
    recurring: int
    true_ups: int
    discount: int
    adjustments: int
    total: int
    commission: int
    public_price: int
    margin: int


class StatementView(View):
    """A partner's month; `rows` are the first 200 of `row_count`, the file and the sums have all.

    `first` is the first day of the month.
    """

    times: Times
    partner_id: str
    programme: Literal["solution", "affiliate"]
    month: str
    first: date
    month_before: str | None
    month_after: str | None
    totals: list[StatementTotal]
    rows: list[StatementRow]
    row_count: int
    faults: list[str]


@pages.read(
    "/partners/{partner_id:name}/statement",
    "partner_statement.html",
    may(Right.READ_INVOICES),
    summary="Show a partner's statement of a month",
)
def partner_statement(
    desk: TheDesk, visitor: TheVisitor, partner_id: VisiblePartner, times: TheTimes, month: Month = ""
) -> StatementView:
    """Return a month's statement at the times that are asked for; who read it is written down."""
    times, first, found = _statement(desk, partner_id, times, month)
    note_access(desk.accounts, visitor, "read_statement", "", f"{partner_id}, {first:%Y-%m}")
    return StatementView(
        times=times,
        partner_id=partner_id,
        programme="solution" if found.programme == "solution" else "affiliate",
        month=f"{first:%Y-%m}",
        first=first,
        month_before=_beside(first, -1),
        month_after=_beside(first, 1),
        totals=[StatementTotal.model_validate(row) for row in found.totals],
        rows=[StatementRow.model_validate(row) for row in found.rows[:_MOST_SHOWN]],
        row_count=len(found.rows),
        faults=[fault.message for fault in found.faults[:_MOST_SHOWN]],
    )


@pages.download(
    "/partners/{partner_id:name}/statement.csv",
    may(Right.EXPORT),
    summary="Export a partner's statement",
    media_type="text/csv",
)
def statement_csv(
    desk: TheDesk, visitor: TheVisitor, partner_id: VisiblePartner, times: TheTimes, month: Month = ""
) -> Response:
    """Return all invoices of a month's statement as CSV; amounts in minor units."""
    desk.limits.hit(EXPORTS_A_USER, visitor.name)
    _, first, found = _statement(desk, partner_id, times, month)
    note_access(desk.accounts, visitor, "export_statement", "", f"{partner_id}, {first:%Y-%m}")
    return csv_file(_CSV_COLUMNS, _rows(found), f"statement-{first:%Y-%m}.csv")


def _rows(found: Statement) -> Iterator[dict[str, Any]]:
    yield from found.rows


def _statement(desk: Desk, partner_id: str, times: Times, month: str) -> tuple[Times, date, Statement]:
    """Return a statement, kept from before if it says the same, and the times that it is of."""
    first = _first_day(month) if month.strip() else times.as_of.date().replace(day=1)
    trail = desk.trail.look(desk.ledger)
    asked = moment_of(desk.ledger, times.as_of, times.known_at, is_present=times.is_present)
    moment, found = desk.kept.answer(
        ("statement", partner_id, first),
        asked,
        lambda at: show_statement(
            desk.ledger,
            partner_id,
            first,
            at.as_of,
            at.known_at,
            license_ids=trail.known_licenses(partner_id, at.known_at),
        ),
    )
    return times.model_copy(update={"as_of": moment.as_of, "known_at": moment.known_at}), first, found


def _first_day(month: str) -> date:
    try:
        year, number = month.strip().split("-")
        first = date(int(year), int(number), 1)
    except ValueError as error:
        raise BadMonth(field="month", value=month) from error
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise BadMonth(field="month", value=month)
    return first


def _beside(first: date, months: int) -> str | None:
    index = first.year * _MONTHS_A_YEAR + first.month - 1 + months
    year = index // _MONTHS_A_YEAR
    return f"{year:04}-{index % _MONTHS_A_YEAR + 1:02}" if FIRST_YEAR <= year <= LAST_YEAR else None
