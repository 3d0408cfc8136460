"""Say how the read models stand: versions, checkpoints, how far behind the log, and who is parked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.application.ledger import Ledger
from ledger.projections.read_models import schema_version
from ledger.rules.instants import format_instant, from_us, to_us
from ledger.stores.following import Behind
from ledger.stores.read_models.catalogue import Checkpoint, Parked, TableVersion

_SECOND_US = 1_000_000


@dataclass(frozen=True)
class TableStatus:
    """One version of one table: as far as its slowest partition has come, and how far that is behind.

    `stale` says that another release made it. `lag_seconds` is how long ago the first event that it does not
    know was recorded, 0 if there is none. `through` is the instant up to which invoices are made.
    """

    table: str
    version: int
    state: str
    stale: bool
    position: int
    lag_events: int
    lag_seconds: int
    through: datetime
    partitions: tuple[Checkpoint, ...]


@dataclass(frozen=True)
class ParkedLicense:
    """A licence that waits, since an event of it could not be understood."""

    license_id: str
    position: int
    event_id: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Status:
    """How the read models stand beside a log whose last event has `log_position` (0: none)."""

    log_position: int
    log_recorded_at: datetime | None
    tables: tuple[TableStatus, ...]
    parked: tuple[ParkedLicense, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `status --format json` shows."""
        return {
            "log": {"position": self.log_position, "recorded_at": _text(self.log_recorded_at)},
            "projections": [
                {
                    "projection": one.table,
                    "version": one.version,
                    "state": one.state,
                    "stale": one.stale,
                    "position": one.position,
                    "lag_events": one.lag_events,
                    "lag_seconds": one.lag_seconds,
                    "through": _text(one.through),
                    "checkpoints": [
                        {"partition": part.partition, "position": part.position, "owner": part.owner}
                        for part in one.partitions
                    ],
                }
                for one in self.tables
            ],
            "parked": [
                {
                    "license_id": one.license_id,
                    "position": one.position,
                    "event_id": one.event_id,
                    "reason": one.reason,
                    "since": _text(one.since),
                }
                for one in self.parked
            ],
        }


def show_status(ledger: Ledger) -> Status:
    """Return how the read models stand; without any there are no tables in it. Raises ReadModelsDamaged."""
    last = ledger.store.last_recorded()
    position, recorded_at = (last.position, from_us(last.recorded_us)) if last else (0, None)
    models = ledger.read_models()
    if models is None:
        return Status(position, recorded_at, (), ())
    parts: dict[int, list[Checkpoint]] = {}
    standing = models.standing()
    for checkpoint in standing.checkpoints:
        parts.setdefault(checkpoint.version, []).append(checkpoint)
    lost = {one.version for one in standing.tables} - parts.keys()
    if lost:
        raise models.damaged(f"versions {sorted(lost)} have no checkpoints")
    behind = {
        version: ledger.store.following.behind(min(one.position for one in of))
        for version, of in parts.items()
    }
    now_us = to_us(ledger.clock())
    tables = tuple(_table(one, parts[one.version], behind, now_us) for one in standing.tables)
    return Status(position, recorded_at, tables, tuple(_parked(one) for one in standing.parked))


def _table(
    one: TableVersion, parts: list[Checkpoint], behind: Mapping[int, Behind], now_us: int
) -> TableStatus:
    lag = behind[one.version]
    first_us = now_us if lag.first_recorded_us is None else lag.first_recorded_us
    return TableStatus(
        table=one.table,
        version=one.version,
        state=one.state.value,
        stale=one.schema_version != schema_version(),
        position=min(part.position for part in parts),
        lag_events=lag.events,
        lag_seconds=max(0, now_us - first_us) // _SECOND_US,
        through=from_us(min(part.through_us for part in parts)),
        partitions=tuple(parts),
    )


def _parked(one: Parked) -> ParkedLicense:
    return ParkedLicense(one.license_id, one.position, one.event_id, one.reason, from_us(one.since_us))


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)
