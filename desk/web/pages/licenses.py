"""All licences: found, narrowed, page by page, and as a file."""

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from fastapi import Depends, Query
from fastapi.responses import Response

from desk.web.access import TheVisitor, may
from desk.web.desk import TheDesk
from desk.web.downloads import csv_file
from desk.web.limiting import EXPORTS_A_USER
from desk.web.routing import Pages, View
from desk.web.times import Instant, read_moment
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import Right
from ledger.application.list_licenses import (
    PAGE_COLUMNS,
    LicenseFilter,
    ListedLicense,
    all_licenses,
    list_licenses,
)
from ledger.rules.instants import format_instant
from ledger.rules.words import PricingModel

pages = Pages()

_A_PAGE = 50
_LONGEST_NAME = 200


class Standing(StrEnum):
    """How a licence stands."""

    TRIAL = "trial"
    ACTIVE = "active"
    CANCELLED = "cancelled"


class Sought(View):
    """What the address asks for."""

    q: str = ""
    partner: str = ""
    model: PricingModel | None = None
    status: Standing | None = None
    changing: bool = False
    as_of: str = ""

    @property
    def query(self) -> dict[str, object]:
        """Return what an address needs to ask for the same."""
        given = self.model_dump(exclude_defaults=True)
        return {name: "1" if value is True else value for name, value in given.items()}

    def only_for(self, visitor: Visitor) -> LicenseFilter:
        """Return the filter of what the visitor may see of it: a partner its own, whatever it asks for."""
        partner_id = self.partner or None
        if visitor.narrowed_to is not None:
            partner_id = visitor.narrowed_to
        return LicenseFilter(
            text=self.q.strip() or None,
            partner_id=partner_id,
            pricing_model=self.model,
            status=self.status,
            changing_soon=self.changing,
        )


class LicenseRow(View):
    """A licence in the list. Amounts are minor units of its currency; null where nothing is known."""

    license_id: str
    status: Standing
    plan: str
    billing_cycle: str
    pricing_model: PricingModel
    currency: str
    source: str
    payer: str
    partner_id: str | None
    partner_programme: str | None
    next_pricing_model: PricingModel | None
    changes_at: Instant | None
    charge_date: date | None
    charge: int | None
    next_charge_date: date | None
    next_charge: int | None


class LicensesView(View):
    """A page of licences by id; `next_after` is the `after` of the next page, null at the end."""

    sought: Sought
    as_of: Instant
    after: str | None
    licenses: list[LicenseRow]
    next_after: str | None
    known_through: Instant | None
    is_behind: bool


def _sought(
    *,
    q: Annotated[
        str, Query(description="A part of a licence's or partner's id.", max_length=_LONGEST_NAME)
    ] = "",
    partner: Annotated[str, Query(description="The partner's id.", max_length=_LONGEST_NAME)] = "",
    model: Annotated[Literal["", "pps", "ppa", "ppu"], Query(description="Any, if empty.")] = "",
    status: Annotated[Literal["", "trial", "active", "cancelled"], Query(description="Any, if empty.")] = "",
    changing: Annotated[bool, Query(description="Only those whose model changes within 45 days.")] = False,
    as_of: Annotated[str, Query(description="The moment that is asked about; now, if left out.")] = "",
) -> Sought:
    return Sought(
        q=q,
        partner=partner,
        model=PricingModel(model) if model else None,
        status=Standing(status) if status else None,
        changing=changing,
        as_of=as_of.strip(),
    )


TheSought = Annotated[Sought, Depends(_sought)]


@pages.read("/licenses", "licenses.html", may(Right.READ_LICENSES), summary="List licences")
def licenses(
    desk: TheDesk,
    visitor: TheVisitor,
    sought: TheSought,
    after: Annotated[str | None, Query(description="Begin behind this licence's id.")] = None,
) -> LicensesView:
    """Return a page of the licences that the visitor may see."""
    as_of = read_moment(sought.as_of) if sought.as_of else desk.now()
    found = list_licenses(
        desk.ledger, as_of=as_of, only=sought.only_for(visitor), after=after, at_most=_A_PAGE
    )
    return LicensesView(
        sought=sought,
        as_of=as_of,
        after=after,
        licenses=[_row(one) for one in found.licenses],
        next_after=found.next_after,
        known_through=found.known_through,
        is_behind=found.is_behind,
    )


@pages.download("/licenses.csv", may(Right.EXPORT), summary="Export licences", media_type="text/csv")
def licenses_csv(desk: TheDesk, visitor: TheVisitor, sought: TheSought) -> Response:
    """Return all licences of a list as CSV; amounts in minor units."""
    desk.limits.hit(EXPORTS_A_USER, visitor.name)
    as_of = read_moment(sought.as_of) if sought.as_of else desk.now()
    note_access(desk.accounts, visitor, "export_licenses", "", f"as of {format_instant(as_of)}")
    found = all_licenses(desk.ledger, as_of=as_of, only=sought.only_for(visitor))
    rows = ({**asdict(one), "changes_at": _written(one)} for one in found)
    return csv_file(PAGE_COLUMNS, rows, "licences.csv")


def _row(one: ListedLicense) -> LicenseRow:
    return LicenseRow.model_validate(asdict(one))


def _written(one: ListedLicense) -> str | None:
    return None if one.changes_at is None else format_instant(one.changes_at)
