"""What a cutover saves, worked out by hand, and tied to the replay and to two readings of the invoices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from ledger.application.ask import Question
from replay.announced import chosen
from replay.savings import Savings, savings_in
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import FramedLog, Line, framed
from tests.projections.told import Told
from tests.replay.replaying import Told as Replaying
from tests.replay.replaying import cutovers_in
from tests.second_opinion.reading import answer
from tests.second_opinion.story import at

Row = dict[str, Any]
# One example bills up to five cutovers, four to eight times each.
EXAMPLES = max(5, FEWER_EXAMPLES // 2)
NEVER = "2059-01-01"


def saved(
    lines: Sequence[Line],
    cutover_id: str,
    as_of: str,
    known_at: str | None = None,
    log: FramedLog | None = None,
) -> Savings:
    """Ask a history what a cutover saves."""
    question = Question(at(as_of), at(known_at) if known_at else None)
    announced = chosen(cutovers_in(lines, at(known_at or as_of)), cutover_id, question.known_us)
    return savings_in((log or framed(lines)).history(question.known_us), announced, question)


def text(instant: datetime | None) -> str | None:
    """Write an instant, if there is one."""
    return None if instant is None else instant.isoformat()


def figures(found: Savings) -> list[tuple[int, int, int, int]]:
    """Give old, new, saves and the part of ChatBots of each row."""
    return [(row["old"], row["new"], row["saves"], row["saves_chatbot_seats"]) for row in found.rows]


@pytest.fixture
def told() -> Told:
    """Tell of a signup on pay-per-account: two agents, one suspended, and two ChatBots; $49.00 a unit."""
    told = Told().price(4900).licence("ppa")
    told.agent("a", "2024-03-11").agent("b", "2024-03-11").fact("AgentSuspended", "2024-03-12", agent_id="b")
    told.fact("ChatBotAdded", "2024-03-12", bot_id="x").fact("ChatBotAdded", "2024-03-12", bot_id="y")
    return told.cutover("2024-08-11", "2024-07-02")


class TestACutover:
    def test_saves_the_difference_of_the_first_period(self, told: Told) -> None:
        # from 1 September: 4 accounts x $49.00 = $196.00, or 1 active agent = $49.00; ChatBots were $98.00
        assert figures(saved(told.lines, "c", "2024-09-15")) == [(19600, 4900, 14700, 9800)]

    def test_costs_more_where_the_new_model_counts_more(self) -> None:
        told = Told().price(4900).licence("pps").agent("a", "2024-03-11").cutover("2024-08-11", "2024-07-02")
        assert figures(saved(told.lines, "c", "2024-09-15")) == [(0, 4900, -4900, 0)]

    def test_is_expected_to_save_before_its_charge(self, told: Told) -> None:
        found = saved(told.lines, "c", "2024-07-10")
        assert figures(found) == [(19600, 4900, 14700, 9800)]
        assert (found.rows[0]["outcome"], found.rows[0]["billing_date"]) == ("upcoming", "2024-09-01")

    def test_counts_late_corrections_of_that_period(self, told: Told) -> None:
        told.agent("c", "2024-09-01", "2024-09-10")
        # c was active at the first instant of 1 September: October's invoice adds $49.00 to either
        assert figures(saved(told.lines, "c", "2024-09-15")) == [(19600, 4900, 14700, 9800)]
        assert figures(saved(told.lines, "c", "2024-10-15")) == [(24500, 9800, 14700, 9800)]

    def test_names_who_has_no_bill_for_want_of_a_price(self) -> None:
        told = Told().licence("ppa").agent("a", "2024-03-11").cutover("2024-08-11", "2024-07-02")
        found = saved(told.lines, "c", "2024-09-15")
        assert (found.rows, found.left_out) == ([], ["l"])

    def test_says_nothing_of_who_was_cancelled_before(self, told: Told) -> None:
        told.fact("LicenseCancelled", "2024-08-20")
        found = saved(told.lines, "c", "2024-09-15")
        assert (found.rows, found.left_out, found.totals.height) == ([], [], 0)

    def test_adds_up_by_currency(self, told: Told) -> None:
        told.price(6800, currency="JPY").licence("ppa", license_id="m", currency="JPY")
        told.agent("a", "2024-03-11", license_id="m").licence("ppa", license_id="n")
        told.agent("a", "2024-03-11", license_id="n")
        told.lines.sort(key=lambda line: line["recorded_at"])
        totals = saved(told.lines, "c", "2024-09-15").totals.to_dicts()
        assert [(row["currency"], row["licenses"], row["old"], row["new"]) for row in totals] == [
            ("JPY", 1, 6800, 6800),
            ("USD", 2, 24500, 9800),
        ]


def billed_for(rows: list[Row], license_id: str, day: str) -> int:
    """Add up what invoices bill for a billing date: its own lines and adjustments of it."""
    return sum(
        line["amount"]
        for row in rows
        if row["license_id"] == license_id
        for line in row["lines"]
        if (line["billing_date"] if line["kind"] == "adjustment" else row["billing_date"]) == day
    )


def postponed(lines: Sequence[Line], cutover_id: str) -> list[Line]:
    """Give the lines with a cutover put off until nobody asks; gone, an invoice could not name its event."""
    return [
        {**line, "on": NEVER}
        if line["type"] == "CutoverAnnounced" and line["cutover_id"] == cutover_id
        else line
        for line in lines
    ]


class TestRandomCutovers:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_save_what_two_readings_of_the_invoices_differ_by(self, case: Drawn) -> None:
        [(as_of, known_at)] = case.questions
        invoices = answer(case.lines, "invoices", as_of, known_at)
        for cutover in cutovers_in(case.lines, known_at or as_of):
            found = saved(case.lines, cutover.cutover_id, as_of.isoformat(), text(known_at), case.log)
            without = answer(postponed(case.lines, cutover.cutover_id), "invoices", as_of, known_at)
            for row in found.rows:
                assert row["saves"] == row["old"] - row["new"]
                if row["outcome"] != "upcoming":
                    assert row["new"] == billed_for(invoices, row["license_id"], row["billing_date"])
                if row["outcome"] == "switched":
                    assert row["old"] == billed_for(without, row["license_id"], row["billing_date"])

    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_save_what_their_replay_says(self, case: Drawn) -> None:
        [(as_of, known_at)] = case.questions
        replaying = Replaying(case.lines, case.log)
        for cutover in cutovers_in(case.lines, known_at or as_of):
            found = saved(case.lines, cutover.cutover_id, as_of.isoformat(), text(known_at), case.log)
            mine = {
                row["license_id"]: {"total": row["saves"], "chatbot_seats": row["saves_chatbot_seats"]}
                for row in found.rows
                if row["outcome"] != "upcoming"
            }
            replay = replaying.replay(cutover.cutover_id, as_of, known_at)
            assert mine == {
                row["license_id"]: row["saves"] for row in replay.rows if row["saves"] is not None
            }
