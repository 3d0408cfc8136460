"""The timeline of one agent or ChatBot, and whether an event fits into it and leaves what follows legal."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from ledger.aggregates.clashes import Mark
from ledger.rules.words import Role


class State(StrEnum):
    """What an agent or a ChatBot is at a moment."""

    ABSENT = "absent"
    ACTIVE = "active"
    SUSPENDED = "suspended"


# event -> state before -> state after; what is not listed is illegal (docs/rules.md §2)
Steps = Mapping[str, Mapping[State, State]]

AGENT_STEPS: Final[Steps] = {
    "AgentCreated": {State.ABSENT: State.ACTIVE},
    "AgentSuspended": {State.ACTIVE: State.SUSPENDED},
    "AgentActivated": {State.SUSPENDED: State.ACTIVE},
    "AgentDeleted": {State.ACTIVE: State.ABSENT, State.SUSPENDED: State.ABSENT},
}
CHATBOT_STEPS: Final[Steps] = {
    "ChatBotAdded": {State.ABSENT: State.ACTIVE},
    "ChatBotRemoved": {State.ACTIVE: State.ABSENT},
}


class Misfit(NamedTuple):
    """Why an event does not fit.

    `state` is what the subject is just before the event that becomes illegal; `recorded` is the event that
    stands against it, None if the subject has none; `breaks_later` tells that `recorded` itself would
    become illegal.
    """

    state: State
    recorded: Mark | None
    breaks_later: bool


class Timeline:
    """A subject's events by (effective_at, order of recording), with the state after each."""

    __slots__ = ("instants", "marks", "states", "steps")

    def __init__(self, steps: Steps) -> None:
        """Begin with nothing recorded: the subject is absent."""
        self.steps = steps
        self.instants: list[datetime] = []
        self.marks: list[Mark] = []
        self.states: list[State] = []

    def misfit(self, event_type: str, effective_at: datetime) -> Misfit | None:
        """Tell why an event recorded now does not fit; None if it does.

        Costs one step for an event that comes last. For an earlier one it walks on until the states are
        what they were without it.
        """
        index = self.index_at(effective_at)
        before = self.state_after(index)
        state = self.steps[event_type].get(before)
        if state is None:
            return Misfit(before, self._nearest(index), breaks_later=False)
        for later in range(index, len(self.marks)):
            following = self.steps[self.marks[later].event_type].get(state)
            if following is None:
                return Misfit(state, self.marks[later], breaks_later=True)
            if following is self.states[later]:
                return None
            state = following
        return None

    def add(self, mark: Mark) -> None:
        """Take in a recorded event and bring the states after it up to date."""
        index = self.index_at(mark.effective_at)
        state = self.state_after(index)
        self.instants.insert(index, mark.effective_at)
        self.marks.insert(index, mark)
        self.states.insert(index, state)
        for later in range(index, len(self.marks)):
            # what a log from elsewhere holds against the rules changes nothing
            state = self.steps[self.marks[later].event_type].get(state, state)
            self.states[later] = state

    def index_at(self, instant: datetime) -> int:
        """Return how many events are effective at or before the instant."""
        instants = self.instants
        # most questions are about the present
        return len(instants) if instants and instant >= instants[-1] else bisect_right(instants, instant)

    def state_after(self, count: int) -> State:
        """Return the state after the first `count` events."""
        return self.states[count - 1] if count else State.ABSENT

    def role_after(self, count: int) -> Role | None:
        """Return the role given by the last creation among the first `count` events."""
        for index in range(count - 1, -1, -1):
            role = self.marks[index].role
            if role is not None:
                return role
        return None

    def _nearest(self, index: int) -> Mark | None:
        if index:
            return self.marks[index - 1]
        return self.marks[0] if self.marks else None
