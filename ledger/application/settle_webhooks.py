"""Look at the deliveries that nothing is recorded of, try them again, or put them away."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.application.ledger import Ledger
from ledger.application.receive_webhook import Organisations, Received, settle_again
from ledger.rules.errors import Conflict, NotFound
from ledger.rules.instants import to_us
from ledger.stores.inbox.deliveries import OPEN, Delivery, Outcome
from ledger.stores.inbox.locations import open_inbox
from ledger.stores.inbox.store import Inbox

# Only a person can say whether these are facts of their own.
_NAMED_ONLY = "same_fact_again"


class DeliveryNotFound(NotFound):
    """Raised for a number that no delivery has."""

    code = "delivery_not_found"
    template = "There is no delivery {name}."
    hint = "`license-ledger webhooks` lists those that are open, with their numbers."


class DeliverySettled(Conflict):
    """Raised for a delivery of which there is nothing left to do."""

    code = "delivery_settled"
    template = "Delivery {delivery_id} is settled: {outcome}."
    hint = "`license-ledger webhooks` lists those that are open."


@dataclass(frozen=True)
class Tried:
    """An open delivery and what became of it this time."""

    delivery: Delivery
    received: Received


def open_deliveries(ledger: Ledger) -> list[Delivery]:
    """Return the deliveries that are kept aside or were cut off, in the order in which they came."""
    return open_inbox(ledger.store, create=False).with_outcomes(OPEN)


def all_deliveries(ledger: Ledger) -> list[Delivery]:
    """Return every delivery in the order in which they came."""
    return open_inbox(ledger.store, create=False).with_outcomes(tuple(Outcome))


def retry_webhooks(
    ledger: Ledger, organisations: Organisations, delivery_ids: Sequence[int] = ()
) -> list[Tried]:
    """Try open deliveries again, in the order in which they came: those named, or all that may have changed.

    One that repeated a fact within a minute is left alone unless it is named; then it is a fact of its own.
    Raises DeliveryNotFound, DeliverySettled, StoreUnreachable, StoreLocked.
    """
    inbox = open_inbox(ledger.store, create=False)
    chosen = [_open(inbox, delivery_id) for delivery_id in sorted(set(delivery_ids))] if delivery_ids else [
        one for one in inbox.with_outcomes(OPEN) if one.code != _NAMED_ONLY
    ]  # fmt: skip
    return [
        Tried(one, settle_again(ledger, inbox, one, organisations, anew=one.code == _NAMED_ONLY))
        for one in chosen
    ]


def dismiss_webhook(ledger: Ledger, delivery_id: int) -> Delivery:
    """Put an open delivery away: it stays in the inbox and is not listed as open any more."""
    inbox = open_inbox(ledger.store, create=False)
    delivery = _open(inbox, delivery_id)
    inbox.settle(
        delivery,
        Outcome.DISMISSED,
        settled_us=to_us(ledger.clock()),
        code=delivery.code,
        reason=delivery.reason,
    )
    return delivery


def _open(inbox: Inbox, delivery_id: int) -> Delivery:
    delivery = inbox.delivery(delivery_id)
    if delivery is None:
        raise DeliveryNotFound(what="delivery", name=delivery_id)
    if delivery.outcome not in OPEN:
        raise DeliverySettled(stream="webhooks", delivery_id=delivery_id, outcome=delivery.outcome.value)
    return delivery
