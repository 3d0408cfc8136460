"""Runs that race, and runs that are killed: no number is missing or given twice, and each is billed once."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from ledger.application.ask import Question, ask_invoices
from ledger.application.issued_invoices import Issued, issued_invoices
from ledger.application.ledger import Ledger
from ledger.rules.calendar import add_months, first_instant
from replay.verify import verify_invoices
from tests.application.billing_world import assert_each_once, assert_no_gap, licences, programme, read
from tests.application.desk import imported

# drafted in parts and recorded in several transactions
COUNT = 2_000
UNTIL = "2024-02-12T00:00:00Z"
BILL = "from desk.cli.main import main; main()"
KILLS = 2


def bill(url: str) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", BILL, "--store", url, "bill", "--until", UNTIL, "--format", "jsonl"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def expected_dates() -> dict[str, list[date]]:
    """Say which dates each licence is billed for: its anchor and what comes monthly after it."""
    dates: dict[str, list[date]] = {}
    until = datetime.fromisoformat(UNTIL)
    for told in licences(COUNT):
        if told["type"] == "LicenseCreated":
            created = datetime.fromisoformat(told["effective_at"])
            anchor = next(
                day for day in (date.fromordinal(created.date().toordinal() + 14 + late) for late in (0, 1))
                if first_instant(date.fromordinal(day.toordinal() - 13), "Europe/Warsaw") > created
            )  # fmt: skip
            dates[told["license_id"]] = [
                day for n in range(2) if first_instant(day := add_months(anchor, n), "Europe/Warsaw") <= until
            ]
    return dates


@pytest.fixture
def issued(store_url: str) -> Iterator[list[Issued]]:
    """Make the programme; whatever a test does, what is issued in the end is right and verified."""
    with Ledger.open(store_url, create=True) as ledger:
        imported(ledger, programme(COUNT))
    found: list[Issued] = []
    yield found
    with Ledger.open(store_url, create=False) as ledger:
        found = list(issued_invoices(ledger))
        assert_no_gap(found)
        assert_each_once(found, expected_dates())
        verified = verify_invoices(ledger)
        assert (verified.invoices, verified.findings) == (len(found), [])
        rows = ask_invoices(ledger, Question(datetime.fromisoformat(UNTIL), datetime.now(UTC))).lines
        assert all('"number":"INV-' in row for row in rows)


@pytest.mark.usefixtures("issued")
class TestBill:
    def test_twice_at_once_bills_each_licence_once(self, store_url: str) -> None:
        both = [bill(store_url), bill(store_url)]
        said = [run.communicate(timeout=300) for run in both]
        assert [run.returncode for run in both] == [0, 0], said
        numbers = [row["number"] for out, _ in said for row in read(out)]
        assert len(set(numbers)) == len(numbers) == sum(map(len, expected_dates().values()))

    def test_killed_at_random_moments_goes_on_where_it_was(self, store_url: str) -> None:
        rng = random.Random(os.environ.get("HYPOTHESIS_SEED"))
        said = []
        for _ in range(KILLS):
            with bill(store_url) as run:
                assert run.stdout is not None
                # the first transaction is committed; the kill comes in a later one, or after the last
                said.append(run.stdout.readline())
                try:
                    run.wait(timeout=rng.uniform(0, 0.2))
                except subprocess.TimeoutExpired:
                    run.kill()
                run.communicate(timeout=60)
        with bill(store_url) as last:
            out, error = last.communicate(timeout=300)
        assert last.returncode == 0, error
        with Ledger.open(store_url, create=False) as ledger:
            numbers = {one.event.number for one in issued_invoices(ledger)}
        assert {row["number"] for row in read(b"".join(said) + out)} <= numbers
