"""The one list of events, with the ways in and out: from a history line, to the log's state and back."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter, ValidationError

from ledger.events.base import LedgerEvent
from ledger.events.encoding import encode
from ledger.events.license import (
    AgentActivated,
    AgentCreated,
    AgentDeleted,
    AgentSuspended,
    BillingCycleChanged,
    ChatBotAdded,
    ChatBotRemoved,
    LicenseCancelled,
    LicenseCreated,
    LicenseDraft,
    PlanChanged,
    PricingModelSwitched,
)
from ledger.events.paper import InvoiceIssued, NoticeFailed, NoticeSent
from ledger.events.programme import (
    CutoverAnnounced,
    PartnerRegistered,
    PartnerTermsChanged,
    PricePublished,
)
from ledger.events.refusals import UnknownType, refusal
from ledger.events.repeated import refuse_repeated
from ledger.events.seats import SeatReleased, SeatTaken
from ledger.events.upcasters import NoUpcaster, recognised_version, upcast
from ledger.rules.errors import LedgerError
from ledger.rules.instants import format_instant

__all__ = [
    "CATALOGUE",
    "UnreadableEvent",
    "decode",
    "encode",
    "parse_line",
    "propose",
    "same_content",
    "topic_of",
]

_AnyLine = (
    LicenseDraft
    | AgentCreated
    | AgentSuspended
    | AgentActivated
    | AgentDeleted
    | ChatBotAdded
    | ChatBotRemoved
    | PricingModelSwitched
    | PlanChanged
    | BillingCycleChanged
    | LicenseCancelled
    | SeatTaken
    | SeatReleased
    | PartnerRegistered
    | PartnerTermsChanged
    | PricePublished
    | CutoverAnnounced
    | InvoiceIssued
    | NoticeSent
    | NoticeFailed
)
# A line may leave values of a new licence open; recorded is the whole event.
CATALOGUE: dict[str, type[LedgerEvent]] = {
    model.__name__: model
    for model in (LicenseCreated if model is LicenseDraft else model for model in get_args(_AnyLine))
}
_LINES: TypeAdapter[_AnyLine] = TypeAdapter(Annotated[_AnyLine, Field(discriminator="type")])
TOPICS = {name: f"{name}@{model.version}" for name, model in CATALOGUE.items()}
_BY_TOPIC = {TOPICS[name]: model for name, model in CATALOGUE.items()}


class UnreadableEvent(LedgerError):
    """Raised for a stored event that this release cannot read."""

    code = "unreadable_event"
    template = "The log holds {topic!r}, which this release cannot read: {reason}."
    hint = "A newer release may have written it, or the store is damaged."


def parse_line(line: bytes | str) -> LedgerEvent:
    """Read one history line, with or without its line end.

    A LicenseCreated comes back as a LicenseDraft, for the aggregate to complete. Without an `id` the
    SHA-256 of the line's bytes, in hex, is it. Raises a BadLine that names field and reason, also for a
    field that stands in the line twice.
    """
    if isinstance(line, str):
        line = line.encode("utf-8", "surrogatepass")
    line = line.rstrip(b"\r\n")
    if b'"id"' not in line:
        return _parse_without_id(line)
    try:
        event = _LINES.validate_json(line)
    except ValidationError as error:
        return _second_reading(line, error)
    refuse_repeated(line, event)
    return event


def _parse_without_id(line: bytes) -> LedgerEvent:
    """Read a line as if the hash of its bytes stood in it as the id."""
    payload = _object(line)
    if payload is None:
        # never an event, and not only for want of an id: let the reader say what it is instead
        return _validated(line, line)
    event = _validated(_json_of({"id": hashlib.sha256(line).hexdigest(), **payload}), line)
    refuse_repeated(line, event, added=1)
    return event


def _second_reading(line: bytes, error: ValidationError) -> LedgerEvent:
    """Lift a line in an older form, or give one its missing id; else refuse it for its first fault."""
    payload = _object(line)
    if payload is None:
        raise refusal(error, line) from None
    if "id" not in payload:
        payload["id"] = hashlib.sha256(line).hexdigest()
    event_type = payload.get("type")
    model = CATALOGUE.get(event_type) if isinstance(event_type, str) else None
    if model is not None:
        since = recognised_version(model.__name__, model.version, payload)
        payload = upcast(model.__name__, since, model.version, payload)
    event = _validated(_json_of(payload), line)
    # what was lifted may have other fields than the line
    refuse_repeated(line, event, added=len(event.model_fields_set))
    return event


def _validated(text: bytes, line: bytes) -> LedgerEvent:
    try:
        return _LINES.validate_json(text)
    except ValidationError as error:
        raise refusal(error, line) from None


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        # decoded here: left to itself the reader would guess UTF-16 or skip a byte order mark
        payload = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _json_of(payload: object) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")


def propose(event_type: str, **fields: object) -> LedgerEvent:
    """Build the event that a command wants recorded; the same values are refused as in a history line.

    Fields that are None count as left out; instants and days may be given as such. Raises a BadLine.
    """
    values = {name: _as_text(value) for name, value in fields.items() if value is not None}
    try:
        return _LINES.validate_json(_json_of({"type": event_type, **values}))
    except ValidationError as error:
        raise refusal(error) from None


def _as_text(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value.astimezone(UTC)) if value.tzinfo is not None else value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def topic_of(event: LedgerEvent) -> str:
    """Return the name and version under which the event's state is stored, such as AgentCreated@1."""
    return TOPICS[event.type]


def decode(topic: str, state: bytes) -> LedgerEvent:
    """Read a stored event, lifted to its type's present version; raises UnreadableEvent."""
    try:
        model = _BY_TOPIC.get(topic)
        if model is not None:
            return model.model_validate_json(state)
        return _decode_older(topic, state)
    except (ValidationError, NoUpcaster, UnknownType, ValueError) as error:
        raise UnreadableEvent(topic=topic, reason=str(error)) from error


def _decode_older(topic: str, state: bytes) -> LedgerEvent:
    name, _, version = topic.partition("@")
    model = CATALOGUE.get(name)
    if model is None or not version.isdecimal() or int(version) > model.version:
        raise NoUpcaster("no event of that name and version")
    payload = upcast(name, int(version), model.version, json.loads(state))
    return model.model_validate_json(_json_of(payload))


def same_content(proposed: LedgerEvent, recorded: LedgerEvent) -> bool:
    """Tell whether a line or command says again what was recorded under its id.

    What a LicenseDraft leaves open agrees with whatever the aggregate resolved it to.
    """
    if proposed.type != recorded.type:
        return False
    leaves_open = isinstance(proposed, LicenseDraft) and not isinstance(proposed, LicenseCreated)
    return all(
        getattr(proposed, name) == getattr(recorded, name)
        or (leaves_open and getattr(proposed, name) is None and name != "partner_id")
        for name in type(proposed).model_fields
    )
