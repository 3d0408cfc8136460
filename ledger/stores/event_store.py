"""The library's event store, which also says how an event was recorded in the end."""

from collections.abc import Mapping
from typing import NamedTuple

from eventsourcing.persistence import EventStore

from ledger.events.entry import Entry
from ledger.stores.mapper import LedgerMapper
from ledger.stores.recorder import LogRecorder


class Saved(NamedTuple):
    """An entry as it is recorded, the very one that was given unless it was stamped anew."""

    entry: Entry
    position: int


class LedgerEventStore(EventStore[str]):
    """Give entries to the recorder and take them from it."""

    def __init__(self, mapper: LedgerMapper, recorder: LogRecorder) -> None:
        super().__init__(mapper, recorder)
        self._mapper = mapper
        self._log = recorder

    def save(self, entry: Entry, unchanged: Mapping[str, int]) -> Saved:
        """Save one entry, recorded no earlier than the log's last, if other streams have not grown.

        `unchanged` gives these streams' versions. Raises StreamConflict, DuplicateEventId, StoreLocked and
        StoreUnreachable.
        """
        row = self._mapper.to_stored_event(entry)
        recorded = self._log.append([row], restamp=True, unchanged=unchanged)[0]
        same = recorded.row is row or recorded.row.state == row.state
        return Saved(entry if same else self._mapper.to_domain_event(recorded.row), recorded.position)
