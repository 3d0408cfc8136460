"""Take back notices whose change no longer applies: one message for each that was sent, to its readers.

What was sent is known from the deliveries beside the log; a notice that another program sent, known by its
event alone, is not taken back, since nobody here knows whom it reached.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from ledger.application.ask import DataFault
from ledger.application.mailing import Withdrawal
from ledger.application.notice_envelopes import attempts_of, is_given_up, may_leave, recover
from ledger.application.notice_outcomes import Kind, Subject
from ledger.application.notice_posting import Envelope, Posting
from ledger.rules.words import Channel
from ledger.stores.deliveries import Delivery, DeliveryState

# So long after the charge nobody expects another word about it.
_OVER_AFTER = timedelta(days=3)


class Standing(NamedTuple):
    """The present charge date of a licence under a cutover, and whether it has come."""

    charge_date: date
    has_come: bool


def retract(posting: Posting, standings: Mapping[tuple[str, str], Standing]) -> None:
    """Send a retraction for each accepted notice that is present no more; settle those that came true.

    `standings` by licence and cutover; those without one are switched by it no more.
    """
    for sent in posting.ledger.store.deliveries.in_state(Kind.NOTICE, DeliveryState.ACCEPTED):
        message = sent.message
        charge_date = date.fromisoformat(message.charge_date)
        standing = standings.get((message.license_id, message.cutover_id))
        taken_back = Subject(
            message.license_id, message.cutover_id, charge_date, Channel.EMAIL, Kind.RETRACTION
        )
        retraction = posting.delivery(taken_back)
        is_out = retraction is not None and retraction.state is DeliveryState.ACCEPTED
        if standing is None or standing.charge_date != charge_date:
            is_over = posting.now().date() > charge_date + _OVER_AFTER
            if not is_out and not (is_over and is_given_up(posting, retraction)):
                moved_to = standing.charge_date if standing is not None and not standing.has_come else None
                _send(posting, taken_back, sent, retraction, moved_to)
            elif is_over and not posting.dry_run:
                posting.ledger.store.deliveries.settle(message.key)
        elif standing.has_come and not posting.dry_run:
            posting.ledger.store.deliveries.settle(message.key)
        elif is_out and not standing.has_come:
            posting.report(_applies_again(message.license_id, charge_date))


def _send(
    posting: Posting, subject: Subject, sent: Delivery, before: Delivery | None, moved_to: date | None
) -> None:
    # an earlier run may have been cut off between the server's word and the event
    recover(posting, replace(subject, kind=Kind.NOTICE), sent)
    message = sent.message
    envelope = Envelope(subject, message.payer_id, message.recipients, attempts_of(before), before)
    if may_leave(posting, envelope) is not None:
        withdrawal = Withdrawal(subject.license_id, subject.cutover_id, subject.charge_date, moved_to)
        posting.send(envelope, withdrawal)


def _applies_again(license_id: str, charge_date: date) -> DataFault:
    return DataFault(
        "applies_again",
        f"licence {license_id}: the change on {charge_date} was announced, taken back, and comes after all; "
        "no notice goes out twice",
        "tell its payer yourself",
    )
