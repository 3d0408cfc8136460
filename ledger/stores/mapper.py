"""The way of an event into the log and back: entries of the domain to rows, rows to entries."""

from collections.abc import Iterator, Sequence
from itertools import repeat

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.events.base import LedgerEvent
from ledger.events.catalogue import TOPICS, decode, encode, topic_of
from ledger.events.entry import Entry
from ledger.events.plain_lines import Alike
from ledger.rules.instants import to_us
from ledger.stores.log_row import Content, LogRow, row_of


def content_of_event(event: LedgerEvent) -> Content:
    """Return what the row of an event says, wherever its place is."""
    return (
        event.id,
        event.license_id,
        event.subject,
        int(event.fact),
        to_us(event.effective_at),
        to_us(event.recorded_at),
        topic_of(event),
        encode(event),
    )


def contents_of_alike(alike: Alike, events: Sequence[LedgerEvent]) -> Iterator[Content]:
    """Return what the rows of events say that were read together."""
    return zip(
        alike.column("id"),
        alike.column("license_id"),
        alike.subjects() or repeat(None),
        alike.facts(events),
        alike.effective_us,
        alike.recorded_us,
        repeat(TOPICS[alike.event_type]),
        alike.states,
    )


class LedgerMapper(Mapper[str]):
    """The library's mapper for this log: the state is the canonical history line, read with upcasting."""

    def __init__(self, *_: object, **__: object) -> None:
        # the library's factories pass transcoder, cipher and compressor; the canonical line needs none
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> LogRow:
        """Return the row of an Entry."""
        if not isinstance(domain_event, Entry):
            raise TypeError(f"the ledger records Entry, not {type(domain_event).__name__}")
        content = content_of_event(domain_event.event)
        return row_of(domain_event.originator_id, domain_event.originator_version, content)

    def to_domain_event(self, stored_event: StoredEvent) -> Entry:
        """Return the Entry of a row; raises UnreadableEvent for what this release does not know."""
        return Entry(
            originator_id=str(stored_event.originator_id),
            originator_version=stored_event.originator_version,
            event=decode(stored_event.topic, stored_event.state),
        )
