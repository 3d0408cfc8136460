"""History lines for tests: one good line of every type, and a way to spoil one field of it."""

import json
from typing import Any

COMMON: dict[str, Any] = {
    "id": "e1",
    "actor": "system",
    "effective_at": "2024-08-11T00:00:00Z",
    "recorded_at": "2024-08-11T00:00:00Z",
}
RECURRING = {
    "kind": "recurring",
    "pricing_model": "ppu",
    "quantity": 3,
    "unit_amount": 2000,
    "period_start": "2024-08-11",
    "period_end": "2024-09-11",
    "amount": 6000,
}
OWN_FIELDS: dict[str, dict[str, Any]] = {
    "LicenseCreated": {
        "license_id": "lic",
        "source": "signup",
        "partner_id": "acme",
        "payer": "partner",
        "plan": "team",
        "billing_cycle": "monthly",
        "currency": "EUR",
        "billing_anchor": "2024-08-25",
        "time_zone": "Europe/Warsaw",
        "pricing_model": "pps",
    },
    "AgentCreated": {"license_id": "lic", "agent_id": "ann@x", "role": "owner", "complimentary": True},
    "AgentSuspended": {"license_id": "lic", "agent_id": "ann@x"},
    "AgentActivated": {"license_id": "lic", "agent_id": "ann@x"},
    "AgentDeleted": {"license_id": "lic", "agent_id": "ann@x"},
    "ChatBotAdded": {"license_id": "lic", "bot_id": "bot"},
    "ChatBotRemoved": {"license_id": "lic", "bot_id": "bot"},
    "PricingModelSwitched": {"license_id": "lic", "pricing_model": "ppa"},
    "PlanChanged": {"license_id": "lic", "plan": "business"},
    "BillingCycleChanged": {"license_id": "lic", "billing_cycle": "annual"},
    "LicenseCancelled": {"license_id": "lic"},
    "SeatTaken": {"license_id": "lic", "agent_id": "ann@x"},
    "SeatReleased": {"license_id": "lic", "agent_id": "ann@x"},
    "PartnerRegistered": {
        "partner_id": "acme",
        "programme": "solution",
        "email": "billing@acme.example",
        "discount_rate": "0.20",
        "commission_rate": "1",
    },
    "PartnerTermsChanged": {"partner_id": "acme", "discount_rate": "0.125"},
    "PricePublished": {"plan": "team", "billing_cycle": "annual", "currency": "USD", "unit_amount": 49200},
    "CutoverAnnounced": {
        "cutover_id": "resellers",
        "applies_to": {"programme": "solution"},
        "takes_effect": "on_billing_date",
        "on": "2024-08-11",
        "pricing_model": "ppu",
        "notice_days": 30,
    },
    "InvoiceIssued": {
        "license_id": "lic",
        "number": "2024-0001",
        "billing_date": "2024-08-11",
        "known_through": "e0",
        "lines": [
            RECURRING,
            {
                "kind": "true_up",
                "pricing_model": "ppu",
                "date": "2024-08-01",
                "quantity": 1,
                "unit_amount": 2000,
                "remaining_days": 10,
                "period_days": 31,
                "amount": 645,
            },
            {"kind": "discount", "rate": "0.2", "amount": -1329},
            {"kind": "adjustment", "billing_date": "2024-07-11", "amount": -2000},
        ],
        "total": 3316,
        "digest": "sha256:00",
    },
    "NoticeSent": {
        "license_id": "lic",
        "cutover_id": "resellers",
        "charge_date": "2024-08-11",
        "channel": "email",
        "attempt": 1,
    },
    "NoticeFailed": {
        "license_id": "lic",
        "cutover_id": "resellers",
        "charge_date": "2024-08-11",
        "channel": "in_app",
        "attempt": 2,
    },
}


def values(event_type: str, **changed: object) -> dict[str, Any]:
    """Return the fields of a good line with some changed; Ellipsis takes a field out."""
    fields = {"type": event_type, **COMMON, **OWN_FIELDS[event_type], **changed}
    return {name: value for name, value in fields.items() if value is not ...}


def line(event_type: str, **changed: object) -> bytes:
    """Return a good line with some fields changed; Ellipsis takes a field out."""
    return json.dumps(values(event_type, **changed)).encode()
