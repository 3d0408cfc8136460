"""Issued invoices as others read them."""

import pytest

from ledger.application.issued_invoices import InvoiceNotFound, issued_invoice, issued_invoices
from ledger.application.ledger import Ledger
from tests.application.desk import NOON, HandClock, a_license, history, imported, log_of


def issue(ledger: Ledger, license_id: str, number: str, billing_date: str) -> None:
    at = ledger.now().isoformat()
    line = {
        "type": "InvoiceIssued", "number": number, "license_id": license_id, "billing_date": billing_date,
        "known_through": log_of(ledger)[-1]["id"], "lines": [], "total": 0, "digest": "",
        "effective_at": at, "recorded_at": at, "actor": "system",
    }  # fmt: skip
    imported(ledger, history(line))


class TestIssuedInvoices:
    def test_come_in_the_order_of_the_log(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        a_license(ledger, "zett")
        assert list(issued_invoices(ledger)) == []
        clock.pass_by(days=20)
        issue(ledger, "zett", "A-2", "2024-05-15")
        between = clock.pass_by(days=1)
        issue(ledger, "acme", "A-1", "2024-05-15")
        clock.pass_by(days=1)
        both = list(issued_invoices(ledger))
        assert [one.event.number for one in both] == ["A-2", "A-1"]
        assert both[0].position < both[1].position
        assert [one.event.number for one in issued_invoices(ledger, license_ids=["acme"])] == ["A-1"]
        assert [one.event.number for one in issued_invoices(ledger, since=between)] == ["A-1"]
        assert [one.event.number for one in issued_invoices(ledger, until=between)] == ["A-2"]
        assert [one.event.number for one in issued_invoices(ledger, known_at=between)] == ["A-2", "A-1"]
        assert list(issued_invoices(ledger, known_at=NOON)) == []

    def test_are_found_by_number(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(days=20)
        issue(ledger, "acme", "A-1", "2024-05-15")
        assert issued_invoice(ledger, "A-1").event.license_id == "acme"
        with pytest.raises(InvoiceNotFound) as refusal:
            issued_invoice(ledger, "A-2")
        assert (refusal.value.code, refusal.value.exit_code) == ("invoice_not_found", 3)
