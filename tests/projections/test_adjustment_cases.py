"""Late facts, issued invoices and what is settled on a later date, by hand (docs/rules.md §6)."""

from collections.abc import Callable

import pytest

from tests.projections.told import Bill, Told, nudged

APRIL, MAY, JUNE, JULY = "2024-04-01", "2024-05-01", "2024-06-01", "2024-07-01"


class TestLateFacts:
    @pytest.mark.parametrize(
        ("by", "may", "june"),
        [
            (0, [("recurring", None, 2, 4000), ("adjustment", APRIL, None, 2000)], []),
            (
                1,
                [("recurring", None, 1, 2000)],
                [("adjustment", APRIL, None, 2000), ("adjustment", MAY, None, 2000)],
            ),
        ],
    )
    def test_are_settled_on_the_first_date_that_knows_them(
        self, by: int, may: list[Bill], june: list[Bill]
    ) -> None:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11")
        bills = story.agent("b", "2024-03-20", nudged(MAY, by)).bills(JUNE)
        assert bills[MAY] == may
        assert bills[JUNE] == [("recurring", None, 2, 4000), *june]

    def test_are_late_by_a_microsecond(self) -> None:
        before, after = nudged(MAY, -1), nudged(MAY, 1)
        story = Told().price(3000).partner("0.1").licence("ppu", partner_id="p").agent("a", "2024-03-11")
        story.agent("b", before, after).price(6000, MAY, after).terms("0.5", MAY, after)
        bills = story.bills(JUNE)
        assert bills[MAY] == [("recurring", None, 1, 3000), ("discount", None, None, -300)]
        # known now of 1 May: 2 x 6000, 3000 x 1/30 for the rise of 30 April, and half off: 12100 - 6050
        assert bills[JUNE] == [
            ("recurring", None, 2, 12000),
            ("discount", None, None, -6000),
            ("adjustment", MAY, None, 6050 - 2700),
        ]

    def test_leave_what_took_effect_on_the_last_date_before_them(self) -> None:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11").agent("c", MAY)
        bills = story.agent("b", "2024-03-20", "2024-05-10").bills(JUNE)
        assert bills[MAY] == [("recurring", None, 2, 4000)]
        assert bills[JUNE] == [
            ("recurring", None, 3, 6000),
            ("adjustment", APRIL, None, 2000),
            ("adjustment", MAY, None, 2000),
        ]

    def test_name_each_date_that_they_change(self) -> None:
        story = (
            Told().price(3000).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-04-16", "2024-06-10")
        )
        assert story.bills(JULY)[JULY] == [
            ("recurring", None, 2, 6000),
            # on 1 May: one more account and the true-up of 16 April, 3000 x 15/30; on 1 June one more
            ("adjustment", MAY, None, 4500),
            ("adjustment", JUNE, None, 3000),
        ]

    def test_that_change_nothing_owed_leave_no_line(self) -> None:
        story = (
            Told().price(3000).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-03-12", "2024-05-10")
        )
        story.fact("AgentDeleted", "2024-03-13", "2024-05-10", agent_id="b")
        assert story.bills(JUNE)[JUNE] == [("recurring", None, 1, 3000)]

    def test_make_a_credit_note_where_too_much_was_billed(self) -> None:
        story = Told().price(12000, billing_cycle="annual").licence("ppu", billing_cycle="annual")
        story.agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.fact("AgentDeleted", "2024-03-25", "2024-04-10", agent_id="b")
        [first, note] = story.ask("invoices", JULY)
        assert (first["total"], note["total"], note["billing_date"], note["period_start"]) == (
            24000,
            -12000,
            MAY,
            None,
        )
        assert note["lines"] == [{"kind": "adjustment", "billing_date": APRIL, "amount": -12000}]

    def test_go_to_and_fro_as_more_becomes_known(self) -> None:
        story = (
            Told().price(2000).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-03-20", "2024-04-10")
        )
        story.fact("AgentDeleted", "2024-03-25", "2024-05-10", agent_id="b")
        bills = story.bills(JUNE)
        assert bills[MAY] == [("recurring", None, 2, 4000), ("adjustment", APRIL, None, 2000)]
        # b was gone on 25 March: nothing of it is owed for 1 April or 1 May
        assert bills[JUNE] == [
            ("recurring", None, 1, 2000),
            ("adjustment", APRIL, None, -2000),
            ("adjustment", MAY, None, -2000),
        ]

    def test_catch_up_a_whole_licence(self) -> None:
        story = (
            Told().price(2000).licence("ppu", recorded="2024-05-20").agent("a", "2024-03-11", "2024-05-20")
        )
        assert story.bills(MAY, "2024-05-21") == {}
        assert story.bills(JUNE) == {
            JUNE: [
                ("recurring", None, 1, 2000),
                ("adjustment", APRIL, None, 2000),
                ("adjustment", MAY, None, 2000),
            ]
        }

    def test_of_a_cancellation_take_back_the_period_after_it(self) -> None:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11")
        story.fact("LicenseCancelled", "2024-04-20", "2024-05-10")
        assert story.bills(JULY) == {
            APRIL: [("recurring", None, 1, 2000)],
            MAY: [("recurring", None, 1, 2000)],
            JUNE: [("adjustment", MAY, None, -2000)],
        }

    def test_of_a_switch_price_the_periods_since_anew(self) -> None:
        story = Told().price(2000).licence("ppa").agent("a", "2024-03-11")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot").switch("ppu", "2024-04-20", "2024-05-10")
        assert story.bills(JUNE)[JUNE] == [("recurring", None, 1, 2000), ("adjustment", MAY, None, -2000)]

    def test_of_a_plan_price_the_periods_since_anew(self) -> None:
        story = Told().price(2000).price(5000, plan="pro").licence("ppu").agent("a", "2024-03-11")
        story.fact("PlanChanged", "2024-04-20", "2024-05-10", plan="pro")
        assert story.bills(JUNE)[JUNE] == [("recurring", None, 1, 5000), ("adjustment", MAY, None, 3000)]

    def test_of_a_cutover_price_the_periods_since_anew(self) -> None:
        story = Told().price(2000).licence("ppa").agent("a", "2024-03-11")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot").cutover("2024-04-20", "2024-05-10")
        assert story.bills(JUNE)[JUNE] == [("recurring", None, 1, 2000), ("adjustment", MAY, None, -2000)]

    def test_of_a_price_or_a_rate_count_from_the_date_that_knows_them(self) -> None:
        story = Told().price(2000).partner("0.1").licence("ppu", partner_id="p").agent("a", "2024-03-11")
        story.price(3000, "2024-04-20", "2024-05-10").terms("0.2", "2024-04-20", "2024-05-10")
        bills = story.bills(JUNE)
        assert bills[MAY] == [("recurring", None, 1, 2000), ("discount", None, None, -200)]
        # 1 May at the late price and rate: 3000 - 600 = 2400; billed were 2000 - 200 = 1800
        assert bills[JUNE] == [
            ("recurring", None, 1, 3000),
            ("discount", None, None, -600),
            ("adjustment", MAY, None, 600),
        ]

    def test_of_a_rate_alone_give_the_rest_of_the_discount(self) -> None:
        story = Told().price(2000).partner("0.1").licence("ppu", partner_id="p").agent("a", "2024-03-11")
        bills = story.terms("0.2", "2024-04-20", "2024-05-10").bills(JUNE)
        assert bills[MAY] == [("recurring", None, 1, 2000), ("discount", None, None, -200)]
        # 1 May at the late rate: 2000 - 400 = 1600; billed were 1800
        assert bills[JUNE] == [
            ("recurring", None, 1, 2000),
            ("discount", None, None, -400),
            ("adjustment", MAY, None, -200),
        ]

    def test_of_a_price_of_a_plan_changed_to_concern_it(self) -> None:
        story = Told().price(2000).price(5000, plan="pro").licence("ppu").agent("a", "2024-03-11")
        story.fact("PlanChanged", "2024-04-10", "2024-04-10", plan="pro")
        bills = story.price(6000, "2024-04-20", "2024-05-10", plan="pro").bills(JUNE)
        assert bills[MAY] == [("recurring", None, 1, 5000)]
        assert bills[JUNE] == [("recurring", None, 1, 6000), ("adjustment", MAY, None, 1000)]

    def test_of_a_price_of_a_plan_to_come_are_no_concern_of_the_present_one(self) -> None:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11")
        story.price(9, "2024-04-20", "2024-05-10", plan="pro").price(
            9, "2024-04-20", "2024-05-10", currency="EUR"
        )
        assert story.bills(JUNE)[JUNE] == [("recurring", None, 1, 2000)]


class TestIssuedInvoices:
    """The licence is billed 2000 a month; agent b of 20 March is recorded on 10 April."""

    def story(self) -> Told:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11")
        return story.agent("b", "2024-03-20", "2024-04-10")

    def test_know_what_they_name(self) -> None:
        story = self.story()
        story.issue("N-1", APRIL, story.last_id, "2024-04-12")
        [row] = story.ask("invoices", "2024-04-12")
        assert (row["number"], row["total"]) == ("N-1", 4000)
        assert story.bills(MAY)[MAY] == [("recurring", None, 2, 4000)]

    def test_that_do_not_name_it_leave_it_to_the_next(self) -> None:
        story = self.story()
        story.issue("N-1", APRIL, "e2", "2024-04-12")
        assert story.bills("2024-04-12") == {APRIL: [("recurring", None, 1, 2000)]}
        assert story.bills(MAY)[MAY] == [("recurring", None, 2, 4000), ("adjustment", APRIL, None, 2000)]

    def test_are_numbered_once_they_are_known(self) -> None:
        story = self.story().issue("N-1", APRIL, "e2", "2024-04-12")
        for known_at, number in ((nudged("2024-04-12", -1), None), ("2024-04-12", "N-1")):
            [row] = story.ask("invoices", "2024-04-20", known_at)
            assert row["number"] == number

    def test_of_a_later_date_never_know_less_than_one_before(self) -> None:
        story = self.story().agent("c", "2024-04-16", "2024-06-15")
        story.issue("N-1", APRIL, "e2", "2024-06-16").issue("N-2", MAY, "e4", "2024-06-16")
        # N-1 knew a alone. N-2 of 1 May was issued late and knew c: 3 x 2000, 15/30 of 2000, and 2000 for b.
        # So does the invoice of 1 June, though c was recorded after its instant: 3 x 2000, nothing to settle.
        assert story.bills("2024-06-30") == {
            APRIL: [("recurring", None, 1, 2000)],
            MAY: [
                ("recurring", None, 3, 6000),
                ("true_up", "2024-04-16", 1, 1000),
                ("adjustment", APRIL, None, 2000),
            ],
            JUNE: [("recurring", None, 3, 6000)],
        }

    def test_know_nothing_beyond_the_questions_known_at(self) -> None:
        story = self.story().agent("c", "2024-04-16", "2024-06-15").issue("N-2", MAY, "e4", "2024-06-16")
        assert story.bills("2024-06-30", "2024-06-15")[MAY] == [
            ("recurring", None, 2, 4000),
            ("adjustment", APRIL, None, 2000),
        ]

    @pytest.mark.parametrize(("through", "amounts"), [("e3", [2000, -200]), ("e5", [3000, -1500])])
    def test_cut_prices_and_rates_as_well(self, through: str, amounts: list[int]) -> None:
        story = Told().price(2000).partner("0.1").licence("ppu", partner_id="p").agent("a", "2024-03-11")
        story.price(3000, "2024-03-20", "2024-04-10").terms("0.5", "2024-03-20", "2024-04-10")
        story.issue("N-1", APRIL, through, "2024-04-12")
        [row] = story.ask("invoices", "2024-04-12")
        assert [line["amount"] for line in row["lines"]] == amounts
        # in the end 3000 - 1500 is owed for 1 April
        owed = [line for line in story.bills(MAY)[MAY] if line[0] == "adjustment"]
        assert sum(line[3] for line in owed) == 1500 - sum(amounts)

    def test_of_one_licence_do_not_cut_another(self) -> None:
        story = self.story().licence("ppu", "2024-04-11", license_id="k", billing_anchor=MAY)
        story.agent("a", "2024-04-20", "2024-05-10", license_id="k").issue("N-1", APRIL, "e3", "2024-05-12")
        rows = story.ask("invoices", JUNE)
        assert [(row["license_id"], row["billing_date"], row["total"]) for row in rows] == [
            ("k", MAY, 0),
            ("k", JUNE, 4000),
            ("l", APRIL, 4000),
            ("l", MAY, 4000),
            ("l", JUNE, 4000),
        ]


FOLLOWING: dict[str, tuple[Callable[[Told], Told], list[Bill]]] = {
    "a switch": (
        lambda told: told.switch("ppu", MAY),
        [("recurring", None, 1, 2000), ("adjustment", MAY, None, -2000)],
    ),
    "a cutover": (
        lambda told: told.cutover(MAY, MAY),
        [("recurring", None, 1, 2000), ("adjustment", MAY, None, -2000)],
    ),
    "a plan": (
        lambda told: told.fact("PlanChanged", MAY, plan="pro"),
        [("recurring", None, 2, 10000), ("adjustment", MAY, None, 6000)],
    ),
    "a removal": (
        lambda told: told.fact("ChatBotRemoved", MAY, bot_id="bot"),
        [("recurring", None, 1, 2000), ("adjustment", MAY, None, -2000)],
    ),
    "a cancellation": (
        lambda told: told.fact("LicenseCancelled", MAY),
        [("adjustment", MAY, None, -4000)],
    ),
}


class TestWhatFollowsAnInvoiceAtItsInstant:
    """An agent and a ChatBot, 2 x 2000 a month; the invoice of 1 May goes out at its very instant."""

    @pytest.mark.parametrize("what", FOLLOWING)
    def test_is_settled_on_the_next(self, what: str) -> None:
        happen, june = FOLLOWING[what]
        story = Told().price(2000).price(5000, plan="pro").licence("ppa").agent("a", "2024-03-11")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot")
        bills = happen(story.issue("N-2", MAY, story.last_id, MAY)).bills(JUNE)
        assert bills[MAY] == [("recurring", None, 2, 4000)]
        assert bills[JUNE] == june

    @pytest.mark.parametrize("what", FOLLOWING)
    def test_is_in_time_for_an_invoice_that_goes_out_later(self, what: str) -> None:
        happen, june = FOLLOWING[what]
        story = Told().price(2000).price(5000, plan="pro").licence("ppa").agent("a", "2024-03-11")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot")
        bills = happen(story).bills(JUNE)
        recurring = [line for line in june if line[0] == "recurring"]
        assert bills.get(MAY, []) == bills.get(JUNE, []) == recurring


class TestBatches:
    @pytest.mark.parametrize("later", ["a", "z"])
    def test_give_the_rows_of_a_licence_without_invoices_to_nobody(self, later: str) -> None:
        story = Told().price(2000).licence("ppu").agent("a", "2024-03-11")
        story.licence("ppu", license_id=later, billing_anchor=JULY).agent("b", "2024-03-12", license_id=later)
        story.switch("pps", "2024-03-13", "2024-03-13")
        story.fact("PricingModelSwitched", "2024-03-14", license_id=later, pricing_model="ppa")
        story.switch("ppu", "2024-03-15")
        assert story.bills(APRIL) == {APRIL: [("recurring", None, 1, 2000)]}
        assert len(story.ask("invoices", APRIL)) == 1

    def test_let_one_licence_be_late_and_another_not(self) -> None:
        story = Told().price(2000)
        for license_id in "jklm":
            story.licence("ppu", license_id=license_id)
        for license_id, recorded in zip(
            "jlkm", ("2024-03-12", "2024-03-12", "2024-04-10", "2024-05-10"), strict=True
        ):
            story.agent("a", "2024-03-12", recorded, license_id=license_id)
        totals = {
            license_id: [
                row["total"] for row in story.ask("invoices", JUNE) if row["license_id"] == license_id
            ]
            for license_id in "jklm"
        }
        assert totals == {
            "j": [2000, 2000, 2000],
            "k": [0, 4000, 2000],
            "l": [2000, 2000, 2000],
            "m": [0, 0, 6000],
        }
