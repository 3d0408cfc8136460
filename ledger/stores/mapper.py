"""The way of an event into the log and back: entries of the domain to rows, rows to entries."""

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from ledger.events.catalogue import decode, encode, topic_of
from ledger.events.entry import Entry
from ledger.rules.instants import to_us
from ledger.stores.log_row import LogRow, new_row


class LedgerMapper(Mapper[str]):
    """The library's mapper for this log: the state is the canonical history line, read with upcasting."""

    def __init__(self, *_: object, **__: object) -> None:
        # the library's factories pass transcoder, cipher and compressor; the canonical line needs none
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> LogRow:
        """Return the row of an Entry."""
        if not isinstance(domain_event, Entry):
            raise TypeError(f"the ledger records Entry, not {type(domain_event).__name__}")
        event = domain_event.event
        return new_row(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=topic_of(event),
            state=encode(event),
            event_id=event.id,
            license_id=event.license_id,
            subject=event.subject,
            fact=int(event.fact),
            effective_us=to_us(event.effective_at),
            recorded_us=to_us(event.recorded_at),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Entry:
        """Return the Entry of a row; raises UnreadableEvent for what this release does not know."""
        return Entry(
            originator_id=str(stored_event.originator_id),
            originator_version=stored_event.originator_version,
            event=decode(stored_event.topic, stored_event.state),
        )
