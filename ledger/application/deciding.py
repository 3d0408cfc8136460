"""Which aggregate decides on an event, and what it is told of the rest of the log."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from ledger.aggregates.base import Aggregate, AnyAggregate
from ledger.aggregates.creation import CreationContext
from ledger.aggregates.invoices import InvoiceContext, Invoices
from ledger.aggregates.license import License
from ledger.aggregates.notices import NoticeContext, Notices
from ledger.aggregates.programme import Cutover, Partner, PriceList
from ledger.aggregates.seat_meter import SeatMeter
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.license import LicenseDraft, LicenseStreamEvent
from ledger.events.paper import InvoiceIssued, NoticeEvent
from ledger.events.programme import CutoverAnnounced, PartnerEvent, PricePublished
from ledger.events.seats import SeatEvent
from ledger.events.streams import cutover_stream, license_stream, partner_stream
from ledger.rules.instants import to_us


class Past(Protocol):
    """The log before an event, as far as deciding on the event asks for it."""

    def aggregate(self, kind: type[AnyAggregate], stream_id: str) -> AnyAggregate:
        """Return a stream's aggregate, an empty one if nothing is recorded in the stream."""

    def seat_meter(self, event: SeatEvent) -> SeatMeter:
        """Return the meter that the event belongs to, an empty one if it is the first of its month."""

    def seats_before(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts before the event's month."""

    def seats_after(self, event: SeatEvent) -> SeatMeter | None:
        """Return the agent's nearest month with facts after the event's month."""

    def cutovers(self) -> Sequence[CutoverAnnounced]:
        """Return all announced cutovers in the order of the log."""

    def positions_of(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the positions of those ids that are in the log."""

    def last_position_recorded_by(self, recorded_us: int) -> int | None:
        """Return the last position recorded at or before the instant; None if there is none."""

    def keep(self, aggregate: SeatMeter | Cutover) -> None:
        """Take note of a seat meter's first fact or of a cutover, for the questions above."""


def decide(event: LedgerEvent, past: Past) -> Entry:
    """Return the event with its place in its stream, a LicenseCreated completed; or raise a refusal."""
    decided = _DECIDERS[event.type](event, past)
    return decided.collect_events()[-1]


def _license_fact(event: LicenseStreamEvent, past: Past) -> Aggregate:
    license_ = past.aggregate(License, license_stream(event.license_id))
    license_.decide(event)
    return license_


def _creation(event: LicenseDraft, past: Past) -> Aggregate:
    registered = None
    if event.partner_id is not None:
        registered = past.aggregate(Partner, partner_stream(event.partner_id)).registered
    license_ = past.aggregate(License, license_stream(event.license_id))
    license_.decide(event, CreationContext(registered.programme if registered else None, past.cutovers()))
    return license_


def _seat_fact(event: SeatEvent, past: Past) -> Aggregate:
    meter = past.seat_meter(event)
    license_ = past.aggregate(License, license_stream(event.license_id))
    if meter.decide(event, license_, past).originator_version == 1:
        past.keep(meter)
    return meter


def _partner_fact(event: PartnerEvent, past: Past) -> Aggregate:
    partner = past.aggregate(Partner, event.stream_id)
    partner.decide(event)
    return partner


def _price(event: PricePublished, past: Past) -> Aggregate:
    prices = past.aggregate(PriceList, event.stream_id)
    prices.decide(event)
    return prices


def _cutover(event: CutoverAnnounced, past: Past) -> Aggregate:
    cutover = past.aggregate(Cutover, event.stream_id)
    cutover.decide(event)
    past.keep(cutover)
    return cutover


def _invoice(event: InvoiceIssued, past: Past) -> Aggregate:
    license_ = past.aggregate(License, license_stream(event.license_id))
    license_.require_created(event.license_id)
    invoices = past.aggregate(Invoices, event.stream_id)
    named = [event.known_through]
    if invoices.last_known_through is not None:
        named.append(invoices.last_known_through)
    positions = past.positions_of(named)
    context = InvoiceContext(
        license=license_,
        known_through=positions.get(event.known_through),
        last_by_instant=past.last_position_recorded_by(to_us(license_.billing_instant(event.billing_date))),
        known_through_before=positions.get(invoices.last_known_through or ""),
    )
    invoices.decide(event, context)
    return invoices


def _notice(event: NoticeEvent, past: Past) -> Aggregate:
    notices = past.aggregate(Notices, event.stream_id)
    context = NoticeContext(
        past.aggregate(License, license_stream(event.license_id)),
        past.aggregate(Cutover, cutover_stream(event.cutover_id)),
    )
    notices.decide(event, context)
    return notices


_DECIDERS: Final[Mapping[str, Callable[[Any, Past], Aggregate]]] = {
    "LicenseCreated": _creation,
    **dict.fromkeys(("AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted"), _license_fact),
    **dict.fromkeys(("ChatBotAdded", "ChatBotRemoved", "LicenseCancelled"), _license_fact),
    **dict.fromkeys(("PricingModelSwitched", "PlanChanged", "BillingCycleChanged"), _license_fact),
    **dict.fromkeys(("SeatTaken", "SeatReleased"), _seat_fact),
    **dict.fromkeys(("PartnerRegistered", "PartnerTermsChanged"), _partner_fact),
    "PricePublished": _price,
    "CutoverAnnounced": _cutover,
    "InvoiceIssued": _invoice,
    **dict.fromkeys(("NoticeSent", "NoticeFailed"), _notice),
}
