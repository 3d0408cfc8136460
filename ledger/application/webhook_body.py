"""What a configuration webhook says, in either form in which the sender writes it (ADR 0021)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ledger.events.fields import Text
from ledger.rules.errors import InvalidValue
from ledger.rules.words import Role

# Who may move the charge there may here; what else the sender calls people is an agent.
_ROLES: Final[Mapping[str, Role]] = {
    "owner": Role.OWNER,
    "viceowner": Role.ADMIN,
    "vice_owner": Role.ADMIN,
    "administrator": Role.ADMIN,
    "admin": Role.ADMIN,
}
EVENTS: Final[Mapping[str, str]] = {
    "agent_created": "AgentCreated",
    "agent_approved": "AgentCreated",
    "agent_suspended": "AgentSuspended",
    "agent_unsuspended": "AgentActivated",
    "agent_deleted": "AgentDeleted",
    "bot_created": "ChatBotAdded",
    "bot_deleted": "ChatBotRemoved",
}
SECRET_FIELD = "secret_key"  # noqa: S105 - the name of a field
_TEXT: Final[TypeAdapter[str]] = TypeAdapter(Text)


class MalformedWebhook(InvalidValue):
    """Raised for a body that is not what the sender promises."""

    code = "malformed_webhook"
    template = "{field}: {reason}."
    hint = "The body is one JSON object with action, organization_id and payload.id."


class _Payload(BaseModel):
    # what else is in it may change at any time and is of no use here
    model_config = ConfigDict(extra="ignore", strict=True)

    id: Any = None
    agent_id: Any = None
    bot_id: Any = None
    role: str | None = None
    awaiting_approval: bool = False


class _Requester(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    user_id: str | None = None
    account_id: str | None = None
    client_id: str | None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    action: Text
    organization_id: Any = None
    license_id: Any = None
    payload: _Payload | None = None
    requester: _Requester | None = None


@dataclass(frozen=True)
class Webhook:
    """One fact from outside. `requesters` are the names of who did it there, the likeliest first."""

    action: str
    organization_id: str
    subject: str
    role: Role
    awaiting_approval: bool
    requesters: tuple[str, ...]

    @property
    def event_type(self) -> str | None:
        """Return the event that the action is; None for one that means nothing to a ledger."""
        return EVENTS.get(self.action)

    def fact(self, place: str) -> str:
        """Return a SHA-256 (hex) that is equal for what says the same of one licence, in either form."""
        said = [place, self.action, self.subject, self.awaiting_approval]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read_webhook(body: Mapping[str, Any]) -> Webhook:
    """Return what a body says; raises MalformedWebhook that names the first field that is wrong.

    Up to version 3.3 the sender writes `license_id` and `payload.agent_id` (`bot_id`), from 3.4 on
    `organization_id` and `payload.id`. Of an action that the ledger has no use for only the name need be
    there.
    """
    try:
        said = _Body.model_validate(dict(body))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        raise MalformedWebhook(
            field=".".join(map(str, fault["loc"])), value=None, reason=_lower(fault["msg"])
        ) from None
    payload = said.payload or _Payload()
    is_known = said.action in EVENTS
    organization_id = _id("organization_id", said.organization_id, said.license_id, needed=is_known)
    subject = _id("payload.id", payload.id, payload.agent_id, payload.bot_id, needed=is_known)
    return Webhook(
        action=said.action,
        organization_id=organization_id,
        subject=subject,
        role=_ROLES.get(payload.role or "", Role.AGENT),
        awaiting_approval=payload.awaiting_approval and said.action == "agent_created",
        requesters=_names(said.requester),
    )


def _names(requester: _Requester | None) -> tuple[str, ...]:
    if requester is None:
        return ()
    return tuple(name for name in (requester.user_id, requester.account_id) if name and _is_name(name))


def _is_name(text: str) -> bool:
    try:
        _TEXT.validate_python(text)
    except ValidationError:
        return False
    return True


def _id(field: str, *found: object, needed: bool) -> str:
    """Return the first id that is there; numbers are ids, and no form is demanded of one."""
    value = next((each for each in found if each is not None), None)
    if value is None and not needed:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if value is None:
        raise MalformedWebhook(field=field, value=None, reason="it is missing")
    if not isinstance(value, str) or not _is_name(value):
        if not needed:
            return ""
        raise MalformedWebhook(
            field=field, value=None, reason="it must be text of 1 to 200 letters without control characters"
        )
    return value


def _lower(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}"
