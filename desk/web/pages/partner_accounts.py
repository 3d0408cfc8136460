"""A partner's redundant accounts: active agents nobody uses, and what suspending them in time saves."""

from datetime import date
from typing import Annotated

from fastapi import Query

from desk.web.access import TheVisitor, may
from desk.web.desk import TheDesk
from desk.web.keeping import moment_of
from desk.web.partnership import VisiblePartner
from desk.web.routing import Pages, View
from desk.web.times import Instant
from ledger.application.accounts.roles import Right
from ledger.application.list_partners import show_partner
from ledger.application.partner_review import review_partner
from ledger.application.redundant_accounts import RedundantAccounts

pages = Pages()

DEFAULT_DAYS = 30
_MOST_DAYS = 3_660
_MOST_SHOWN = 50


class IdleAgent(View):
    """An active agent without a seat of late; `saves` is what suspending this one alone saves."""

    agent_id: str
    last_seat_at: Instant | None
    saves: int | None


class IdleLicense(View):
    """A licence with redundant agents; minor units, null where no invoice will be made.

    `expected` is the next charge, `without` the same with all of them suspended.
    """

    license_id: str
    currency: str | None
    charge_date: date | None
    agents_active: int
    expected: int | None
    without: int | None
    saves: int | None
    fault: str | None
    agents: list[IdleAgent]


class PartnerAccountsView(View):
    """Redundant accounts now; `licenses` are the 50 that save most, the sums and counts are of all."""

    partner_id: str
    now: Instant
    days: int
    may_change: bool
    license_count: int
    agent_count: int
    savings: dict[str, int]
    licenses: list[IdleLicense]
    failed: list[str]


@pages.read(
    "/partners/{partner_id:name}/accounts",
    "partner_accounts.html",
    may(Right.READ_LICENSES),
    summary="List a partner's redundant accounts",
)
def partner_accounts(
    desk: TheDesk,
    visitor: TheVisitor,
    partner_id: VisiblePartner,
    days: Annotated[
        int, Query(ge=1, le=_MOST_DAYS, description="Without a seat for so many days.")
    ] = DEFAULT_DAYS,
) -> PartnerAccountsView:
    """Return the active agents who held no seat of late, and what suspending them saves."""
    now = desk.now()
    show_partner(desk.ledger, partner_id, now)
    trail = desk.trail.look(desk.ledger)
    moment, review = desk.kept.answer(
        ("accounts", partner_id, days),
        moment_of(desk.ledger, now, now, is_present=True),
        lambda at: review_partner(desk.ledger, trail.known_licenses(partner_id, at.as_of), days, at.as_of),
    )
    return PartnerAccountsView(
        partner_id=partner_id,
        now=moment.as_of,
        days=days,
        may_change=visitor.may(Right.CHANGE_TEAM),
        license_count=len(review.licenses),
        agent_count=sum(len(one.agents) for one in review.licenses),
        savings=review.savings_minor,
        licenses=[_license(one) for one in review.licenses[:_MOST_SHOWN]],
        failed=list(review.failed[:_MOST_SHOWN]),
    )


def _license(one: RedundantAccounts) -> IdleLicense:
    return IdleLicense(
        license_id=one.license_id,
        currency=one.currency,
        charge_date=one.charge_date,
        agents_active=one.agents_active,
        expected=one.expected_minor,
        without=one.without_minor,
        saves=one.saves_minor,
        fault=None if one.fault is None else one.fault.message,
        agents=[
            IdleAgent(agent_id=agent.agent_id, last_seat_at=agent.last_seat_at, saves=agent.saves_minor)
            for agent in one.agents
        ],
    )
