"""Show what was recorded about a licence, in words."""

from dataclasses import dataclass
from datetime import datetime

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import not_known
from ledger.application.ledger import Ledger
from ledger.application.telling import tell
from ledger.events.license import LicenseCreated
from ledger.events.streams import license_stream
from ledger.rules.instants import to_us
from ledger.rules.words import DEFAULT_CURRENCY


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
    known_us = to_us(known_at) if known_at is not None else None
    rows = ledger.store.rows_under(license_stream(license_id), known_us)
    if not rows and known_us is not None:
        raise not_known(ledger, license_id, known_us)
    if not rows:
        raise LicenseNotFound(what="licence", name=license_id)
    read = ledger.store.mapper.to_domain_event
    events = [(position, read(row).event, row.state) for position, row in rows]
    created = (event for _, event, _ in events if isinstance(event, LicenseCreated))
    currency = next((event.currency for event in created), DEFAULT_CURRENCY)
    return [
        LogEntry(
            position=position,
            effective_at=event.effective_at,
            recorded_at=event.recorded_at,
            type=event.type,
            who=event.actor,
            what=tell(event, currency),
            line=state.decode(),
        )
        for position, event, state in events
    ]
