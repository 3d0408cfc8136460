"""Who may take and leave a seat, also late and across months."""

from collections.abc import Sequence

import pytest

from ledger.aggregates.clashes import NotYetTrue
from ledger.aggregates.license import AgentNotFound, License, LicenseIsCancelled
from ledger.aggregates.seat_meter import (
    AgentNotActive,
    LaterSeatFactBreaks,
    NoSeatHeld,
    SeatAlreadyHeld,
    SeatMeter,
)
from ledger.events.catalogue import propose
from ledger.events.seats import SeatEvent
from tests.aggregates.test_license import a_world
from tests.aggregates.world import World, instant

TAKEN, RELEASED = "SeatTaken", "SeatReleased"


def an_agent(at: str = "2024-01-02") -> World:
    """Return a licence with the agent ann@x, created as event e2."""
    world = a_world()
    ann(world, "AgentCreated", at, role="agent")
    return world


def ann(world: World, event_type: str, at: str, recorded: str | None = None, **more: object) -> None:
    world.has(event_type, at, recorded, license_id="lic", agent_id="ann@x", **more)


class TestSeats:
    def test_are_taken_and_released_in_turns_across_months(self) -> None:
        world = an_agent()

        ann(world, TAKEN, "2024-01-03")
        ann(world, RELEASED, "2024-03-05")
        ann(world, TAKEN, "2024-03-06")
        ann(world, RELEASED, "2024-03-06")

        assert [entry.originator_id for entry in world.log[2:]] == [
            "license/lic/seats/ann@x/2024-01",
            "license/lic/seats/ann@x/2024-03",
            "license/lic/seats/ann@x/2024-03",
            "license/lic/seats/ann@x/2024-03",
        ]

    @pytest.mark.parametrize("at", ["2024-01-20", "2024-05-20"])
    def test_are_not_taken_twice(self, at: str) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-03")

        with pytest.raises(SeatAlreadyHeld) as refused:
            ann(world, TAKEN, at)
        assert refused.value.fields["clashes_with"] == "e3"

    def test_are_not_released_when_none_is_held(self) -> None:
        world = an_agent()
        with pytest.raises(NoSeatHeld) as refused:
            ann(world, RELEASED, "2024-01-03")
        assert refused.value.fields["clashes_with"] == "e2"

        ann(world, TAKEN, "2024-01-04")
        ann(world, RELEASED, "2024-02-04")
        with pytest.raises(NoSeatHeld) as refused:
            ann(world, RELEASED, "2024-02-05")
        assert refused.value.fields["clashes_with"] == "e4"

    def test_need_an_agent(self) -> None:
        with pytest.raises(AgentNotFound):
            ann(a_world(), TAKEN, "2024-01-03")

    def test_need_an_active_agent(self) -> None:
        world = an_agent(at="2024-01-05")
        ann(world, "AgentSuspended", "2024-01-10")

        for at, clashes_with in (("2024-01-04", "e2"), ("2024-01-10", "e3"), ("2024-01-11", "e3")):
            with pytest.raises(AgentNotActive) as refused:
                ann(world, TAKEN, at, "2024-01-12")
            assert refused.value.fields["clashes_with"] == clashes_with
        ann(world, TAKEN, "2024-01-09", "2024-01-12")

    def test_may_come_late_before_one_that_a_late_cancellation_cut_off(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-04-02")
        world.has("LicenseCancelled", "2024-03-17", "2024-05-01", license_id="lic")

        ann(world, TAKEN, "2024-01-15", "2024-05-02")

        assert len(world.log) == 5

    def test_do_not_come_late_before_one_at_the_instant_of_a_late_cancellation(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-04-02")
        world.has("LicenseCancelled", "2024-04-02", "2024-05-01", license_id="lic")

        with pytest.raises(LaterSeatFactBreaks):
            ann(world, TAKEN, "2024-01-15", "2024-05-02")

    def test_are_never_taken_in_the_future_or_on_a_cancelled_licence(self) -> None:
        world = an_agent()
        with pytest.raises(NotYetTrue):
            ann(world, TAKEN, "2024-01-04", "2024-01-03")
        world.has("LicenseCancelled", "2024-01-10", license_id="lic")
        with pytest.raises(LicenseIsCancelled):
            ann(world, TAKEN, "2024-01-10")
        ann(world, TAKEN, "2024-01-09", "2024-01-11")


class TestReleaseByTheLicence:
    @pytest.mark.parametrize(
        ("ends", "begins"), [("AgentSuspended", "AgentActivated"), ("AgentDeleted", "AgentCreated")]
    )
    def test_frees_the_seat(self, ends: str, begins: str) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-03")
        ann(world, ends, "2024-01-05")
        ann(world, begins, "2024-02-05", **({"role": "agent"} if begins == "AgentCreated" else {}))

        with pytest.raises(NoSeatHeld) as refused:
            ann(world, RELEASED, "2024-02-06")
        assert refused.value.fields["clashes_with"] == "e4"
        ann(world, TAKEN, "2024-02-06")


class TestSeatsRecordedLate:
    def test_are_refused_when_the_next_fact_becomes_illegal(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        ann(world, RELEASED, "2024-01-20")

        for event_type, at, clashes_with in (
            (TAKEN, "2024-01-05", "e3"),
            (RELEASED, "2024-01-15", "e4"),
        ):
            with pytest.raises(LaterSeatFactBreaks) as refused:
                ann(world, event_type, at, "2024-01-25")
            assert refused.value.fields["clashes_with"] == clashes_with

    def test_are_refused_when_the_next_fact_lies_in_a_later_month(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-03-10")

        with pytest.raises(LaterSeatFactBreaks) as refused:
            ann(world, TAKEN, "2024-01-05", "2024-03-25")
        assert refused.value.fields["clashes_with"] == "e3"

    def test_are_refused_when_the_next_fact_lies_before_the_same_month_of_another_year(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-06-10")

        with pytest.raises(LaterSeatFactBreaks):
            ann(world, TAKEN, "2024-01-05", "2025-01-25")

    def test_may_fill_a_gap_in_an_order_that_stays_legal(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        ann(world, RELEASED, "2024-03-20")

        ann(world, TAKEN, "2024-03-21", "2024-03-25")
        ann(world, RELEASED, "2024-03-22", "2024-03-25")

        with pytest.raises(LaterSeatFactBreaks):
            ann(world, RELEASED, "2024-02-11", "2024-03-25")

    def test_may_be_taken_where_a_suspension_ends_it_before_the_next_one(self) -> None:
        world = an_agent()
        ann(world, "AgentSuspended", "2024-01-08")
        ann(world, "AgentActivated", "2024-01-09")
        ann(world, TAKEN, "2024-01-10")

        ann(world, TAKEN, "2024-01-05", "2024-01-25")

        assert len(world.log) == 6

    def test_may_precede_a_fact_that_clashes_already(self) -> None:
        # ann is suspended late from the 8th on, so that her seat of the 10th is a data fault
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        ann(world, "AgentSuspended", "2024-01-08", "2024-01-20")

        ann(world, TAKEN, "2024-01-05", "2024-01-25")

        assert len(world.log) == 5

    def test_leave_nothing_to_release_to_one_suspended_late(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        ann(world, "AgentSuspended", "2024-01-08", "2024-01-20")

        with pytest.raises(AgentNotActive):
            ann(world, RELEASED, "2024-01-21")

    def test_leave_no_seat_where_the_taking_clashes(self) -> None:
        # suspended late from the 8th, active from the 12th: the seat of the 10th never was
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        ann(world, "AgentSuspended", "2024-01-08", "2024-01-20")
        ann(world, "AgentActivated", "2024-01-12", "2024-01-20")

        with pytest.raises(NoSeatHeld):
            ann(world, RELEASED, "2024-01-21")
        ann(world, TAKEN, "2024-01-21")


class TestOneInstant:
    """Facts of agent and seat that agree in both times are told apart by their place in the log."""

    NOON = "2024-01-05T12:00:00Z"

    def test_takes_the_seat_of_an_agent_created_just_then(self) -> None:
        world = an_agent(at=self.NOON)

        ann(world, TAKEN, self.NOON)
        with pytest.raises(SeatAlreadyHeld):
            ann(world, TAKEN, "2024-01-06")

    def test_releases_by_a_suspension_after_it(self) -> None:
        world = an_agent()
        ann(world, TAKEN, self.NOON)
        ann(world, "AgentSuspended", self.NOON)
        ann(world, "AgentActivated", self.NOON)

        ann(world, TAKEN, self.NOON)

        assert len(world.log) == 6

    def test_has_nothing_to_release_after_a_suspension_that_came_later(self) -> None:
        world = an_agent()
        ann(world, TAKEN, self.NOON)
        ann(world, "AgentSuspended", self.NOON)
        ann(world, "AgentActivated", self.NOON)

        with pytest.raises(NoSeatHeld):
            ann(world, RELEASED, "2024-01-06")

    def test_keeps_the_seat_taken_after_a_suspension(self) -> None:
        world = an_agent()
        ann(world, "AgentSuspended", self.NOON)
        ann(world, "AgentActivated", self.NOON)
        ann(world, TAKEN, self.NOON)

        with pytest.raises(SeatAlreadyHeld):
            ann(world, TAKEN, "2024-01-06")

    def test_goes_by_the_time_of_recording_where_that_differs(self) -> None:
        world = an_agent()
        ann(world, TAKEN, self.NOON)
        ann(world, "AgentSuspended", self.NOON, "2024-01-06")
        ann(world, "AgentActivated", self.NOON, "2024-01-06")

        ann(world, TAKEN, "2024-01-07")

        assert len(world.log) == 6


class TestNeighbours:
    def test_are_not_asked_for_on_the_way_of_every_day(self) -> None:
        world = an_agent()
        ann(world, TAKEN, "2024-01-10")
        license_, meter = (
            world.get(License, "license/lic"),
            world.get(SeatMeter, "license/lic/seats/ann@x/2024-01"),
        )
        assert license_ is not None
        assert meter is not None
        when = instant("2024-01-11")
        event = propose(
            RELEASED,
            id="x",
            actor="system",
            license_id="lic",
            agent_id="ann@x",
            effective_at=when,
            recorded_at=when,
        )
        assert isinstance(event, SeatEvent)

        meter.decide(event, license_, self)

        assert meter.version == 2

    def seats_before(self, event: SeatEvent) -> SeatMeter | None:
        raise AssertionError("the store was asked for a neighbour")

    def seats_after(self, event: SeatEvent) -> SeatMeter | None:
        raise AssertionError("the store was asked for a neighbour")

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        raise AssertionError("the store was asked for positions")
