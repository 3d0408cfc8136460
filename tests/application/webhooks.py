"""Webhooks as the sender writes them, from version 3.4 on and before."""

from typing import Any

ORGANISATION = "390e44e6-f1e6-0368c-z6ddb-74g14508c2ex"
NUMBER = 1520
SECRET = "laudla991lamda0pnoaa0"
ORGANISATIONS = {ORGANISATION: "acme", str(NUMBER): "acme"}


def webhook(action: str, subject: str, requester: str | None = None, **payload: Any) -> dict[str, Any]:
    """Return a body in the form of version 3.4 and later."""
    body: dict[str, Any] = {
        "webhook_id": "4d4c8a2c0b1e",
        "secret_key": SECRET,
        "action": action,
        "organization_id": ORGANISATION,
        "payload": {"id": subject, **payload},
        "additional_data": {},
    }
    if requester is not None:
        body["requester"] = {"user_id": requester, "account_id": "cd2bae", "client_id": "a0b1"}
    return body


def older_webhook(action: str, subject: str, **payload: Any) -> dict[str, Any]:
    """Return a body in the form of the versions before 3.4."""
    return {
        "webhook_id": "4d4c8a2c0b1e",
        "secret_key": SECRET,
        "action": action,
        "license_id": NUMBER,
        "payload": {"bot_id" if action.startswith("bot_") else "agent_id": subject, **payload},
        "additional_data": {},
    }
