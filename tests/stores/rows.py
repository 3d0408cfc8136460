"""Rows for the tests of stores: only what a store looks at is in them."""

import json
from collections.abc import Sequence

from ledger.events.facts import Fact
from ledger.rules.instants import format_instant, from_us
from ledger.stores.log_row import LogRow
from ledger.stores.store import Store

SEATS = "license/acme/seats/ann/2024-01"
NOON_US = 1_704_110_400_000_000  # 2024-01-01T12:00:00Z


def row(
    stream: str,
    version: int,
    recorded_us: int = NOON_US,
    *,
    event_id: str | None = None,
    fact: Fact = Fact.SEAT_TAKEN,
    license_id: str | None = "acme",
    subject: str | None = "ann",
    note: str = "",
    late_by_us: int = 1_000_000,
) -> LogRow:
    """Return a row; its id tells stream and version."""
    event_id = event_id or f"{stream}#{version}"
    line = {"id": event_id, "note": note, "recorded_at": format_instant(from_us(recorded_us))}
    return LogRow(
        originator_id=stream,
        originator_version=version,
        topic="SeatTaken@1",
        state=json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode(),
        event_id=event_id,
        license_id=license_id,
        subject=subject,
        fact=int(fact),
        effective_us=recorded_us - late_by_us,
        recorded_us=recorded_us,
    )


def give_up(
    store: Store,
    appended: Sequence[LogRow],
    *,
    checkpoint: bool = False,
    why: type[BaseException] = ValueError,
) -> None:
    """Write rows in a session that is then interrupted; with `checkpoint` they are committed before."""
    with store.writing() as session:
        session.append(appended)
        if checkpoint:
            session.checkpoint()
        session.append([row("license/given-up", 99, appended[-1].recorded_us)])
        session.flush()
        raise why


def rows(stream: str, count: int, first_us: int = NOON_US) -> list[LogRow]:
    """Return rows of one stream, versions from 1, recorded a microsecond apart."""
    return [row(stream, version, first_us + version - 1) for version in range(1, count + 1)]
