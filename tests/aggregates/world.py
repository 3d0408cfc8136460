"""A log in memory that lets the aggregates decide as an application would."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar, cast

from ledger.aggregates.base import Aggregate, projector
from ledger.aggregates.creation import CreationContext
from ledger.aggregates.invoices import InvoiceContext, Invoices
from ledger.aggregates.license import License
from ledger.aggregates.notices import NoticeContext, Notices
from ledger.aggregates.programme import Cutover, Partner, PriceList
from ledger.aggregates.seat_meter import SeatMeter
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import parse_line, propose
from ledger.events.entry import Entry
from ledger.events.license import LicenseDraft, LicenseStreamEvent
from ledger.events.paper import InvoiceIssued, NoticeEvent
from ledger.events.programme import CutoverAnnounced, PartnerEvent, PricePublished
from ledger.events.seats import SeatEvent
from ledger.events.streams import cutover_stream, license_stream, partner_stream, seats_prefix
from ledger.rules.instants import parse_instant

Kind = TypeVar("Kind", bound=Aggregate)


class World:
    """Hold the entries in order of recording; the index in `log` is the position."""

    def __init__(self) -> None:
        """Begin with an empty log."""
        self.log: list[Entry] = []
        self.aggregates: dict[str, Aggregate] = {}

    def has(self, event_type: str, at: str, recorded: str | None = None, **fields: object) -> LedgerEvent:
        """Record an event, effective and, unless said otherwise, recorded `at`; returns it as recorded."""
        fields.setdefault("id", f"e{len(self.log) + 1}")
        fields.setdefault("actor", "system")
        effective_at = instant(at)
        recorded_at = instant(recorded or at)
        return self.record(propose(event_type, effective_at=effective_at, recorded_at=recorded_at, **fields))

    def play(self, line: bytes) -> LedgerEvent:
        """Record a history line."""
        return self.record(parse_line(line))

    def record(self, event: LedgerEvent) -> LedgerEvent:
        """Let the aggregate decide; nothing changes if it refuses."""
        self._decide(event)
        aggregate = self.aggregates[event.stream_id]
        entries = aggregate.collect_events()
        self.log += entries
        return entries[-1].event

    def get(self, kind: type[Kind], stream_id: str) -> Kind | None:
        """Return the aggregate of a stream that has events."""
        found = self.aggregates.get(stream_id)
        return cast(Kind, found) if found is not None and found.version else None

    def rebuilt(self, kind: type[Kind], stream_id: str) -> Kind | None:
        """Build the aggregate anew from its entries."""
        return projector(kind)(None, [entry for entry in self.log if entry.originator_id == stream_id])

    def positions_of(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the positions of recorded events."""
        return {e.event.id: place for place, e in enumerate(self.log) if e.event.id in event_ids}

    def _at(self, kind: type[Kind], stream_id: str) -> Kind:
        return cast(Kind, self.aggregates.setdefault(stream_id, kind(stream_id)))

    def _decide(self, event: LedgerEvent) -> None:
        match event:
            case LicenseStreamEvent():
                context = self._creation(event) if isinstance(event, LicenseDraft) else None
                self._at(License, event.stream_id).decide(event, context)
            case SeatEvent():
                self._at(SeatMeter, event.stream_id).decide(event, self._license(event), self)
            case PartnerEvent():
                self._at(Partner, event.stream_id).decide(event)
            case PricePublished():
                self._at(PriceList, event.stream_id).decide(event)
            case CutoverAnnounced():
                self._at(Cutover, event.stream_id).decide(event)
            case InvoiceIssued():
                invoices = self._at(Invoices, event.stream_id)
                invoices.decide(event, self._invoice(event, invoices))
            case NoticeEvent():
                self._at(Notices, event.stream_id).decide(event, self._notice(event))
            case _:
                raise TypeError(event.type)

    def _creation(self, draft: LicenseDraft) -> CreationContext:
        partner = self.get(Partner, partner_stream(draft.partner_id)) if draft.partner_id else None
        programme = partner.registered.programme if partner and partner.registered else None
        cutovers = [entry.event for entry in self.log if isinstance(entry.event, CutoverAnnounced)]
        return CreationContext(programme, cutovers)

    def _license(self, event: LedgerEvent) -> License:
        return self._at(License, license_stream(str(event.license_id)))

    def seats_before(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts before the event's."""
        earlier = [name for name in self._months(event) if name < event.stream_id]
        return self.get(SeatMeter, earlier[-1]) if earlier else None

    def seats_after(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts after the event's."""
        later = [name for name in self._months(event) if name > event.stream_id]
        return self.get(SeatMeter, later[0]) if later else None

    def _months(self, event: SeatEvent) -> list[str]:
        prefix = seats_prefix(event.license_id, event.agent_id)
        return sorted(name for name, a in self.aggregates.items() if name.startswith(prefix) and a.version)

    def _invoice(self, event: InvoiceIssued, invoices: Invoices) -> InvoiceContext:
        license_ = self._license(event)
        by_instant = None
        if license_.created is not None:
            instant = license_.billing_instant(event.billing_date)
            by_instant = max(
                (p for p, e in enumerate(self.log) if e.event.recorded_at <= instant), default=None
            )
        wanted = [event.known_through, invoices.last_known_through or ""]
        positions = self.positions_of(wanted)
        return InvoiceContext(license_, positions.get(wanted[0]), by_instant, positions.get(wanted[1]))

    def _notice(self, event: NoticeEvent) -> NoticeContext:
        return NoticeContext(
            self.get(License, license_stream(event.license_id)),
            self.get(Cutover, cutover_stream(event.cutover_id)),
        )


def instant(text: str) -> datetime:
    """Read an instant, or a date for its first instant in UTC."""
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")
