"""Own lines of small histories, with the arithmetic beside them (docs/rules.md §6, lines 1 to 3)."""

import pytest

from tests.projections.told import Bill, Told, nudged

APRIL, MAY, JUNE = "2024-04-01", "2024-05-01", "2024-06-01"


class TestRecurring:
    def test_of_accounts_counts_the_billing_instant(self) -> None:
        story = Told().price(1000).licence("ppa").agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.fact("ChatBotAdded", "2024-03-11", bot_id="bot").fact(
            "AgentSuspended", "2024-03-12", agent_id="b"
        )
        story.fact("AgentDeleted", APRIL, agent_id="a")
        # b, suspended, and the ChatBot; a is gone at that very instant
        assert story.bills(APRIL) == {APRIL: [("recurring", None, 2, 2000)]}

    # A seat is taken and released around the edges of the month that 1 May looks back on, 1 April to 1 May.
    @pytest.mark.parametrize(
        ("taken", "released", "seats"),
        [
            (nudged(APRIL, -2), nudged(APRIL, -1), 0),
            (nudged(APRIL, -2), APRIL, 0),  # the state at the instant is the one after the release
            (nudged(APRIL, -2), nudged(APRIL, 1), 1),  # held at the month's first instant
            ("2024-04-10", "2024-04-10T00:00:00.000001Z", 1),
            (MAY, None, 1),  # taken at the month's last instant
            (nudged(MAY, 1), None, 0),
        ],
    )
    def test_of_seats_looks_up_the_month_before_both_ends_included(
        self, taken: str, released: str | None, seats: int
    ) -> None:
        story = Told().price(1000).licence("pps").agent("a", "2024-03-11").seat("a", taken, released)
        assert story.bills(MAY, "2024-06-15")[MAY] == [("recurring", None, seats, seats * 1000)]

    def test_of_seats_looks_back_to_the_creation_on_the_first_date(self) -> None:
        story = Told().price(1000).licence("pps", "2023-12-10").agent("a", "2023-12-10")
        story.seat("a", "2023-12-10", "2023-12-11")
        # more than a month before, yet since the licence was created
        assert story.bills(MAY) == {APRIL: [("recurring", None, 1, 1000)], MAY: [("recurring", None, 0, 0)]}

    def test_of_seats_counts_chatbots_and_no_complimentary_agents(self) -> None:
        story = Told().price(1000).licence("pps").agent("a", "2024-03-11")
        story.agent("own", "2024-03-11", complimentary=True).fact("ChatBotAdded", "2024-03-11", bot_id="bot")
        story.seat("a", "2024-03-12", "2024-03-13").seat("own", "2024-03-12")
        assert story.bills(MAY) == {
            APRIL: [("recurring", None, 2, 2000)],
            MAY: [("recurring", None, 1, 1000)],
        }

    def test_is_left_out_from_the_cancellation_on(self) -> None:
        for by, dates in ((0, [APRIL]), (1, [APRIL, MAY])):
            story = Told().price(1000).licence("ppu").agent("a", "2024-03-11")
            story.fact("LicenseCancelled", nudged(MAY, by))
            assert [*story.bills(JUNE)] == dates

    def test_of_nothing_stays(self) -> None:
        assert Told().price(1000).licence("ppu").bills(APRIL) == {APRIL: [("recurring", None, 0, 0)]}


class TestPrices:
    def test_hold_from_their_instant_on(self) -> None:
        for by, amount in ((0, 3000), (1, 2000)):
            story = Told().price(2000).licence("ppu").agent("a", "2024-03-11").price(3000, nudged(MAY, by))
            assert story.bills(MAY)[MAY] == [("recurring", None, 1, amount)]

    def test_of_one_instant_count_as_last_recorded(self) -> None:
        story = Told().price(2000).price(2500, "2024-01-01").price(2200, "2024-01-01")
        assert story.licence("ppu").agent("a", "2024-03-11").bills(APRIL)[APRIL][0][3] == 2200

    def test_of_a_period_are_those_of_its_first_instant(self) -> None:
        story = Told().price(2000).licence("ppu").price(3000, "2024-04-10").agent("a", "2024-04-16")
        # 15 of 30 days at the 2000 of 1 April; then a whole month at 3000
        assert story.bills(MAY)[MAY] == [("recurring", None, 1, 3000), ("true_up", "2024-04-16", 1, 1000)]

    def test_are_of_the_plan_cycle_and_currency(self) -> None:
        story = Told().price(1, plan="pro").price(2, billing_cycle="annual").price(3, currency="EUR").price(4)
        story.licence("ppu").agent("a", "2024-03-11")
        assert story.bills(APRIL) == {APRIL: [("recurring", None, 1, 4)]}

    def test_that_are_missing_leave_the_line_out_and_name_the_period(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").price(2000, nudged(MAY, 1))
        assert story.bills(JUNE) == {JUNE: [("recurring", None, 1, 2000)]}
        assert story.missing_prices(JUNE) == [("team", "monthly", APRIL), ("team", "monthly", MAY)]

    def test_that_are_missing_leave_the_true_ups_out_of_the_next_invoice(self) -> None:
        story = Told().price(2000, MAY).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-04-16")
        assert story.bills(MAY) == {MAY: [("recurring", None, 2, 4000)]}

    def test_published_late_heal_recurring_lines_and_true_ups(self) -> None:
        story = Told().licence("ppu").agent("a", "2024-03-11").agent("b", "2024-04-16")
        story.price(2000, "2024-01-01", "2024-05-20")
        assert story.bills(MAY) == {}
        assert story.missing_prices(MAY) == [("team", "monthly", APRIL), ("team", "monthly", MAY)]
        assert story.missing_prices(JUNE, "2024-05-20") == story.missing_prices(JUNE) == []
        # 1 April: 1 x 2000. 1 May: 2 x 2000 and 2000 x 15/30 for the rise of 16 April.
        assert story.bills(JUNE) == {
            JUNE: [
                ("recurring", None, 2, 4000),
                ("adjustment", APRIL, None, 2000),
                ("adjustment", MAY, None, 5000),
            ]
        }

    def test_that_are_missing_hold_back_the_true_ups_of_their_year(self) -> None:
        story = Told().licence("ppu", billing_cycle="annual").agent("a", "2024-04-16")
        assert story.bills("2024-09-01") == {}
        assert story.missing_prices("2024-09-01") == [("team", "annual", APRIL)]
        # at 36500 a year, 16 April to 1 April are 350 days: 35000; it stands where the rise should have stood
        story.price(36500, "2024-01-01", "2024-09-20", billing_cycle="annual")
        assert story.bills("2024-10-01") == {"2024-10-01": [("adjustment", MAY, None, 35000)]}

    def test_that_are_missing_for_a_cancelled_licence_are_no_fault(self) -> None:
        story = Told().licence("ppu").fact("LicenseCancelled", "2024-04-10")
        assert story.missing_prices(JUNE) == [("team", "monthly", APRIL)]


class TestTrueUps:
    def test_gather_the_rises_of_one_local_day(self) -> None:
        story = Told().price(3000).licence("ppu")
        for agent, instant in (("a", "16T08:00:00Z"), ("b", "16T23:59:59.999999Z"), ("c", "17T00:00:00Z")):
            story.agent(agent, f"2024-04-{instant}")
        # two on the 16th: 2 x 3000 x 15/30; one on the 17th: 3000 x 14/30
        assert story.bills(MAY)[MAY][1:] == [
            ("true_up", "2024-04-16", 2, 3000),
            ("true_up", "2024-04-17", 1, 1400),
        ]

    def test_charge_only_what_rises_above_the_mark(self) -> None:
        story = Told().price(3000).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-03-11")
        story.fact("AgentDeleted", "2024-04-05", agent_id="a").agent("c", "2024-04-06").agent(
            "d", "2024-04-21"
        )
        # 2 at the start, 1, 2 again, then 3: one rise, 3000 x 10/30
        assert story.bills(MAY)[MAY] == [("recurring", None, 3, 9000), ("true_up", "2024-04-21", 1, 1000)]

    def test_take_only_the_last_state_of_an_instant(self) -> None:
        story = Told().price(3000).licence("ppu").agent("a", "2024-03-11")
        # b comes and goes at one instant: no rise
        story.agent("b", "2024-04-16").fact("AgentDeleted", "2024-04-16", agent_id="b")
        assert story.bills(MAY)[MAY] == [("recurring", None, 1, 3000)]

    def test_of_accounts_count_suspended_agents_and_chatbots(self) -> None:
        story = Told().price(3000).licence("ppa").agent("a", "2024-03-11")
        story.fact("AgentSuspended", "2024-04-10", agent_id="a").fact(
            "ChatBotAdded", "2024-04-16", bot_id="bot"
        )
        assert story.bills(MAY)[MAY] == [("recurring", None, 2, 6000), ("true_up", "2024-04-16", 1, 1500)]

    def test_of_users_count_no_chatbot(self) -> None:
        story = Told().price(3000).licence("ppu").fact("ChatBotAdded", "2024-04-16", bot_id="bot")
        assert story.bills(MAY)[MAY] == [("recurring", None, 0, 0)]

    @pytest.mark.parametrize(
        ("instant", "lines"),
        [
            (nudged(APRIL, 0), [("recurring", None, 1, 3000)]),
            (nudged(APRIL, 1), [("recurring", None, 1, 3000), ("true_up", APRIL, 1, 3000)]),
            # the last day: 3000 x 1/30
            (nudged(MAY, -1), [("recurring", None, 1, 3000), ("true_up", "2024-04-30", 1, 100)]),
            (nudged(MAY, 0), [("recurring", None, 1, 3000)]),
        ],
    )
    def test_stop_short_of_the_periods_ends(self, instant: str, lines: list[tuple[object, ...]]) -> None:
        assert Told().price(3000).licence("ppu").agent("a", instant).bills(MAY)[MAY] == lines

    def test_begin_anew_with_each_period(self) -> None:
        story = Told().price(3000).licence("ppu").agent("a", "2024-03-11").agent("b", "2024-04-16")
        story.fact("AgentDeleted", "2024-04-20", agent_id="b").agent("c", "2024-05-17")
        # April: 15/30 of 3000. In May the mark is 1 again, and c rises above it: 3000 x 15/31 = 1451.6.
        assert story.bills(JUNE) == {
            APRIL: [("recurring", None, 1, 3000)],
            MAY: [("recurring", None, 1, 3000), ("true_up", "2024-04-16", 1, 1500)],
            JUNE: [("recurring", None, 2, 6000), ("true_up", "2024-05-17", 1, 1452)],
        }

    def test_alone_make_an_invoice_inside_a_year(self) -> None:
        story = Told().price(36500, billing_cycle="annual").licence("ppu", billing_cycle="annual")
        story.agent("a", "2024-06-10T08:00:00Z")
        [_, row] = story.ask("invoices", "2024-12-01")
        # 10 June to 1 April are 295 days: 36500 x 295/365
        assert row == {
            "license_id": "l",
            "billing_date": "2024-07-01",
            "period_start": None,
            "period_end": None,
            "pricing_model": None,
            "currency": "USD",
            "plan": "team",
            "billing_cycle": "annual",
            "lines": [
                {
                    "kind": "true_up",
                    "pricing_model": "ppu",
                    "date": "2024-06-10",
                    "quantity": 1,
                    "unit_amount": 36500,
                    "remaining_days": 295,
                    "period_days": 365,
                    "amount": 29500,
                }
            ],
            "total": 29500,
            "number": None,
        }

    def test_of_zero_stay_where_there_is_an_invoice_and_make_none(self) -> None:
        cheap = Told().price(1).licence("ppu").agent("a", "2024-04-30")
        # 1 x 1/30 is 0.03: the line stays, with amount 0
        assert cheap.bills(MAY)[MAY] == [("recurring", None, 1, 1), ("true_up", "2024-04-30", 1, 0)]
        year = Told().price(1, billing_cycle="annual").licence("ppu", billing_cycle="annual")
        # 1 x 120/365 is 0.3, and nothing else is owed on that date
        assert [*year.agent("a", "2024-12-02").bills("2025-03-01")] == [APRIL]

    def test_of_seats_stand_on_the_dates_inside_a_year(self) -> None:
        story = Told().price(36500, billing_cycle="annual").licence("pps", billing_cycle="annual")
        story.agent("a", "2024-03-11").agent("b", "2024-03-11").seat("a", "2024-03-12", "2024-03-13")
        story.seat("a", "2024-05-05").seat("b", "2024-05-06", "2024-05-07").seat("b", "2024-07-20")
        # March peaked at 1. May peaks at 2: on 1 June 304 of 365 days are left. July's 2 are at the mark.
        assert story.bills("2024-09-01") == {
            APRIL: [("recurring", None, 1, 36500)],
            JUNE: [("true_up", JUNE, 1, 30400)],
        }

    @pytest.mark.parametrize(("by", "dates"), [(0, [APRIL]), (1, [APRIL, JUNE])])
    def test_of_seats_end_with_the_cancellation(self, by: int, dates: list[str]) -> None:
        story = Told().price(36500, billing_cycle="annual").licence("pps", billing_cycle="annual")
        story.agent("a", "2024-03-11").seat("a", "2024-05-05").fact("LicenseCancelled", nudged(JUNE, by))
        assert [*story.bills("2024-09-01")] == dates

    @pytest.mark.parametrize(("by", "rises"), [(-1, [("true_up", "2024-04-20", 1, 1100)]), (0, None)])
    def test_end_with_the_instant_of_the_cancellation(self, by: int, rises: list[Bill] | None) -> None:
        story = Told().price(3000).licence("ppu").agent("a", nudged("2024-04-21", by))
        # at the very instant the counts are 0; a microsecond before, 11 days are left: 3000 x 11/30
        assert story.fact("LicenseCancelled", "2024-04-21").bills(JUNE).get(MAY) == rises

    def test_of_users_before_a_cancellation_are_still_owed(self) -> None:
        story = Told().price(3000).licence("ppu").agent("a", "2024-04-16")
        story.fact("LicenseCancelled", "2024-04-20")
        assert story.bills("2024-09-01") == {
            APRIL: [("recurring", None, 0, 0)],
            MAY: [("true_up", "2024-04-16", 1, 1500)],
        }


class TestDiscounts:
    def story(self, rate: str | None, **fields: str) -> Told:
        reselling = {"partner_id": "p", "payer": "partner"} | fields
        return Told().price(2001).partner(rate).licence("ppu", **reselling).agent("a", "2024-03-11")

    def test_are_rounded_once_halves_away_from_zero(self) -> None:
        story = self.story("0.5").agent("b", "2024-04-16")
        bills = story.bills(MAY)
        # 2001/2 = 1000.5
        assert bills[APRIL][-1] == ("discount", None, None, -1001)
        # 2 x 2001 + 2001 x 15/30 (1000.5, so 1001) = 5003; half of it is 2501.5
        assert bills[MAY][-1] == ("discount", None, None, -2502)

    @pytest.mark.parametrize("rate", ["0", "0.00", None, "0.0001"])
    def test_of_zero_are_left_out(self, rate: str | None) -> None:
        # 0.0001 x 2001 is 0.2
        assert self.story(rate).bills(APRIL) == {APRIL: [("recurring", None, 1, 2001)]}

    def test_are_for_partners_who_pay(self) -> None:
        assert self.story("0.5", payer="client").bills(APRIL) == {APRIL: [("recurring", None, 1, 2001)]}

    @pytest.mark.parametrize(("by", "amount"), [(0, -400), (1, -1001)])
    def test_go_by_the_rate_in_force_at_the_billing_instant(self, by: int, amount: int) -> None:
        story = self.story("0.5").terms("0.2", nudged(MAY, by))
        assert story.bills(MAY)[MAY][-1] == ("discount", None, None, amount)

    def test_show_their_rate_without_trailing_zeros(self) -> None:
        [row] = self.story("0.2500").ask("invoices", APRIL)
        assert row["lines"][-1] == {"kind": "discount", "rate": "0.25", "amount": -500}

    def test_of_terms_without_a_discount_stay_as_they_were(self) -> None:
        story = self.story("0.5")
        story.tell("PartnerTermsChanged", "2024-04-10", partner_id="p", commission_rate="0.1")
        assert story.bills(MAY)[MAY][-1] == ("discount", None, None, -1001)
