"""What each command records, and in which words it refuses."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest

from ledger.aggregates.clashes import Clash, NotYetTrue
from ledger.aggregates.creation import ModelNotOffered, PartnerNotFound
from ledger.aggregates.license import (
    ActorNotAllowed,
    AgentNotFound,
    CycleChangeBackdated,
    LicenseIsCancelled,
    LicenseNotFound,
    OutOfOrder,
)
from ledger.aggregates.seat_meter import NoSeatHeld, SeatAlreadyHeld
from ledger.application.activate_agent import activate_agent
from ledger.application.add_chatbot import add_chatbot
from ledger.application.announce_cutover import announce_cutover
from ledger.application.cancel_license import cancel_license
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.change_partner_terms import NoNewTerms, change_partner_terms
from ledger.application.change_plan import change_plan
from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.delete_agent import delete_agent
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.recording import Recorded
from ledger.application.register_partner import register_partner
from ledger.application.release_seat import release_seat
from ledger.application.remove_chatbot import remove_chatbot
from ledger.application.suspend_agent import suspend_agent
from ledger.application.switch_pricing_model import switch_pricing_model
from ledger.application.take_seat import take_seat
from ledger.events.license import LicenseCreated
from ledger.events.refusals import BadField
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, imported, log_of, meta
from tests.events.lines import line


def an_agents(command: Callable[..., Recorded]) -> Callable[..., Recorded]:
    return partial(command, license_id="acme", agent_id=ANN)


def a_bots(command: Callable[..., Recorded]) -> Callable[..., Recorded]:
    return partial(command, license_id="acme", bot_id="bot")


AGENT = {"license_id": "acme", "agent_id": ANN}


class Case(NamedTuple):
    """What came before, the command, and what its event says beside the times and the actor."""

    before: list[Callable[..., Recorded]]
    command: Callable[..., Recorded]
    event_type: str
    fields: dict[str, Any]


CASES = [
    Case([], an_agents(suspend_agent), "AgentSuspended", AGENT),
    Case([an_agents(suspend_agent)], an_agents(activate_agent), "AgentActivated", AGENT),
    Case([an_agents(suspend_agent)], an_agents(delete_agent), "AgentDeleted", AGENT),
    Case([], a_bots(add_chatbot), "ChatBotAdded", {"license_id": "acme", "bot_id": "bot"}),
    Case(
        [a_bots(add_chatbot)],
        a_bots(remove_chatbot),
        "ChatBotRemoved",
        {"license_id": "acme", "bot_id": "bot"},
    ),
    Case([], an_agents(take_seat), "SeatTaken", AGENT),
    Case([an_agents(take_seat)], an_agents(release_seat), "SeatReleased", AGENT),
    Case(
        [],
        partial(switch_pricing_model, license_id="acme", pricing_model="ppu"),
        "PricingModelSwitched",
        {"license_id": "acme", "pricing_model": "ppu"},
    ),
    Case(
        [],
        partial(change_plan, license_id="acme", plan="business"),
        "PlanChanged",
        {"license_id": "acme", "plan": "business"},
    ),
    Case(
        [],
        partial(change_billing_cycle, license_id="acme", billing_cycle="annual"),
        "BillingCycleChanged",
        {"license_id": "acme", "billing_cycle": "annual"},
    ),
    Case([], partial(cancel_license, license_id="acme"), "LicenseCancelled", {"license_id": "acme"}),
    Case(
        [],
        partial(create_agent, license_id="acme", agent_id="bea", role="admin", complimentary=True),
        "AgentCreated",
        {"license_id": "acme", "agent_id": "bea", "role": "admin", "complimentary": True},
    ),
    Case(
        [],
        partial(register_partner, partner_id="p", programme="solution", discount_rate="0.20"),
        "PartnerRegistered",
        {"partner_id": "p", "programme": "solution", "discount_rate": "0.20"},
    ),
    Case(
        [partial(register_partner, partner_id="p", programme="affiliate")],
        partial(change_partner_terms, partner_id="p", commission_rate="0.1"),
        "PartnerTermsChanged",
        {"partner_id": "p", "commission_rate": "0.1"},
    ),
    Case(
        [],
        partial(publish_price, plan="team", billing_cycle="annual", currency="USD", unit_amount_minor=49_200),
        "PricePublished",
        {"plan": "team", "billing_cycle": "annual", "currency": "USD", "unit_amount": 49_200},
    ),
    Case(
        [],
        partial(
            announce_cutover,
            cutover_id="c",
            programme="solution",
            takes_effect="on_billing_date",
            on=date(2024, 8, 11),
            pricing_model="ppu",
        ),
        "CutoverAnnounced",
        {
            "cutover_id": "c",
            "applies_to": {"programme": "solution"},
            "takes_effect": "on_billing_date",
            "on": "2024-08-11",
            "pricing_model": "ppu",
            "notice_days": 14,
        },
    ),
]


class TestEachCommand:
    @pytest.mark.parametrize("case", CASES, ids=[case.event_type for case in CASES])
    def test_records_its_event(self, ledger: Ledger, clock: HandClock, case: Case) -> None:
        a_license(ledger)
        for earlier in case.before:
            earlier(ledger, meta=meta())
        now = clock.pass_by(hours=1)

        recorded = case.command(ledger, meta=meta(actor="system", key="the-key"))

        assert not recorded.already_known
        written = log_of(ledger)[-1]
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert written == {
            "id": "the-key",
            "type": case.event_type,
            **case.fields,
            "actor": "system",
            "effective_at": stamp,
            "recorded_at": stamp,
        }
        assert ledger.store.positions_of(["the-key"]) == {"the-key": recorded.position}
        assert recorded.event.type == case.event_type
        assert recorded.event.recorded_at == recorded.event.effective_at == now


class TestCreateLicense:
    def test_resolves_what_is_left_out(self, ledger: Ledger) -> None:
        recorded = create_license(
            ledger, license_id="acme", source="signup", plan="team", billing_cycle="monthly", meta=meta()
        )
        event = recorded.event
        assert isinstance(event, LicenseCreated)
        assert event.billing_anchor == date(2024, 5, 15)
        assert (event.payer, event.currency, event.time_zone, event.pricing_model) == (
            "client",
            "USD",
            "UTC",
            "ppa",
        )

    def test_follows_the_partner_and_the_cutovers_before_it(self, ledger: Ledger) -> None:
        register_partner(ledger, partner_id="p", programme="solution", meta=meta())
        new = partial(
            create_license, ledger, source="partner_app", plan="team", billing_cycle="monthly", partner_id="p"
        )
        first = new(license_id="first", meta=meta()).event
        announce_cutover(
            ledger,
            cutover_id="c",
            source="partner_app",
            takes_effect="on_creation",
            on=date(2024, 5, 1),
            pricing_model="ppu",
            meta=meta(),
        )
        second = new(license_id="second", meta=meta()).event
        assert isinstance(first, LicenseCreated)
        assert isinstance(second, LicenseCreated)
        assert (first.payer, first.pricing_model) == ("partner", "pps")
        assert (second.payer, second.pricing_model) == ("partner", "ppu")
        with pytest.raises(ModelNotOffered):
            new(license_id="third", pricing_model="pps", meta=meta())

    def test_needs_its_partner(self, ledger: Ledger) -> None:
        with pytest.raises(PartnerNotFound) as refused:
            a_license(ledger, partner_id="nobody")
        assert refused.value.exit_code == 3
        assert log_of(ledger) == []


class TestRefusals:
    @pytest.mark.parametrize(
        "command",
        [
            *map(
                an_agents,
                (suspend_agent, activate_agent, delete_agent, create_agent, take_seat, release_seat),
            ),
            *map(a_bots, (add_chatbot, remove_chatbot)),
            partial(cancel_license, license_id="acme"),
            partial(change_plan, license_id="acme", plan="x"),
            partial(change_billing_cycle, license_id="acme", billing_cycle="annual"),
            partial(switch_pricing_model, license_id="acme", pricing_model="ppu"),
        ],
    )
    def test_say_when_the_licence_is_unknown(
        self, sqlite_ledger: Ledger, command: Callable[..., Recorded]
    ) -> None:
        with pytest.raises(LicenseNotFound, match="'acme'") as refused:
            command(sqlite_ledger, meta=meta())
        assert refused.value.exit_code == 3
        assert log_of(sqlite_ledger) == []

    def test_name_the_event_that_stands_against_it(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(days=2)
        suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(key="the-suspension"))
        clock.pass_by(days=2)
        with pytest.raises(OutOfOrder, match="the-suspension") as refused:
            suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(at=NOON + timedelta(days=1)))
        assert isinstance(refused.value, Clash)
        assert refused.value.exit_code == 4

    def test_leave_no_trace_in_memory(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(days=1)
        take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        for _ in range(3):
            with pytest.raises(SeatAlreadyHeld):
                take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
            with pytest.raises(NoSeatHeld):
                release_seat(ledger, license_id="acme", agent_id=OWNER, meta=meta())
        release_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        assert [written["type"] for written in log_of(ledger)][-2:] == ["SeatTaken", "SeatReleased"]

    def test_cover_facts_of_the_future(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        tomorrow = meta(at=NOON + timedelta(days=1))
        with pytest.raises(NotYetTrue):
            suspend_agent(sqlite_ledger, license_id="acme", agent_id=ANN, meta=tomorrow)
        cancel_license(sqlite_ledger, license_id="acme", meta=tomorrow)
        with pytest.raises(LicenseIsCancelled):
            change_plan(sqlite_ledger, license_id="acme", plan="x", meta=tomorrow)

    def test_cover_actors(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        with pytest.raises(ActorNotAllowed, match=ANN):
            suspend_agent(sqlite_ledger, license_id="acme", agent_id=OWNER, meta=meta(actor=ANN))
        suspended = suspend_agent(sqlite_ledger, license_id="acme", agent_id=ANN, meta=meta(actor=OWNER))
        assert suspended.event.actor == OWNER

    def test_cover_agents_that_never_were(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        with pytest.raises(AgentNotFound, match="zoe"):
            take_seat(sqlite_ledger, license_id="acme", agent_id="zoe", meta=meta())

    def test_cover_values_that_cannot_be(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        for wrong in (
            partial(switch_pricing_model, license_id="acme", pricing_model="free"),
            partial(create_agent, license_id="acme", agent_id=" ", role="agent"),
            partial(publish_price, plan="t", billing_cycle="monthly", currency="US$", unit_amount_minor=1),
            partial(
                announce_cutover,
                cutover_id="c",
                takes_effect="on_creation",
                on=NOON.date(),
                pricing_model="ppu",
            ),
        ):
            with pytest.raises(BadField) as refused:
                wrong(sqlite_ledger, meta=meta())
            assert refused.value.exit_code == 2
        with pytest.raises(BadField, match="effective_at"):
            change_plan(
                sqlite_ledger,
                license_id="acme",
                plan="x",
                meta=meta(at=NOON.replace(tzinfo=None)),
            )
        with pytest.raises(NoNewTerms):
            change_partner_terms(sqlite_ledger, partner_id="p", meta=meta())


class TestTimes:
    def test_of_a_command_that_names_one_in_another_zone_are_utc(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        local = datetime.fromisoformat("2024-05-01T14:00:00+02:00")
        recorded = suspend_agent(sqlite_ledger, license_id="acme", agent_id=ANN, meta=meta(at=local))
        assert recorded.event.effective_at == NOON
        assert log_of(sqlite_ledger)[-1]["effective_at"] == "2024-05-01T12:00:00.000000Z"

    def test_never_go_back_behind_the_log(self, ledger: Ledger, clock: HandClock) -> None:
        imported(ledger, line("PricePublished", recorded_at="2024-08-11T00:00:00Z") + b"\n")
        other = Ledger(ledger.store, clock)
        a_license(other)
        cycle = change_billing_cycle(other, license_id="acme", billing_cycle="annual", meta=meta())
        recorded = cycle.event
        end = datetime(2024, 8, 11, tzinfo=UTC)
        assert recorded.recorded_at == recorded.effective_at == end
        assert {written["recorded_at"] for written in log_of(ledger)} == {"2024-08-11T00:00:00.000000Z"}

    def test_of_a_change_of_cycle_stay_together_though_another_writer_is_ahead(
        self, store_url: str, clock: HandClock
    ) -> None:
        ahead = HandClock()
        with (
            Ledger.open(store_url, create=True, clock=clock) as ledger,
            Ledger.open(store_url, create=True, clock=ahead) as other,
        ):
            a_license(ledger)
            later = ahead.pass_by(minutes=5)
            a_license(other, "other")
            cycle = change_billing_cycle(ledger, license_id="acme", billing_cycle="annual", meta=meta())
            assert cycle.event.effective_at == cycle.event.recorded_at == later
            # any other fact became true when it was told, and is recorded where the log is by now
            clock.pass_by(minutes=1)
            ahead.pass_by(minutes=5)
            change_plan(other, license_id="other", plan="x", meta=meta())
            suspended = suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
            assert suspended.event.recorded_at == ahead.now
            assert log_of(ledger)[-1]["recorded_at"] == ahead.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            activated = activate_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
            assert activated.event.recorded_at == activated.event.effective_at == ahead.now

    def test_refuse_a_cycle_changed_in_the_past(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        a_license(sqlite_ledger)
        clock.pass_by(days=1)
        with pytest.raises(CycleChangeBackdated):
            change_billing_cycle(sqlite_ledger, license_id="acme", billing_cycle="annual", meta=meta(at=NOON))
