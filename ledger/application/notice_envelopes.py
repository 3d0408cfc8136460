"""Which e-mails may leave now, found out before anything costly is computed for them."""

from ledger.application.ask import DataFault
from ledger.application.notice_attempts import Attempts, recorded_attempts
from ledger.application.notice_outcomes import Outcome, Result, Subject
from ledger.application.notice_posting import Envelope, Posting
from ledger.application.notice_recipients import Addressed, addressed
from ledger.rules.instants import from_us
from ledger.stores.deliveries import Delivery, DeliveryState

_TAKEN = (DeliveryState.ACCEPTED, DeliveryState.SETTLED)


def envelope_of(posting: Posting, subject: Subject) -> Envelope | None:
    """Return the envelope of a notice that is due; None if it cannot leave now, which is taken down.

    A notice that an earlier run sent without recording it is recorded here.
    """
    before = posting.delivery(subject)
    if before is not None and before.state in _TAKEN:
        recover(posting, subject, before)
        return None
    to = addressed(posting.ledger, subject.license_id, posting.post.address_book)
    if not to.recipients:
        _nobody(posting, subject, to)
        return None
    attempts = recorded_attempts(
        posting.ledger, subject.license_id, subject.cutover_id, subject.charge_date, subject.channel
    )
    return may_leave(posting, Envelope(subject, to.payer_id, to.recipients, attempts, before))


def may_leave(posting: Posting, envelope: Envelope) -> Envelope | None:
    """Return the envelope if its message may be tried now; else take down why not.

    What a server refused for good is tried again only for other recipients, and then at once.
    """
    before, attempts = envelope.before, envelope.attempts
    refused = before is not None and before.state is DeliveryState.REFUSED
    reason = before.reason if before is not None else None
    if refused and before is not None and before.message.recipients != envelope.recipients:
        return envelope
    if refused:
        held, reason = Result.GIVEN_UP, f"{reason}; another address would be tried"
    elif attempts.failures >= posting.post.attempts:
        held, reason = Result.GIVEN_UP, f"{attempts.failures} attempts failed, the last: {reason}"
    elif attempts.next_at is not None and posting.now() < attempts.next_at:
        held = Result.WAITING
    else:
        return envelope
    posting.done(
        Outcome(
            envelope.subject,
            held,
            attempts.highest + 1,
            envelope.recipients,
            reason=reason,
            next_at=attempts.next_at if held is Result.WAITING else None,
        )
    )
    return None


def recover(posting: Posting, subject: Subject, sent: Delivery) -> None:
    """Record that a notice was sent, if the run that sent it was cut off before it could."""
    if posting.has_recorded(subject):
        return
    attempts = recorded_attempts(
        posting.ledger, subject.license_id, subject.cutover_id, subject.charge_date, subject.channel
    )
    attempt = attempts.highest + 1
    if not posting.dry_run:
        accepted_us = sent.accepted_us if sent.accepted_us is not None else sent.tried_us
        posting.record_sent(subject, attempt, from_us(accepted_us))
    posting.done(Outcome(subject, Result.RECOVERED, attempt, sent.message.recipients))


def attempts_of(before: Delivery | None) -> Attempts:
    """Return the failures of a message that no event tells of."""
    if before is None:
        return Attempts()
    return Attempts(before.attempts, before.attempts, from_us(before.tried_us))


def is_given_up(posting: Posting, before: Delivery | None) -> bool:
    """Tell whether a message that no event tells of has had all its attempts."""
    return before is not None and (
        before.state is DeliveryState.REFUSED or before.attempts >= posting.post.attempts
    )


def _nobody(posting: Posting, subject: Subject, to: Addressed) -> None:
    posting.done(Outcome(subject, Result.NO_RECIPIENT))
    who = f"partner {to.payer_id}, who pays" if to.is_partner else "its payer"
    posting.report(
        DataFault(
            "no_recipient",
            f"licence {subject.license_id}: no e-mail address is known of {who}; the notice of its charge "
            f"on {subject.charge_date} was not sent",
            f"name one in the configuration: payers.{to.payer_id}.email",
        )
    )
