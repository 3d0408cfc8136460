"""Who may take and leave a seat, decided on one agent's seat facts of one month (docs/rules.md §2)."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple, Protocol

from ledger.aggregates.base import Aggregate
from ledger.aggregates.clashes import Clash, Mark, refuse_future, seat_mark
from ledger.aggregates.license import License
from ledger.aggregates.timelines import State, Timeline
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.seats import SeatEvent
from ledger.events.streams import seats_stream
from ledger.rules.words import SYSTEM_ACTOR

TAKEN = "SeatTaken"
# suspending or deleting an agent releases the seat
_RELEASING = frozenset({"AgentSuspended", "AgentDeleted"})


class AgentNotActive(Clash):
    """Raised when a seat is taken or released by an agent who is not active at that time."""

    code = "agent_not_active"
    hint = "Only an active agent holds a seat; activate the agent first, or check the time."


class SeatAlreadyHeld(Clash):
    """Raised when an agent takes a seat while holding one."""

    code = "seat_already_held"
    hint = "Release the seat first, or check the time."


class NoSeatHeld(Clash):
    """Raised when an agent releases a seat without holding one."""

    code = "no_seat_held"
    hint = "Check the time; suspending or deleting an agent releases the seat as well."


class LaterSeatFactBreaks(Clash):
    """Raised for a seat fact that would make the next one illegal."""

    code = "later_seat_fact_breaks"


class SeatsAround(Protocol):
    """What a seat meter asks of the streams around it."""

    def seats_before(self, event: SeatEvent) -> "SeatMeter | None":
        """Return the agent's nearest month with facts before the event's month.

        Asked only if the month at hand does not hold the answer.
        """

    def seats_after(self, event: SeatEvent) -> "SeatMeter | None":
        """Return the agent's nearest month with facts after the event's month.

        Asked only if the month at hand does not hold the answer, and never for a fact of the month in which
        it is recorded.
        """

    def positions_of(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Return positions of recorded events; asked if a seat's and the agent's agree in both times."""


class SeatMeter(Aggregate):
    """The seat facts of one agent in one UTC month, by (effective_at, order of recording).

    What a seat fact leaves behind does not depend on the facts before it: after a SeatTaken the seat is
    held if the agent was active, after a SeatReleased it is not. So the neighbours decide.
    """

    def __init__(self, stream_id: str) -> None:
        """Begin a month without facts."""
        super().__init__(stream_id)
        self._marks: list[Mark] = []

    @classmethod
    def named(cls, license_id: str, agent_id: str, instant: datetime) -> "SeatMeter":
        """Return a new, empty aggregate for the agent's month in which the instant lies."""
        return cls(seats_stream(license_id, agent_id, instant))

    @property
    def first(self) -> Mark | None:
        """Return the month's earliest fact."""
        return self._marks[0] if self._marks else None

    @property
    def last(self) -> Mark | None:
        """Return the month's latest fact."""
        return self._marks[-1] if self._marks else None

    def decide(self, event: SeatEvent, license_: License, around: SeatsAround) -> Entry:
        """Record the event, or refuse it.

        A later fact that has become illegal through the licence's late facts, its cancellation among them, is
        no reason to refuse: it is a data fault, and reported as such. Raises this module's refusals and those
        of License.
        """
        license_.check_open(event)
        refuse_future(event)
        if event.actor != SYSTEM_ACTOR:
            license_.check_actor(event, himself=event.agent_id)
        agent = license_.agent(event.agent_id)
        index = self._index_at(event.effective_at)
        previous = self._marks[index - 1] if index else _last_of(around.seats_before(event))
        if not _plainly_follows(event, previous, agent):
            self._check_itself(event, previous, _Place.of(event, agent, around))
        following = self._following(event, index, around)
        if following is not None and not license_.is_over_at(following.effective_at):
            _check_following(event, previous, following, _Place.of(event, agent, around))
        return self._record(event)

    def _check_itself(self, event: SeatEvent, previous: Mark | None, place: "_Place") -> None:
        if not place.is_active(place.upto):
            raise AgentNotActive(event, place.nearest(), f"the agent is {place.state()} at that time")
        held = place.held(previous, place.upto)
        if event.type == TAKEN:
            if held and previous is not None:
                raise SeatAlreadyHeld(event, previous, "the agent holds a seat already")
        elif not held:
            raise NoSeatHeld(event, place.released_by(previous), "the agent holds no seat at that time")

    def _following(self, event: SeatEvent, index: int, around: SeatsAround) -> Mark | None:
        if index < len(self._marks):
            return self._marks[index]
        effective, recorded = event.effective_at, event.recorded_at
        if effective is recorded or (effective.month, effective.year) == (recorded.month, recorded.year):
            # no seat fact lies in the future, so no later month has any
            return None
        after = around.seats_after(event)
        return after.first if after is not None else None

    def _apply(self, event: LedgerEvent) -> None:
        self._marks.insert(self._index_at(event.effective_at), seat_mark(event, self.version))

    def _index_at(self, instant: datetime) -> int:
        """Return how many facts are effective at or before the instant."""
        marks = self._marks
        # most facts come in the order of their instants, and behind the last one there is nothing to search
        if not marks or instant >= marks[-1].effective_at:
            return len(marks)
        return bisect_right(marks, instant, key=attrgetter("effective_at"))


class _Place(NamedTuple):
    """Where a seat fact stands among the events of its agent: after the first `upto` of them."""

    agent: Timeline
    positions_of: Callable[[Sequence[str]], Mapping[str, int]]
    upto: int

    @classmethod
    def of(cls, event: SeatEvent, agent: Timeline, around: SeatsAround) -> "_Place":
        """Return the place of an event, which is recorded last: after what the agent did at its instant."""
        return cls(agent, around.positions_of, agent.index_at(event.effective_at))

    def is_active(self, count: int) -> bool:
        """Tell whether the agent is active after the first `count` events."""
        return self.agent.state_after(count) is State.ACTIVE

    def state(self) -> str:
        """Say what the agent is at the place."""
        state = self.agent.state_after(self.upto)
        return "not there" if state is State.ABSENT else state.value

    def nearest(self) -> Mark:
        """Return the agent's last event before the place, or the first one after it."""
        return self.agent.marks[max(self.upto - 1, 0)]

    def held(self, previous: Mark | None, until: int) -> bool:
        """Tell whether the seat that `previous` may have taken is held after `until` events of the agent."""
        if previous is None or previous.event_type != TAKEN:
            return False
        since = self.place_of(previous)
        return self.is_active(since) and not self.releases(since, until)

    def releases(self, since: int, until: int) -> bool:
        """Tell whether one of the agent's events from `since` to `until` releases a seat."""
        return since < until and any(m.event_type in _RELEASING for m in self.agent.marks[since:until])

    def released_by(self, previous: Mark | None) -> Mark:
        """Return the event since which no seat is held."""
        if previous is None:
            return self.nearest()
        if previous.event_type == TAKEN:
            since = self.place_of(previous)
            for recorded in self.agent.marks[since : self.upto]:
                if recorded.event_type in _RELEASING:
                    return recorded
        return previous

    def place_of(self, recorded: Mark) -> int:
        """Return how many of the agent's events come before a recorded seat fact."""
        if recorded.effective_at > self.agent.instants[-1]:
            return len(self.agent.instants)
        low = bisect_left(self.agent.instants, recorded.effective_at)
        high = bisect_right(self.agent.instants, recorded.effective_at, low)
        ties = []
        for tied in self.agent.marks[low:high]:
            if tied.recorded_at < recorded.recorded_at:
                low += 1
            elif tied.recorded_at == recorded.recorded_at:
                ties.append(tied.event_id)
        if not ties:
            return low
        positions = self.positions_of([recorded.event_id, *ties])
        return low + sum(positions[tie] < positions[recorded.event_id] for tie in ties)


def _plainly_follows(event: SeatEvent, previous: Mark | None, agent: Timeline) -> bool:
    """Tell that an event is legal behind its predecessor, where nothing has become of the agent since.

    False tells nothing: then the place of either among the agent's events has to be looked up.
    """
    if previous is None or previous.effective_at <= agent.instants[-1]:
        return False
    was_taken = previous.event_type == TAKEN
    return agent.states[-1] is State.ACTIVE and was_taken is not (event.type == TAKEN)


def _last_of(meter: SeatMeter | None) -> Mark | None:
    return meter.last if meter is not None else None


def _check_following(event: SeatEvent, previous: Mark | None, following: Mark, place: _Place) -> None:
    """Refuse an event that makes the next seat fact illegal which was legal without it."""
    then = place.place_of(following)
    takes = following.event_type == TAKEN
    held_without = place.held(previous, then)
    held_with = event.type == TAKEN and not place.releases(place.upto, then)
    # a SeatTaken needs a free seat, a SeatReleased a held one; that the agent is active then is said by
    # neither or by both: whatever ended it since has released the seat as well
    if held_without != takes and held_with == takes:
        now = "the agent would hold a seat already" if takes else "the agent would hold no seat"
        raise LaterSeatFactBreaks(event, following, f"at the {following.event_type} after it {now}")
