"""Accounts that nobody uses, worked out by hand and by a second reading, and what they cost."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from ledger.projections.redundant import redundant
from ledger.rules.instants import to_us
from tests.money.plain_money import expected, known_by, next_charge
from tests.money.plain_money import redundant as plain_redundant
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import FramedLog, framed
from tests.projections.told import Told
from tests.second_opinion.licences import licences_in
from tests.second_opinion.story import at
from tests.second_opinion.words import Event, in_order, latest, log_of

NOON = "2024-06-20T12:00:00Z"
Row = dict[str, Any]
# One example asks a second reading many times.
EXAMPLES = max(5, FEWER_EXAMPLES // 2)


class Found:
    """What the projection says of all licences of a history."""

    def __init__(self, log: FramedLog, days: int, instant: datetime) -> None:
        found = redundant(log.history(to_us(instant)), days, to_us(instant))
        named = found.agents.join(
            log.rows.select("position", pl.col("subject").cast(pl.String)), on="position"
        )
        self.agents = {
            (row["license_id"], row["subject"]): (row["last_seat_us"], row["saves"])
            for row in named.iter_rows(named=True)
        }
        self.licenses = {row["license_id"]: row for row in found.licenses.iter_rows(named=True)}
        self.unpriced = found.unpriced.to_dicts()

    def saves(self, license_id: str = "l") -> Row:
        """Give each agent's saving alone."""
        return {agent: saves for (owner, agent), (_, saves) in self.agents.items() if owner == license_id}


def found(told: Told, days: int = 30, instant: str = NOON) -> Found:
    return Found(framed(told.lines, spaced_by=7), days, at(instant))


def with_agents(model: str | None = "ppu", **fields: Any) -> Told:
    """Tell of agents a, b and c; a sat a year ago, b sat until ten days ago, c sits."""
    told = Told().price(4900).licence(model, "2023-03-10", billing_anchor="2023-04-01", **fields)
    for agent_id in "abc":
        told.agent(agent_id, "2023-03-11")
    told.seat("a", "2023-06-01", "2023-06-02").seat("b", "2024-06-09", "2024-06-10T12:00:00Z")
    return told.seat("c", "2024-01-01")


class TestARedundantAgent:
    def test_held_no_seat_for_so_long(self) -> None:
        # on 20 June at noon b's seat ended ten days ago to the microsecond
        assert set(found(with_agents(), 30).saves()) == {"a"}
        assert set(found(with_agents(), 11).saves()) == {"a"}
        assert set(found(with_agents(), 10).saves()) == {"a", "b"}
        assert set(found(with_agents(), 10, "2024-06-20T11:59:59.999999Z").saves()) == {"a"}

    def test_is_none_that_sits_since_long_ago(self) -> None:
        assert "c" not in found(with_agents(), 1).saves()

    def test_says_when_it_took_a_seat_last(self) -> None:
        assert found(with_agents()).agents["l", "a"][0] == to_us(at("2023-06-01"))

    def test_may_never_have_had_one(self) -> None:
        told = with_agents().agent("d", "2024-06-20T11:00:00Z")
        assert found(told).agents["l", "d"][0] is None

    def test_is_active(self) -> None:
        told = with_agents().fact("AgentSuspended", "2024-06-01", agent_id="a")
        assert found(told).agents == {}
        told.fact("AgentActivated", "2024-06-20T12:00:00Z", agent_id="a")
        assert set(found(told).saves()) == {"a"}

    def test_is_suspended_after_all_that_happened_at_that_instant(self) -> None:
        told = with_agents().fact("AgentSuspended", "2024-06-01", agent_id="a")
        told.fact("AgentActivated", "2024-06-20T12:00:00Z", agent_id="a")
        # the rise of that instant goes too: 49.00 x 11/30 = 17.97 of June, and 49.00 of July
        assert found(told).saves() == {"a": 6697}

    def test_is_no_chatbot(self) -> None:
        assert set(found(with_agents().fact("ChatBotAdded", "2024-01-01", bot_id="a")).saves()) == {"a"}

    def test_had_no_seat_where_it_could_not_take_one(self) -> None:
        told = Told().price(4900).licence("ppu").agent("a", "2024-03-11")
        told.fact("AgentSuspended", "2024-03-12", agent_id="a").fact("SeatTaken", "2024-06-19", agent_id="a")
        told.fact("AgentActivated", "2024-06-19T12:00:00Z", agent_id="a")
        assert found(told).agents["l", "a"][0] is None

    def test_took_its_seat_when_it_sat_down_and_not_when_told_again(self) -> None:
        told = Told().price(4900).licence("ppu").agent("a", "2024-03-11").seat("a", "2024-03-12")
        told.seat("a", "2024-03-13", "2024-03-14")
        assert found(told).agents["l", "a"][0] == to_us(at("2024-03-12"))

    def test_is_as_known_then(self) -> None:
        told = with_agents().seat("a", "2024-06-18", None)
        told.lines[-1]["recorded_at"] = "2024-06-21T00:00:00.000000Z"
        assert set(found(told).saves()) == {"a"}


class TestWhatItSaves:
    def test_is_the_difference_of_the_next_invoice(self) -> None:
        told = with_agents().agent("d", "2024-01-01")
        # 1 July: 4 x $49.00 = $196.00; without a and d $98.00
        licence = found(told).licenses["l"]
        assert (str(licence["charge_date"]), licence["expected"], licence["without"]) == (
            "2024-07-01",
            19600,
            9800,
        )
        assert (licence["saves"], licence["redundant"], licence["agents_active"]) == (9800, 2, 4)
        assert found(told).saves() == {"a": 4900, "d": 4900}

    def test_is_less_the_discount_rounded_once(self) -> None:
        told = Told().partner("0.333").price(4900)
        told.licence("ppu", "2024-03-10", partner_id="p").agent("a", "2024-03-11").agent("b", "2024-03-11")
        # both: 9800 - 3263 (3263.4) = 6537; one: 4900 - 1632 (1631.7) = 3268; each saves 3269, both 6537
        assert found(told).saves() == {"a": 3269, "b": 3269}
        assert found(told).licenses["l"]["saves"] == 6537

    @pytest.mark.parametrize("model", ["ppa", "pps"])
    def test_is_nothing_where_active_agents_are_not_what_is_charged(self, model: str) -> None:
        # PPA charges suspended accounts as well, and one that holds no seat costs none
        told = with_agents(model)
        assert found(told).saves() == {"a": 0}
        assert found(told).licenses["l"]["saves"] == 0

    def test_is_of_the_model_of_the_next_period(self) -> None:
        told = with_agents("ppa").switch("ppu", "2024-06-15")
        assert found(told).saves() == {"a": 4900}

    def test_is_of_the_next_period_of_a_year(self) -> None:
        told = with_agents(billing_cycle="annual").price(49200, billing_cycle="annual")
        licence = found(told).licenses["l"]
        # the year from 1 April 2025: 3 x $492.00, or 2
        assert (str(licence["charge_date"]), licence["expected"], licence["without"]) == (
            "2025-04-01",
            147600,
            98400,
        )

    def test_begins_after_a_billing_date_that_has_come(self) -> None:
        assert str(found(with_agents(), instant="2024-07-01").licenses["l"]["charge_date"]) == "2024-08-01"
        before = found(with_agents(), instant="2024-06-30T23:59:59.999999Z")
        assert str(before.licenses["l"]["charge_date"]) == "2024-07-01"

    def test_is_unknown_without_a_price(self) -> None:
        told = with_agents(currency="EUR")
        assert found(told).saves() == {"a": None}
        assert found(told).licenses["l"]["expected"] is None
        assert [(row["license_id"], str(row["date"])) for row in found(told).unpriced] == [
            ("l", "2024-07-01")
        ]

    def test_is_unknown_where_a_cancellation_comes_first(self) -> None:
        told = with_agents().fact("LicenseCancelled", "2024-06-30", "2024-06-01")
        assert found(told).saves() == {"a": None}
        assert found(told).unpriced == []


class TestALicence:
    def test_without_agents_has_nothing_to_save(self) -> None:
        licence = found(Told().price(4900).licence("ppu")).licenses["l"]
        assert (licence["agents_active"], licence["redundant"], licence["saves"]) == (0, 0, 0)

    def test_that_is_cancelled_is_left_out(self) -> None:
        told = with_agents().fact("LicenseCancelled", "2024-06-20T12:00:00Z")
        assert found(told).licenses == {}
        assert found(told).agents == {}

    def test_that_nobody_knows_gives_nothing(self) -> None:
        assert found(Told().price(4900)).licenses == {}

    def test_is_answered_alike_among_others(self) -> None:
        told = with_agents()
        alone = found(told).licenses["l"]
        for name in ("k", "m"):
            told.licence("ppu", "2023-03-10", license_id=name).agent("a", "2023-03-11", license_id=name)
        among = found(told)
        assert among.licenses["l"] == alone
        assert set(among.licenses) == {"k", "l", "m"}


def alive(log_lines: list[Row], instant: datetime) -> list[str]:
    """Name the licences that exist at an instant, as known then."""
    log = log_of(known_by(log_lines, instant))
    names = []
    for licence in licences_in(log, len(log.events)):
        mine: list[Event] = [
            e for e in in_order(log.events) if e.fields.get("license_id") == licence.license_id
        ]
        gone = latest([e for e in mine if e.type == "LicenseCancelled"], instant)
        if licence.created_at <= instant and gone is None:
            names.append(licence.license_id)
    return names


class TestRandomHistories:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_are_as_a_second_reading_has_them(self, case: Drawn) -> None:
        [(instant, _)] = case.questions
        for days in (20, 200):
            told = Found(case.log, days, instant)
            assert sorted(told.licenses) == alive(case.lines, instant)
            for license_id, licence in told.licenses.items():
                plain = plain_redundant(case.lines, license_id, days, instant)
                mine = {
                    agent: last for (owner, agent), (last, _) in told.agents.items() if owner == license_id
                }
                assert mine == {a: None if t is None else to_us(t) for a, t in plain.items()}
                assert licence["charge_date"] == next_charge(case.lines, license_id, instant)[0]
                as_is = expected(case.lines, license_id, [], instant)
                assert licence["expected"] == as_is
                assert licence["without"] == expected(case.lines, license_id, list(plain), instant)
                for agent_id, saves in list(told.saves(license_id).items())[:2]:
                    without = expected(case.lines, license_id, [agent_id], instant)
                    assert (saves is None) is (as_is is None or without is None)
                    assert saves is None or (as_is or 0) - (without or 0) == saves
