"""The command that bills, as a user runs it."""

import csv
import io
import json
from pathlib import Path

import pytest

from ledger.application.ledger import Ledger
from replay.sample import sample_history
from tests.application.billing_world import licences, price, programme
from tests.application.desk import history, imported
from tests.desk.running import done, run

UNTIL = ("--until", "2024-02-20T00:00:00Z")


@pytest.fixture
def store(sqlite_url: str) -> str:
    with Ledger.open(sqlite_url, create=True) as ledger:
        imported(ledger, programme(2))
    return sqlite_url


class TestBill:
    def test_shows_what_was_issued_by_currency(self, store: str) -> None:
        assert done("bill", *UNTIL, store=store) == (
            "Issued 4 documents of what was due by 2024-02-20 00:00 UTC.\n"
            "currency  invoices  invoiced  credit notes  credited   total\n"
            "────────────────────────────────────────────────────────────\n"
            "USD              4    $80.00             0            $80.00\n"
        )
        assert done("bill", *UNTIL, store=store) == "Nothing was left to bill by 2024-02-20 00:00 UTC.\n"

    @pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
    def test_lists_what_was_issued_as_invoices_shows_it(self, store: str, form: str) -> None:
        asked = ("--format", form)
        issued = done("bill", *UNTIL, *asked, store=store)
        later = ("--known-at", "2090-01-01T00:00:00Z")
        assert issued == done("invoices", "--as-of", UNTIL[1], *later, *asked, store=store)
        nothing = done("bill", *UNTIL, *asked, store=store)
        if form == "json":
            assert len(json.loads(issued)) == 4
            assert json.loads(nothing) == []
        elif form == "csv":
            assert next(csv.DictReader(io.StringIO(issued)))["number"].endswith("-000001")
            assert nothing == issued.splitlines()[0] + "\n"
        else:
            assert nothing == ""

    def test_takes_the_series_from_the_configuration(self, store: str, tmp_path: Path) -> None:
        config = tmp_path / "house.toml"
        config.write_text('[invoices]\nseries = "ACME"\n')
        out = done("--config", str(config), "bill", *UNTIL, "--format", "jsonl", store=store)
        assert json.loads(out.splitlines()[-1])["number"].startswith("ACME-")
        config.write_text('[invoices]\nseries = ""\n')
        assert run("--config", str(config), "bill", *UNTIL, store=store).exit_code == 1

    def test_reports_what_cannot_be_billed(self, sqlite_url: str) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, history(price(currency="EUR"), *licences(1)))
        ran = run("bill", "--until", "2024-01-20T00:00:00Z", store=sqlite_url)
        assert ran.exit_code == 0
        assert ran.out.startswith("Nothing was left to bill")
        assert "Data fault (missing_price): licence licence-00000" in ran.err
        assert run("bill", "--strict", store=sqlite_url).exit_code == 1

    def test_says_who_was_switched(self, sqlite_url: str) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, sample_history())
        out = done("bill", "--until", "2024-12-31T00:00:00Z", store=sqlite_url)
        assert out.startswith(
            "27 licences switched to the pricing model of a cutover.\nIssued 552 documents "
        )

    def test_refuses_what_has_not_come_and_where_no_store_is(self, store: str, tmp_path: Path) -> None:
        ran = run("bill", "--until", "2099-01-01T00:00:00Z", store=store)
        assert (ran.exit_code, "billed_ahead" in ran.err) == (2, True)
        assert run("bill", store=f"sqlite:///{tmp_path / 'none.db'}").exit_code == 3
