"""The four commands as people and programs meet them, on the sample programme."""

import csv
import io
import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.desk.running import AS_OF, done, run
from tests.money.tools import bean_check

GOLDEN = Path(__file__).parent / "golden"
SCREENS = {
    "statement": ("statement", "cobalt", "--month", "2024-08", "--as-of", AS_OF),
    "statement_affiliate": ("statement", "gale", "--month", "2024-08", "--as-of", AS_OF),
    "savings": ("savings", "resellers-2024-08-11", "--as-of", AS_OF),
    "redundant": ("redundant", "acme-hotel-annual", "--as-of", "2024-09-01T00:00:00Z"),
    "journal": ("journal",),
}


@pytest.fixture(scope="module")
def store(sample_store: str) -> str:
    return sample_store


def kept(name: str, text: str) -> bool:
    """Tell whether a screen is the one in the file of that name."""
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


class TestScreens:
    @pytest.mark.parametrize("columns", [80, 140])
    @pytest.mark.parametrize("name", SCREENS)
    def test_look_like_this(self, store: str, name: str, columns: int) -> None:
        screen = done(*SCREENS[name], store=store, columns=columns)
        assert max(map(len, screen.splitlines())) <= columns
        assert kept(f"{name}_{columns}.txt", screen)

    @pytest.mark.parametrize("name", SCREENS)
    def test_say_the_same_in_every_format_for_programs(self, store: str, name: str) -> None:
        lines = done(*SCREENS[name], "--format", "jsonl", store=store).splitlines()
        rows = [json.loads(line) for line in lines]
        table = list(csv.DictReader(io.StringIO(done(*SCREENS[name], "--format", "csv", store=store))))
        assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows] == table
        whole = json.loads(done(*SCREENS[name], "--format", "json", store=store))
        if name == "redundant":
            assert [agent["agent_id"] for agent in whole["agents"]] == [row["agent_id"] for row in rows]
        elif name == "journal":
            assert whole == rows
        else:
            assert whole["licenses" if name == "savings" else "invoices"] == rows


class TestTheRuleBooksExamples:
    def test_of_a_commission(self, store: str) -> None:
        # 2 x 45.00 from the client; 17.5 % of 90.00
        options = ("--month", "2024-02", "--as-of", AS_OF, "--format", "jsonl")
        rows = [json.loads(line) for line in done("statement", "gale", *options, store=store).splitlines()]
        assert [
            (row["license_id"], row["billing_date"], row["total"], row["commission"]) for row in rows
        ] == [("gale-client-pays", "2024-02-21", 9000, 1575)]

    def test_of_what_a_cutover_saves(self, store: str) -> None:
        # 6 seats less 36.75 become 2 users less 12.25; all of it is ChatBots: 196.00 less 24.50
        rows = [
            json.loads(line)
            for line in done(*SCREENS["savings"], "--format", "jsonl", store=store).splitlines()
        ]
        (row,) = [row for row in rows if row["license_id"] == "borealis-florist-four-bots"]
        assert (row["old"], row["new"], row["saves"], row["saves_chatbot_seats"]) == (
            25725,
            8575,
            17150,
            17150,
        )


class TestStatement:
    def test_adds_up_to_the_invoices_of_the_month(self, store: str) -> None:
        stated: Counter[str] = Counter()
        for partner in ("acme", "borealis", "cobalt", "delta", "ember", "fjord", "gale"):
            ran = done(
                "statement", partner, "--month", "2024-08", "--as-of", AS_OF, "--format", "json", store=store
            )
            for total in json.loads(ran)["totals"]:
                stated[total["currency"]] += total["total"]
        partners = ("acme-", "borealis-", "cobalt-", "delta-", "ember-", "fjord-", "gale-")
        billed: Counter[str] = Counter()
        for line in done("invoices", "--as-of", AS_OF, "--format", "jsonl", store=store).splitlines():
            row = json.loads(line)
            if row["license_id"].startswith(partners) and row["billing_date"].startswith("2024-08"):
                billed[row["currency"]] += row["total"]
        assert stated == billed
        assert len(stated) > 1

    def test_of_an_empty_month_says_so(self, store: str) -> None:
        assert "No invoice of this partner's licences has a billing date in January 2023" in done(
            "statement", "acme", "--month", "2023-01", "--as-of", AS_OF, store=store
        ).replace("\n", " ")

    def test_refuses_a_partner_whom_nobody_knows(self, store: str) -> None:
        ran = run("statement", "nobody", "--month", "2024-08", "--as-of", AS_OF, store=store)
        assert (ran.exit_code, ran.out) == (3, "")
        assert "There is no partner 'nobody'" in ran.err

    def test_refuses_a_partner_who_was_not_known_yet(self, store: str) -> None:
        ran = run("statement", "acme", "--month", "2020-08", "--as-of", "2020-09-01T00:00:00Z", store=store)
        assert ran.exit_code == 3
        assert "known at 2020-09-01T00:00:00.000000Z" in ran.err

    @pytest.mark.parametrize("month", ["2024-13", "2024-8", "August", "2024-08-01", "9999-12", "0001-01"])
    def test_refuses_what_is_no_month(self, store: str, month: str) -> None:
        assert run("statement", "acme", "--month", month, store=store).exit_code == 2


class TestSavings:
    def test_refuses_a_cutover_that_nobody_announced(self, store: str) -> None:
        ran = run("savings", "never", store=store)
        assert (ran.exit_code, ran.out) == (3, "")
        assert "There is no cutover 'never'" in ran.err

    def test_is_told_with_its_digest(self, store: str) -> None:
        first, second = (run(*SCREENS["savings"], "--digest", store=store) for _ in range(2))
        assert first.err == second.err
        assert first.err.startswith("digest ")

    def test_is_the_same_as_the_replay_says(self, store: str) -> None:
        replayed = json.loads(
            done("replay", "resellers-2024-08-11", "--as-of", AS_OF, "--format", "json", store=store)
        )
        rows = json.loads(done(*SCREENS["savings"], "--format", "json", store=store))["licenses"]
        switched = [row["saves"] for row in rows if row["outcome"] == "switched"]
        assert sum(switched) == sum(total["saves"]["total"] for total in replayed["totals"])


class TestRedundant:
    def test_of_a_cancelled_licence_says_so(self, store: str) -> None:
        assert "is cancelled" in done("redundant", "signup-left-in-time", "--as-of", AS_OF, store=store)

    def test_without_a_price_says_what_is_missing(self, store: str) -> None:
        ran = run("redundant", "signup-enterprise-no-price", "--as-of", AS_OF, store=store)
        assert ran.exit_code == 0
        assert "Nobody can say what is saved: no price is known" in ran.out.replace("\n", " ")
        assert "Data fault (missing_price)" in ran.err

    def test_where_everyone_works_says_so(self, store: str) -> None:
        ran = done(
            "redundant", "acme-bakery-peak", "--as-of", "2024-02-06T00:00:00Z", "--days", "3", store=store
        )
        assert "acme-bakery-peak has 4 active agents: each held a seat in the last 3 days." in ran

    def test_refuses_a_licence_that_nobody_knows(self, store: str) -> None:
        assert run("redundant", "nobody", store=store).exit_code == 3

    @pytest.mark.parametrize("days", ["0", "-1", "x", "99999"])
    def test_refuses_what_is_no_number_of_days(self, store: str, days: str) -> None:
        assert run("redundant", "acme-bakery-peak", "--days", days, store=store).exit_code == 2


class TestJournal:
    def test_is_taken_by_bean_check(self, store: str, tmp_path: Path) -> None:
        file = tmp_path / "books.beancount"
        file.write_text(done("journal", "--format", "beancount", store=store), encoding="utf-8")
        assert bean_check(file) == (0, "")

    def test_is_of_some_days(self, store: str) -> None:
        # issued on 12 April, 12 May, 12 June and 3 October; the last day is left out
        options = ("--since", "2024-05-12", "--until", "2024-10-03", "--format", "jsonl")
        rows = [json.loads(line) for line in done("journal", *options, store=store).splitlines()]
        assert sorted({row["number"] for row in rows}) == ["2024-000002", "2024-000003"]

    def test_is_of_some_licences(self, store: str) -> None:
        options = ("--license", "signup-issued-next-morning", "--format", "jsonl")
        rows = [json.loads(line) for line in done("journal", *options, store=store).splitlines()]
        assert {row["number"] for row in rows} == {"2024-000004"}

    def test_of_no_invoice_says_so(self, store: str) -> None:
        assert done("journal", "--since", "2025-01-01", store=store) == "No invoice was issued then.\n"
        assert done("journal", "--since", "2025-01-01", "--format", "hledger", store=store).startswith("; ")

    def test_refuses_a_licence_that_nobody_knows(self, store: str) -> None:
        ran = run("journal", "--license", "nobody", "--format", "beancount", store=store)
        assert (ran.exit_code, ran.out) == (3, "")

    def test_reports_an_invoice_that_does_not_add_up(self, tmp_path: Path) -> None:
        url, history = f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path / "history.jsonl"
        times = {
            "effective_at": "2024-05-01T00:00:00Z",
            "recorded_at": "2024-05-01T00:00:00Z",
            "actor": "system",
        }
        created = {
            "id": "1", "type": "LicenseCreated", "license_id": "l", "source": "signup", "plan": "team",
            "billing_cycle": "monthly", "billing_anchor": "2024-05-02", **times,
        }  # fmt: skip
        issued = {
            "id": "2", "type": "InvoiceIssued", "license_id": "l", "number": "7",
            "billing_date": "2024-05-02", "known_through": "1", "lines": [], "total": 4900, "digest": "",
            **times,
            "effective_at": "2024-05-02T00:00:00Z", "recorded_at": "2024-05-02T00:00:00Z",
        }  # fmt: skip
        history.write_text("".join(json.dumps(line) + "\n" for line in (created, issued)), encoding="utf-8")
        done("import", str(history), store=url)
        ran = run("journal", "--format", "hledger", store=url)
        assert ran.exit_code == 0
        assert "Data fault (unbalanced_invoice): invoice 7 of licence l" in ran.err
        assert run("journal", "--strict", store=url).exit_code == 1
