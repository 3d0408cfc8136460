"""Which notices did not get out: how often they were tried, why they failed, when they are tried again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.application.ledger import Ledger
from ledger.application.notice_attempts import Attempts
from ledger.application.notice_outcomes import Subject
from ledger.application.notice_trail import NoticeKey, Trail


@dataclass(frozen=True)
class FailedNotice:
    """A notice that failed and was not sent since; `reason` and recipients if our own mail run tried it.

    `next_at` is the instant from which on a run tries it again, if its charge is still ahead then.
    """

    key: NoticeKey
    attempts: Attempts
    next_at: datetime | None
    reason: str | None
    recipients: tuple[str, ...]


def failed_notices(ledger: Ledger, trail: Trail, at_most: int) -> tuple[Sequence[FailedNotice], int]:
    """Return the notices that failed last, up to `at_most` of them, and how many there are."""
    found = sorted(trail.failing.items(), key=lambda one: _failed_at(one[1]), reverse=True)
    ledger_id = ledger.store.ledger_id(create=False) or ""
    keys = {Subject(*key).key(ledger_id): key for key, _ in found[:at_most]}
    deliveries = {keys[name]: one for name, one in ledger.store.deliveries.of(list(keys)).items()}
    failed = []
    for key, attempts in found[:at_most]:
        delivery = deliveries.get(key)
        failed.append(
            FailedNotice(
                key=key,
                attempts=attempts,
                next_at=attempts.next_at,
                reason=delivery.reason if delivery else None,
                recipients=delivery.message.recipients if delivery else (),
            )
        )
    return failed, len(found)


def _failed_at(attempts: Attempts) -> float:
    return attempts.last_failed_at.timestamp() if attempts.last_failed_at else 0.0
