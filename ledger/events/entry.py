"""An event with its place in one stream: what the event store saves and gives back."""

from dataclasses import dataclass

from ledger.events.base import LedgerEvent


@dataclass(frozen=True, slots=True)
class Entry:
    """Pair an event with its stream and its number there (1, 2, 3, …).

    It has the two attributes that the `eventsourcing` library asks of a domain event.
    """

    originator_id: str
    originator_version: int
    event: LedgerEvent
