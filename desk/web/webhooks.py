"""Where configuration webhooks arrive: who sent it is proved by its secret, what it says is a use case."""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.receive_webhook import Organisations, Received, receive_webhook
from ledger.application.webhook_body import EVENTS, SECRET_FIELD, MalformedWebhook
from ledger.rules.errors import LedgerError
from ledger.stores.inbox.deliveries import Outcome
from ledger.stores.inbox.locations import open_inbox

PATH = "/webhooks"
_TRY_AGAIN_AFTER_S = "10"
_OK, _ACCEPTED, _BAD, _WHO, _TOO_LARGE, _OTHER_TYPE, _LATER = 200, 202, 400, 401, 413, 415, 503


class Answer(BaseModel):
    """What became of a delivery."""

    delivery_id: int
    outcome: Outcome
    code: str | None = None
    reason: str | None = None
    position: int | None = None


class Refusal(BaseModel):
    """Why a delivery was not taken."""

    code: str
    message: str


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.refusal = Refusal(code=code, message=message)


_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": [SECRET_FIELD, "action"],
    "properties": {
        "webhook_id": {"type": "string"},
        SECRET_FIELD: {"type": "string", "writeOnly": True},
        "action": {"type": "string", "examples": list(EVENTS)},
        "organization_id": {"type": "string", "description": "From version 3.4 on."},
        "license_id": {"type": ["integer", "string"], "description": "Up to version 3.3."},
        "payload": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "description": "Agent or bot; `agent_id` up to version 3.3."},
                "role": {"type": "string"},
                "awaiting_approval": {"type": "boolean"},
            },
        },
        "requester": {
            "type": "object",
            "properties": {name: {"type": "string"} for name in ("user_id", "account_id", "client_id")},
        },
        "additional_data": {"type": "object"},
    },
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    _ACCEPTED: {"model": Answer, "description": "Kept aside; nothing is recorded, and a retry is of no use."},
    _BAD: {"model": Refusal, "description": "Not what a webhook looks like; the message names the field."},
    _WHO: {"model": Refusal, "description": "The secret is not ours."},
    _TOO_LARGE: {"model": Refusal, "description": "The body is larger than the limit."},
    _OTHER_TYPE: {"model": Refusal, "description": "The body is not application/json."},
    _LATER: {"model": Refusal, "description": "The store does not answer; try again."},
}


def webhook_router(
    ledger: Ledger, *, secrets: Sequence[str], organisations: Organisations, body_limit_bytes: int
) -> APIRouter:
    """Return the route that takes webhooks, for any application; makes the ledger's inbox if it has none.

    `secrets` may not be empty. Raises StoreUnreachable and StoreLocked.
    """
    if not all(secrets) or not secrets:
        raise ValueError("a receiver without a secret would believe anybody")
    inbox = open_inbox(ledger.store, create=True)
    known = [secret.encode() for secret in secrets]
    router = APIRouter(tags=["webhooks"])

    @router.post(
        PATH,
        response_model=Answer,
        responses=_RESPONSES,
        summary="Take a configuration webhook",
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}}
        },
    )
    async def take(request: Request) -> JSONResponse:
        try:
            body = _read(await _bytes_of(request, body_limit_bytes))
            _check_secret(body, known)
            return await run_in_threadpool(
                _answered, lambda: receive_webhook(ledger, inbox, body, organisations)
            )
        except _Refused as refused:
            return _say(refused.status, refused.refusal)

    return router


def webhook_app(router: APIRouter, version: str) -> FastAPI:
    """Return an application that takes webhooks and nothing else, described at /openapi.json."""
    app = FastAPI(title="License Ledger webhooks", version=version, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


async def _bytes_of(request: Request, limit_bytes: int) -> bytes:
    """Return the body, of which no more than the limit is ever held."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise _Refused(_OTHER_TYPE, "not_json", "The body must be application/json.")
    too_large = _Refused(_TOO_LARGE, "body_too_large", f"A body may have {limit_bytes} bytes.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise too_large
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit_bytes:
            raise too_large
    return bytes(body)


def _read(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _Refused(_BAD, "malformed_webhook", "The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise _Refused(_BAD, "malformed_webhook", "The body is not one JSON object.")
    return body


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _check_secret(body: Mapping[str, Any], known: Sequence[bytes]) -> None:
    """Refuse a body whose secret is none of ours; all are compared, each in constant time."""
    given = body.get(SECRET_FIELD)
    said = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    # a list, not a generator: it does not end at the first that is equal
    if not any([hmac.compare_digest(said, secret) for secret in known]):  # noqa: C419 - see above
        logger().warning("webhook refused", code="wrong_secret")
        raise _Refused(_WHO, "not_authorized", "Not authorized.")


def _answered(receive: Callable[[], Received]) -> JSONResponse:
    try:
        received = receive()
    except MalformedWebhook as error:
        return _say(_BAD, Refusal(code=error.code, message=str(error)))
    except LedgerError as error:
        # whatever keeps the ledger from deciding, the sender may try again
        logger().error("webhook not taken", code=error.code, reason=str(error))
        refusal = Refusal(code=error.code, message="The ledger cannot take it now; try again.")
        return _say(_LATER, refusal, {"Retry-After": _TRY_AGAIN_AFTER_S})
    answer = Answer(
        delivery_id=received.delivery_id,
        outcome=received.outcome,
        code=received.code,
        reason=received.reason,
        position=received.position,
    )
    return _say(_ACCEPTED if received.code else _OK, answer)


def _say(status: int, what: BaseModel, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(what.model_dump(mode="json", exclude_none=True), status, headers)
