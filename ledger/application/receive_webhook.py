"""Receive a configuration webhook: keep it, record what it says, or keep it aside with the reason."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ledger.aggregates.clashes import Clash
from ledger.aggregates.license import ActorNotAllowed, AgentNotFound, ChatBotNotFound, LicenseNotFound
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.recording import CommandMeta, IdMeansSomethingElse, record
from ledger.application.webhook_body import SECRET_FIELD, MalformedWebhook, Webhook, read_webhook
from ledger.events.refusals import BadLine
from ledger.rules.errors import LedgerError
from ledger.rules.instants import from_us, to_us
from ledger.rules.words import SYSTEM_ACTOR
from ledger.stores.inbox.deliveries import Arrival, Delivery, Outcome, TakenIn
from ledger.stores.inbox.store import Inbox

# The sender tries three times within a minute.
SAME_FACT_WITHIN = timedelta(minutes=1)
_WITHIN_US = SAME_FACT_WITHIN // timedelta(microseconds=1)
# What the aggregates refuse will be refused again, however often the sender tries.
_REFUSALS = (
    Clash, LicenseNotFound, AgentNotFound, ChatBotNotFound, ActorNotAllowed, BadLine, IdMeansSomethingElse,
)  # fmt: skip

Organisations = Mapping[str, str]


@dataclass(frozen=True)
class Received:
    """What became of a delivery: why it is kept aside, or the position at which it is recorded."""

    delivery_id: int
    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    position: int | None = None


@dataclass(frozen=True)
class _Settled:
    outcome: Outcome
    license_id: str | None = None
    code: str | None = None
    reason: str | None = None
    position: int | None = None


def receive_webhook(
    ledger: Ledger, inbox: Inbox, body: Mapping[str, Any], organisations: Organisations
) -> Received:
    """Take in one delivery, whose secret was right; it is kept whatever becomes of it.

    What it says is effective when it was received first: it has no time of its own. The same fact again
    within SAME_FACT_WITHIN is a retry. Raises MalformedWebhook (which is kept too), and StoreUnreachable,
    StoreLocked or Conflict, after which the sender should try again.
    """
    kept = {name: value for name, value in body.items() if name != SECRET_FIELD}
    received_us = to_us(ledger.clock())
    try:
        webhook = read_webhook(kept)
    except MalformedWebhook as error:
        _keep_malformed(inbox, kept, received_us, error)
        raise
    license_id = organisations.get(webhook.organization_id)
    arrival = Arrival(
        received_us=received_us,
        fact=webhook.fact(license_id or f"organization {webhook.organization_id}"),
        organization_id=webhook.organization_id,
        license_id=license_id,
        action=webhook.action,
        subject=webhook.subject,
        body=_text(kept),
    )
    taken = inbox.take_in(arrival, _WITHIN_US)
    settled = _repeated(taken) or _settle(ledger, inbox, taken.delivery, webhook, license_id)
    return _write_down(ledger, inbox, taken, settled)


def settle_again(
    ledger: Ledger, inbox: Inbox, delivery: Delivery, organisations: Organisations, *, anew: bool = False
) -> Received:
    """Try an open delivery again, effective when it was received; raises as `receive_webhook` does.

    `anew` says that it is a fact of its own, although the same one came within a minute.
    """
    webhook = read_webhook(json.loads(delivery.body))
    license_id = organisations.get(webhook.organization_id)
    settled = _settle(ledger, inbox, delivery, webhook, license_id, anew=anew)
    return _write_down(ledger, inbox, TakenIn(delivery, None, overtaken=False), settled)


def _repeated(taken: TakenIn) -> _Settled | None:
    """Return what a fact is that came already; None if it did not, or nobody knows how that ended."""
    if taken.first is None or taken.first.outcome is Outcome.RECEIVED:
        return None
    if taken.overtaken and taken.first.outcome is Outcome.RECORDED:
        return _Settled(
            Outcome.KEPT_ASIDE,
            code="same_fact_again",
            reason=(
                f"Delivery {taken.first.delivery_id} said the same less than a minute before, and something "
                f"else about {taken.delivery.subject} came between: it is a late retry, or a fact of its own."
            ),
        )
    return _Settled(Outcome.DUPLICATE, position=taken.first.position)


def _settle(
    ledger: Ledger,
    inbox: Inbox,
    delivery: Delivery,
    webhook: Webhook,
    license_id: str | None,
    *,
    anew: bool = False,
) -> _Settled:
    if webhook.event_type is None:
        reason = f"The ledger has no use for the action {webhook.action}."
        return _Settled(Outcome.KEPT_ASIDE, code="unknown_action", reason=reason)
    if license_id is None:
        reason = f"The configuration does not say which licence organisation {webhook.organization_id} is."
        return _Settled(Outcome.KEPT_ASIDE, code="unknown_organization", reason=reason)
    if webhook.awaiting_approval:
        return _Settled(Outcome.AWAITING_APPROVAL, license_id)
    awaiting = _awaiting(inbox, delivery, webhook, license_id)
    if awaiting is not None and webhook.action == "agent_deleted":
        return _Settled(Outcome.WITHDRAWN, license_id)
    try:
        return _recorded(ledger, delivery, awaiting or webhook, webhook, license_id, anew=anew)
    except _REFUSALS as refusal:
        return _Settled(Outcome.KEPT_ASIDE, license_id, code=refusal.code, reason=str(refusal))


def _awaiting(inbox: Inbox, delivery: Delivery, webhook: Webhook, license_id: str) -> Webhook | None:
    """Return the request of an agent who waits to be approved; None for anybody else."""
    if webhook.action not in ("agent_approved", "agent_deleted"):
        return None
    last = inbox.last_about(delivery, license_id)
    if last is None or last.outcome is not Outcome.AWAITING_APPROVAL:
        return None
    return read_webhook(json.loads(last.body))


def _recorded(
    ledger: Ledger, delivery: Delivery, described: Webhook, webhook: Webhook, license_id: str, *, anew: bool
) -> _Settled:
    """Record the event under the key of its fact; the requester did it if he may, else the system."""
    key = event_key(delivery, anew=anew)
    fields: dict[str, object] = {"license_id": license_id}
    fields["bot_id" if webhook.action.startswith("bot_") else "agent_id"] = webhook.subject
    if webhook.event_type == "AgentCreated":
        fields["role"] = described.role
    # clocks of two receivers differ, and nothing about an agent lies in the future
    at = min(from_us(delivery.received_us if anew else delivery.first_us), ledger.now())

    def by(actor: str) -> int:
        meta = CommandMeta(at=at, actor=actor, key=key, request_id=f"webhook {delivery.delivery_id}")
        return record(ledger, meta, str(webhook.event_type), **fields).position

    position = _known_or(ledger, key, lambda: _by_the_first_who_may(by, webhook.requesters))
    return _Settled(Outcome.RECORDED, license_id, position=position)


def event_key(delivery: Delivery, *, anew: bool = False) -> str:
    """Return the id of the event that a delivery leads to: one for a fact and the instant it first came."""
    said = f"{delivery.fact} {delivery.received_us} {delivery.delivery_id}" if anew else (
        f"{delivery.fact} {delivery.first_us}"
    )  # fmt: skip
    return f"webhook-{hashlib.sha256(said.encode()).hexdigest()}"


def _known_or(ledger: Ledger, key: str, attempt: Callable[[], int]) -> int:
    """Return the position of the event under the key, recorded by us or by a receiver that was faster."""
    known = ledger.store.event_by_id(key)
    if known is not None:
        return known.position
    try:
        return attempt()
    except LedgerError:
        known = ledger.store.event_by_id(key)
        if known is None:
            raise
        return known.position


def _by_the_first_who_may(by: Callable[[str], int], requesters: tuple[str, ...]) -> int:
    for actor in requesters:
        try:
            return by(actor)
        except ActorNotAllowed:
            continue
    return by(SYSTEM_ACTOR)


def _write_down(ledger: Ledger, inbox: Inbox, taken: TakenIn, settled: _Settled) -> Received:
    """Write the outcome down, the first delivery's too if a receiver died between keeping and settling it."""
    settled_us = to_us(ledger.clock())
    outcome = settled.outcome
    if taken.first is not None and taken.first.outcome is Outcome.RECEIVED:
        _settle_one(inbox, taken.first, settled, settled_us, settled.outcome)
        outcome = Outcome.DUPLICATE
    _settle_one(inbox, taken.delivery, settled, settled_us, outcome)
    logger().info(
        "webhook", delivery=taken.delivery.delivery_id, action=taken.delivery.action, outcome=outcome.value,
        code=settled.code, license_id=settled.license_id, position=settled.position,
    )  # fmt: skip
    # a retry of what is kept aside is answered as the first one was
    said = settled.outcome if settled.code else outcome
    return Received(taken.delivery.delivery_id, said, settled.code, settled.reason, settled.position)


def _settle_one(
    inbox: Inbox, delivery: Delivery, settled: _Settled, settled_us: int, outcome: Outcome
) -> None:
    inbox.settle(
        delivery,
        outcome,
        settled_us=settled_us,
        license_id=settled.license_id,
        code=settled.code,
        reason=settled.reason,
        position=settled.position,
    )


def _keep_malformed(inbox: Inbox, kept: Mapping[str, Any], received_us: int, error: MalformedWebhook) -> None:
    body = _text(kept)
    fact = hashlib.sha256(body.encode()).hexdigest()
    taken = inbox.take_in(Arrival(received_us, f"malformed {fact}", "", None, "", "", body), 0)
    settled = _Settled(Outcome.MALFORMED, code=error.code, reason=str(error))
    _settle_one(inbox, taken.delivery, settled, received_us, settled.outcome)


def _text(body: Mapping[str, Any]) -> str:
    """Return a body as ASCII: half a letter in it, which no database takes, stays an escape."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"))
