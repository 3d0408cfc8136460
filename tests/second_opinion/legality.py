"""Tell whether a licence's timeline is legal, so that random histories hold only what may be recorded.

A small state machine of its own, apart from the counting in `seats`: no mistake should hide in both.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.second_opinion.words import Event

NEEDS_STATUS = {
    "AgentCreated": ("absent",),
    "AgentSuspended": ("active",),
    "AgentActivated": ("suspended",),
    "AgentDeleted": ("active", "suspended"),
}
NEXT_STATUS = {
    "AgentCreated": "active",
    "AgentSuspended": "suspended",
    "AgentActivated": "active",
    "AgentDeleted": "absent",
}


@dataclass(slots=True)
class State:
    """What is so on a licence after some of its events."""

    status: dict[str, str] = field(default_factory=dict)
    role: dict[str, str] = field(default_factory=dict)
    seated: set[str] = field(default_factory=set)
    chatbots: set[str] = field(default_factory=set)
    created: bool = False
    cancelled: bool = False

    def agents(self, status: str) -> list[str]:
        """Name the agents in a status, sorted."""
        return sorted(agent for agent, is_in in self.status.items() if is_in == status)


@dataclass(slots=True)
class Walk:
    """What came of a walk: the first fact that may not be, the seat facts without effect, the end."""

    state: State = field(default_factory=State)
    clash: Event | None = None
    idle: set[int] = field(default_factory=set)

    def step(self, event: Event) -> None:
        """Take the next event."""
        if event.type in ("SeatTaken", "SeatReleased"):
            self.seat_step(event)
        elif self.may(event):
            self.do(event)
        else:
            self.clash = self.clash or event

    def seat_step(self, event: Event) -> None:
        """Take or give back a seat, or note that it has no effect."""
        state, agent = self.state, event.fields["agent_id"]
        taking = event.type == "SeatTaken"
        able = state.status.get(agent) == "active" if taking else True
        if state.cancelled or not able or taking == (agent in state.seated):
            self.idle.add(event.position)
        elif taking:
            state.seated.add(agent)
        else:
            state.seated.remove(agent)

    def may(self, event: Event) -> bool:
        """Tell whether the licence's own fact is legal now."""
        state, fields = self.state, event.fields
        if event.type == "LicenseCreated":
            return not state.created
        if not state.created or state.cancelled:
            return False
        if event.type in NEEDS_STATUS:
            return state.status.get(fields["agent_id"], "absent") in NEEDS_STATUS[event.type]
        if event.type == "ChatBotAdded":
            return fields["bot_id"] not in state.chatbots
        if event.type == "ChatBotRemoved":
            return fields["bot_id"] in state.chatbots
        return True

    def do(self, event: Event) -> None:
        """Let a legal fact have its effect."""
        state, fields = self.state, event.fields
        if event.type in NEXT_STATUS:
            agent = fields["agent_id"]
            state.status[agent] = NEXT_STATUS[event.type]
            state.role[agent] = fields.get("role") or state.role[agent]
            if event.type != "AgentActivated":
                state.seated.discard(agent)
        elif event.type == "ChatBotAdded":
            state.chatbots.add(fields["bot_id"])
        elif event.type == "ChatBotRemoved":
            state.chatbots.remove(fields["bot_id"])
        elif event.type == "LicenseCreated":
            state.created = True
        elif event.type == "LicenseCancelled":
            state.cancelled = True


def walk(timeline: Sequence[Event], until: datetime | None = None) -> Walk:
    """Walk a licence's events, in (effective_at, position), up to those effective at `until` (included)."""
    walked = Walk()
    for event in timeline:
        if until is not None and event.effective_at > until:
            break
        walked.step(event)
    return walked


def with_event(timeline: Sequence[Event], event: Event) -> list[Event]:
    """Put an event where it belongs in a timeline."""
    longer = list(timeline)
    insort(longer, event, key=lambda other: (other.effective_at, other.position))
    return longer


def may_record(timeline: Sequence[Event], event: Event) -> bool:
    """Tell whether the whole timeline stays legal with one more of the licence's or its seats' facts.

    A licence's fact may leave a seat fact without effect; a seat fact may not, nor be without effect itself.
    """
    after = walk(with_event(timeline, event))
    if after.clash is not None:
        return False
    if event.type in ("SeatTaken", "SeatReleased"):
        return after.idle == walk(timeline).idle
    return True
