"""An event with its place in one stream: what the event store saves and gives back."""

from typing import NamedTuple

from ledger.events.base import LedgerEvent


class Entry(NamedTuple):
    """Pair an event with its stream and its number there (1, 2, 3, …).

    It has the two attributes that the `eventsourcing` library asks of a domain event.
    """

    originator_id: str
    originator_version: int
    event: LedgerEvent
