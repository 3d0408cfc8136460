"""Hand one e-mail to the mail server and keep true what is said of it, whatever happens in between.

The order is what counts (docs/adr/0018): the delivery is noted as begun, the message handed over, the
delivery noted as accepted, the event recorded. Cut off after the third step, the next run records without
sending; cut off between the second and the third, it sends once more, under the same Message-ID.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ledger.application.ask import DataFault
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.mailing import Letter, LetterContent, Mailer, MailNotAccepted
from ledger.application.notice_attempts import Attempts
from ledger.application.notice_contents import NoticeContent
from ledger.application.notice_outcomes import Kind, NoticesRun, Outcome, Result, Subject
from ledger.application.notice_recipients import AddressBook
from ledger.application.recording import CommandMeta, IdMeansSomethingElse, record
from ledger.rules.instants import to_us
from ledger.stores.deliveries import Delivery, Message
from ledger.stores.errors import StoreLocked, StoreUnreachable

DEFAULT_ATTEMPTS = 8
# An import may hold the store for a while; what the mail server took is worth the wait.
_NOTING_ATTEMPTS = 8
_LONGEST_NOTING_PAUSE_S = 30


@dataclass(frozen=True)
class Post:
    """How mail goes out: by whom, to whom, and how often a message is tried."""

    mailer: Mailer
    address_book: AddressBook
    attempts: int = DEFAULT_ATTEMPTS
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Envelope:
    """A message that may leave now: to whom, and what became of it so far."""

    subject: Subject
    payer_id: str
    recipients: tuple[str, ...]
    attempts: Attempts
    before: Delivery | None


class Posting:
    """One run's sending; once the server proves unable to take any mail, the rest waits for the next run."""

    def __init__(
        self, ledger: Ledger, post: Post, run: NoticesRun, *, moment: datetime, dry_run: bool
    ) -> None:
        self.ledger = ledger
        self.post = post
        self.dry_run = dry_run
        self._moment = moment
        self._run = run
        self._server_fault: str | None = None
        self._ledger_id = ledger.store.ledger_id(create=not dry_run) or ""

    def now(self) -> datetime:
        """Return a dry run's moment, else what the clock says."""
        return self._moment if self.dry_run else self.ledger.now()

    def key(self, subject: Subject) -> str:
        """Return what tells the subject's message from every other."""
        return subject.key(self._ledger_id)

    def delivery(self, subject: Subject) -> Delivery | None:
        """Return what became of the subject's message so far."""
        key = self.key(subject)
        return self.ledger.store.deliveries.of([key]).get(key)

    def done(self, outcome: Outcome) -> None:
        """Take down an outcome."""
        self._run.outcomes.append(outcome)
        logger().info(
            "notice",
            license_id=outcome.subject.license_id,
            kind=outcome.subject.kind.value,
            channel=outcome.subject.channel.value,
            result=outcome.result.value,
            reason=outcome.reason,
        )

    def report(self, fault: DataFault) -> None:
        """Take down a data fault."""
        self._run.faults.append(fault)

    def send(self, envelope: Envelope, content: LetterContent) -> None:
        """Write the letter and hand it over, unless the server takes nothing or the run is a dry one."""
        letter = self._letter(envelope, content)
        is_late = isinstance(content, NoticeContent) and content.is_late
        if self._server_fault is not None:
            self._done(envelope, letter, Result.WAITING, is_late=is_late, reason=self._server_fault)
        elif self.dry_run:
            self._done(envelope, letter, Result.WOULD_SEND, is_late=is_late)
        else:
            self._hand_over(envelope, letter, is_late=is_late)

    def _letter(self, envelope: Envelope, content: LetterContent) -> Letter:
        key, before = self.key(envelope.subject), envelope.before
        message_id = before.message.message_id if before else self.post.mailer.message_id(key)
        return Letter(key, message_id, envelope.payer_id, envelope.recipients, self.now(), content)

    def _hand_over(self, envelope: Envelope, letter: Letter, *, is_late: bool) -> None:
        self.ledger.store.deliveries.begin(_message(envelope, letter), to_us(self.now()))
        try:
            refused = self.post.mailer.send(letter)
        except MailNotAccepted as error:
            self._failed(envelope, letter, error, is_late=is_late)
            return
        self._accepted(envelope, letter)
        reason = f"not taken for {', '.join(refused)}" if refused else None
        self._done(envelope, letter, Result.SENT, is_late=is_late, reason=reason)

    def _accepted(self, envelope: Envelope, letter: Letter) -> None:
        accepted_at = self.now()
        for noting in Retrying(
            retry=retry_if_exception_type((StoreLocked, StoreUnreachable)),
            wait=wait_exponential(max=_LONGEST_NOTING_PAUSE_S),
            stop=stop_after_attempt(_NOTING_ATTEMPTS),
            sleep=self.post.sleep,
            reraise=True,
        ):
            with noting:
                self.ledger.store.deliveries.accepted(letter.key, to_us(accepted_at))
        if envelope.subject.kind is Kind.NOTICE:
            self.record_sent(envelope.subject, envelope.attempts.highest + 1, accepted_at)

    def _failed(self, envelope: Envelope, letter: Letter, error: MailNotAccepted, *, is_late: bool) -> None:
        self.ledger.store.deliveries.failed(letter.key, error.reason, for_good=error.for_good)
        if error.server_wide:
            self._server_fault = self._run.server_fault = error.reason
        failures, attempt = envelope.attempts.failures + 1, envelope.attempts.highest + 1
        again = not error.for_good and failures < self.post.attempts
        if envelope.subject.kind is Kind.NOTICE:
            self._record("NoticeFailed", envelope.subject, attempt, f"notice-{letter.key}-failed-{attempt}")
        self._done(
            envelope,
            letter,
            Result.FAILED,
            is_late=is_late,
            reason=error.reason,
            next_at=Attempts(failures, attempt, self.now()).next_at if again else None,
        )

    def _done(
        self,
        envelope: Envelope,
        letter: Letter,
        result: Result,
        *,
        is_late: bool,
        reason: str | None = None,
        next_at: datetime | None = None,
    ) -> None:
        attempt = envelope.attempts.highest + 1
        self.done(
            Outcome(envelope.subject, result, attempt, letter.recipients, is_late, reason, next_at, letter)
        )

    # events

    def record_sent(self, subject: Subject, attempt: int, at: datetime | None = None) -> None:
        """Record that a notice was sent, at the instant given or now; nothing if that is recorded already.

        Only a run that lost its lock, with its connection to PostgreSQL, can meet another one's event here.
        """
        with suppress(IdMeansSomethingElse):
            self._record("NoticeSent", subject, attempt, f"notice-{self.key(subject)}", at)

    def has_recorded(self, subject: Subject) -> bool:
        """Tell whether the log says that the notice was sent by a run of ours."""
        return self.ledger.store.event_by_id(f"notice-{self.key(subject)}") is not None

    def _record(
        self, event_type: str, subject: Subject, attempt: int, key: str, at: datetime | None = None
    ) -> None:
        record(
            self.ledger,
            CommandMeta(at=at, key=key),
            event_type,
            license_id=subject.license_id,
            cutover_id=subject.cutover_id,
            charge_date=subject.charge_date,
            channel=subject.channel.value,
            attempt=attempt,
        )


def _message(envelope: Envelope, letter: Letter) -> Message:
    subject = envelope.subject
    return Message(
        key=letter.key,
        kind=subject.kind.value,
        license_id=subject.license_id,
        cutover_id=subject.cutover_id,
        charge_date=subject.charge_date.isoformat(),
        payer_id=letter.payer_id,
        recipients=letter.recipients,
        message_id=letter.message_id,
    )
