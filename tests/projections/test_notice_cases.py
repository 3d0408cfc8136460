"""Notices of small histories, worked out by hand (docs/rules.md §7)."""

import pytest

from tests.projections.told import Told, nudged

ON, CHARGE = "2024-08-11", "2024-09-01"


def story(**fields: str) -> Told:
    """Tell of a licence on pay-per-account, billed on the 1st, and of a cutover on 11 August."""
    return Told().licence("ppa", **fields).cutover(ON, "2024-05-20")


class TestCharges:
    def test_are_the_first_period_from_the_day_on(self) -> None:
        rows = story().ask("notices", "2024-06-01")
        notice = {"license_id": "l", "cutover_id": "c", "charge_date": CHARGE}
        # 1 September less 14 days
        notice |= {"due_at": "2024-08-18T00:00:00.000000Z"}
        told = {
            "state": "scheduled",
            "late": False,
            "pricing_model_before": "ppa",
            "pricing_model_after": "ppu",
        }
        assert rows == [notice | {"channel": channel} | told for channel in ("banner", "email", "in_app")]

    @pytest.mark.parametrize(
        ("anchor", "on", "charge"),
        [
            ("2024-04-11", ON, "2024-08-11"),  # the very day
            ("2024-04-12", ON, "2024-08-12"),
            ("2024-04-10", ON, "2024-09-10"),
            ("2024-12-24", ON, "2024-12-24"),  # the first billing date comes after
        ],
    )
    def test_go_by_the_billing_dates(self, anchor: str, on: str, charge: str) -> None:
        told = story(billing_anchor=anchor).notices("2024-06-01", "charge_date", "pricing_model_before")
        assert set(told) == {(charge, "ppa")}

    def test_of_a_year_wait_for_its_end(self) -> None:
        told = story(billing_cycle="annual").notices("2024-06-01", "charge_date")
        assert set(told) == {("2025-04-01",)}

    @pytest.mark.parametrize(
        ("change", "charge"),
        # a year begins on 1 July, so that the next period is of July 2025; on 1 September; on 1 August
        [("2024-06-15", "2025-07-01"), ("2024-08-15", "2024-09-01"), ("2024-07-15", "2025-08-01")],
    )
    def test_follow_a_change_of_cycle(self, change: str, charge: str) -> None:
        told = story().cycle("annual", change).notices("2024-08-20", "charge_date")
        assert set(told) == {(charge,)}

    def test_follow_a_change_back_to_months(self) -> None:
        changing = story(billing_cycle="annual").cycle("monthly", "2024-09-01")
        # the year lasts to 1 April 2025, and there a month begins
        assert set(changing.notices("2024-09-20", "charge_date")) == {("2025-04-01",)}

    @pytest.mark.parametrize(
        ("told", "before"),
        [
            (story().switch("pps", "2024-05-25"), "pps"),
            # inside the period before the charge: that period keeps its model
            (story().switch("pps", "2024-08-05"), "ppa"),
        ],
    )
    def test_name_the_model_of_the_period_before(self, told: Told, before: str) -> None:
        assert set(told.notices("2024-08-20", "pricing_model_before")) == {(before,)}

    @pytest.mark.parametrize(
        "told",
        [
            Told().licence("ppu").cutover(ON, "2024-05-20"),  # on that model already
            story().switch("ppu", "2024-05-25"),
            story().switch("pps", "2024-08-20"),  # switched since the day began: the cutover has no say
            story().cutover("2024-08-20", "2024-05-21", "d", pricing_model="ppa"),  # a later one has
            story(source="partner_app"),  # not of the class
            story().fact("LicenseCancelled", CHARGE),  # cancelled by the charge
            Told().licence("ppa").cutover(ON, "2024-05-20", takes_effect="on_creation"),
            Told().licence("ppa", ON, billing_anchor=CHARGE).cutover(ON, ON),  # created when it began
        ],
    )
    def test_are_none_where_the_cutover_switches_nothing(self, told: Told) -> None:
        assert told.ask("notices", "2024-10-01") == []

    @pytest.mark.parametrize(
        "told",
        [
            story().fact("LicenseCancelled", nudged(CHARGE, 1)),
            # created a microsecond before the day began
            Told().licence("ppa", nudged(ON, -1), billing_anchor=CHARGE).cutover(ON, ON),
            # switched to the cutover's model by hand, since the day began: whatever set it
            story().switch("ppu", "2024-08-20"),
            # the day in New York begins at 04:00Z
            Told()
            .licence("ppa", "2024-08-11T03:59:59Z", billing_anchor=CHARGE, time_zone="America/New_York")
            .cutover(ON, "2024-08-11T03:59:59Z"),
        ],
    )
    def test_are_there_up_to_the_edge(self, told: Told) -> None:
        assert set(told.notices("2024-10-01", "charge_date")) == {(CHARGE,)}

    def test_speak_of_the_future_as_far_as_it_is_known(self) -> None:
        told = story().fact("LicenseCancelled", "2024-08-25", "2024-06-10")
        assert len(told.ask("notices", "2024-06-09")) == 3
        assert told.ask("notices", "2024-06-10") == told.ask("notices", "2024-06-01", "2024-06-10") == []

    def test_of_several_cutovers_stand_side_by_side(self) -> None:
        told = story().cutover("2024-10-01", "2024-05-21", "b", pricing_model="pps")
        assert told.notices(
            "2024-06-01", "cutover_id", "charge_date", "pricing_model_before", "pricing_model_after"
        )[::3] == [("c", CHARGE, "ppa", "ppu"), ("b", "2024-10-01", "ppu", "pps")]


class TestStates:
    # 18 August is due, 1 September is charged.
    @pytest.mark.parametrize(
        ("as_of", "states"),
        [
            (nudged("2024-08-18", -1), ("scheduled", "scheduled")),
            ("2024-08-18", ("showing", "due")),
            (nudged(CHARGE, -1), ("showing", "due")),
            (CHARGE, ("ended", "missed")),
        ],
    )
    def test_change_at_the_due_instant_and_at_the_charge(self, as_of: str, states: tuple[str, str]) -> None:
        banner, unsent = states
        assert story().notices(as_of, "state") == [(banner,), (unsent,), (unsent,)]

    def test_go_by_the_local_day(self) -> None:
        told = story(time_zone="America/New_York")
        assert {row["due_at"] for row in told.ask("notices", "2024-06-01")} == {"2024-08-18T04:00:00.000000Z"}
        assert told.notices("2024-09-01T03:59:59Z", "state")[0] == ("showing",)

    @pytest.mark.parametrize(("days", "due"), [(0, CHARGE), (1, "2024-08-31"), (60, "2024-07-03")])
    def test_are_due_as_many_days_before_as_the_cutover_says(self, days: int, due: str) -> None:
        told = Told().licence("ppa").cutover(ON, "2024-05-20", notice_days=days)
        assert {row["due_at"] for row in told.ask("notices", "2024-06-01")} == {f"{due}T00:00:00.000000Z"}

    def test_are_sent_once_a_sending_is_known_also_one_of_the_future(self) -> None:
        told = story().notice("NoticeSent", "email", CHARGE, "2024-08-20", "2024-08-10")
        assert told.notices("2024-08-10", "channel", "state") == [
            ("banner", "scheduled"),
            ("email", "sent"),
            ("in_app", "scheduled"),
        ]

    def test_do_not_change_by_a_failure(self) -> None:
        told = story().notice("NoticeFailed", "email", CHARGE, "2024-08-18")
        assert told.notices("2024-08-19", "state") == [("showing",), ("due",), ("due",)]

    @pytest.mark.parametrize(
        ("instant", "late"),
        [("2024-08-18", False), ("2024-08-18T23:59:59.999999Z", False), ("2024-08-19", True)],
    )
    def test_are_late_from_the_day_after_the_due_day(self, instant: str, late: bool) -> None:
        told = story().notice("NoticeSent", "email", CHARGE, instant)
        assert told.notices("2024-08-20", "channel", "late") == [
            ("banner", False),
            ("email", late),
            ("in_app", False),
        ]

    def test_are_late_by_the_local_day(self) -> None:
        told = story(time_zone="America/New_York")
        # 03:00Z on the 19th is still the 18th there
        told.notice("NoticeSent", "email", CHARGE, "2024-08-19T03:00:00Z")
        told.notice("NoticeSent", "in_app", CHARGE, "2024-08-19T04:00:00Z")
        assert told.notices("2024-08-20", "late") == [(False,), (False,), (True,)]

    def test_are_late_by_the_first_sending_that_took_effect(self) -> None:
        told = story().notice("NoticeSent", "email", CHARGE, "2024-08-25")
        told.notice("NoticeSent", "email", CHARGE, "2024-08-17", "2024-08-26")
        assert told.notices("2024-08-25", "late")[1] == (True,)
        assert told.notices("2024-08-26", "late")[1] == (False,)


class TestMovedCharges:
    def test_keep_what_was_sent_for_the_old_date(self) -> None:
        told = story().notice("NoticeSent", "email", CHARGE, "2024-07-10").cycle("annual", "2024-07-15")
        # the period of 1 August is a year now
        assert told.notices("2024-07-16", "charge_date", "channel", "state", "due_at") == [
            (CHARGE, "email", "sent", "2024-08-18T00:00:00.000000Z"),
            ("2025-08-01", "banner", "scheduled", "2025-07-18T00:00:00.000000Z"),
            ("2025-08-01", "email", "scheduled", "2025-07-18T00:00:00.000000Z"),
            ("2025-08-01", "in_app", "scheduled", "2025-07-18T00:00:00.000000Z"),
        ]

    def test_keep_the_old_dates_lateness_with_the_present_models(self) -> None:
        told = story().notice("NoticeSent", "email", "2024-08-01", "2024-07-19")
        told.switch("pps", "2024-07-20")
        # 1 August less 14 days is 18 July: the 19th was late; the model before is the present notice's
        assert told.notices("2024-07-21", "charge_date", "late", "pricing_model_before")[:2] == [
            ("2024-08-01", True, "pps"),
            (CHARGE, False, "pps"),
        ]

    def test_leave_nothing_when_the_licence_is_no_longer_switched(self) -> None:
        told = story().notice("NoticeSent", "email", CHARGE, "2024-07-10").switch("ppu", "2024-07-15")
        assert told.ask("notices", "2024-07-16") == []

    def test_keep_the_sendings_of_one_cutover_from_another(self) -> None:
        told = story().cutover("2024-10-01", "2024-05-21", "b", pricing_model="pps")
        told.notice("NoticeSent", "email", CHARGE, "2024-08-01")
        assert told.notices("2024-08-02", "cutover_id", "channel", "state")[1::3] == [
            ("c", "email", "sent"),
            ("b", "email", "scheduled"),
        ]
