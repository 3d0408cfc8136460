"""The sample programme is what its builder makes, is legal, and comes out as worked out by hand."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from examples.build_sample_programme import HISTORY, TABLE, build_history, build_table
from examples.scenarios import GROUPS, license_id_of, write_all
from examples.scenarios.pen import THE_END, Billed, Counted, Noticed, instant
from replay.sample import sample_history
from tests.legality import REQUIRED, Judge
from tests.second_opinion.reading import answer, faults

PEN = write_all()
END = datetime.fromisoformat(instant(THE_END))


def without_repeats(history: bytes) -> list[str]:
    """Drop a line that was there before: it is the same event."""
    return list(dict.fromkeys(history.decode().splitlines()))


LINES: list[dict[str, Any]] = [json.loads(line) for line in without_repeats(sample_history())]


@pytest.fixture(scope="module")
def invoices() -> dict[tuple[str, str], dict[str, Any]]:
    rows = answer(LINES, "invoices", END)
    return {(row["license_id"], row["billing_date"]): row for row in rows}


class TestSampleHistory:
    def test_is_what_the_builder_makes(self) -> None:
        assert sample_history() == build_history() == HISTORY.read_bytes()

    def test_is_legal_line_by_line(self) -> None:
        Judge().read(without_repeats(sample_history()))

    def test_repeats_exactly_one_line(self) -> None:
        lines = sample_history().decode().splitlines()
        assert [count for count in Counter(lines).values() if count > 1] == [2]

    def test_holds_every_type_of_event(self) -> None:
        assert {line["type"] for line in LINES} == set(REQUIRED)

    def test_has_one_licence_for_each_scenario(self) -> None:
        scenarios = [license_id_of(scenario) for group in GROUPS.values() for scenario in group]
        assert scenarios == PEN.license_ids
        assert {line["license_id"] for line in LINES if line["type"] == "LicenseCreated"} == set(scenarios)

    def test_reports_the_one_seat_that_clashes(self) -> None:
        found = [fault for fault in faults(LINES, END) if fault["kind"] == "seat_clash"]
        assert [(fault["license_id"], fault["id"]) for fault in found] == [
            ("borealis-clashing-seat", "borealis-clashing-seat/04")
        ]

    def test_reports_the_price_that_never_came(self) -> None:
        found = [fault for fault in faults(LINES, END) if fault["kind"] == "missing_price"]
        assert {fault["license_id"] for fault in found} == {"signup-enterprise-no-price"}


class TestHandArithmetic:
    @pytest.mark.parametrize("expected", PEN.billed, ids=lambda e: f"{e.license_id}-{e.billing_date}")
    def test_agrees_on_what_is_billed(
        self, expected: Billed, invoices: dict[tuple[str, str], dict[str, Any]]
    ) -> None:
        row = invoices.get((expected.license_id, expected.billing_date))
        lines = tuple((line["kind"], line["amount"]) for line in row["lines"]) if row else ()
        assert lines == expected.lines
        if row:
            assert row["total"] == sum(amount for _, amount in expected.lines)

    @pytest.mark.parametrize("expected", PEN.counted, ids=lambda e: f"{e.license_id}-{e.as_of}-{e.known_at}")
    def test_agrees_on_what_is_counted(self, expected: Counted) -> None:
        as_of, known_at = datetime.fromisoformat(expected.as_of), datetime.fromisoformat(expected.known_at)
        (row,) = (
            r for r in answer(LINES, "seats", as_of, known_at) if r["license_id"] == expected.license_id
        )
        assert {name: row[name] for name in expected.counts} == expected.counts

    @pytest.mark.parametrize("expected", PEN.noticed, ids=lambda e: f"{e.license_id}-{e.as_of}")
    def test_agrees_on_what_is_noticed(self, expected: Noticed) -> None:
        rows = answer(LINES, "notices", datetime.fromisoformat(expected.as_of))
        named = ("cutover_id", "charge_date", "channel", "state", "late")
        assert expected.rows == tuple(
            tuple(row[name] for name in named) for row in rows if row["license_id"] == expected.license_id
        )

    def test_agrees_on_the_lines_of_issued_invoices(
        self, invoices: dict[tuple[str, str], dict[str, Any]]
    ) -> None:
        issued = [line for line in LINES if line["type"] == "InvoiceIssued"]
        assert [line["number"] for line in issued] == [f"2024-{number:06d}" for number in range(1, 5)]
        for line in issued:
            row = invoices[line["license_id"], line["billing_date"]]
            assert (row["number"], row["lines"], row["total"]) == (
                line["number"],
                line["lines"],
                line["total"],
            )


class TestExamplesTable:
    def test_is_what_the_builder_makes(self) -> None:
        assert TABLE.read_text(encoding="utf-8") == build_table()

    def test_explains_every_licence(self) -> None:
        table = build_table()
        assert all(f"| `{license_id}` | " in table for license_id in PEN.license_ids)
