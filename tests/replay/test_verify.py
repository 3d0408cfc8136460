"""Issued invoices are recomputed, and whatever was altered is found and named."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import digest_of
from ledger.application.ledger import Ledger
from ledger.application.run_billing import run_billing
from replay.sample import sample_history
from replay.verify import IMPORTED, UNREADABLE, Finding, to_verify, verify_invoices
from tests.application.billing_world import programme
from tests.application.desk import HandClock, history, imported, log_of
from tests.desk.running import run

LICENCES, MONTHS = 200, 50
NOW = datetime(2028, 3, 14, tzinfo=UTC)


def altered(url: str, number: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change an invoice's event in the database, behind the program's back."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            one = "FROM stored_events WHERE subject = ?"
            position, state = connection.execute(f"SELECT position, state {one}", [number]).fetchone()
            update = "UPDATE stored_events SET state = ? WHERE position = ?"
            connection.execute(update, [changed(state, change), position])
        connection.close()
        return
    server, _, schema = url.replace("?schema=", "&schema=").rpartition("&schema=")
    log = Identifier(schema, "stored_events")
    with psycopg.connect(server) as other:
        found = other.execute(SQL("SELECT state FROM {} WHERE subject = %s").format(log), [number]).fetchone()
        assert found is not None
        new = changed(found[0], change)
        other.execute(SQL("UPDATE {} SET state = %s WHERE subject = %s").format(log), [new, number])


def changed(state: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    event = json.loads(state)
    change(event)
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store with 10,000 issued invoices."""
    url = f"sqlite:///{tmp_path_factory.mktemp('many') / 'ledger.db'}"
    clock = HandClock()
    with Ledger.open(url, create=True, clock=clock) as ledger:
        imported(ledger, programme(LICENCES))
        clock.now = NOW
        assert run_billing(ledger).issued == LICENCES * MONTHS
    return url


@pytest.fixture
def billed(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return a ledger of three licences with two invoices each."""
    with Ledger.open(store_url, create=True, clock=clock) as ledger:
        imported(ledger, programme(3))
        clock.now = datetime(2024, 3, 1, tzinfo=UTC)
        assert run_billing(ledger).issued == 6
        yield ledger


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def the_finding(ledger: Ledger) -> Finding:
    [finding] = verify_invoices(ledger).findings
    return finding


class TestVerifyInvoices:
    def test_finds_one_altered_line_among_ten_thousand(self, many: str) -> None:
        def raise_quantity(event: dict[str, Any]) -> None:
            event["lines"][0]["quantity"] = 3

        altered(many, "INV-2028-004711", raise_quantity)
        told: list[int] = []
        with Ledger.open(many, create=False) as ledger:
            verified = verify_invoices(ledger, progress=told.append)
            [event] = [line for line in log_of(ledger) if line.get("number") == "INV-2028-004711"]
        assert verified.invoices == told[-1] == LICENCES * MONTHS
        [finding] = verified.findings
        assert (finding.number, finding.license_id) == ("INV-2028-004711", event["license_id"])
        assert str(finding.billing_date) == event["billing_date"]
        [difference] = finding.differences
        assert (difference.what, difference.line) == ("line", 1)
        assert (difference.recorded["quantity"], difference.recomputed["quantity"]) == (3, 1)

    def test_finds_nothing_where_nothing_is_off(self, billed: Ledger) -> None:
        verified = verify_invoices(billed)
        assert (verified.invoices, verified.findings) == (6, [])
        assert to_verify(billed) == 6
        assert verify_invoices(billed, license_ids=["licence-00001"]).invoices == 2
        assert verify_invoices(billed, since=datetime(2024, 3, 2, tzinfo=UTC)).invoices == 0
        with pytest.raises(LicenseNotFound):
            verify_invoices(billed, license_ids=["nobody"])

    def test_finds_a_line_that_was_altered_with_total_and_digest(
        self, billed: Ledger, store_url: str
    ) -> None:
        def charge_more(event: dict[str, Any]) -> None:
            event["lines"][0]["amount"] = event["total"] = 9_999
            event["digest"] = digest_of(["what an intruder makes of it"])

        altered(store_url, "INV-2024-000003", charge_more)
        finding = the_finding(billed)
        assert [one.what for one in finding.differences] == ["line", "the total", "the digest"]
        assert (finding.differences[1].recorded, finding.differences[1].recomputed) == (9_999, 2_000)

    def test_finds_a_line_that_was_taken_out(self, billed: Ledger, store_url: str) -> None:
        altered(store_url, "INV-2024-000003", lambda event: event["lines"].clear())
        [difference] = the_finding(billed).differences
        assert (difference.line, difference.recorded) == (1, None)

    def test_finds_a_digest_a_number_and_a_cut_that_were_altered(
        self, billed: Ledger, store_url: str
    ) -> None:
        altered(store_url, "INV-2024-000001", lambda event: event.update(digest="0" * 64))
        assert [one.what for one in the_finding(billed).differences] == ["the digest"]
        altered(store_url, "INV-2024-000001", lambda event: event.update(digest=""))
        # without a digest there is nothing to hold against it
        assert verify_invoices(billed).findings == []
        altered(store_url, "INV-2024-000004", lambda event: event.update(number="INV-2024-000044"))
        assert "the number" in [one.what for one in the_finding(billed).differences]
        altered(store_url, "INV-2024-000004", lambda event: event.update(known_through="no such event"))
        assert {finding.license_id for finding in verify_invoices(billed).findings} == {"licence-00001"}

    def test_finds_a_fact_that_was_altered(self, billed: Ledger, store_url: str) -> None:
        if store_url.startswith("sqlite"):
            with sqlite3.connect(store_url.removeprefix("sqlite:///")) as connection:
                connection.execute("DELETE FROM stored_events WHERE subject = 'ann@licence-00002.example'")
            connection.close()
            found = verify_invoices(billed).findings
            assert {finding.license_id for finding in found} == {"licence-00002"}
            assert len(found) == 2

    def test_names_what_cannot_be_read_and_goes_on(self, billed: Ledger, store_url: str) -> None:
        altered(store_url, "INV-2024-000003", lambda event: event.update(total="much"))
        findings = verify_invoices(billed).findings
        # the licence's other invoice cannot be recomputed either way
        assert {finding.license_id for finding in findings} == {"licence-00001"}
        assert UNREADABLE in [finding.advice for finding in findings]

    def test_compares_what_was_imported_by_lines_and_total(self, billed: Ledger, clock: HandClock) -> None:
        clock.pass_by(days=30)
        at = clock.now.isoformat()
        by_hand = {
            "type": "InvoiceIssued", "number": "A-7", "license_id": "licence-00000",
            "billing_date": "2024-03-15", "known_through": log_of(billed)[-1]["id"],
            "lines": [{"kind": "adjustment", "billing_date": "2024-02-15", "amount": 5}],
            "total": 5, "digest": "", "effective_at": at, "recorded_at": at, "actor": "system",
        }  # fmt: skip
        imported(billed, history(by_hand))
        finding = the_finding(billed)
        assert (finding.number, finding.advice) == ("A-7", IMPORTED)
        assert [one.what for one in finding.differences] == ["line", "the total"]

    def test_agrees_with_the_sample_programmes_own_invoices(self, store_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            assert verify_invoices(ledger).invoices == 0
            imported(ledger, sample_history())
            verified = verify_invoices(ledger)
            assert verified.findings == []
            assert verified.invoices > 0


class TestCommand:
    def test_says_what_is_off_and_ends_with_five(self, billed: Ledger, store_url: str) -> None:
        ran = run("verify", "invoices", store=store_url)
        assert (ran.exit_code, ran.out) == (0, "6 issued invoices verified: each is what its facts give.\n")

        def charge_more(event: dict[str, Any]) -> None:
            event["lines"][0]["amount"] = 2_100

        altered(store_url, "INV-2024-000003", charge_more)
        ran = run("verify", "invoices", store=store_url)
        assert ran.exit_code == 5
        assert ran.out.startswith(
            "Invoice INV-2024-000003 of 15 Jan 2024, licence licence-00001 (position 10)\n"
            "  line 1\n"
            "    recorded    1 account x $20.00 = $21.00\n"
            "    recomputed  1 account x $20.00 = $20.00\n"
            "  What can be done: compare it with"
        )
        assert ran.out.endswith("\n1 of 6 issued invoices is off.\n")
        assert run("verify", "invoices", "--license", "nobody", store=store_url).exit_code == 3
        assert run("verify", "notices", store=store_url).exit_code == 2
