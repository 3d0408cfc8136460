"""Questions are answered for people as tables, for programs as JSON and CSV, and say what is wrong."""

import csv
import hashlib
import io
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from desk.cli.tables import new_table
from tests.desk.running import AS_OF, done, run, same_as_golden

ROWS_BY_QUESTION = {
    "seats": [
        "license_id", "agents_active", "agents_suspended", "chatbots", "seats_in_use", "ppa", "pps", "ppu",
    ],
    "invoices": [
        "license_id", "billing_date", "period_start", "period_end", "pricing_model", "currency", "plan",
        "billing_cycle", "lines", "total", "number",
    ],
    "notices": [
        "license_id", "cutover_id", "channel", "charge_date", "due_at", "state", "late",
        "pricing_model_before", "pricing_model_after",
    ],
}  # fmt: skip
# every kind of line, a credit note, an issued invoice, an annual period, yen, a licence without invoices
SHOWN = (
    "acme-issued-then-corrected", "cobalt-tokyo-10-june", "signup-late-hire", "signup-credit-note",
    "acme-hotel-annual", "signup-enterprise-no-price",
)  # fmt: skip


def of_licenses(*license_ids: str) -> list[str]:
    return [part for license_id in license_ids for part in ("--license", license_id)]


class TestTables:
    @pytest.mark.parametrize("columns", [80, 140])
    def test_of_seats_look_like_this(self, sample_store: str, columns: int) -> None:
        page = done("seats", "--as-of", AS_OF, *of_licenses(*SHOWN), store=sample_store, columns=columns)
        assert same_as_golden(f"seats_{columns}.txt", page)

    @pytest.mark.parametrize("columns", [80, 140])
    def test_of_invoices_look_like_this(self, sample_store: str, columns: int) -> None:
        page = done("invoices", "--as-of", AS_OF, *of_licenses(*SHOWN), store=sample_store, columns=columns)
        assert same_as_golden(f"invoices_{columns}.txt", page)

    @pytest.mark.parametrize("columns", [80, 140])
    def test_of_notices_look_like_this(self, sample_store: str, columns: int) -> None:
        asked = ("--as-of", "2024-08-12T00:00:00Z", "--known-at", AS_OF)
        shown = (
            "borealis-notice-late",
            "cobalt-notice-failed",
            "acme-hotel-annual",
            "borealis-charge-date-moved",
        )
        page = done("notices", *asked, *of_licenses(*shown), store=sample_store, columns=columns)
        assert same_as_golden(f"notices_{columns}.txt", page)

    @pytest.mark.parametrize("columns", [80, 140])
    def test_of_a_log_look_like_this(self, sample_store: str, columns: int) -> None:
        page = done("log", "acme-issued-then-corrected", store=sample_store, columns=columns)
        assert same_as_golden(f"log_{columns}.txt", page)

    @pytest.mark.parametrize("question", ["seats", "invoices", "notices"])
    def test_fit_the_terminal(self, sample_store: str, question: str) -> None:
        page = done(question, "--as-of", AS_OF, store=sample_store, columns=80)
        lines = page.splitlines()
        # the last line sums up and may be longer
        assert max(map(len, lines[:-1])) <= 80
        assert all(line == line.rstrip() for line in lines)

    def test_say_when_there_is_nothing(self, sample_store: str) -> None:
        before = ("--as-of", "1999-01-01T00:00:00Z")
        assert done("seats", *before, store=sample_store) == "No licence was known then.\n"
        assert done("invoices", *before, store=sample_store) == "No invoice was due by then.\n"
        assert "No cutover announces" in done("notices", *before, store=sample_store)

    def test_say_when_everything_was_recorded_later(self, sample_store: str) -> None:
        early = run("seats", "--as-of", "1999-01-01T00:00:00Z", "--format", "csv", store=sample_store)
        assert "Events were recorded later: ask with --known-at 2024-1" in early.err
        # what is asked with all that is recorded has no more to say
        late = ("--known-at", "2026-01-01T00:00:00Z")
        assert run("seats", "--as-of", "1999-01-01T00:00:00Z", *late, store=sample_store).err == ""


class TestNarrowTerminals:
    MONEY = re.compile(r"-?[$¥€][0-9,]+(?:\.[0-9]+)?")

    @pytest.mark.parametrize("columns", [40, 60, 80])
    @pytest.mark.parametrize("question", ["seats", "invoices", "notices", "replay resellers-2024-08-11"])
    def test_cut_no_amount_and_no_name(self, sample_store: str, question: str, columns: int) -> None:
        asked = (*question.split(), "--as-of", AS_OF)
        wide = done(*asked, store=sample_store, columns=140)
        page = done(*asked, store=sample_store, columns=columns)
        assert Counter(self.MONEY.findall(page)) == Counter(self.MONEY.findall(wide))
        assert not [line for line in page.splitlines() if "…" in line and "licences more" not in line]
        if question != "invoices":
            lines = [line for line in page.splitlines() if not line.startswith("Digest ")]
            assert max(map(len, lines)) <= columns

    def test_cut_no_amount_that_is_very_large(self, sqlite_url: str) -> None:
        table = new_table()
        for name in ("licence", "before", "after"):
            table.add_column(name, overflow="fold" if name == "licence" else "ellipsis", justify="right")
        table.add_row("a", "$92,233,720,368,547,758.07", "-$92,233,720,368,547,758.07")
        written = io.StringIO()
        console = Console(width=40, file=written)
        console.print(table)
        shown = "".join(written.getvalue().split())
        assert "$92,233,720,368,547,758.07after-$92,233,720,368,547,75" in shown
        assert "…" not in shown


class TestMarksThatTurnTheText:
    ID = "evil\u202egpj.exe\u2066"

    def test_are_shown_in_tables_and_messages_and_kept_in_data(self, sqlite_url: str) -> None:
        said = done("create-license", self.ID, "--plan", "team", store=sqlite_url)
        assert said.count(r"evil\u202egpj.exe\u2066") == 1
        page = done("seats", store=sqlite_url) + done("log", self.ID, store=sqlite_url)
        page += run("create-license", self.ID, "--plan", "team", store=sqlite_url).err
        page += run("seats", "--format", self.ID, store=sqlite_url).err
        assert r"evil\u202egpj.exe\u2066" in page
        assert "\u202e" not in page
        data = done("seats", "--format", "jsonl", store=sqlite_url)
        assert json.loads(data)["license_id"] == self.ID
        assert "\u202e" in data


class TestAnInvoiceWithoutAPeriod:
    @staticmethod
    def about(store: str, *asked: str) -> list[str]:
        page = done("invoices", "--as-of", "2025-06-01T00:00:00Z", *asked, store=store)
        return [line.strip() for line in page.splitlines() if line.startswith("  team, ")]

    @staticmethod
    def history(*events: str) -> bytes:
        at = '"actor":"system","recorded_at":"2024-{}T00:00:00Z","effective_at":"2024-{}T00:00:00Z"'
        lines = []
        for event in events:
            recorded, effective, told = event.split(" ", 2)
            lines.append("{" + told + "," + at.format(recorded, effective) + "}\n")
        return "".join(lines).encode()

    LICENCE = '"type":"LicenseCreated","license_id":"a","source":"signup","plan":"team","currency":"USD"'
    AGENT = '"type":"AgentCreated","license_id":"a","role":"owner","agent_id"'
    PRICE = '"type":"PricePublished","plan":"team","currency":"USD","unit_amount":2000'

    def test_says_when_the_licence_is_cancelled(self, sqlite_url: str) -> None:
        lines = self.history(
            f'01-01 01-01 {self.PRICE},"billing_cycle":"monthly"',
            f'01-01 01-01 {self.LICENCE},"billing_cycle":"monthly"',
            f'01-02 01-02 {self.AGENT}:"ann"',
            '03-01 03-01 "type":"LicenseCancelled","license_id":"a"',
            f'03-02 01-03 {self.AGENT}:"late"',
        )
        assert run("import", "-", stdin=lines, store=sqlite_url).exit_code == 0
        assert self.about(sqlite_url) == ["team, monthly; the licence is cancelled"]

    def test_says_when_the_period_has_no_price(self, sqlite_url: str) -> None:
        lines = self.history(
            f'01-01 01-01 {self.PRICE},"billing_cycle":"monthly"',
            f'01-01 01-01 {self.LICENCE},"billing_cycle":"monthly"',
            f'01-02 01-02 {self.AGENT}:"ann"',
            '02-01 02-01 "type":"PlanChanged","license_id":"a","plan":"team, big"',
            f'02-02 01-03 {self.AGENT}:"late"',
        )
        assert run("import", "-", stdin=lines, store=sqlite_url).exit_code == 0
        asked = ("--known-at", "2024-03-01T00:00:00Z")
        assert self.about(sqlite_url, *asked) == [
            "team, big, monthly; the period that begins on this date has no price"
        ]

    def test_says_when_it_lies_within_a_year(self, sqlite_url: str) -> None:
        lines = self.history(
            f'01-01 01-01 {self.PRICE},"billing_cycle":"annual"',
            f'01-01 01-01 {self.LICENCE},"billing_cycle":"annual"',
            f'01-02 01-02 {self.AGENT}:"ann"',
            f'02-01 02-01 {self.AGENT}:"bob"',
        )
        assert run("import", "-", stdin=lines, store=sqlite_url).exit_code == 0
        assert self.about(sqlite_url)[0] == "team, annual; no period begins on this date"


class TestFormats:
    @pytest.mark.parametrize("question", ROWS_BY_QUESTION)
    def test_jsonl_has_one_object_a_line(self, sample_store: str, question: str) -> None:
        lines = done(question, "--as-of", AS_OF, "--format", "jsonl", store=sample_store).splitlines()
        rows = [json.loads(line) for line in lines]
        assert len(rows) > 50
        assert all(list(row) == ROWS_BY_QUESTION[question] for row in rows)

    @pytest.mark.parametrize("question", ROWS_BY_QUESTION)
    def test_json_is_one_array_of_the_same_rows(self, sample_store: str, question: str) -> None:
        lines = done(question, "--as-of", AS_OF, "--format", "jsonl", store=sample_store).splitlines()
        array = done(question, "--as-of", AS_OF, "--format", "json", store=sample_store)
        assert json.loads(array) == [json.loads(line) for line in lines]

    def test_json_of_nothing_is_an_empty_array(self, sample_store: str) -> None:
        array = done("seats", "--as-of", "1999-01-01T00:00:00Z", "--format", "json", store=sample_store)
        assert json.loads(array) == []

    @pytest.mark.parametrize("question", ["seats", "notices"])
    def test_csv_has_the_same_cells(self, sample_store: str, question: str) -> None:
        lines = done(question, "--as-of", AS_OF, "--format", "jsonl", store=sample_store).splitlines()
        text = done(question, "--as-of", AS_OF, "--format", "csv", store=sample_store)
        rows = list(csv.DictReader(io.StringIO(text)))
        wanted = [json.loads(line) for line in lines]
        assert list(rows[0]) == ROWS_BY_QUESTION[question]
        as_text = {True: "true", False: "false"}
        assert rows == [
            {key: as_text[value] if isinstance(value, bool) else str(value) for key, value in row.items()}
            for row in wanted
        ]

    def test_csv_has_a_row_for_each_invoice_line(self, sample_store: str) -> None:
        asked = ("invoices", "--as-of", AS_OF)
        text = done(*asked, "--format", "csv", store=sample_store)
        rows = list(csv.DictReader(io.StringIO(text)))
        wanted = [
            json.loads(line) for line in done(*asked, "--format", "jsonl", store=sample_store).splitlines()
        ]
        assert len(rows) == sum(len(invoice["lines"]) for invoice in wanted)
        sums: dict[tuple[str, str], int] = {}
        for row in rows:
            key = row["license_id"], row["billing_date"]
            sums[key] = sums.get(key, 0) + int(row["amount"])
        assert sums == {(row["license_id"], row["billing_date"]): row["total"] for row in wanted}
        kinds = {row["kind"]: row for row in rows}
        assert kinds.keys() == {"recurring", "true_up", "discount", "adjustment"}
        assert kinds["adjustment"]["date"] != ""
        assert "0.333" in {row["rate"] for row in rows}

    def test_data_is_utf8_wherever_it_goes(self, sqlite_url: str) -> None:
        done("create-license", "müller—日本", "--plan", "team", store=sqlite_url)
        assert json.loads(done("seats", "--format", "jsonl", store=sqlite_url))["license_id"] == "müller—日本"


class TestQuestions:
    def test_leave_out_what_was_recorded_later(self, sample_store: str) -> None:
        asked = ("invoices", "--license", "signup-late-hire", "--as-of", AS_OF, "--format", "jsonl")
        then = done(*asked, "--known-at", "2024-03-11T00:00:00Z", store=sample_store).splitlines()
        now = done(*asked, store=sample_store).splitlines()
        # the hire of 20 February is an adjustment in April, once it is known
        assert [json.loads(line)["total"] for line in then[:3]] == [2400, 2400, 2400]
        assert [json.loads(line)["total"] for line in now[:3]] == [2400, 2400, 8772]

    def test_say_the_digest_of_the_lines(self, sample_store: str) -> None:
        ran = run("notices", "--as-of", AS_OF, "--format", "jsonl", "--digest", store=sample_store)
        assert ran.err == f"digest {hashlib.sha256(ran.out.encode()).hexdigest()}\n"

    def test_name_a_licence_that_is_not_there(self, sample_store: str) -> None:
        ran = run("invoices", "--license", "nobody", store=sample_store)
        assert ran.exit_code == 3
        assert "There is no licence 'nobody'" in ran.err

    def test_refuse_a_day_for_an_instant(self, sample_store: str) -> None:
        ran = run("seats", "--as-of", "2024-08-11", store=sample_store)
        assert ran.exit_code == 2
        assert "Write 2024-08-11T00:00:00Z for its first instant in UTC." in ran.err

    def test_need_a_store(self, tmp_path: Path) -> None:
        ran = run("seats", store=f"sqlite:///{tmp_path / 'none.db'}")
        assert ran.exit_code == 3
        assert "way out" in ran.err
        assert list(tmp_path.iterdir()) == []


class TestDataFaults:
    def test_are_told_one_a_line_with_what_would_mend_them(self, sample_store: str) -> None:
        ran = run("invoices", "--as-of", AS_OF, "--license", "signup-enterprise-no-price", store=sample_store)
        assert ran.exit_code == 0
        *faults, total = ran.err.splitlines()
        assert total == f"{len(faults)} data faults."
        assert all(
            line.startswith("Data fault (missing_price): licence signup-enterprise") for line in faults
        )
        assert all("To mend it: publish a price for enterprise, monthly, EUR" in line for line in faults)

    def test_end_a_strict_question_with_1(self, sample_store: str) -> None:
        asked = ("seats", "--as-of", AS_OF, "--format", "jsonl", "--strict")
        clashing = run(*asked, "--license", "borealis-clashing-seat", store=sample_store)
        assert clashing.exit_code == 1
        assert clashing.err.splitlines()[-1] == "1 data fault."
        assert json.loads(clashing.out)["license_id"] == "borealis-clashing-seat"
        assert run(*asked, "--license", "acme-bakery-peak", store=sample_store).exit_code == 0


class TestLog:
    def test_leaves_out_what_was_recorded_later(self, sample_store: str) -> None:
        whole = done("log", "signup-late-hire", store=sample_store)
        then = done("log", "signup-late-hire", "--known-at", "2024-03-11T00:00:00Z", store=sample_store)
        assert whole.startswith(then.rpartition("\n\n")[0].rstrip().rpartition("\n")[0])
        assert len(then) < len(whole)

    def test_names_a_licence_that_is_not_there(self, sample_store: str) -> None:
        assert run("log", "nobody", store=sample_store).exit_code == 3
