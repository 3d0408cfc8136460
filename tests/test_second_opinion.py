"""Check the second opinion by hand: days, rounding, seats, invoices, notices; the arithmetic is beside."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.second_opinion.days import billing_date, first_instant, local_date
from tests.second_opinion.licences import licences_in
from tests.second_opinion.reading import faults
from tests.second_opinion.recipes import ODD_ZONES, SKIPPED_DAY_ZONE
from tests.second_opinion.story import Story, at, cutover
from tests.second_opinion.words import log_of, rate_text, rounded

MICROSECOND = timedelta(microseconds=1)


class TestDays:
    def test_billing_dates_keep_the_anchors_day_where_the_month_has_it(self) -> None:
        anchor = date(2024, 1, 31)
        assert [billing_date(anchor, n).isoformat() for n in range(4)] == [
            "2024-01-31",
            "2024-02-29",
            "2024-03-31",
            "2024-04-30",
        ]

    def test_a_leap_day_is_billed_on_the_28th_of_other_years(self) -> None:
        assert billing_date(date(2024, 2, 29), 12) == date(2025, 2, 28)
        assert billing_date(date(2024, 2, 29), 48) == date(2028, 2, 29)

    @pytest.mark.parametrize(
        ("zone", "day", "instant"),
        [
            ("UTC", "2024-03-10", "2024-03-10T00:00:00Z"),
            # Havana, from UTC-5 to UTC-4 at 00:00: the day begins at 01:00 summer time.
            ("America/Havana", "2024-03-10", "2024-03-10T05:00:00Z"),
            # Beirut, from UTC+2 to UTC+3 at 00:00, and back at 00:00, so that 23:00 of the 26th comes twice.
            ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z"),
            ("Asia/Beirut", "2024-10-27", "2024-10-26T22:00:00Z"),
            # The Azores, from UTC to UTC-1 at 01:00: midnight comes twice, at 00:00Z and at 01:00Z.
            ("Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z"),
            # Samoa left out 30 December 2011: both days begin at the jump from UTC-10 to UTC+14.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
        ],
    )
    def test_a_day_begins_at_the_first_instant_that_is_not_before_it(
        self, zone: str, day: str, instant: str
    ) -> None:
        assert first_instant(date.fromisoformat(day), zone) == at(instant)

    @given(st.sampled_from([*ODD_ZONES, SKIPPED_DAY_ZONE]), st.dates(date(2009, 1, 1), date(2030, 12, 31)))
    def test_a_microsecond_before_the_first_instant_is_an_earlier_day(self, zone: str, day: date) -> None:
        begins = first_instant(day, zone)
        assert local_date(begins, zone) >= day
        assert local_date(begins - MICROSECOND, zone) < day


class TestWords:
    @pytest.mark.parametrize(
        ("amount", "whole"),
        [("1/2", 1), ("-1/2", -1), ("5/2", 3), ("-5/2", -3), ("49/100", 0), ("-7/3", -2), ("4", 4)],
    )
    def test_halves_are_rounded_away_from_zero(self, amount: str, whole: int) -> None:
        assert rounded(Fraction(amount)) == whole

    @pytest.mark.parametrize(
        ("rate", "text"),
        [("0.20", "0.2"), ("0.0725", "0.0725"), ("1.00", "1"), ("0", "0"), ("0.125", "0.125"), ("12", "12")],
    )
    def test_rates_lose_their_trailing_zeros(self, rate: str, text: str) -> None:
        assert rate_text(Fraction(rate)) == text


class TestSeats:
    def test_counts_are_zero_from_the_cancellation_on_and_the_facts_stay(self) -> None:
        story = Story().licence("pps").agent("a", "2024-03-11").agent("b", "2024-03-11", complimentary=True)
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot")
        story.fact("SeatTaken", "2024-03-12", agent_id="a").fact("SeatTaken", "2024-03-12", agent_id="b")
        story.fact("LicenseCancelled", "2024-03-20")
        facts = {
            "license_id": "l",
            "agents_active": 2,
            "agents_suspended": 0,
            "chatbots": 1,
            "seats_in_use": 1,
        }
        # ppa: 2 agents + 1 ChatBot; pps: one seat that is not complimentary + 1 ChatBot; ppu: 2 agents.
        assert story.ask("seats", "2024-03-19T23:59:59.999999Z") == [facts | {"ppa": 3, "pps": 2, "ppu": 2}]
        assert story.ask("seats", "2024-03-20") == [facts | {"ppa": 0, "pps": 0, "ppu": 0}]

    def test_a_seat_taken_before_a_late_suspension_clashes_also_after_an_activation(self) -> None:
        story = Story().licence("pps").agent("a", "2024-03-11").fact("SeatTaken", "2024-03-15", agent_id="a")
        story.fact("AgentSuspended", "2024-03-14", "2024-03-16", agent_id="a")
        story.fact("AgentActivated", "2024-03-17", agent_id="a")
        [before] = story.ask("seats", "2024-03-18", "2024-03-15")
        [after] = story.ask("seats", "2024-03-18")
        assert (before["seats_in_use"], after["seats_in_use"], after["agents_active"]) == (1, 0, 1)
        assert [(fault["kind"], fault["id"]) for fault in faults(story.lines, at("2024-03-18"))] == [
            ("seat_clash", "e2")
        ]

    def test_a_licence_that_is_not_known_yet_has_no_row(self) -> None:
        assert Story().licence("ppa").ask("seats", "2024-04-01", "2024-03-09") == []


class TestDefaults:
    def test_a_resellers_licence_is_pay_per_seat_and_paid_by_the_partner(self) -> None:
        story = Story().partner("0.2").licence(None, partner_id="p")
        [licence] = licences_in(log_of(story.lines), len(story.lines))
        assert (licence.first_model, licence.payer, licence.programme) == ("pps", "partner", "solution")

    def test_the_anchor_is_14_days_after_the_local_creation_date(self) -> None:
        story = Story().licence(None, billing_anchor=None, time_zone="America/New_York")
        [licence] = licences_in(log_of(story.lines), len(story.lines))
        # 10 March 00:00 UTC is 9 March in New York; 9 + 14 = 23.
        assert licence.anchor == date(2024, 3, 23)

    @pytest.mark.parametrize(("on", "model"), [("2024-03-10", "ppu"), ("2024-03-11", "ppa")])
    def test_a_cutover_of_either_kind_sets_the_model_from_its_day_on(self, on: str, model: str) -> None:
        story = Story().tell(
            "CutoverAnnounced", "2024-02-01", **cutover(on=on, takes_effect="on_billing_date")
        )
        [licence] = licences_in(log_of(story.licence(None).lines), 2)
        assert licence.first_model == model


class TestInvoices:
    def test_a_rise_is_charged_for_the_days_left_and_the_discount_comes_off(self) -> None:
        story = Story().price(2001).partner("0.5").licence("ppu", partner_id="p")
        story.agent("a", "2024-03-11").agent("b", "2024-04-16T12:00:00Z")
        bills = story.bills("2024-05-01")
        # 1 x 2001; half of it is 1000.5, rounded away from zero.
        assert bills["2024-04-01"] == [("recurring", None, 1, 2001), ("discount", None, None, -1001)]
        # 16 April to 1 May are 15 of 30 days: 2001 x 15/30 = 1000.5; half of 4002 + 1001 is 2501.5.
        assert bills["2024-05-01"] == [
            ("recurring", None, 2, 4002),
            ("true_up", "2024-04-16", 1, 1001),
            ("discount", None, None, -2502),
        ]

    def test_seats_are_charged_by_the_most_in_use_the_month_before(self) -> None:
        story = Story().price(2000).licence("pps").agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.agent("own", "2024-03-11", complimentary=True).fact("ChatBotAdded", "2024-03-11", bot_id="bot")
        for agent in ("a", "b", "own"):
            story.fact("SeatTaken", "2024-03-20T09:00:00Z", agent_id=agent)
        for agent in ("a", "b"):
            story.fact("SeatReleased", "2024-03-20T10:00:00Z", agent_id=agent)
        bills = story.bills("2024-05-01")
        # March: two seats at once and the ChatBot, the complimentary seat is free; April: the ChatBot alone.
        assert bills == {
            "2024-04-01": [("recurring", None, 3, 6000)],
            "2024-05-01": [("recurring", None, 1, 2000)],
        }

    def test_a_late_fact_is_adjusted_on_the_next_invoice(self) -> None:
        story = Story().price(2000).licence("ppu").agent("a", "2024-03-11")
        story.agent("b", "2024-03-20", "2024-04-10")
        first = [("recurring", None, 1, 2000)]
        assert story.bills("2024-04-15") == {"2024-04-01": first}
        # The ledger now knows 2 x 2000 for 1 April and has billed 2000.
        assert story.bills("2024-05-01") == {
            "2024-04-01": first,
            "2024-05-01": [("recurring", None, 2, 4000), ("adjustment", "2024-04-01", None, 2000)],
        }

    def test_an_invoice_below_zero_stands_alone_inside_an_annual_period(self) -> None:
        story = Story().price(12000, "annual").licence("ppu", "annual")
        story.agent("a", "2024-03-11").agent("b", "2024-03-11").agent("c", "2024-03-11")
        story.fact("AgentDeleted", "2024-03-25", "2024-04-10", agent_id="c")
        first, credit_note = story.ask("invoices", "2024-06-01")
        # 3 x 12000 were billed; known now: 2 x 12000.
        assert (first["total"], credit_note["total"]) == (36000, -12000)
        assert credit_note == {
            "license_id": "l",
            "billing_date": "2024-05-01",
            "period_start": None,
            "period_end": None,
            "pricing_model": None,
            "currency": "USD",
            "plan": "team",
            "billing_cycle": "annual",
            "lines": [{"kind": "adjustment", "billing_date": "2024-04-01", "amount": -12000}],
            "total": -12000,
            "number": None,
        }

    def test_a_rise_in_an_annual_period_is_charged_to_its_end(self) -> None:
        story = Story().price(12000, "annual").licence("ppu", "annual").agent("a", "2024-06-10T08:00:00Z")
        story.fact("AgentSuspended", "2024-06-12", agent_id="a").agent("b", "2024-06-13")
        # 1 April to 10 June are 30 + 31 + 9 = 70 days, 295 of 365 remain: 12000 x 295/365 = 9698.63.
        # The agent of the 13th does not rise above the mark of 1.
        assert story.bills("2024-09-01") == {
            "2024-04-01": [("recurring", None, 0, 0)],
            "2024-07-01": [("true_up", "2024-06-10", 1, 9699)],
        }

    def test_seats_in_an_annual_period_are_compared_on_its_billing_dates(self) -> None:
        story = Story().price(12000, "annual").licence("pps", "annual").agent("a", "2024-03-11")
        story.fact("SeatTaken", "2024-05-05", agent_id="a").fact("SeatReleased", "2024-05-06", agent_id="a")
        # May's peak, on 1 June: 30 + 31 = 61 days are gone, 304 of 365 remain: 12000 x 304/365 = 9994.52.
        assert story.bills("2024-09-01") == {
            "2024-04-01": [("recurring", None, 0, 0)],
            "2024-06-01": [("true_up", "2024-06-01", 1, 9995)],
        }

    def test_an_issued_invoice_knows_what_it_names(self) -> None:
        story = Story().price(2000).licence("ppu").agent("a", "2024-03-11")
        story.agent("b", "2024-03-20", "2024-04-02")
        issued = {"billing_date": "2024-04-01", "known_through": "e3", "number": "N-1"}
        story.fact("InvoiceIssued", "2024-04-03", lines=[], total=4000, digest="", **issued)
        before = story.ask("invoices", "2024-04-02")
        after = story.ask("invoices", "2024-04-03")
        assert [(row["total"], row["number"]) for row in (*before, *after)] == [(2000, None), (4000, "N-1")]
        assert story.bills("2024-05-01")["2024-05-01"] == [("recurring", None, 2, 4000)]

    def test_a_missing_price_is_a_fault_until_it_is_published(self) -> None:
        story = Story().licence("ppu").agent("a", "2024-03-11").price(2000, recorded="2024-04-20")
        fault = {"license_id": "l", "plan": "team", "billing_cycle": "monthly", "currency": "USD"}
        assert story.ask("invoices", "2024-04-19") == []
        assert faults(story.lines, at("2024-04-19")) == [
            {"kind": "missing_price", **fault, "date": "2024-04-01"}
        ]
        assert story.bills("2024-05-01") == {
            "2024-05-01": [("recurring", None, 1, 2000), ("adjustment", "2024-04-01", None, 2000)]
        }
        assert faults(story.lines, at("2024-05-01")) == []

    def test_a_cutover_replaces_the_model_unless_a_switch_came_since(self) -> None:
        story = (
            Story().price(2000).licence("ppa").tell("CutoverAnnounced", "2024-03-15", **cutover("2024-05-01"))
        )
        story.fact("PricingModelSwitched", "2024-05-20", pricing_model="pps")
        models = [row["pricing_model"] for row in story.ask("invoices", "2024-06-01")]
        assert models == ["ppa", "ppu", "pps"]


class TestNotices:
    def reseller(self) -> Story:
        """Tell of a reseller's licence billed on the 1st, and a cutover of resellers on 11 August."""
        story = Story().partner("0.2").licence(None, partner_id="p")
        programme = {"applies_to": {"programme": "solution"}}
        return story.tell("CutoverAnnounced", "2024-05-20", **cutover("2024-08-11") | programme)

    def test_the_first_charge_after_the_cutover_is_announced_14_days_ahead(self) -> None:
        story = self.reseller()
        story.fact(
            "NoticeSent", "2024-08-19", cutover_id="c", charge_date="2024-09-01", channel="email", attempt=1
        )
        row = {"license_id": "l", "cutover_id": "c", "charge_date": "2024-09-01"}
        row |= {"pricing_model_before": "pps", "pricing_model_after": "ppu"}
        # 1 September less 14 days is 18 August; the e-mail of the 19th is late.
        row |= {"due_at": "2024-08-18T00:00:00.000000Z"}
        assert story.ask("notices", "2024-08-19") == [
            row | {"channel": "banner", "state": "showing", "late": False},
            row | {"channel": "email", "state": "sent", "late": True},
            row | {"channel": "in_app", "state": "due", "late": False},
        ]
        states = [
            [notice["state"] for notice in story.ask("notices", *asked)]
            for asked in (("2024-08-17T23:59:59.999999Z",), ("2024-09-01",))
        ]
        assert states == [["scheduled"] * 3, ["ended", "sent", "missed"]]

    def test_a_moved_charge_date_keeps_what_was_sent_for_the_old_one(self) -> None:
        story = self.reseller()
        story.fact(
            "NoticeSent", "2024-07-10", cutover_id="c", charge_date="2024-09-01", channel="email", attempt=1
        )
        story.fact("BillingCycleChanged", "2024-07-15", billing_cycle="annual")
        rows = story.ask("notices", "2024-07-16")
        # The period of 1 August is annual now, so that the first to begin after 11 August is a year later.
        assert [(row["charge_date"], row["channel"], row["state"]) for row in rows] == [
            ("2024-09-01", "email", "sent"),
            ("2025-08-01", "banner", "scheduled"),
            ("2025-08-01", "email", "scheduled"),
            ("2025-08-01", "in_app", "scheduled"),
        ]
        assert rows[0]["due_at"] == "2024-08-18T00:00:00.000000Z"

    def test_none_remain_when_the_cutover_no_longer_switches_the_licence(self) -> None:
        story = self.reseller()
        story.fact(
            "NoticeSent", "2024-07-10", cutover_id="c", charge_date="2024-09-01", channel="email", attempt=1
        )
        story.fact("PricingModelSwitched", "2024-07-15", pricing_model="ppu")
        assert story.ask("notices", "2024-07-16") == []
