"""Who may record what on a licence, its agents and its ChatBots (docs/rules.md §2)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final, cast

from ledger.aggregates.base import Aggregate
from ledger.aggregates.clashes import Clash, Mark, mark, refuse_future
from ledger.aggregates.creation import CreationContext, resolve
from ledger.aggregates.timelines import AGENT_STEPS, CHATBOT_STEPS, Misfit, State, Steps, Timeline
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.license import (
    AgentCreated,
    AgentEvent,
    BillingCycleChanged,
    ChatBotEvent,
    LicenseCancelled,
    LicenseCreated,
    LicenseDraft,
    LicenseStreamEvent,
)
from ledger.events.streams import license_stream
from ledger.rules.calendar import add_months, first_instant
from ledger.rules.errors import LedgerError, NotFound
from ledger.rules.instants import format_instant
from ledger.rules.words import SYSTEM_ACTOR, Role

MANAGING_ROLES = frozenset({Role.OWNER, Role.ADMIN})


class LicenseNotFound(NotFound):
    """Raised for a licence that was never created."""

    code = "license_not_found"
    hint = "Check the licence's id; in a history file its LicenseCreated must come first."


class AgentNotFound(NotFound):
    """Raised for an agent that the licence never had."""

    code = "agent_not_found"
    template = "There is no agent {name!r} on licence {license_id!r}."
    hint = "Check the agent's id and the licence; the agent must be created first."


class ChatBotNotFound(NotFound):
    """Raised for a ChatBot that the licence never had."""

    code = "chatbot_not_found"
    template = "There is no ChatBot {name!r} on licence {license_id!r}."
    hint = "Check the ChatBot's id and the licence; the ChatBot must be added first."


class LicenseExists(Clash):
    """Raised when a licence is created a second time."""

    code = "license_exists"
    hint = "Choose another license_id."


class BeforeTheLicense(Clash):
    """Raised for a fact from before the licence came to be."""

    code = "before_the_license"
    hint = "Give a time at or after the licence's creation."


class LicenseIsCancelled(Clash):
    """Raised for a fact at or after the licence's cancellation, and for a second cancellation."""

    code = "license_is_cancelled"
    hint = (
        "Nothing happens on a cancelled licence; a fact from before the cancellation can still be recorded."
    )


class CancelledTooEarly(Clash):
    """Raised for a cancellation before facts that are already recorded."""

    code = "cancelled_too_early"
    hint = "Cancel at or after the last fact of the licence."


class OutOfOrder(Clash):
    """Raised for an agent's or ChatBot's event that its own timeline does not allow."""

    code = "out_of_order"


class CycleChangeBackdated(LedgerError):
    """Raised for a change of billing cycle that would have been in force before anyone recorded it."""

    code = "cycle_change_backdated"
    template = (
        "BillingCycleChanged of {license_id} at {effective_at} is refused: it is recorded later, at "
        "{recorded_at}, and the billing cycle is never changed for the past."
    )
    hint = "Leave out the time to change the cycle from now on, or give one in the future."


class ActorNotAllowed(LedgerError):
    """Raised for someone who may not move what the licence is charged."""

    code = "actor_not_allowed"
    template = "{actor!r} may not record {event_type} on licence {license_id!r}: {allowed} may."
    hint = "Ask the owner or an admin of the licence to do it."


_ALLOWED = "only an active owner or admin of the licence, or 'system',"
_STATE_WORDS = {
    "agent": {State.ABSENT: "does not exist", State.ACTIVE: "is active", State.SUSPENDED: "is suspended"},
    "ChatBot": {State.ABSENT: "is not there", State.ACTIVE: "is there", State.SUSPENDED: "is suspended"},
}


class License(Aggregate):
    """One licence: when it began and ended, and the timelines of its agents and ChatBots."""

    def __init__(self, stream_id: str) -> None:
        """Begin a licence about which nothing is recorded."""
        super().__init__(stream_id)
        self.created: LicenseCreated | None = None
        self.cancelled: Mark | None = None
        self._created_mark: Mark | None = None
        self._agents: dict[str, Timeline] = {}
        self._chatbots: dict[str, Timeline] = {}
        self._terms: list[Mark] = []

    @classmethod
    def named(cls, license_id: str) -> "License":
        """Return a new, empty aggregate for the licence of that id."""
        return cls(license_stream(license_id))

    # what others ask

    def require_created(self, license_id: str) -> LicenseCreated:
        """Return how the licence was created; raises LicenseNotFound."""
        if self.created is None:
            raise LicenseNotFound(what="licence", name=license_id)
        return self.created

    def agent(self, agent_id: str) -> Timeline:
        """Return an agent's timeline; raises AgentNotFound."""
        timeline = self._agents.get(agent_id)
        if timeline is None:
            license_id = self.created.license_id if self.created else None
            raise AgentNotFound(what="agent", name=agent_id, license_id=license_id)
        return timeline

    def active_owners(self) -> list[str]:
        """Return the ids of the agents who own the licence and are active, sorted."""
        return sorted(
            agent_id
            for agent_id, timeline in self._agents.items()
            if timeline.state_after(len(timeline.marks)) is State.ACTIVE
            and timeline.role_after(len(timeline.marks)) is Role.OWNER
        )

    def chatbots(self) -> list[str]:
        """Return the ids of the ChatBots that are there after all that is recorded, the last added last."""
        there = [
            (timeline.marks[-1].effective_at, timeline.marks[-1].order, bot_id)
            for bot_id, timeline in self._chatbots.items()
            if timeline.state_after(len(timeline.marks)) is State.ACTIVE
        ]
        return [bot_id for _, _, bot_id in sorted(there)]

    def has_had(self, account_id: str) -> bool:
        """Tell whether an agent or a ChatBot of that id is, or once was, on the licence."""
        return account_id in self._agents or account_id in self._chatbots

    def billing_index(self, day: date) -> int | None:
        """Return n if the day is the licence's billing date D_n, else None (docs/rules.md §5)."""
        if self.created is None:
            return None
        anchor = self.created.billing_anchor
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        return months if months >= 0 and add_months(anchor, months) == day else None

    def billing_instant(self, day: date) -> datetime:
        """Return the first instant of a day in the licence's time zone; raises LicenseNotFound."""
        return first_instant(day, self.require_created(self.id).time_zone)

    def is_over_at(self, instant: datetime) -> bool:
        """Tell whether a seat fact recorded at that instant of validity has been cut off by the cancellation.

        At the cancellation's own instant it has not: it was recorded before, or it would have been refused.
        """
        return self.cancelled is not None and instant > self.cancelled.effective_at

    def check_open(self, event: LedgerEvent) -> None:
        """Refuse what happens where there is no licence: before it, after it, or without it."""
        created = self._created_mark
        if created is None:
            raise LicenseNotFound(what="licence", name=event.license_id)
        if event.effective_at < created.effective_at:
            raise BeforeTheLicense(event, created, "the licence did not exist yet")
        cancelled = self.cancelled
        if cancelled is not None and event.effective_at >= cancelled.effective_at:
            raise LicenseIsCancelled(event, cancelled, "the licence is cancelled by then")

    def check_actor(self, event: LedgerEvent, himself: str | None = None) -> None:
        """Refuse an actor who may not move the charge; `himself` names an agent who may as well."""
        actor = event.actor
        if actor in (SYSTEM_ACTOR, himself):
            return
        timeline = self._agents.get(actor)
        if timeline is not None and (
            # no agent's fact lies in the future, so the last state is that of recorded_at
            _manages(timeline, len(timeline.marks))
            or _manages(timeline, timeline.index_at(event.effective_at))
        ):
            return
        allowed = _ALLOWED if himself is None else f"{_ALLOWED} or the agent himself"
        raise ActorNotAllowed(
            actor=actor, event_type=event.type, license_id=event.license_id, allowed=allowed.rstrip(",")
        )

    # deciding

    def decide(self, event: LicenseStreamEvent, context: CreationContext | None = None) -> Entry:
        """Record the event, or refuse it.

        `context` says what the log before it knows of partners and cutovers; only a LicenseCreated needs it.
        Raises the refusals of this module and of ledger.aggregates.creation.
        """
        if event.type == "LicenseCreated":
            return self._create(cast(LicenseDraft, event), context or CreationContext())
        if event.type == "LicenseCancelled" and self.cancelled is not None:
            raise LicenseIsCancelled(event, self.cancelled, "the licence is cancelled already")
        self.check_open(event)
        if event.actor != SYSTEM_ACTOR and not self._is_first_owner(event):
            self.check_actor(event)
        check = _CHECKS.get(event.type)
        if check is not None:
            check(self, event)
        return self._record(event)

    def _create(self, draft: LicenseDraft, context: CreationContext) -> Entry:
        if self._created_mark is not None:
            raise LicenseExists(draft, self._created_mark, "the licence exists already")
        return self._record(resolve(draft, context))

    def _is_first_owner(self, event: LedgerEvent) -> bool:
        return (
            isinstance(event, AgentCreated)
            and not self._agents
            and event.role is Role.OWNER
            and event.actor == event.agent_id
        )

    def _check_agent(self, event: AgentEvent) -> None:
        refuse_future(event)
        timeline = self._agents.get(event.agent_id)
        if timeline is None:
            if not isinstance(event, AgentCreated):
                raise AgentNotFound(what="agent", name=event.agent_id, license_id=event.license_id)
            return
        misfit = timeline.misfit(event.type, event.effective_at)
        if misfit is not None:
            raise _out_of_order(event, misfit, "agent")

    def _check_chatbot(self, event: ChatBotEvent) -> None:
        refuse_future(event)
        timeline = self._chatbots.get(event.bot_id)
        if timeline is None:
            if event.type != "ChatBotAdded":
                raise ChatBotNotFound(what="ChatBot", name=event.bot_id, license_id=event.license_id)
            return
        misfit = timeline.misfit(event.type, event.effective_at)
        if misfit is not None:
            raise _out_of_order(event, misfit, "ChatBot")

    def _check_nothing_later(self, event: LicenseCancelled) -> None:
        later = [recorded for recorded in self._terms if recorded.effective_at > event.effective_at]
        for timeline in (*self._agents.values(), *self._chatbots.values()):
            later += timeline.marks[timeline.index_at(event.effective_at) :][:1]
        if later:
            raise CancelledTooEarly(event, min(later), "the licence has facts after it")

    def _check_cycle_change(self, event: BillingCycleChanged) -> None:
        if event.effective_at < event.recorded_at:
            raise CycleChangeBackdated(
                license_id=event.license_id,
                effective_at=format_instant(event.effective_at),
                recorded_at=format_instant(event.recorded_at),
            )

    # taking in

    def _apply(self, event: LedgerEvent) -> None:
        recorded = mark(event, self.version)
        if event.type in AGENT_STEPS:
            _timeline(self._agents, cast(AgentEvent, event).agent_id, AGENT_STEPS).add(recorded)
        elif event.type in CHATBOT_STEPS:
            _timeline(self._chatbots, cast(ChatBotEvent, event).bot_id, CHATBOT_STEPS).add(recorded)
        elif event.type == "LicenseCreated":
            self.created = cast(LicenseCreated, event)
            self._created_mark = recorded
        elif event.type == "LicenseCancelled":
            self.cancelled = recorded
        else:
            self._terms.append(recorded)


def _timeline(timelines: dict[str, Timeline], name: str, steps: Steps) -> Timeline:
    timeline = timelines.get(name)
    if timeline is None:
        timeline = timelines[name] = Timeline(steps)
    return timeline


def _manages(timeline: Timeline, count: int) -> bool:
    """Tell whether the agent is active and an owner or admin after the first `count` events."""
    return timeline.state_after(count) is State.ACTIVE and timeline.role_after(count) in MANAGING_ROLES


# by name, not by class: asking a pydantic model for its class costs more than the rest of a decision
_CHECKS: Final[dict[str, Callable[[License, Any], None]]] = {
    **dict.fromkeys(AGENT_STEPS, License._check_agent),
    **dict.fromkeys(CHATBOT_STEPS, License._check_chatbot),
    "LicenseCancelled": License._check_nothing_later,
    "BillingCycleChanged": License._check_cycle_change,
}


def _out_of_order(event: LedgerEvent, misfit: Misfit, kind: str) -> LedgerError:
    """Say in a sentence why the event does not fit."""
    words = _STATE_WORDS[kind][misfit.state]
    if misfit.recorded is None:
        raise ValueError(f"a {kind} without events cannot have a timeline")
    if misfit.breaks_later:
        later = misfit.recorded.event_type
        return OutOfOrder(
            event, misfit.recorded, f"after it the {kind} {words}, and a later {later} needs otherwise"
        )
    return OutOfOrder(event, misfit.recorded, f"the {kind} {words} at that time")
