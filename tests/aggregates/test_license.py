"""What may happen on a licence, in which order, and recorded how late."""

import pytest

from ledger.aggregates.clashes import Clash, NotYetTrue
from ledger.aggregates.license import (
    AgentNotFound,
    BeforeTheLicense,
    CancelledTooEarly,
    ChatBotNotFound,
    CycleChangeBackdated,
    License,
    LicenseExists,
    LicenseIsCancelled,
    LicenseNotFound,
    OutOfOrder,
)
from ledger.rules.errors import LedgerError
from tests.aggregates.world import World

CREATED, SUSPENDED, ACTIVATED, DELETED = "AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted"
ADDED, REMOVED = "ChatBotAdded", "ChatBotRemoved"


def a_world() -> World:
    """Return a world with the licence `lic`, created on 1 January 2024 as event e1."""
    world = World()
    world.has(
        "LicenseCreated",
        "2024-01-01",
        license_id="lic",
        source="signup",
        plan="team",
        billing_cycle="monthly",
    )
    return world


def agent_fact(world: World, event_type: str, at: str, recorded: str | None = None, **more: object) -> None:
    if event_type == CREATED:
        more.setdefault("role", "agent")
    world.has(event_type, at, recorded, license_id="lic", agent_id="ann@x", **more)


def chatbot_fact(world: World, event_type: str, at: str, recorded: str | None = None) -> None:
    world.has(event_type, at, recorded, license_id="lic", bot_id="bot")


def day(number: int) -> str:
    return f"2024-01-{number:02}"


class TestAgentsInOrder:
    @pytest.mark.parametrize(
        ("past", "then"),
        [
            ((), CREATED),
            ((CREATED,), SUSPENDED),
            ((CREATED,), DELETED),
            ((CREATED, SUSPENDED), ACTIVATED),
            ((CREATED, SUSPENDED), DELETED),
            ((CREATED, SUSPENDED, ACTIVATED), SUSPENDED),
            ((CREATED, DELETED), CREATED),
            ((CREATED, SUSPENDED, DELETED), CREATED),
        ],
    )
    def test_may_take_the_next_step(self, past: tuple[str, ...], then: str) -> None:
        world = a_world()
        for number, event_type in enumerate(past, start=2):
            agent_fact(world, event_type, day(number))

        agent_fact(world, then, day(20))

        assert world.log[-1].event.type == then

    @pytest.mark.parametrize(
        ("past", "then", "words"),
        [
            ((CREATED,), CREATED, "is active"),
            ((CREATED,), ACTIVATED, "is active"),
            ((CREATED, SUSPENDED), CREATED, "is suspended"),
            ((CREATED, SUSPENDED), SUSPENDED, "is suspended"),
            ((CREATED, DELETED), SUSPENDED, "does not exist"),
            ((CREATED, DELETED), ACTIVATED, "does not exist"),
            ((CREATED, DELETED), DELETED, "does not exist"),
        ],
    )
    def test_are_refused_a_wrong_step_naming_the_last_event(
        self, past: tuple[str, ...], then: str, words: str
    ) -> None:
        world = a_world()
        for number, event_type in enumerate(past, start=2):
            agent_fact(world, event_type, day(number))

        with pytest.raises(OutOfOrder, match=words) as refused:
            agent_fact(world, then, day(20))

        assert refused.value.fields["clashes_with"] == f"e{len(past) + 1}"
        assert refused.value.fields["clash_type"] == past[-1]
        assert refused.value.fields["clash_effective_at"] == f"{day(len(past) + 1)}T00:00:00.000000Z"

    @pytest.mark.parametrize("event_type", [SUSPENDED, ACTIVATED, DELETED])
    def test_must_be_created_before_anything_else(self, event_type: str) -> None:
        with pytest.raises(AgentNotFound, match="'ann@x' on licence 'lic'"):
            agent_fact(a_world(), event_type, day(2))

    def test_may_take_two_steps_at_one_instant(self) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(2))

        agent_fact(world, SUSPENDED, day(2))
        agent_fact(world, ACTIVATED, day(2))

        with pytest.raises(OutOfOrder):
            agent_fact(world, CREATED, day(2))

    def test_never_act_in_the_future(self) -> None:
        world = a_world()

        with pytest.raises(NotYetTrue, match="only after it is recorded"):
            agent_fact(world, CREATED, "2024-01-02T00:00:00.000001Z", recorded=day(2))
        with pytest.raises(NotYetTrue):
            chatbot_fact(world, ADDED, day(3), recorded=day(2))


class TestAgentsRecordedLate:
    """The past: created on the 2nd, suspended on the 10th, activated on the 20th; recorded on the 25th."""

    @pytest.mark.parametrize(
        ("event_type", "at", "clashes_with"),
        [
            (SUSPENDED, 5, "e3"),  # then the suspension of the 10th would find her suspended
            (DELETED, 5, "e3"),
            (ACTIVATED, 5, "e2"),
            (CREATED, 5, "e2"),
            (ACTIVATED, 15, "e4"),  # then the activation of the 20th would find her active
            (DELETED, 15, "e4"),
            (SUSPENDED, 15, "e3"),
            (SUSPENDED, 10, "e3"),  # at the same instant it comes after what was recorded first
            (CREATED, 1, "e2"),  # before the first event: that one would create her twice
            (SUSPENDED, 1, "e2"),
        ],
    )
    def test_are_refused_naming_the_event_they_clash_with(
        self, event_type: str, at: int, clashes_with: str
    ) -> None:
        world = self.the_past()

        with pytest.raises(OutOfOrder) as refused:
            agent_fact(world, event_type, day(at), recorded=day(25))

        assert refused.value.fields["clashes_with"] == clashes_with
        assert len(world.log) == 4

    @pytest.mark.parametrize(("event_type", "at"), [(SUSPENDED, 20), (SUSPENDED, 22), (DELETED, 21)])
    def test_may_come_where_all_stays_legal(self, event_type: str, at: int) -> None:
        world = self.the_past()

        agent_fact(world, event_type, day(at), recorded=day(25))

        assert len(world.log) == 5

    def test_may_be_filled_in_pair_by_pair_from_the_end(self) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(2))
        agent_fact(world, DELETED, day(20))

        agent_fact(world, SUSPENDED, day(10), recorded=day(25))
        agent_fact(world, ACTIVATED, day(12), recorded=day(25))
        agent_fact(world, SUSPENDED, day(15), recorded=day(25))

        with pytest.raises(OutOfOrder):
            agent_fact(world, SUSPENDED, day(16), recorded=day(25))

    def the_past(self) -> World:
        world = a_world()
        agent_fact(world, CREATED, day(2))
        agent_fact(world, SUSPENDED, day(10))
        agent_fact(world, ACTIVATED, day(20))
        return world


class TestChatBots:
    def test_are_added_and_removed_in_turns(self) -> None:
        world = a_world()
        with pytest.raises(ChatBotNotFound):
            chatbot_fact(world, REMOVED, day(2))
        chatbot_fact(world, ADDED, day(2))
        with pytest.raises(OutOfOrder, match="the ChatBot is there"):
            chatbot_fact(world, ADDED, day(3))
        chatbot_fact(world, REMOVED, day(4))
        with pytest.raises(OutOfOrder, match="the ChatBot is not there"):
            chatbot_fact(world, REMOVED, day(5))
        chatbot_fact(world, ADDED, day(6))

        with pytest.raises(OutOfOrder) as refused:
            chatbot_fact(world, REMOVED, day(3), recorded=day(7))
        assert refused.value.fields["clashes_with"] == "e3"

    def test_do_not_share_names_with_agents(self) -> None:
        world = a_world()
        world.has(CREATED, day(2), license_id="lic", agent_id="bot", role="agent")

        chatbot_fact(world, ADDED, day(2))

        assert len(world.log) == 3


class TestLicence:
    def test_is_created_once(self) -> None:
        with pytest.raises(LicenseExists) as refused:
            a_world().has(
                "LicenseCreated",
                "2024-02-01",
                license_id="lic",
                source="signup",
                plan="x",
                billing_cycle="annual",
            )

        assert refused.value.fields["clashes_with"] == "e1"

    @pytest.mark.parametrize(
        ("event_type", "fields"),
        [
            (CREATED, {"agent_id": "ann@x", "role": "owner"}),
            (SUSPENDED, {"agent_id": "ann@x"}),
            (ADDED, {"bot_id": "bot"}),
            ("PlanChanged", {"plan": "team"}),
            ("PricingModelSwitched", {"pricing_model": "ppa"}),
            ("BillingCycleChanged", {"billing_cycle": "annual"}),
            ("LicenseCancelled", {}),
            ("SeatTaken", {"agent_id": "ann@x"}),
        ],
    )
    def test_comes_before_everything_that_happens_on_it(
        self, event_type: str, fields: dict[str, str]
    ) -> None:
        with pytest.raises(LicenseNotFound, match="no licence 'lic'"):
            World().has(event_type, "2024-01-01", license_id="lic", **fields)
        with pytest.raises(BeforeTheLicense) as refused:
            a_world().has(event_type, "2023-12-31", "2024-01-02", license_id="lic", **fields)
        assert refused.value.fields["clashes_with"] == "e1"

    @pytest.mark.parametrize(
        ("event_type", "fields"),
        [
            ("PlanChanged", {"plan": "team"}),
            ("PricingModelSwitched", {"pricing_model": "ppa"}),
            ("BillingCycleChanged", {"billing_cycle": "monthly"}),
        ],
    )
    def test_may_be_changed_to_what_it_is_and_ahead(self, event_type: str, fields: dict[str, str]) -> None:
        world = a_world()

        world.has(event_type, "2024-01-02", license_id="lic", **fields)
        world.has(event_type, "2024-06-01", recorded="2024-01-03", license_id="lic", **fields)

        assert len(world.log) == 3

    def test_never_changes_its_cycle_for_the_past(self) -> None:
        world = a_world()

        with pytest.raises(CycleChangeBackdated, match="never changed for the past"):
            world.has(
                "BillingCycleChanged", day(2), recorded=day(3), license_id="lic", billing_cycle="annual"
            )


class TestCancellation:
    def test_ends_everything_from_its_instant_on(self) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(2))
        world.has("LicenseCancelled", day(10), license_id="lic")

        for at in (10, 11):
            with pytest.raises(LicenseIsCancelled) as refused:
                agent_fact(world, SUSPENDED, day(at), recorded=day(12))
            assert refused.value.fields["clashes_with"] == "e3"
        agent_fact(world, SUSPENDED, day(9), recorded=day(12))

    def test_may_be_announced_ahead_and_leaves_the_time_before_it_open(self) -> None:
        world = a_world()
        world.has("LicenseCancelled", day(20), recorded=day(5), license_id="lic")

        agent_fact(world, CREATED, day(6))
        with pytest.raises(LicenseIsCancelled):
            world.has("PlanChanged", day(21), recorded=day(7), license_id="lic", plan="starter")

    @pytest.mark.parametrize("at", [5, 15])
    def test_comes_once(self, at: int) -> None:
        world = a_world()
        world.has("LicenseCancelled", day(10), license_id="lic")

        with pytest.raises(LicenseIsCancelled, match="already") as refused:
            world.has("LicenseCancelled", day(at), recorded=day(16), license_id="lic")
        assert refused.value.fields["clashes_with"] == "e2"

    @pytest.mark.parametrize(
        ("at", "clashes_with"), [(3, "e2"), (4, "e3"), (5, "e3"), (6, "e5"), (9, "e4"), (10, "e4")]
    )
    def test_recorded_late_names_the_first_fact_after_it(self, at: int, clashes_with: str) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(4))
        agent_fact(world, SUSPENDED, day(6))
        world.has("PlanChanged", day(20), recorded=day(7), license_id="lic", plan="starter")
        chatbot_fact(world, ADDED, day(8))

        with pytest.raises(CancelledTooEarly) as refused:
            world.has("LicenseCancelled", day(at), recorded=day(9), license_id="lic")
        assert refused.value.fields["clashes_with"] == clashes_with

    def test_may_come_at_the_instant_of_the_last_fact(self) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(4))
        world.has("PlanChanged", day(4), license_id="lic", plan="starter")

        world.has("LicenseCancelled", day(4), recorded=day(9), license_id="lic")

        assert len(world.log) == 4


class TestRefusals:
    def test_change_nothing_and_can_be_logged(self) -> None:
        world = a_world()
        agent_fact(world, CREATED, day(2))
        license_ = world.get(License, "license/lic")
        assert license_ is not None

        with pytest.raises(Clash) as refused:
            agent_fact(world, CREATED, day(3))

        assert (license_.version, license_.collect_events()) == (2, [])
        assert refused.value.as_dict() == {
            "code": "out_of_order",
            "message": (
                "AgentCreated of ann@x at 2024-01-03T00:00:00.000000Z is refused: the agent is active at "
                "that time. It clashes with AgentCreated e2 at 2024-01-02T00:00:00.000000Z."
            ),
            "event_type": "AgentCreated",
            "subject": "ann@x",
            "effective_at": "2024-01-03T00:00:00.000000Z",
            "reason": "the agent is active at that time",
            "clashes_with": "e2",
            "clash_type": "AgentCreated",
            "clash_effective_at": "2024-01-02T00:00:00.000000Z",
        }

    def test_have_codes_of_their_own(self) -> None:
        kinds = _all_below(LedgerError)
        codes = [
            kind.code for kind in kinds if kind.__module__.startswith(("ledger.aggregates", "ledger.events"))
        ]

        assert len(set(codes)) == len(codes) > 25


def _all_below(kind: type[LedgerError]) -> set[type[LedgerError]]:
    return {kind}.union(*(_all_below(below) for below in kind.__subclasses__()))
