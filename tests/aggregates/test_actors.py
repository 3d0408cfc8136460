"""Who may move what a licence is charged."""

import pytest

from ledger.aggregates.license import ActorNotAllowed
from tests.aggregates.test_license import a_world, day
from tests.aggregates.world import World


def a_team() -> World:
    """Return a licence with an owner, an admin and an agent since the 2nd."""
    world = a_world()
    for role in ("owner", "admin", "agent"):
        world.has("AgentCreated", day(2), license_id="lic", agent_id=f"{role}@x", role=role)
    return world


def bot_added(world: World, actor: str, at: int, recorded: int) -> None:
    world.has("ChatBotAdded", day(at), day(recorded), license_id="lic", bot_id="bot", actor=actor)


class TestActors:
    @pytest.mark.parametrize("actor", ["system", "owner@x", "admin@x"])
    def test_may_move_the_charge_as_owner_admin_or_system(self, actor: str) -> None:
        world = a_team()

        bot_added(world, actor, 5, 5)

        assert world.log[-1].event.actor == actor

    @pytest.mark.parametrize("actor", ["agent@x", "stranger@x", "System", "lic"])
    @pytest.mark.parametrize(
        ("event_type", "fields"),
        [
            ("AgentCreated", {"agent_id": "new@x", "role": "agent"}),
            ("AgentSuspended", {"agent_id": "agent@x"}),
            ("AgentDeleted", {"agent_id": "agent@x"}),
            ("ChatBotAdded", {"bot_id": "bot"}),
            ("PlanChanged", {"plan": "starter"}),
            ("PricingModelSwitched", {"pricing_model": "pps"}),
            ("BillingCycleChanged", {"billing_cycle": "annual"}),
            ("LicenseCancelled", {}),
            ("SeatTaken", {"agent_id": "owner@x"}),
        ],
    )
    def test_are_refused_otherwise_and_told_who_may(
        self, actor: str, event_type: str, fields: dict[str, str]
    ) -> None:
        world = a_team()

        with pytest.raises(
            ActorNotAllowed, match="active owner or admin of the licence, or 'system'"
        ) as refused:
            world.has(event_type, day(5), license_id="lic", actor=actor, **fields)

        assert refused.value.fields["actor"] == actor

    @pytest.mark.parametrize(
        ("at", "recorded", "allowed"),
        [
            (5, 12, True),  # active then, suspended now
            (11, 12, False),  # suspended then and now
            (11, 22, True),  # suspended then, active again when it is recorded
            (1, 22, True),  # not there yet then, active when it is recorded
        ],
    )
    def test_are_active_at_either_time(self, at: int, recorded: int, allowed: bool) -> None:
        world = a_team()
        world.has("AgentSuspended", day(10), license_id="lic", agent_id="admin@x")
        if recorded > 20:
            world.has("AgentActivated", day(20), license_id="lic", agent_id="admin@x")

        if allowed:
            bot_added(world, "admin@x", at, recorded)
        else:
            with pytest.raises(ActorNotAllowed):
                bot_added(world, "admin@x", at, recorded)

    def test_have_the_role_of_the_last_creation(self) -> None:
        world = a_team()
        world.has("AgentDeleted", day(10), license_id="lic", agent_id="admin@x")
        world.has("AgentCreated", day(11), license_id="lic", agent_id="admin@x", role="agent")

        with pytest.raises(ActorNotAllowed):
            bot_added(world, "admin@x", 12, 12)
        bot_added(world, "admin@x", 9, 12)


class TestFirstOwner:
    def test_may_create_himself(self) -> None:
        world = a_world()

        world.has("AgentCreated", day(2), license_id="lic", agent_id="me", role="owner", actor="me")

        bot_added(world, "me", 3, 3)

    @pytest.mark.parametrize(("actor", "role"), [("me", "admin"), ("you", "owner")])
    def test_is_an_owner_and_does_it_himself(self, actor: str, role: str) -> None:
        with pytest.raises(ActorNotAllowed):
            a_world().has("AgentCreated", day(2), license_id="lic", agent_id="me", role=role, actor=actor)

    def test_is_the_first(self) -> None:
        with pytest.raises(ActorNotAllowed):
            a_team().has("AgentCreated", day(2), license_id="lic", agent_id="me", role="owner", actor="me")


class TestOpenDoors:
    def test_let_anyone_create_a_licence_and_change_the_programme(self) -> None:
        world = World()

        world.has("PartnerRegistered", day(1), partner_id="acme", programme="solution", actor="eve")
        world.has(
            "PricePublished",
            day(1),
            plan="x",
            billing_cycle="monthly",
            currency="USD",
            unit_amount=1,
            actor="eve",
        )
        world.has(
            "LicenseCreated",
            day(1),
            license_id="lic",
            source="signup",
            plan="x",
            billing_cycle="monthly",
            actor="eve",
        )

        assert len(world.log) == 3

    def test_let_an_agent_take_and_release_his_own_seat(self) -> None:
        world = a_team()

        world.has("SeatTaken", day(3), license_id="lic", agent_id="agent@x", actor="agent@x")
        world.has("SeatReleased", day(4), license_id="lic", agent_id="agent@x", actor="agent@x")
        world.has("SeatTaken", day(5), license_id="lic", agent_id="agent@x", actor="admin@x")

        assert len(world.log) == 7
