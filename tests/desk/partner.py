"""A partner file made of the ledger's own invoices, and one with one of each difference."""

import json
from collections.abc import Mapping
from typing import Any

from tests.desk.running import AS_OF, done

SAMPLE = (
    "acme-created-10-june", "acme-issued-then-corrected", "acme-law-firm-suspends",
    "cobalt-eleventh-in-los-angeles", "cobalt-tokyo-10-june", "signup-late-cancel", "signup-plan-upgrade",
)  # fmt: skip
SINCE, UNTIL = "2024-06-12", "2024-10-31"


def rows_of(store: str, *license_ids: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the invoices of licences as the partner API would give them, by licence and billing date."""
    named = [arg for license_id in license_ids for arg in ("--license", license_id)]
    lines = done("invoices", "--as-of", AS_OF, "--format", "jsonl", *named, store=store).splitlines()
    invoices = [json.loads(line) for line in lines]
    return {
        (one["license_id"], one["billing_date"]): _partner_row(place, one)
        for place, one in enumerate(invoices, start=1)
        if SINCE <= one["billing_date"] <= UNTIL
    }


def _partner_row(place: int, invoice: Mapping[str, Any]) -> dict[str, Any]:
    unit = 1 if invoice["currency"] == "JPY" else 100
    seats = sum(line["quantity"] for line in invoice["lines"] if line["kind"] == "recurring")
    return {
        "license_id": invoice["license_id"],
        "invoice_no": f"P-{place:03}",
        "date": f"{invoice['billing_date']} 12:30:00",
        "plan": invoice["plan"],
        "seats": seats,
        "billing_cycle": invoice["billing_cycle"],
        # whole units, half away from zero, as the API gives them
        "amount": int((abs(invoice["total"]) + unit / 2) // unit) * (1 if invoice["total"] >= 0 else -1),
        "status": "paid",
    }


def with_differences(store: str) -> bytes:
    """Return a file with one of each difference, and some that agree."""
    rows = rows_of(store, *SAMPLE)
    for key, changes in _CHANGES.items():
        rows[key].update(changes)
    del rows["acme-law-firm-suspends", "2024-10-20"]
    extra = {**rows["acme-law-firm-suspends", "2024-09-20"], "invoice_no": "P-901"}
    stranger = {**extra, "invoice_no": "P-902", "license_id": None, "organization_id": "39aa-of-a-stranger"}
    void = {**extra, "invoice_no": "P-903", "status": "void"}
    return json.dumps({"result": [*rows.values(), extra, stranger, void]}, indent=1).encode()


_CHANGES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    # 1 × $49.00 less 20 %: $39.20; with 3 seats $117.60, as whole units 118
    ("acme-created-10-june", "2024-07-24"): {"seats": 3, "amount": 118},
    # without the discount
    ("acme-created-10-june", "2024-08-24"): {"amount": 49},
    # at $59.00 less 20 %: $47.20, with cents
    ("acme-created-10-june", "2024-09-24"): {"amount": 47.20},
    ("acme-created-10-june", "2024-10-24"): {"status": "refunded"},
    # 3 × $49.00 less 20 % is $117.60; less 25 % it is $110.25
    ("acme-law-firm-suspends", "2024-08-20"): {"amount": 110.25},
    # eight in the evening in UTC is the next morning in Tokyo
    ("cobalt-tokyo-10-june", "2024-08-24"): {"date": "2024-08-24 20:00:00"},
    ("cobalt-tokyo-10-june", "2024-09-24"): {"currency": "USD"},
    # the instant of a billing date in Los Angeles, once as UTC and once as it is said there
    ("cobalt-eleventh-in-los-angeles", "2024-09-11"): {"date": "2024-09-11 07:00:00"},
    ("cobalt-eleventh-in-los-angeles", "2024-10-11"): {"date": "2024-10-11 00:00:00"},
    # −$39.20 of it is an adjustment
    ("acme-issued-then-corrected", "2024-06-12"): {"amount": 0},
    ("signup-late-cancel", "2024-08-06"): {"amount": -20},
    ("signup-plan-upgrade", "2024-07-20"): {"amount": 138},
    ("signup-plan-upgrade", "2024-08-20"): {"plan": "team", "billing_cycle": "yearly"},
    ("signup-plan-upgrade", "2024-09-20"): {"date": "2024-09-26"},
}
