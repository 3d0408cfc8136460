"""What all aggregates share: built from entries, they decide on events and hand out what to save."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry


class Aggregate:
    """The past of one stream, as far as deciding needs it.

    Subclasses have `decide`, which refuses or records, and `_apply`, which takes in what was recorded.
    Works with the `eventsourcing` library's Repository (see `projector`) and Application.save.
    """

    def __init__(self, stream_id: str) -> None:
        """Begin the past of the stream of that name; its first entry gets the number 1."""
        self.id = stream_id
        self._pending: list[Entry] = []
        self.version = 0

    def collect_events(self) -> list[Entry]:
        """Hand out, once, what was recorded since the last time."""
        pending, self._pending = self._pending, []
        return pending

    def replay(self, entry: Entry) -> None:
        """Take in an entry of the log; it must be the stream's next one."""
        if entry.originator_id != self.id or entry.originator_version != self.version + 1:
            raise ValueError(f"{entry.originator_id} {entry.originator_version} is not next in {self.id}")
        self.version = entry.originator_version
        self._apply(entry.event)

    def _record(self, event: LedgerEvent) -> Entry:
        """Take in an event that was decided on, and keep it to be saved."""
        if event.stream_id != self.id:
            raise ValueError(f"{event.type} {event.id} does not belong to {self.id}")
        self.version += 1
        entry = Entry(self.id, self.version, event)
        self._apply(event)
        self._pending.append(entry)
        return entry

    def _apply(self, event: LedgerEvent) -> None:
        raise NotImplementedError


AnyAggregate = TypeVar("AnyAggregate", bound=Aggregate)


def projector(
    kind: type[AnyAggregate],
) -> Callable[[AnyAggregate | None, Iterable[Entry]], AnyAggregate | None]:
    """Return the projector function for `Repository.get(stream_id, projector_func=projector(License))`.

    Without entries it gives back what it was given, so None stays None and a cached aggregate is brought
    up to date by the entries after its version.
    """

    def project(aggregate: AnyAggregate | None, entries: Iterable[Entry]) -> AnyAggregate | None:
        for entry in entries:
            if aggregate is None:
                aggregate = kind(entry.originator_id)
            aggregate.replay(entry)
        return aggregate

    return project
