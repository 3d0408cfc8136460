"""What a run of notices did about each of them."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from ledger.application.ask import DataFault
from ledger.application.mailing import Letter
from ledger.rules.words import Channel


class Kind(StrEnum):
    """A notice, or the message that takes one back."""

    NOTICE = "notice"
    RETRACTION = "retraction"


class Result(StrEnum):
    """How it went: with the first four something was done, or would be; with the others nothing."""

    SENT = "sent"
    FAILED = "failed"
    RECOVERED = "recovered"  # an earlier run sent it and was cut off; recorded now
    WOULD_SEND = "would_send"
    WAITING = "waiting"
    GIVEN_UP = "given_up"
    NO_RECIPIENT = "no_recipient"
    MISSED = "missed"


@dataclass(frozen=True)
class Subject:
    """Which notice, or whose retraction."""

    license_id: str
    cutover_id: str
    charge_date: date
    channel: Channel
    kind: Kind = Kind.NOTICE

    def key(self, ledger_id: str) -> str:
        """Return what tells its message from every other, of other ledgers too: 32 hexadecimal digits."""
        parts = [ledger_id, self.license_id, self.cutover_id, self.charge_date.isoformat(), self.channel]
        if self.kind is not Kind.NOTICE:
            parts.append(self.kind)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Outcome:
    """What became of one notice in a run; `next_at` is when it is tried again, None if it is not."""

    subject: Subject
    result: Result
    attempt: int | None = None
    recipients: tuple[str, ...] = ()
    is_late: bool = False
    reason: str | None = None
    next_at: datetime | None = None
    letter: Letter | None = None


@dataclass
class NoticesRun:
    """All outcomes of a run, by licence, charge date and cutover, and the data faults met.

    `server_fault` is what keeps the mail server from taking anything; `next_due_at` is when the first of the
    notices that are still to come is due.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    faults: list[DataFault] = field(default_factory=list)
    server_fault: str | None = None
    next_due_at: datetime | None = None

    def count(self, *results: Result) -> int:
        """Return how many came out so."""
        return sum(outcome.result in results for outcome in self.outcomes)

    @property
    def went_wrong(self) -> bool:
        """Tell whether a message did not get out that should have."""
        return self.count(Result.FAILED, Result.GIVEN_UP) > 0
