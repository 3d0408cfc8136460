"""The events between two looks at the ledger: the licence's own, and the programme's that concern it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ledger.application.ledger import Ledger
from ledger.application.telling import tell
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import CATALOGUE, decode
from ledger.events.license import LicenseCreated, PlanChanged
from ledger.events.programme import CutoverAnnounced, PartnerEvent, PartnerRegistered, PricePublished
from ledger.events.streams import license_stream
from ledger.rules.calendar import local_date
from ledger.rules.instants import format_instant, to_us
from ledger.rules.words import Programme, TakesEffect
from ledger.stores.log_row import Recorded
from ledger.stores.reading import read_programme

# What may be announced ahead bears on rows of before; of all else only what was true by then does.
_AHEAD = frozenset(
    CATALOGUE[name].fact_code
    for name in ("PricingModelSwitched", "PlanChanged", "BillingCycleChanged", "LicenseCancelled")
)
_PAPER = frozenset(CATALOGUE[name].fact_code for name in ("InvoiceIssued", "NoticeSent", "NoticeFailed"))
# No day begins earlier anywhere than this before it begins in UTC.
_EASTERNMOST = timedelta(hours=14)
_CREATED = LicenseCreated.fact_code
_PLANS = (_CREATED, PlanChanged.fact_code)


@dataclass(frozen=True)
class EventBetween:
    """An event that one look sees and the other does not; `why`: `recorded` or `took_effect` in between."""

    position: int
    effective_at: datetime
    recorded_at: datetime
    type: str
    who: str
    what: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "position": self.position,
            "effective_at": format_instant(self.effective_at),
            "recorded_at": format_instant(self.recorded_at),
            "type": self.type,
            "who": self.who,
            "what": self.what,
            "why": self.why,
        }


@dataclass(frozen=True)
class Times:
    """An event's place in the log and its times, µs since 1970 UTC.

    `ahead`: it may be announced ahead; `is_paper`: it says what was issued or sent.
    """

    position: int
    effective_us: int
    recorded_us: int
    ahead: bool = False
    is_paper: bool = False


# Says why an event is between the two looks, or None if it is not.
Between = Callable[[Times], str | None]


class EventsBetween:
    """Find the events between two looks for one licence after another; the programme is read once."""

    def __init__(self, ledger: Ledger, known_at: datetime, between: Between) -> None:
        """Look at what was recorded by `known_at`."""
        self._ledger = ledger
        self._known_us = to_us(known_at)
        self._between = between
        rows = read_programme(ledger.store, self._known_us).sort("position")
        events = [
            (position, decode(topic, state))
            for position, topic, state in rows.select("position", "topic", "state").iter_rows()
        ]
        self._programme = list(_told(events, between))
        self._programmes = {
            event.partner_id: event.programme for _, event in events if isinstance(event, PartnerRegistered)
        }

    def of(self, license_id: str) -> list[EventBetween]:
        """Return the events of a licence, and those of the programme that concern it, by position."""
        rows = self._ledger.store.rows_under(license_stream(license_id), self._known_us)
        terms = [self._read(row) for row in rows if row.row.fact in _PLANS]
        created = next((event for event in terms if isinstance(event, LicenseCreated)), None)
        if created is None:
            return []
        plans = {event.plan for event in terms if isinstance(event, LicenseCreated | PlanChanged)}
        found = [
            _tell(row.position, self._read(row), created.currency, why)
            for row in rows
            if (why := self._between(_times(row))) is not None
        ]
        programme = self._programmes.get(created.partner_id or "")
        found += [
            _tell(position, event, created.currency, why)
            for position, event, why in self._programme
            if _concerns(event, created, plans, programme)
        ]
        return sorted(found, key=lambda event: event.position)

    def _read(self, recorded: Recorded) -> LedgerEvent:
        return self._ledger.store.mapper.to_domain_event(recorded.row).event


def _times(recorded: Recorded) -> Times:
    row = recorded.row
    return Times(recorded.position, row.effective_us, row.recorded_us, row.fact in _AHEAD, row.fact in _PAPER)


def _told(
    events: Sequence[tuple[int, LedgerEvent]], between: Between
) -> Iterator[tuple[int, LedgerEvent, str]]:
    for position, event in events:
        why = between(Times(position, _effective_us(event), to_us(event.recorded_at), ahead=True))
        if why is not None:
            yield position, event, why


def _effective_us(event: LedgerEvent) -> int:
    """Return when an event becomes true; of a cutover that is the beginning of its day (docs/rules.md §1)."""
    if isinstance(event, CutoverAnnounced):
        return to_us(datetime.combine(event.on, time(), tzinfo=UTC) - _EASTERNMOST)
    return to_us(event.effective_at)


def _concerns(
    event: LedgerEvent, created: LicenseCreated, plans: set[str], programme: Programme | None
) -> bool:
    match event:
        case PricePublished():
            return event.currency == created.currency and event.plan in plans
        case CutoverAnnounced():
            return event.covers(created.source, programme) and _may_decide(event, created)
        case PartnerEvent():
            return event.partner_id == created.partner_id
        case _:
            return False


def _may_decide(cutover: CutoverAnnounced, created: LicenseCreated) -> bool:
    """Tell whether a cutover on creation was there for the licence's own; one on billing dates may come."""
    created_on = local_date(created.effective_at, created.time_zone)
    return cutover.takes_effect is TakesEffect.ON_BILLING_DATE or cutover.on <= created_on


def _tell(position: int, event: LedgerEvent, currency: str, why: str) -> EventBetween:
    return EventBetween(
        position=position,
        effective_at=event.effective_at,
        recorded_at=event.recorded_at,
        type=event.type,
        who=event.actor,
        what=tell(event, currency),
        why=why,
    )
