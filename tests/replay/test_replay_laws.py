"""The replay of a cutover on random histories: its sums, and its agreement with the second opinion."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from hypothesis import given, settings

from replay.comparison import PARTS
from replay.cutover import CutoverReplay
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.replay.replaying import Told, cutovers_in
from tests.second_opinion.days import local_date
from tests.second_opinion.reading import answer

Row = dict[str, Any]
# One example replays up to five cutovers, each on four billings.
EXAMPLES = max(5, FEWER_EXAMPLES // 2)


def replays(case: Drawn) -> Iterator[tuple[datetime, datetime | None, CutoverReplay]]:
    told = Told(case.lines, case.log)
    for as_of, known_at in case.questions:
        for cutover in cutovers_in(case.lines, known_at or as_of):
            yield as_of, known_at, told.replay(cutover.cutover_id, as_of, known_at)


def invoice(rows: list[Row], license_id: str, side: Row | None) -> Row | None:
    if side is None:
        return None
    return next(
        row for row in rows if (row["license_id"], row["billing_date"]) == (license_id, side["billing_date"])
    )


def created_on(line: Row) -> date:
    """Return the local date of a creation."""
    return local_date(datetime.fromisoformat(line["effective_at"]), line.get("time_zone", "UTC"))


def amounts(row: Row, kind: str) -> int:
    return sum(line["amount"] for line in row["lines"] if line["kind"] == kind)


class TestParts:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_add_up_to_the_difference(self, case: Drawn) -> None:
        for _, _, replay in replays(case):
            for row in replay.rows:
                if row["difference"] is not None:
                    difference = row["difference"]
                    assert difference["total"] == row["after"]["total"] - row["before"]["total"]
                    assert difference["total"] == sum(difference[part] for part in PARTS)
            for total in replay.totals.to_dicts():
                assert total["after"] - total["before"] == total["difference"]["total"]
                assert total["difference"]["total"] == sum(total["difference"][part] for part in PARTS)


class TestSides:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_are_the_invoices_next_to_the_charge_date(self, case: Drawn) -> None:
        for as_of, known_at, replay in replays(case):
            invoices = answer(case.lines, "invoices", as_of, known_at)
            for row in replay.rows:
                dates = [
                    i["billing_date"]
                    for i in invoices
                    if i["license_id"] == row["license_id"] and i["period_start"] is not None
                ]
                before = [date for date in dates if date < row["charge_date"]]
                after = [date for date in dates if date >= row["charge_date"]]
                assert [row["before"] and row["before"]["billing_date"]] == (before or [None])[-1:]
                assert [row["after"] and row["after"]["billing_date"]] == (after or [None])[:1]

    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_show_what_was_invoiced(self, case: Drawn) -> None:
        for as_of, known_at, replay in replays(case):
            invoices = answer(case.lines, "invoices", as_of, known_at)
            for row in replay.rows:
                for side in (row["before"], row["after"]):
                    found = invoice(invoices, row["license_id"], side)
                    if side is not None and found is not None:
                        assert side["total"] == found["total"]
                        assert side["recurring"] == amounts(found, "recurring")
                        assert side["true_ups"] == amounts(found, "true_up")
                        assert side["discount"] == amounts(found, "discount")
                        assert side["adjustments"] == amounts(found, "adjustment")
                        assert side["recurring"] == side["quantity"] * side["unit_amount"]
                        assert 0 <= side["chatbot_seats"] <= side["quantity"]


class TestSwitched:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_licences_have_the_notices_of_the_second_opinion(self, case: Drawn) -> None:
        for as_of, known_at, replay in replays(case):
            rows = answer(case.lines, "notices", as_of, known_at)
            cutover = replay.cutover.cutover_id
            expected = [
                (r["license_id"], r["charge_date"], r["channel"], r["due_at"], r["state"], r["late"])
                for r in rows
                if r["cutover_id"] == cutover
            ]
            shown = [
                (row["license_id"], n["charge_date"], n["channel"], n["due_at"], n["state"], n["late"])
                for row in replay.rows
                for n in row["notices"]
            ]
            assert shown == expected

    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_licences_are_those_with_notices_and_those_created_since(self, case: Drawn) -> None:
        for as_of, known_at, replay in replays(case):
            noticed = {
                (r["license_id"], r["pricing_model_before"], r["pricing_model_after"])
                for r in answer(case.lines, "notices", as_of, known_at)
                if r["cutover_id"] == replay.cutover.cutover_id
            }
            switched = {
                (row["license_id"], row["pricing_model_before"], row["pricing_model_after"])
                for row in replay.rows
                if row["outcome"] in ("switched", "upcoming")
            }
            assert noticed <= switched
            created_since = {
                line["license_id"]
                for line in case.lines
                if line["type"] == "LicenseCreated" and created_on(line) >= replay.cutover.on
            }
            assert {license_id for license_id, _, _ in switched - noticed} <= created_since
