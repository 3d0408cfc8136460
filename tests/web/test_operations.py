"""The page of operations: read models, billing, failed notices, webhooks kept aside."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.application.receive_webhook import receive_webhook
from ledger.application.recording import CommandMeta
from ledger.application.run_billing import run_billing
from ledger.application.suspend_agent import suspend_agent
from ledger.rules.instants import format_instant
from ledger.stores.inbox.locations import open_inbox
from replay.follow import Follower
from tests.application.desk import HandClock
from tests.web.browsing import Browser
from tests.web.conftest import NOW

As = Callable[[str], Browser]
FIRM, WAITING = "acme-law-firm-suspends", "acme-notice-missed"


class TestOperations:
    def test_say_that_all_is_well(self, reading: As) -> None:
        view = reading("operator").get("/api/operations").json()
        assert {one["table"] for one in view["projections"]} >= {"invoice", "license_step", "notice"}
        assert {one["lag_events"] for one in view["projections"]} == {0}
        assert view["parked"] == view["webhooks"] == view["failed_notices"] == []
        page = reading("auditor").get("/operations").text
        for said in ("they know the end of the log", "None is parked", "Every notice got out"):
            assert said in page

    def test_tell_of_lag_in_events_and_seconds(self, signed_in: As, ledger: Ledger, clock: HandClock) -> None:
        operator = signed_in("operator")
        suspend_agent(ledger, license_id=FIRM, agent_id=f"pia@{FIRM}.example", meta=CommandMeta())
        clock.pass_by(seconds=90)
        invoice = next(
            one for one in operator.get("/api/operations").json()["projections"] if one["table"] == "invoice"
        )
        assert (invoice["lag_events"], invoice["lag_seconds"]) == (1, 90)
        assert "90 seconds late" in operator.get("/operations").text

    def test_tell_of_the_last_bill_and_what_waits(self, signed_in: As, ledger: Ledger) -> None:
        operator = signed_in("operator")
        before = operator.get("/api/operations").json()
        assert before["unbilled"]["invoices"] > 100
        report = run_billing(ledger)
        Follower(ledger, lambda _: None).run(threading.Event(), once=True)
        after = operator.get("/api/operations").json()
        assert report.issued > 100
        assert after["unbilled"] == {"invoices": 0, "licenses": 0, "oldest": None}
        assert after["last_invoice"]["issued_at"] > before["last_invoice"]["issued_at"]
        assert after["last_invoice"]["number"] in operator.get("/operations").text

    def test_tell_of_notices_that_failed_until_they_are_sent(
        self, signed_in: As, ledger: Ledger, clock: HandClock
    ) -> None:
        operator = signed_in("operator")
        line = {
            "license_id": WAITING,
            "cutover_id": "resellers-2024-08-11",
            "charge_date": "2024-08-23",
            "channel": "email",
            "actor": "system",
        }

        def record(kind: str, attempt: int) -> None:
            clock.pass_by(minutes=1)
            at = format_instant(clock.now)
            event = {**line, "type": kind, "attempt": attempt, "effective_at": at, "recorded_at": at}
            import_history(ledger, BytesIO(json.dumps(event).encode() + b"\n"))

        record("NoticeFailed", 1)
        record("NoticeFailed", 2)
        (failed,) = operator.get("/api/operations").json()["failed_notices"]
        assert (failed["license_id"], failed["channel"], failed["failures"]) == (WAITING, "email", 2)
        assert failed["next_at"] == format_instant(NOW + timedelta(minutes=6))
        assert "2 times" in operator.get("/operations").text
        record("NoticeSent", 3)
        assert operator.get("/api/operations").json()["failed_notices"] == []

    def test_tell_of_webhooks_kept_aside(self, signed_in: As, ledger: Ledger) -> None:
        inbox = open_inbox(ledger.store, create=True)
        body = {
            "webhook_id": "1",
            "action": "agent_suspended",
            "organization_id": "unknown-organisation",
            "payload": {"id": "somebody@else.example"},
        }
        receive_webhook(ledger, inbox, body, {})
        view = signed_in("operator").get("/api/operations").json()
        assert view["webhooks_count"] == 1
        assert view["webhooks"][0]["organization_id"] == "unknown-organisation"
        assert "somebody@else.example" in signed_in("admin").get("/operations").text

    def test_are_not_for_partners_and_support(self, reading: As) -> None:
        for name in ("partner", "support"):
            page = reading(name).get("/operations")
            assert page.status_code == 403
            assert "see how the ledger runs here. Operators, auditors and admins may." in page.text
            assert "/operations" not in reading(name).get("/licenses").text
        assert 'href="/operations"' in reading("auditor").get("/licenses").text
