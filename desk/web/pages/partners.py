"""Partners: their terms, their licences with each one's pricing model, and what is about to change."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from desk.web.access import TheVisitor, may
from desk.web.desk import TheDesk
from desk.web.pages.licenses import LicenseRow
from desk.web.partnership import VisiblePartner
from desk.web.routing import Pages, View
from desk.web.times import Instant, TheTimes, Times
from ledger.application.accounts.roles import Right
from ledger.application.list_licenses import LicenseFilter, list_licenses
from ledger.application.list_partners import ListedPartner, list_partners, show_partner
from ledger.rules.words import PricingModel

pages = Pages()

_A_PAGE = 50
_MOST_CHANGES = 20


class PartnerRow(View):
    """A partner; rates are decimal text, null where none is agreed on.

    `licenses` are those not cancelled, by pricing model, and `changing` how many change it within 45 days;
    null where only a rebuild of the read models can tell.
    """

    partner_id: str
    programme: Literal["solution", "affiliate"]
    registered_at: Instant
    discount_rate: str | None
    commission_rate: str | None
    licenses: dict[PricingModel, int] | None
    changing: int | None


class PartnersView(View):
    """The partners by id; for a partner itself alone."""

    times: Times
    partners: list[PartnerRow]


class ComingChange(View):
    """A licence whose pricing model changes within 45 days."""

    license_id: str
    pricing_model: PricingModel
    next_pricing_model: PricingModel
    changes_at: Instant
    charge: int | None
    next_charge: int | None
    next_charge_date: date | None
    currency: str


class PartnerView(View):
    """A partner at a moment, by all that is recorded; `next_after` is the `after` of the next page."""

    times: Times
    partner: PartnerRow
    changes: list[ComingChange]
    has_more_changes: bool
    after: str | None
    licenses: list[LicenseRow]
    next_after: str | None
    is_behind: bool
    known_through: Instant | None


@pages.read("/partners", "partners.html", may(Right.READ_LICENSES), summary="List partners")
def partners(desk: TheDesk, visitor: TheVisitor, times: TheTimes) -> PartnersView:
    """Return the partners that the visitor may see, with their terms at a moment."""
    found = list_partners(desk.ledger, times.as_of, visitor.narrowed_to)
    return PartnersView(times=times, partners=[_row(one) for one in found])


@pages.read(
    "/partners/{partner_id:name}",
    "partner.html",
    may(Right.READ_LICENSES),
    summary="Show a partner's licences",
)
def partner(
    desk: TheDesk,
    partner_id: VisiblePartner,
    times: TheTimes,
    after: Annotated[str | None, Query(description="Begin behind this licence's id.")] = None,
) -> PartnerView:
    """Return a partner with a page of its licences and the changes that are coming."""
    listed = show_partner(desk.ledger, partner_id, times.as_of)
    own = LicenseFilter(partner_id=partner_id)
    found = list_licenses(desk.ledger, as_of=times.as_of, only=own, after=after, at_most=_A_PAGE)
    soon = LicenseFilter(partner_id=partner_id, changing_soon=True)
    changes = list_licenses(desk.ledger, as_of=times.as_of, only=soon, at_most=_MOST_CHANGES)
    return PartnerView(
        times=times,
        partner=_row(listed),
        changes=[ComingChange.model_validate(asdict(one)) for one in changes.licenses],
        has_more_changes=changes.next_after is not None,
        after=after,
        licenses=[LicenseRow.model_validate(asdict(one)) for one in found.licenses],
        next_after=found.next_after,
        is_behind=found.is_behind,
        known_through=found.known_through,
    )


def _row(one: ListedPartner) -> PartnerRow:
    return PartnerRow.model_validate(asdict(one))
