"""Show what was recorded about a licence, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import not_known
from ledger.application.ledger import Ledger
from ledger.application.telling import tell
from ledger.events.facts import Fact
from ledger.events.license import LicenseCreated
from ledger.events.streams import license_stream
from ledger.rules.instants import to_us
from ledger.rules.words import DEFAULT_CURRENCY
from ledger.stores.log_row import Recorded


@dataclass(frozen=True)
class LogEntry:
    """One event of a licence: its place in the log, both its times, who did what; `line` is it whole."""

    position: int
    effective_at: datetime
    recorded_at: datetime
    type: str
    who: str
    what: str
    line: str


def show_log(ledger: Ledger, license_id: str, known_at: datetime | None = None) -> list[LogEntry]:
    """Return all events of a licence in the order of recording, those recorded by `known_at` if it is given.

    Raises LicenseNotFound if nothing of the licence was recorded by then.
    """
    rows = _rows(ledger, license_id, known_at)
    return _told(ledger, rows, rows)


def latest_events(
    ledger: Ledger,
    license_id: str,
    known_at: datetime | None = None,
    *,
    with_seats: bool,
    before: int | None,
    at_most: int,
) -> list[LogEntry]:
    """Return the events recorded last, the latest first, from before a position; only these are read whole.

    Without seats, nothing is told of who took and left one. Raises what `show_log` raises.
    """
    rows = _rows(ledger, license_id, known_at)
    chosen = [
        row
        for row in rows
        if (with_seats or row.row.fact not in _OF_SEATS) and (before is None or row.position < before)
    ]
    return _told(ledger, chosen[: -at_most - 1 : -1], rows)


_OF_SEATS = frozenset({Fact.SEAT_TAKEN, Fact.SEAT_RELEASED})


def _rows(ledger: Ledger, license_id: str, known_at: datetime | None) -> list[Recorded]:
    known_us = to_us(known_at) if known_at is not None else None
    rows = ledger.store.rows_under(license_stream(license_id), known_us)
    if not rows and known_us is not None:
        raise not_known(ledger, license_id, known_us)
    if not rows:
        raise LicenseNotFound(what="licence", name=license_id)
    return rows


def _told(ledger: Ledger, chosen: Sequence[Recorded], rows: Sequence[Recorded]) -> list[LogEntry]:
    """Say what some of a licence's rows mean, in the currency of its creation."""
    read = ledger.store.mapper.to_domain_event
    created = (read(one.row).event for one in rows if one.row.fact == Fact.LICENSE_CREATED)
    currency = next((one.currency for one in created if isinstance(one, LicenseCreated)), DEFAULT_CURRENCY)
    return [
        LogEntry(
            position=position,
            effective_at=event.effective_at,
            recorded_at=event.recorded_at,
            type=event.type,
            who=event.actor,
            what=tell(event, currency),
            line=row.state.decode(),
        )
        for position, row in chosen
        for event in (read(row).event,)
    ]
