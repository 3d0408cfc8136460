"""Who is on a licence, and suspending, deleting and activating them with the price said before."""

from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Body, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import Field

from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import Desk, TheDesk
from desk.web.rendering import is_partial, page
from desk.web.routing import Pages, View
from desk.web.times import Instant, TheTimes, Times
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.accounts import Visitor
from ledger.application.accounts.roles import Right
from ledger.application.change_team import change_team
from ledger.application.show_team import Effect, Team, TeamChange, expect_effect, show_team
from ledger.events.fields import MAX_TEXT_LENGTH
from ledger.rules.words import PricingModel, Role

pages = Pages()

# a field of that name hides the type
Day = date

_SEE_OTHER = 303
_UNDONE_BY: Final = {
    TeamChange.SUSPEND: TeamChange.ACTIVATE,
    TeamChange.ACTIVATE: TeamChange.SUSPEND,
}


class Tab(StrEnum):
    """Which part of the team is shown."""

    AGENTS = "agents"
    SUSPENDED = "suspended"


class AgentRow(View):
    """An agent; `counts` says whether the present pricing model counts them at this moment."""

    agent_id: str
    role: Role
    status: str
    complimentary: bool
    last_seat_at: Instant | None
    holds_seat: bool
    counts: bool
    is_last_owner: bool


class Done(View):
    """What was done a moment ago, and what would undo it, if something does."""

    agent_id: str
    change: TeamChange
    undo: TeamChange | None


class TeamView(View):
    """A licence's team at a moment."""

    license_id: str
    times: Times
    tab: Tab
    may_change: bool
    pricing_model: PricingModel
    active: list[AgentRow]
    suspended: list[AgentRow]
    chatbots: list[str]
    done: Done | None = None


class EffectView(View):
    """What a change does to the next charge (minor units; null where none is expected)."""

    license_id: str
    agent_id: str
    change: TeamChange
    currency: str
    pricing_model: PricingModel | None
    date: Day | None
    before: int | None
    after: int | None
    is_last_owner: bool


class ChangeAsked(View):
    """A change to an agent; with a key that was seen before it changes nothing."""

    agent_id: str
    change: TeamChange
    key: Annotated[str | None, Field(min_length=1, max_length=MAX_TEXT_LENGTH)] = None


class ChangeDone(View):
    """A change that stands in the log."""

    position: int
    recorded_at: Instant
    already_known: bool


@pages.read(
    "/licenses/{license_id:name}/team", "team.html", may(Right.READ_LICENSES), summary="Show a licence's team"
)
def team(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    times: TheTimes,
    tab: Annotated[Tab, Query(description="Which tab the page shows; the data has both.")] = Tab.AGENTS,
) -> TeamView:
    """Return who is on a licence at the times that are asked for."""
    found = show_team(desk.ledger, license_id, as_of=times.as_of, known_at=times.known_at)
    return _view(license_id, found, times, tab, visitor)


@pages.read(
    "/licenses/{license_id:name}/team/change",
    "team_change.html",
    may(Right.CHANGE_TEAM),
    summary="Ask what a change to an agent would do to the next charge",
)
def team_change(
    desk: TheDesk, license_id: VisibleLicense, agent_id: Annotated[str, Query()], change: TeamChange
) -> EffectView:
    """Return the next charge with and without the change; nothing is recorded."""
    effect = expect_effect(desk.ledger, license_id, agent_id, change, desk.now())
    return _effect(license_id, change, effect)


@pages.form("/licenses/{license_id:name}/team/change", may(Right.CHANGE_TEAM), name="do_team_change")
def do_team_change(
    *,
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    agent_id: Annotated[str, Form()],
    change: Annotated[TeamChange, Form()],
    tab: Annotated[Tab | None, Form()] = None,
) -> Response:
    """Record a change and show the team as it is then."""
    _change(desk, visitor, license_id, ChangeAsked(agent_id=agent_id, change=change))
    tab = tab or (Tab.SUSPENDED if change is TeamChange.ACTIVATE else Tab.AGENTS)
    if not is_partial(request):
        address = request.app.url_path_for("team", license_id=license_id)
        return RedirectResponse(f"{address}?tab={tab.value}", _SEE_OTHER)
    now = desk.now()
    times = Times(as_of=now, known_at=now, as_of_given=False, known_at_given=False)
    view = _view(license_id, show_team(desk.ledger, license_id, as_of=now), times, tab, visitor)
    done = Done(agent_id=agent_id, change=change, undo=_UNDONE_BY.get(change))
    return page(request, "parts/team_lists.html", {"view": view.model_copy(update={"done": done})})


@pages.data(
    "/licenses/{license_id:name}/team",
    may(Right.CHANGE_TEAM),
    summary="Suspend, activate or delete an agent",
    name="api_do_team_change",
    method="POST",
)
def api_do_team_change(
    desk: TheDesk, visitor: TheVisitor, license_id: VisibleLicense, asked: Annotated[ChangeAsked, Body()]
) -> ChangeDone:
    """Record a change; from a browser's session it needs the header X-CSRF-Token."""
    return _change(desk, visitor, license_id, asked)


def _change(desk: Desk, visitor: Visitor, license_id: str, asked: ChangeAsked) -> ChangeDone:
    recorded = change_team(
        desk.ledger,
        license_id=license_id,
        agent_id=asked.agent_id,
        change=asked.change,
        user=visitor.name,
        key=asked.key,
    )
    detail = f"{asked.agent_id}, event {recorded.position}"
    note_access(desk.accounts, visitor, f"{asked.change.value}_agent", license_id, detail)
    return ChangeDone(
        position=recorded.position,
        recorded_at=recorded.event.recorded_at,
        already_known=recorded.already_known,
    )


def _view(license_id: str, found: Team, times: Times, tab: Tab, visitor: Visitor) -> TeamView:
    return TeamView(
        license_id=license_id,
        times=times,
        tab=tab,
        # the past is looked at and not changed
        may_change=visitor.may(Right.CHANGE_TEAM) and times.is_present,
        pricing_model=found.pricing_model,
        active=[AgentRow.model_validate(asdict(one)) for one in found.active],
        suspended=[AgentRow.model_validate(asdict(one)) for one in found.suspended],
        chatbots=list(found.chatbots),
    )


def _effect(license_id: str, change: TeamChange, effect: Effect) -> EffectView:
    return EffectView(
        license_id=license_id,
        agent_id=effect.agent.agent_id,
        change=change,
        currency=effect.currency,
        pricing_model=effect.pricing_model,
        date=effect.date,
        before=effect.before,
        after=effect.after,
        is_last_owner=effect.agent.is_last_owner,
    )
