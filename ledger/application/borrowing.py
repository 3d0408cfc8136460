"""The past as a command sees it: aggregates kept in memory and brought up to date by their streams' tails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Never, cast

from eventsourcing.application import Repository
from eventsourcing.persistence import EventStore

from ledger.aggregates.base import Aggregate, AnyAggregate, projector
from ledger.aggregates.programme import Cutover
from ledger.aggregates.seat_meter import SeatMeter
from ledger.events.entry import Entry
from ledger.events.programme import CutoverAnnounced
from ledger.events.seats import SeatEvent

_AGGREGATES_KEPT = 1_000


class NeedsTheWriteLock(Exception):
    """Raised when a decision depends on more than streams whose versions can be compared afterwards."""


class LendingRepository(Repository[str]):
    """The library's repository, whose cache lends each aggregate to one command at a time.

    The library copies a cached aggregate for every command, which takes longer than the rest of it. Here
    the aggregate leaves the cache while a command has it, and comes back only if what the command recorded
    is in the log: so no two commands share one, and no cached one holds what was not recorded.
    """

    def __init__(self, event_store: EventStore[str]) -> None:
        super().__init__(event_store, cache_maxsize=_AGGREGATES_KEPT)

    @contextmanager
    def borrowing(self) -> Iterator["Borrowed"]:
        """Lend aggregates for one decision; they are kept if the block ends without an exception."""
        borrowed = Borrowed(self)
        try:
            yield borrowed
        except NeedsTheWriteLock:
            # it was asked before anything was recorded
            self._take_back(borrowed)
            raise
        self._take_back(borrowed)

    def _take_back(self, borrowed: "Borrowed") -> None:
        for aggregate in borrowed.given_back():
            cast(Any, self.cache).put(aggregate.id, aggregate)

    def lend(self, kind: type[AnyAggregate], stream_id: str) -> AnyAggregate:
        """Return a stream's aggregate, up to date, and keep no hold of it."""
        aggregate: AnyAggregate | None
        try:
            aggregate = cast(Any, self.cache).get(stream_id, evict=True)
        except KeyError:
            aggregate = None
        tail = self.event_store.get(stream_id, gt=aggregate.version if aggregate else None)
        aggregate = projector(kind)(aggregate, cast(Iterator[Entry], tail))
        return aggregate if aggregate is not None else kind(stream_id)


class Borrowed:
    """The aggregates of one decision; the past of a command that needs no write lock to be decided."""

    def __init__(self, repository: LendingRepository) -> None:
        self._repository = repository
        self._aggregates: dict[str, Aggregate] = {}
        self._versions: dict[str, int] = {}

    def aggregate(self, kind: type[AnyAggregate], stream_id: str) -> AnyAggregate:
        """Return a stream's aggregate, an empty one if nothing is recorded; asked again, the same one."""
        held = self._aggregates.get(stream_id)
        if held is not None:
            return cast(AnyAggregate, held)
        aggregate = self._repository.lend(kind, stream_id)
        self._aggregates[stream_id] = aggregate
        self._versions[stream_id] = aggregate.version
        return aggregate

    def seat_meter(self, event: SeatEvent) -> SeatMeter:
        """Return the meter that the event belongs to, an empty one if it is the first of its month."""
        return self.aggregate(SeatMeter, event.stream_id)

    def versions_besides(self, stream_id: str) -> Mapping[str, int]:
        """Return the versions of the other streams that the decision looked at."""
        return {name: version for name, version in self._versions.items() if name != stream_id}

    def drop(self, stream_id: str) -> None:
        """Do not give the aggregate back: it holds the event otherwise than the log does."""
        del self._aggregates[stream_id]

    def given_back(self) -> list[Aggregate]:
        """Return what may be kept: aggregates that are about something."""
        return [aggregate for aggregate in self._aggregates.values() if aggregate.version]

    def keep(self, aggregate: SeatMeter | Cutover) -> None:
        """Do nothing: what was borrowed is given back."""

    def seats_before(self, event: SeatEvent) -> Never:
        """Refuse: another writer might make a nearer month meanwhile."""
        raise NeedsTheWriteLock

    def seats_after(self, event: SeatEvent) -> Never:
        """Refuse: another writer might make a nearer month meanwhile."""
        raise NeedsTheWriteLock

    def cutovers(self) -> Sequence[CutoverAnnounced]:
        """Refuse: another writer might announce one meanwhile."""
        raise NeedsTheWriteLock

    def positions_of(self, event_ids: Sequence[str]) -> Never:
        """Refuse: what needs positions is rare."""
        raise NeedsTheWriteLock

    def last_position_recorded_by(self, recorded_us: int) -> Never:
        """Refuse: another writer might record something by that instant meanwhile."""
        raise NeedsTheWriteLock
