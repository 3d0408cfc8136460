"""What notices say, worked out by hand (docs/rules.md §7): every amount is an invoice of the kernel."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from ledger.projections.notice_contents import NoticeContents, notice_contents
from ledger.rules.instants import to_us
from tests.projections.frames import framed
from tests.projections.told import Told
from tests.second_opinion.story import at

CARE, ANN, BEN = "care@p.example", "ann@l.example", "ben@l.example"


def story(model: str, after: str = "ppu", **fields: Any) -> Told:
    """Tell of a licence at 49.00 with two agents, a complimentary one and a ChatBot, billed on the 1st.

    The cutover's day is 11 August 2024, so the charge is on 1 September.
    """
    told = Told().price(4900).partner("0.2").licence(model, partner_id="p", **fields)
    told.cutover("2024-08-11", "2024-05-20", applies_to={"programme": "solution"}, pricing_model=after)
    told.agent(ANN, "2024-03-11").agent(BEN, "2024-03-11").agent(CARE, "2024-03-11", complimentary=True)
    return told.fact("ChatBotAdded", "2024-03-11", bot_id="bot")


def contents_of(told: Told, as_of: str = "2024-08-18", days: int = 30) -> NoticeContents:
    log = framed(sorted(told.lines, key=lambda line: line["recorded_at"]), spaced_by=1).shuffled(3)
    as_of_us = to_us(at(as_of))
    names = log.rows.select("position", "subject")
    return notice_contents(log.history(as_of_us), as_of_us, names, days)


def of(told: Told, as_of: str = "2024-08-18") -> dict[str, Any]:
    """Give what the one notice says."""
    [row] = contents_of(told, as_of).contents.to_dicts()
    return row


def total(bill: dict[str, Any] | None) -> int | None:
    return None if bill is None else bill["total"]


class TestAmounts:
    def test_are_the_last_charge_and_the_one_to_come(self) -> None:
        row = of(story("pps"))
        # 1 August, pay-per-seat: the ChatBot's seat, 49.00 less 20 % = 39.20
        assert (str(row["last"]["billing_date"]), total(row["last"])) == ("2024-08-01", 3920)
        # 1 September, pay-per-user: 3 active agents, 147.00 less 29.40 = 117.60
        assert (row["expected"]["quantity"], total(row["expected"])) == (3, 11760)
        assert (row["expected"]["recurring"], row["expected"]["discount"]) == (14700, -2940)
        # the same under pay-per-seat: the ChatBot's seat again
        assert total(row["under_old_model"]) == 3920
        # which the new model does not charge
        assert row["chatbot_savings"] == 3920

    @pytest.mark.parametrize(
        ("before", "after", "savings"),
        # a ChatBot is a seat and an account, 49.00 less 20 %, and no user
        [("pps", "ppu", 3920), ("ppa", "ppu", 3920), ("pps", "ppa", 0), ("ppu", "pps", -3920)],
    )
    def test_say_what_chatbots_cost_no_more(self, before: str, after: str, savings: int) -> None:
        assert of(story(before, after=after))["chatbot_savings"] == savings

    def test_count_the_accounts_as_they_stand(self) -> None:
        told = story("pps").fact("AgentSuspended", "2024-08-17", agent_id=BEN)
        assert total(of(told)["expected"]) == 7840  # 2 × 49.00 less 20 %
        assert total(of(told, "2024-08-16")["expected"]) == 11760

    def test_are_the_invoice_that_comes_if_nothing_happens(self) -> None:
        told = story("ppa").seat(ANN, "2024-08-02", "2024-08-03")
        told.agent("new@l.example", "2024-08-17")
        [billed] = [row for row in told.ask("invoices", "2024-09-01") if row["billing_date"] == "2024-09-01"]
        expected = of(told)["expected"]
        # 4 active agents at 196.00, and 15 of 31 days of the one who came on 17 August: 23.71
        assert (expected["recurring"], expected["true_ups"]) == (19600, 2371)
        assert expected["total"] == billed["total"]

    def test_are_null_without_a_price(self) -> None:
        said = contents_of(story("pps", currency="EUR"))
        [row] = said.contents.to_dicts()
        assert (row["last"], row["expected"], row["under_old_model"]) == (None, None, None)
        assert (row["chatbot_savings"], row["saves_by_suspending"]) == (None, None)
        assert said.unpriced.rows() == [("l", "team", "monthly", "EUR", date(2024, 9, 1))]

    def test_know_a_price_that_is_announced_ahead(self) -> None:
        told = story("pps").price(5900, "2024-08-25", "2024-08-01")
        assert of(told)["expected"]["unit_amount"] == 5900

    def test_have_no_last_charge_before_the_first(self) -> None:
        row = of(story("pps", billing_anchor="2024-09-01"))
        assert row["last"] is None
        assert total(row["under_old_model"]) == 3920

    def test_under_the_old_model_are_those_of_a_licence_that_is_switched_back(self) -> None:
        told = story("pps").seat(ANN, "2024-08-02", "2024-08-03")
        row = of(told)
        told.switch("pps", "2024-09-01", "2024-08-30")
        [billed] = [one for one in told.ask("invoices", "2024-09-01") if one["billing_date"] == "2024-09-01"]
        assert (total(row["under_old_model"]), billed["total"]) == (7840, 7840)

    def test_keep_the_old_model_under_another_cutover_too(self) -> None:
        # without the first cutover the second would switch it: kept, it is still pay-per-seat
        told = story("pps").cutover(
            "2024-08-12", "2024-05-21", "d", applies_to={"programme": "solution"}, pricing_model="ppu"
        )
        rows = contents_of(told).contents.to_dicts()
        assert [(row["cutover_id"], total(row["under_old_model"])) for row in rows] == [
            ("c", 3920),
            ("d", 3920),
        ]


class TestSavings:
    def test_are_a_unit_less_the_discount_for_each_agent(self) -> None:
        row = of(story("pps"))
        # 49.00 less 9.80
        assert (row["saves_by_suspending"], row["saves_by_deleting"]) == (3920, 3920)
        assert row["saves_by_deleting_suspended"] is None

    @pytest.mark.parametrize(
        ("name", "agent_id", "saving"),
        [
            ("AgentSuspended", ANN, "saves_by_suspending"),
            ("AgentDeleted", ANN, "saves_by_deleting"),
            ("AgentDeleted", BEN, "saves_by_deleting_suspended"),
        ],
    )
    @pytest.mark.parametrize("after", ["ppu", "ppa"])
    def test_are_what_the_invoice_falls_by_if_it_is_done(
        self, after: str, name: str, agent_id: str, saving: str
    ) -> None:
        told = story("pps", after=after).fact("AgentSuspended", "2024-08-02", agent_id=BEN)
        row = of(told)
        told.fact(name, "2024-08-31T23:59:59Z", agent_id=agent_id)
        [billed] = [one for one in told.ask("invoices", "2024-09-01") if one["billing_date"] == "2024-09-01"]
        assert total(row["expected"]) == billed["total"] + row[saving]

    def test_need_a_deletion_where_every_account_counts(self) -> None:
        told = story("pps", after="ppa").fact("AgentSuspended", "2024-05-01", agent_id=BEN)
        row = of(told)
        assert total(row["expected"]) == 15680  # 4 × 49.00 less 20 %: agents of either state, and the ChatBot
        assert row["saves_by_suspending"] == 0
        assert row["saves_by_deleting"] == row["saves_by_deleting_suspended"] == 3920

    def test_nobody_can_say_where_seats_count(self) -> None:
        row = of(story("ppa", after="pps"))
        assert row["saves_by_suspending"] is None

    def test_add_up_over_those_who_held_no_seat(self) -> None:
        told = story("pps").seat(ANN, "2024-08-02T08:00:00Z", "2024-08-02T09:00:00Z")
        # Ben and the partner's own: two of three
        assert of(told)["saves_by_suspending_redundant"] == 7840

    def test_are_rounded_as_the_invoice_is(self) -> None:
        told = Told().price(333).partner("0.125").licence("pps", partner_id="p")
        told.cutover("2024-08-11", "2024-05-20", applies_to={"programme": "solution"})
        told.agent(ANN, "2024-03-11").agent(BEN, "2024-03-11")
        row = of(told)
        # 6.66 less 0.83 (0.8325) = 5.83; one alone 3.33 less 0.42 (0.41625) = 2.91: 2.92 less
        assert (total(row["expected"]), row["saves_by_suspending"]) == (583, 292)

    def test_are_over_once_the_charge_has_come(self) -> None:
        row = of(story("pps"), "2024-09-02")
        assert row["saves_by_suspending"] is None
        assert total(row["expected"]) == 11760


class TestAccounts:
    def test_say_how_each_stands(self) -> None:
        told = story("pps").fact("AgentSuspended", "2024-08-01", agent_id=BEN)
        told.seat(ANN, "2024-08-02T08:00:00Z", "2024-08-02T09:00:00Z")
        told.agent("gone@l.example", "2024-03-12")
        told.fact("AgentDeleted", "2024-03-13", agent_id="gone@l.example")
        rows = contents_of(told).accounts
        assert rows.select("kind", "account_id", "status", "complimentary", "is_redundant").rows() == [
            ("agent", ANN, "active", False, False),
            ("agent", BEN, "suspended", False, False),
            ("agent", CARE, "active", True, True),
            ("chatbot", "bot", "active", False, False),
        ]
        assert rows["last_seat_us"].to_list() == [to_us(at("2024-08-02T09:00:00Z")), None, None, None]

    @pytest.mark.parametrize(
        ("released", "redundant"),
        # 30 days before 18 August is 19 July, 0:00: a seat released at that very instant is held no more
        [("2024-07-19T00:00:00.000001Z", False), ("2024-07-19", True), (None, False)],
    )
    def test_are_redundant_without_a_seat_for_so_long(self, released: str | None, redundant: bool) -> None:
        rows = contents_of(story("pps").seat(ANN, "2024-05-01", released)).accounts
        assert rows.filter(pl.col("account_id") == ANN)["is_redundant"].to_list() == [redundant]


class TestNotices:
    def test_say_by_when_and_whether_it_is_late(self) -> None:
        row = of(story("pps", time_zone="America/New_York"))
        assert [str(row[name]) for name in ("charge_date", "due_date")] == ["2024-09-01", "2024-08-18"]
        assert row["time_zone"] == "America/New_York"
        # on 18 August at 0:00 UTC it is still the 17th in New York
        assert row["is_late"] is False
        assert of(story("pps"), "2024-08-18T23:59:59Z")["is_late"] is False
        assert of(story("pps"), "2024-08-19")["is_late"] is True

    def test_are_those_that_are_present(self) -> None:
        told = story("pps").fact("LicenseCancelled", "2024-08-10")
        assert contents_of(told).contents.height == contents_of(told).accounts.height == 0

    def test_of_many_licences_are_those_of_each(self) -> None:
        told = story("pps")
        for place, anchor in enumerate(("2024-07-15", "2024-08-11", "2024-12-24")):
            fields = {"license_id": f"m{place}", "billing_anchor": anchor, "partner_id": "p"}
            told.licence("pps", "2024-07-01", **fields)
            told.fact("AgentCreated", "2024-07-02", license_id=f"m{place}", agent_id=ANN, role="agent")
        whole = contents_of(told)
        assert whole.contents["license_id"].to_list() == ["l", "m0", "m1", "m2"]
        for license_id in whole.contents["license_id"]:
            alone = Told()
            alone.lines = [line for line in told.lines if line.get("license_id") in (None, license_id)]
            one = contents_of(alone)
            mine = pl.col("license_id") == license_id
            assert whole.contents.filter(mine).equals(one.contents)
            assert whole.accounts.filter(mine).equals(one.accounts)
