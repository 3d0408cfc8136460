"""Hand one e-mail to the mail server and keep true what is said of it, whatever happens in between.

The order is what counts (docs/adr/0018): the delivery is noted as begun, the message handed over, the
delivery noted as accepted, the event recorded. Cut off after the third step, the next run records without
sending; cut off between the second and the third, it sends once more, under the same Message-ID.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from ledger.application.ask import DataFault
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.mailing import Letter, LetterContent, Mailer, MailNotAccepted
from ledger.application.notice_attempts import Attempts, recorded_attempts
from ledger.application.notice_contents import NoticeContent
from ledger.application.notice_outcomes import NoticesRun, Outcome, Result, Subject
from ledger.application.notice_recipients import AddressBook, recipients_of
from ledger.application.recording import CommandMeta, record
from ledger.rules.instants import from_us, to_us
from ledger.stores.deliveries import Delivery, DeliveryState, Message
from ledger.stores.errors import StoreLocked, StoreUnreachable

DEFAULT_ATTEMPTS = 8
# An import may hold the store for a while; what the mail server took is worth the wait.
_NOTING_ATTEMPTS = 8
_LONGEST_NOTING_PAUSE_S = 30
_TAKEN = (DeliveryState.ACCEPTED, DeliveryState.SETTLED)


@dataclass(frozen=True)
class Post:
    """How mail goes out: by whom, to whom, and how often a message is tried."""

    mailer: Mailer
    address_book: AddressBook
    attempts: int = DEFAULT_ATTEMPTS
    sleep: Callable[[float], None] = time.sleep


class Posting:
    """One run's sending; once the server proves unable to take any mail, the rest waits for the next run."""

    def __init__(
        self, ledger: Ledger, post: Post, run: NoticesRun, *, moment: datetime, dry_run: bool
    ) -> None:
        self.ledger = ledger
        self.dry_run = dry_run
        self.moment = moment
        self._post = post
        self._run = run
        self._server_fault: str | None = None
        self.ledger_id = ledger.store.ledger_id(create=not dry_run) or ""

    def now(self) -> datetime:
        """Return the moment: a dry run's own, else the clock's."""
        return self.moment if self.dry_run else self.ledger.now()

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

    def delivery(self, subject: Subject) -> Delivery | None:
        """Return what became of the subject's message so far."""
        key = subject.key(self.ledger_id)
        return self.ledger.store.deliveries.of([key]).get(key)

    # notices

    def email(self, subject: Subject, content: NoticeContent) -> None:
        """Send a notice, unless it was sent, cannot be, or must wait."""
        before = self.delivery(subject)
        attempts = recorded_attempts(
            self.ledger, subject.license_id, subject.cutover_id, subject.charge_date, subject.channel
        )
        attempt = attempts.highest + 1
        if before is not None and before.state in _TAKEN and not self.dry_run:
            self.record_sent(subject, before)
            self.done(Outcome(subject, Result.RECOVERED, attempt, before.message.recipients))
            return
        recipients = recipients_of(self.ledger, content, self._post.address_book)
        if not recipients:
            self._nobody(subject, content)
            return
        letter = self.letter(subject, content.payer_id, recipients, content)
        failed = self.send(subject, letter, before, attempts, is_late=content.is_late)
        if failed is not None:
            self._record("NoticeFailed", subject, failed, f"notice-{letter.key}-failed-{failed}")

    def _nobody(self, subject: Subject, content: NoticeContent) -> None:
        self.done(Outcome(subject, Result.NO_RECIPIENT, is_late=content.is_late))
        whose = "partner" if content.partner_pays else "licence"
        self.report(
            DataFault(
                "no_recipient",
                f"licence {subject.license_id}: no e-mail address is known for {whose} {content.payer_id}, "
                f"who pays; the notice for {subject.charge_date} was not sent",
                f"name one in the configuration, under payers.{content.payer_id}.email",
            )
        )

    def record_sent(self, subject: Subject, delivery: Delivery) -> None:
        """Record that a notice was sent, if an earlier run was cut off before it could."""
        key = f"notice-{delivery.message.key}"
        if self.ledger.store.event_by_id(key) is None:
            made = recorded_attempts(
                self.ledger, subject.license_id, subject.cutover_id, subject.charge_date, subject.channel
            )
            accepted_us = delivery.accepted_us if delivery.accepted_us is not None else delivery.tried_us
            self._record("NoticeSent", subject, made.highest + 1, key, from_us(accepted_us))

    # messages of any kind

    def letter(
        self, subject: Subject, payer_id: str, recipients: tuple[str, ...], content: LetterContent
    ) -> Letter:
        """Return the subject's letter, under its one Message-ID."""
        key = subject.key(self.ledger_id)
        before = self.ledger.store.deliveries.of([key]).get(key)
        message_id = before.message.message_id if before else self._post.mailer.message_id(key)
        return Letter(key, message_id, payer_id, recipients, self.now(), content)

    def send(
        self,
        subject: Subject,
        letter: Letter,
        before: Delivery | None,
        attempts: Attempts,
        *,
        is_late: bool = False,
    ) -> int | None:
        """Hand a letter over if it may be tried now; return the attempt's number if the server refused it."""
        held = self._held_back(letter, before, attempts)
        attempt = attempts.highest + 1
        if held is not None:
            result, reason = held
            next_at = attempts.next_at if result is Result.WAITING else None
            self.done(Outcome(subject, result, attempt, letter.recipients, is_late, reason, next_at, letter))
            return None
        self.ledger.store.deliveries.begin(_message(subject, letter), to_us(self.now()))
        try:
            refused = self._post.mailer.send(letter)
        except MailNotAccepted as error:
            self._failed(subject, letter, attempts, error, is_late=is_late)
            return attempt
        self._accepted(subject, letter, attempt)
        reason = f"not taken for {', '.join(refused)}" if refused else None
        self.done(Outcome(subject, Result.SENT, attempt, letter.recipients, is_late, reason, None, letter))
        return None

    def is_given_up(self, delivery: Delivery | None) -> bool:
        """Tell whether a message that no event tells of has had all its attempts."""
        return delivery is not None and (
            delivery.state is DeliveryState.REFUSED or delivery.attempts >= self._post.attempts
        )

    def _held_back(
        self, letter: Letter, before: Delivery | None, attempts: Attempts
    ) -> tuple[Result, str | None] | None:
        """Return why the letter does not leave now; None if it does."""
        refused = before is not None and before.state is DeliveryState.REFUSED
        if before is not None and refused and before.message.recipients == letter.recipients:
            return Result.GIVEN_UP, f"{before.reason}; another address would be tried"
        if attempts.failures >= self._post.attempts and not refused:
            return Result.GIVEN_UP, f"{attempts.failures} attempts failed"
        if attempts.next_at is not None and self.now() < attempts.next_at and not refused:
            return Result.WAITING, before.reason if before else None
        if self._server_fault is not None:
            return Result.WAITING, self._server_fault
        return (Result.WOULD_SEND, None) if self.dry_run else None

    def _accepted(self, subject: Subject, letter: Letter, attempt: int) -> None:
        accepted_at = self.now()
        for noting in Retrying(
            retry=retry_if_exception_type((StoreLocked, StoreUnreachable)),
            wait=wait_exponential(max=_LONGEST_NOTING_PAUSE_S),
            stop=stop_after_attempt(_NOTING_ATTEMPTS),
            sleep=self._post.sleep,
            reraise=True,
        ):
            with noting:
                self.ledger.store.deliveries.accepted(letter.key, to_us(accepted_at))
        if isinstance(letter.content, NoticeContent):
            self._record("NoticeSent", subject, attempt, f"notice-{letter.key}", accepted_at)

    def _failed(
        self, subject: Subject, letter: Letter, attempts: Attempts, error: MailNotAccepted, *, is_late: bool
    ) -> None:
        self.ledger.store.deliveries.failed(letter.key, error.reason, for_good=error.for_good)
        if error.server_wide:
            self._server_fault = error.reason
        failures = attempts.failures + 1
        again = not error.for_good and failures < self._post.attempts
        next_at = Attempts(failures, failures, self.now()).next_at if again else None
        attempt = attempts.highest + 1
        self.done(
            Outcome(
                subject, Result.FAILED, attempt, letter.recipients, is_late, error.reason, next_at, letter
            )
        )

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


def _message(subject: Subject, letter: Letter) -> Message:
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
