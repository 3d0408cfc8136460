"""Which model, plan and cycle a period has, case by case (docs/rules.md §4 and §5)."""

import pytest

from tests.projections.told import Told, nudged

MAY = "2024-05-01"


class TestSwitches:
    @pytest.mark.parametrize(("by", "models"), [(0, ["ppa", "pps"]), (1, ["ppa", "ppa"])])
    def test_count_from_the_first_period_that_begins_at_or_after_them(
        self, by: int, models: list[str]
    ) -> None:
        assert Told().price(1).licence("ppa").switch("pps", nudged(MAY, by)).models(MAY) == models

    def test_before_the_first_billing_date_set_the_first_period(self) -> None:
        assert Told().price(1).licence("ppa").switch("pps", "2024-03-20").models("2024-04-01") == ["pps"]

    def test_at_one_instant_the_last_recorded_wins(self) -> None:
        story = Told().price(1).licence("ppa").switch("pps", "2024-04-10").switch("ppu", "2024-04-10")
        assert story.models(MAY) == ["ppa", "ppu"]

    def test_the_last_in_force_wins_whatever_the_order_of_recording(self) -> None:
        story = Told().price(1).licence("ppa")
        # announced ahead, then one for an earlier day
        story.switch("pps", "2024-04-20", "2024-03-11").switch("ppu", "2024-04-10", "2024-03-12")
        assert story.models(MAY) == ["ppa", "pps"]

    def test_change_nothing_inside_a_year(self) -> None:
        story = Told().price(1, billing_cycle="annual").licence("ppa", billing_cycle="annual")
        assert story.switch("ppu", "2024-04-02").models("2025-04-01") == ["ppa", "ppu"]


class TestCutovers:
    @pytest.mark.parametrize(
        ("on", "models"),
        [
            ("2024-05-01", ["ppa", "ppu", "ppu"]),  # from the period that begins on the very day
            ("2024-05-02", ["ppa", "ppa", "ppu"]),
            ("2024-04-01", ["ppu", "ppu", "ppu"]),
        ],
    )
    def test_replace_the_model_of_periods_from_their_day_on(self, on: str, models: list[str]) -> None:
        assert Told().price(1).licence("ppa").cutover(on, "2024-03-15").models("2024-06-01") == models

    def test_count_by_their_day_alone_whatever_their_effective_at(self) -> None:
        story = Told().price(1).licence("ppa").cutover(MAY, "2025-01-01", recorded="2024-03-15")
        assert story.models("2024-06-01") == ["ppa", "ppu", "ppu"]

    @pytest.mark.parametrize(
        ("applies_to", "models"),
        [
            ({"source": "signup"}, ["pps", "ppu"]),
            ({"source": "partner_app"}, ["pps", "pps"]),
            ({"programme": "solution"}, ["pps", "ppu"]),
            ({"programme": "affiliate"}, ["pps", "pps"]),
        ],
    )
    def test_are_for_their_class_of_licences(self, applies_to: dict[str, str], models: list[str]) -> None:
        story = Told().price(1).partner("0.1").licence(None, partner_id="p")
        assert story.cutover(MAY, "2024-03-15", applies_to=applies_to).models(MAY) == models

    def test_of_a_programme_pass_by_licences_without_a_partner(self) -> None:
        story = Told().price(1).licence("ppa")
        assert story.cutover(MAY, "2024-03-15", applies_to={"programme": "solution"}).models(MAY) == [
            "ppa",
            "ppa",
        ]

    def test_apply_in_the_order_of_their_days_then_of_the_log(self) -> None:
        story = Told().price(1).licence("ppa")
        story.cutover("2024-04-20", "2024-03-15", "c1", pricing_model="pps")
        story.cutover("2024-04-10", "2024-03-16", "c2", pricing_model="ppu")
        assert story.models(MAY) == ["ppa", "pps"]
        story.cutover("2024-04-20", "2024-03-17", "c3", pricing_model="ppu")
        assert story.models(MAY) == ["ppa", "ppu"]

    # New York's 20 April begins at 04:00Z.
    @pytest.mark.parametrize(("by", "last"), [(-1, "ppu"), (0, "pps"), (1, "pps")])
    def test_leave_alone_who_switched_since_their_local_day_began(self, by: int, last: str) -> None:
        story = (
            Told().price(1).licence("ppa", time_zone="America/New_York").cutover("2024-04-20", "2024-03-15")
        )
        assert story.switch("pps", nudged("2024-04-20T04:00:00Z", by)).models("2024-05-02") == ["ppa", last]

    def test_are_not_held_off_by_a_switch_after_the_period_began(self) -> None:
        story = Told().price(1).licence("ppa").cutover(MAY, "2024-03-15").switch("pps", nudged(MAY, 1))
        assert story.models("2024-06-01") == ["ppa", "ppu", "pps"]

    def test_are_not_held_off_by_the_model_named_at_creation(self) -> None:
        story = Told().price(1).licence("pps").cutover("2024-03-05", "2024-03-15")
        # announced after the creation for a day before it: it had no say then, so it has it now
        assert story.models("2024-04-01") == ["ppu"]

    def test_are_passed_over_where_they_had_their_say_at_creation(self) -> None:
        story = Told().price(1).cutover("2024-03-05", "2024-03-01", "c1")
        story.cutover("2024-03-06", "2024-03-02", "c2", takes_effect="on_creation", pricing_model="ppa")
        # c1 came first, c2 last: the licence begins on ppa and stays there
        assert story.licence(None).models(MAY) == ["ppa", "ppa"]

    # Created on 10 March at 00:00 UTC, which is the 9th in New York and the 10th in Kolkata.
    @pytest.mark.parametrize(
        ("zone", "models"), [("America/New_York", ["ppu", "ppu"]), ("Asia/Kolkata", ["ppa", "ppa"])]
    )
    def test_had_their_say_by_the_local_date_of_the_creation(self, zone: str, models: list[str]) -> None:
        story = Told().price(1).cutover("2024-03-10", "2024-03-01", "c1")
        story.cutover("2024-03-10", "2024-03-02", "c2", takes_effect="on_creation", pricing_model="ppa")
        assert story.licence("ppa", time_zone=zone).models("2024-05-02") == models

    def test_on_creation_play_no_part_later(self) -> None:
        story = Told().price(1).licence("ppa").cutover("2024-04-01", "2024-03-15", takes_effect="on_creation")
        assert story.models(MAY) == ["ppa", "ppa"]


class TestPlans:
    @pytest.mark.parametrize(("by", "plans"), [(0, ["team", "pro"]), (1, ["team", "team"])])
    def test_change_with_the_first_period_that_begins_at_or_after(self, by: int, plans: list[str]) -> None:
        story = Told().price(10).price(20, plan="pro").licence("ppu")
        story.fact("PlanChanged", nudged(MAY, by), plan="pro")
        assert [row["plan"] for row in story.ask("invoices", MAY)] == plans

    def test_of_the_year_stay_to_its_end(self) -> None:
        story = Told().price(36500, billing_cycle="annual").price(73000, billing_cycle="annual", plan="pro")
        story.licence("ppu", billing_cycle="annual").fact("PlanChanged", "2024-05-01", plan="pro")
        story.agent("a", "2024-06-10")
        rows = story.ask("invoices", "2025-04-01")
        # 10 June to 1 April are 295 days of 365, at the price of plan team: 36500 x 295/365 = 29500.
        assert [(row["billing_date"], row["plan"], row["total"]) for row in rows] == [
            ("2024-04-01", "team", 0),
            ("2024-07-01", "team", 29500),
            ("2025-04-01", "pro", 73000),
        ]


def stretches(story: Told, as_of: str) -> list[tuple[str, str]]:
    """Give the periods' first days and cycles."""
    rows = story.ask("invoices", as_of)
    return [(row["billing_date"], row["billing_cycle"]) for row in rows if row["period_start"]]


class TestCycles:
    def story(self) -> Told:
        return Told().price(10).price(100, billing_cycle="annual").licence("ppu")

    def test_change_with_the_period_that_begins_next(self) -> None:
        assert stretches(self.story().cycle("annual", "2024-05-20"), "2025-06-01") == [
            ("2024-04-01", "monthly"),
            ("2024-05-01", "monthly"),
            ("2024-06-01", "annual"),
            ("2025-06-01", "annual"),
        ]

    @pytest.mark.parametrize(("by", "month"), [(-1, "05"), (0, "05"), (1, "06")])
    def test_change_at_the_instant_that_a_period_begins(self, by: int, month: str) -> None:
        told = stretches(self.story().cycle("annual", nudged(MAY, by)), "2024-12-01")
        assert told[-1] == (f"2024-{month}-01", "annual")

    def test_change_as_often_as_they_like(self) -> None:
        story = self.story().cycle("annual", "2024-03-20").cycle("monthly", "2024-06-01")
        story.cycle("annual", "2025-05-20").cycle("monthly", "2025-05-25").cycle("annual", "2025-08-01")
        assert stretches(story, "2026-08-01") == [
            ("2024-04-01", "annual"),  # changed before the first billing date
            ("2025-04-01", "monthly"),  # the year lasts to its end
            ("2025-05-01", "monthly"),
            ("2025-06-01", "monthly"),  # there and back within a month
            ("2025-07-01", "monthly"),
            ("2025-08-01", "annual"),  # at the very instant
            ("2026-08-01", "annual"),
        ]

    def test_announced_for_the_same_instant_the_last_recorded_wins(self) -> None:
        story = (
            self.story()
            .cycle("annual", "2024-04-20", "2024-04-02")
            .cycle("monthly", "2024-04-20", "2024-04-03")
        )
        assert stretches(story, "2024-06-01")[-1] == ("2024-06-01", "monthly")

    def test_announced_ahead_apply_in_the_order_of_their_effect(self) -> None:
        story = (
            self.story()
            .cycle("annual", "2024-05-20", "2024-03-11")
            .cycle("monthly", "2024-05-10", "2024-03-12")
        )
        assert stretches(story, "2024-06-01")[-1] == ("2024-06-01", "annual")
