"""The past as a writing session sees it: everything in the log and in the session, kept in bounded memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from ledger.aggregates.base import Aggregate, AnyAggregate, projector
from ledger.aggregates.programme import Cutover
from ledger.aggregates.seat_meter import SeatMeter
from ledger.application.marked_names import MarkedNames
from ledger.events.entry import Entry
from ledger.events.programme import CutoverAnnounced
from ledger.events.seats import SeatEvent
from ledger.events.streams import cutover_stream
from ledger.stores.bulk import WritingSession
from ledger.stores.mapper import LedgerMapper

# An aggregate weighs as many events as it holds, some 100 bytes each, and a little for itself.
EVENTS_KEPT = 3_000_000
_OWN_WEIGHT = 4
_MONTH_LENGTH = len("2024-08")
_AFTER_ALL_MONTHS = "~"


class Memory:
    """The aggregates used last, in two generations: what the young one has no use for is forgotten.

    Asking costs one look into a dictionary, where a list in order of use would be rearranged every time.
    """

    def __init__(self, events_kept: int) -> None:
        self._limit = events_kept // 2
        self.young: dict[str, Aggregate] = {}
        self._old: dict[str, Aggregate] = {}
        self._weight = 0
        self._forgotten = MarkedNames()

    def may_have_forgotten(self, name: str) -> bool:
        """Tell whether something under the name may once have been kept: never no if it was."""
        return bool(self._forgotten.perhaps((name,)))

    def recall(self, name: str) -> Aggregate | None:
        """Return what is kept under a name that `young` does not hold."""
        found = self._old.pop(name, None)
        if found is not None:
            self.keep(name, found)
        return found

    def keep(self, name: str, aggregate: Aggregate) -> None:
        """Keep an aggregate in place of what was under the name before."""
        self.young[name] = aggregate
        self.grow(aggregate.version + _OWN_WEIGHT)

    def grow(self, weight: int = 1) -> None:
        """Count what was added to an aggregate that is kept."""
        self._weight += weight
        if self._weight <= self._limit:
            return
        # what was counted may be gone by now: a seat meter makes room for the next month's
        self._weight = sum(aggregate.version + _OWN_WEIGHT for aggregate in self.young.values())
        if self._weight > self._limit * 3 // 4:
            if self._old:
                self._forgotten.mark(self._old)
            self._old, self.young, self._weight = self.young, {}, 0

    def clear(self) -> None:
        """Forget everything."""
        self.young, self._old, self._weight = {}, {}, 0
        self._forgotten = MarkedNames()


class SessionPast:
    """Answer what deciding asks, from memory where it can and from the session where it cannot.

    Every event that is decided on must be appended to the session before the next one. If other writers may
    have come in between (after a checkpoint), say so by `forget`.
    """

    def __init__(self, session: WritingSession, events_kept: int = EVENTS_KEPT) -> None:
        self._session = session
        self._mapper = LedgerMapper()
        self._memory = Memory(events_kept)
        self._cutovers: list[CutoverAnnounced] | None = None
        # behind an empty log, what was never in memory is nowhere
        self._began_empty = session.last_recorded() is None

    def forget(self) -> None:
        """Take nothing for granted any more."""
        self._memory.clear()
        self._cutovers = None
        self._began_empty = False

    def grow(self, event_count: int) -> None:
        """Count events that were recorded, so that memory stays bounded."""
        self._memory.grow(event_count)

    def aggregate(self, kind: type[AnyAggregate], stream_id: str) -> AnyAggregate:
        """Return a stream's aggregate, an empty one if nothing is recorded in the stream."""
        found = self._memory.young.get(stream_id) or self._memory.recall(stream_id)
        if found is None:
            found = kind(stream_id) if self._never_had(stream_id) else self._load(kind, stream_id)
            self._memory.keep(stream_id, found)
        return found  # type: ignore[return-value]  # a stream's name says its kind; a cast would be a call

    def _never_had(self, name: str) -> bool:
        """Tell that nothing is recorded under a name that is not in memory."""
        return self._began_empty and not self._memory.may_have_forgotten(name)

    def _load(self, kind: type[AnyAggregate], stream_id: str) -> AnyAggregate:
        rows = self._session.select_events(stream_id)
        entries: Iterator[Entry] = map(self._mapper.to_domain_event, rows)
        aggregate = projector(kind)(None, entries)
        return aggregate if aggregate is not None else kind(stream_id)

    # seats: of each agent the latest month stays in memory, under the prefix of the months' names

    def seat_meter(self, event: SeatEvent) -> SeatMeter:
        """Return the meter that the event belongs to, an empty one if it is the first of its month."""
        stream_id = event.stream_id
        latest: Aggregate | None = self._memory.young.get(stream_id[:-_MONTH_LENGTH])
        if latest is None:
            latest = self._latest(event)
        if latest is None or latest.id < stream_id:
            return SeatMeter(stream_id)
        if latest.id != stream_id:
            return self._load(SeatMeter, stream_id)
        return latest  # type: ignore[return-value]  # under such a name nothing else is kept

    def seats_before(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts before the event's month."""
        stream_id = event.stream_id
        latest = self._latest(event)
        if latest is None or latest.id < stream_id:
            return latest
        name = self._session.neighbouring_stream(_prefix(event), before=stream_id)
        return self._load(SeatMeter, name) if name is not None else None

    def seats_after(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts after the event's month."""
        stream_id = event.stream_id
        latest = self._latest(event)
        if latest is None or latest.id <= stream_id:
            return None
        name = self._session.neighbouring_stream(_prefix(event), after=stream_id)
        return self._load(SeatMeter, name) if name is not None else None

    def _latest(self, event: SeatEvent) -> SeatMeter | None:
        prefix = _prefix(event)
        latest = cast(SeatMeter | None, self._memory.young.get(prefix) or self._memory.recall(prefix))
        if latest is None and not self._never_had(prefix):
            name = self._session.neighbouring_stream(prefix, before=prefix + _AFTER_ALL_MONTHS)
            if name is not None:
                latest = self._load(SeatMeter, name)
                self._memory.keep(prefix, latest)
        return latest

    def keep(self, aggregate: SeatMeter | Cutover) -> None:
        """Take note of a seat meter's first fact or of a cutover, for the questions above."""
        if isinstance(aggregate, SeatMeter):
            prefix = aggregate.id[:-_MONTH_LENGTH]
            latest = cast(SeatMeter | None, self._memory.young.get(prefix) or self._memory.recall(prefix))
            if latest is None or latest.id < aggregate.id:
                self._memory.keep(prefix, aggregate)
        elif self._cutovers is not None and aggregate.announced is not None:
            self._cutovers.append(aggregate.announced)

    def cutovers(self) -> Sequence[CutoverAnnounced]:
        """Return all announced cutovers in the order of the log."""
        if self._cutovers is None:
            names = self._session.streams_under(cutover_stream(""))
            announced = [self._load(Cutover, name).announced for name in names]
            known = [cutover for cutover in announced if cutover is not None]
            positions = self.positions_of([cutover.id for cutover in known])
            self._cutovers = sorted(known, key=lambda cutover: positions[cutover.id])
        return self._cutovers

    def positions_of(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the positions of those ids that are in the log."""
        return self._session.positions_of(event_ids)

    def last_position_recorded_by(self, recorded_us: int) -> int | None:
        """Return the last position recorded at or before the instant; None if there is none."""
        return self._session.last_position_recorded_by(recorded_us)


def _prefix(event: SeatEvent) -> str:
    return event.stream_id[:-_MONTH_LENGTH]
