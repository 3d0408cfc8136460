"""Whether a worker is well: it looks at its log, and each job does what is due before long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.rules.instants import format_instant
from replay.working.worker import Watched

DEFAULT_STALE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Health:
    """What keeps a worker from being well, in sentences (none: it is), and how its jobs stand."""

    reasons: tuple[str, ...]
    watched: Watched

    def as_dict(self) -> dict[str, Any]:
        """Return what `/health` answers."""
        watched = self.watched
        return {
            "status": "failing" if self.reasons else "ok",
            "reasons": list(self.reasons),
            "began_at": _text(watched.began_at),
            "database": {
                "reachable": watched.database_lost is None,
                "looked_at": _text(watched.looked_at),
                "position": watched.position,
            },
            "jobs": {
                name: {
                    "succeeded_at": _text(one.succeeded_at),
                    "behind_since": _text(one.behind_since),
                    "trouble": one.trouble,
                }
                for name, one in watched.jobs.items()
            },
        }


def health_of(watched: Watched, now: datetime, stale_after: timedelta = DEFAULT_STALE_AFTER) -> Health:
    """Judge a worker: the database must answer now, and nothing that is due may wait longer than a while.

    A job that has nothing to do is well however long ago its last turn was.
    """
    reasons = []
    if watched.database_lost is not None:
        reasons.append(f"The database is lost: {watched.database_lost}")
    elif now - (watched.looked_at or watched.began_at) > stale_after:
        seen = "never" if watched.looked_at is None else f"last at {format_instant(watched.looked_at)}"
        reasons.append(f"The log was looked at {seen}.")
    for name, one in watched.jobs.items():
        if one.behind_since is not None and now - one.behind_since > stale_after:
            why = one.trouble or "its turn has not ended yet."
            reasons.append(f"{name} is behind since {format_instant(one.behind_since)}: {why}")
    return Health(tuple(reasons), watched)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)
