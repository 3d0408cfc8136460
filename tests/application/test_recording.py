"""Keys and other writers: what a command does when it is not the first, or not alone."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from ledger.aggregates.license import OutOfOrder
from ledger.aggregates.seat_meter import AgentNotActive
from ledger.application.activate_agent import activate_agent
from ledger.application.add_chatbot import add_chatbot
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.change_plan import change_plan
from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.recording import ATTEMPTS, IdMeansSomethingElse, Recorded
from ledger.application.suspend_agent import suspend_agent
from ledger.application.take_seat import take_seat
from ledger.events.entry import Entry
from ledger.rules.errors import Conflict
from ledger.stores.errors import DuplicateEventId
from ledger.stores.event_store import LedgerEventStore, Saved
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, exported, imported, log_of, meta


class TestAKey:
    def test_changes_nothing_the_second_time_and_answers_as_the_first(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        a_license(ledger)
        first = suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(key="k"))
        activate_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
        clock.pass_by(days=1)
        before = exported(ledger)

        again = suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(key="k"))

        assert again.already_known
        assert (again.event, again.position) == (first.event, first.position)
        assert exported(ledger) == before

    def test_is_good_for_an_event_that_left_values_open(self, ledger: Ledger, clock: HandClock) -> None:
        def create(**named: str) -> Recorded:
            given = {"source": "signup", "plan": "team", "billing_cycle": "monthly", **named}
            return create_license(ledger, license_id="acme", meta=meta(key="k"), **given)  # type: ignore[arg-type]  # the case names them

        first = create()
        clock.pass_by(days=1)
        assert create().position == create(currency="USD").position == first.position
        with pytest.raises(IdMeansSomethingElse, match="currency"):
            create(currency="EUR")

    @pytest.mark.parametrize(
        ("named", "differs"),
        [
            ({"agent_id": OWNER}, "agent_id"),
            ({"meta": meta(key="k", actor=OWNER)}, "actor"),
            ({"meta": meta(key="k", at=NOON - timedelta(hours=1))}, "effective_at"),
        ],
    )
    def test_is_refused_for_anything_else(
        self, ledger: Ledger, named: Mapping[str, object], differs: str
    ) -> None:
        a_license(ledger)
        given = {"license_id": "acme", "agent_id": ANN, "meta": meta(key="k")}
        suspend_agent(ledger, **given)  # type: ignore[arg-type]  # the case names them
        before = exported(ledger)

        with pytest.raises(IdMeansSomethingElse, match=f"'k' stands for another.*in {differs};") as refused:
            suspend_agent(ledger, **{**given, **named})  # type: ignore[arg-type]  # the case names them

        assert refused.value.exit_code == 4
        assert exported(ledger) == before

    def test_is_refused_for_another_command(self, ledger: Ledger) -> None:
        a_license(ledger)
        change_plan(ledger, license_id="acme", plan="x", meta=meta(key="k"))
        with pytest.raises(IdMeansSomethingElse, match="differs in type"):
            change_billing_cycle(ledger, license_id="acme", billing_cycle="annual", meta=meta(key="k"))

    def test_names_the_time_that_was_named_the_first_time(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(days=1)
        at = meta(key="k", at=NOON)
        first = suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=at)
        assert suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=at).position == first.position

    def test_is_good_for_imported_events_too(self, ledger: Ledger) -> None:
        a_license(ledger)
        suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(key="k"))
        assert imported(ledger, exported(ledger)).already_known == 4


class InBetween(LedgerEventStore):
    """The ledger's own event store, before whose next saves somebody else does something."""

    @classmethod
    def of(cls, ledger: Ledger, deed: Callable[[], object], times: int = 1) -> None:
        store = cls(ledger.store.mapper, ledger.store.recorder)
        store.deed, store.times = deed, times
        ledger.store.event_store = store

    deed: Callable[[], object]
    times: int

    def save(self, entry: Entry, unchanged: Mapping[str, int]) -> Saved:
        if self.times:
            self.times -= 1
            self.deed()
        return super().save(entry, unchanged)


class BeforeReading(LedgerEventStore):
    """The ledger's own event store, before whose next reading somebody else does something."""

    deed: Callable[[], object] | None

    @classmethod
    def of(cls, ledger: Ledger, deed: Callable[[], object]) -> None:
        store = cls(ledger.store.mapper, ledger.store.recorder)
        store.deed = deed
        ledger.repository.event_store = store

    def get(self, originator_id: str, **span: Any) -> Iterator[Any]:
        deed, self.deed = self.deed, None
        if deed is not None:
            deed()
        return super().get(originator_id, **span)


@pytest.fixture
def other(store_url: str, ledger: Ledger, clock: HandClock) -> Iterator[Ledger]:
    """Return another writer of the same store, with a licence in it."""
    a_license(ledger)
    with Ledger.open(store_url, create=False, clock=clock) as opened:
        yield opened


class TestAnotherWriter:
    def test_makes_a_command_decide_again(self, ledger: Ledger, other: Ledger) -> None:
        InBetween.of(ledger, lambda: add_chatbot(other, license_id="acme", bot_id="b1", meta=meta()))
        recorded = add_chatbot(ledger, license_id="acme", bot_id="b2", meta=meta())
        assert [line.get("bot_id") for line in log_of(ledger)[-2:]] == ["b1", "b2"]
        assert not recorded.already_known

    def test_is_named_if_it_was_faster(self, ledger: Ledger, other: Ledger) -> None:
        faster = meta(key="the-faster")
        InBetween.of(ledger, lambda: suspend_agent(other, license_id="acme", agent_id=ANN, meta=faster))
        with pytest.raises(OutOfOrder, match="the-faster"):
            suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
        assert [line["type"] for line in log_of(ledger)].count("AgentSuspended") == 1

    def test_ends_in_a_conflict_if_it_is_faster_every_time(self, ledger: Ledger, other: Ledger) -> None:
        bots = iter(range(100))
        InBetween.of(
            ledger,
            lambda: add_chatbot(other, license_id="acme", bot_id=f"b{next(bots)}", meta=meta()),
            times=100,
        )
        with pytest.raises(Conflict) as refused:
            add_chatbot(ledger, license_id="acme", bot_id="mine", meta=meta())
        assert refused.value.exit_code == 4
        assert next(bots) == ATTEMPTS
        InBetween.of(ledger, lambda: None)
        add_chatbot(ledger, license_id="acme", bot_id="mine", meta=meta())

    def test_with_the_same_key_does_it_for_both(self, ledger: Ledger, other: Ledger) -> None:
        def suspend(by: Ledger) -> Recorded:
            return suspend_agent(by, license_id="acme", agent_id=ANN, meta=meta(key="k"))

        InBetween.of(ledger, lambda: suspend(other))
        recorded = suspend(ledger)
        assert recorded.already_known or recorded.position
        assert [line["type"] for line in log_of(ledger)].count("AgentSuspended") == 1
        assert suspend(ledger).position == suspend(other).position == recorded.position

    def test_with_the_same_key_at_another_time_does_it_for_both(
        self, ledger: Ledger, other: Ledger, clock: HandClock
    ) -> None:
        def suspend(by: Ledger) -> Recorded:
            return suspend_agent(by, license_id="acme", agent_id=ANN, meta=meta(key="k"))

        def suspend_later() -> None:
            clock.pass_by(seconds=1)
            suspend(other)

        InBetween.of(ledger, suspend_later)
        assert suspend(ledger).already_known
        assert [line["type"] for line in log_of(ledger)].count("AgentSuspended") == 1

    def test_with_the_same_key_before_the_decision_leaves_no_gap_behind(
        self, ledger: Ledger, other: Ledger
    ) -> None:
        def plan(by: Ledger) -> Recorded:
            return change_plan(by, license_id="acme", plan="business", meta=meta(at=NOON, key="k"))

        BeforeReading.of(ledger, lambda: plan(other))
        assert plan(ledger).already_known
        # each goes on from what the log holds: were the event counted twice, the next would leave a gap
        for by, bot in ((ledger, "b1"), (other, "b2"), (ledger, "b3")):
            add_chatbot(by, license_id="acme", bot_id=bot, meta=meta())
        assert [line["type"] for line in log_of(ledger)].count("PlanChanged") == 1

    def test_with_the_same_key_for_something_else_is_told_apart(self, ledger: Ledger, other: Ledger) -> None:
        InBetween.of(ledger, lambda: add_chatbot(other, license_id="acme", bot_id="b", meta=meta(key="k")))
        with pytest.raises(IdMeansSomethingElse):
            suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(key="k"))

    def test_who_suspends_the_agent_keeps_him_from_a_seat(
        self, ledger: Ledger, other: Ledger, clock: HandClock
    ) -> None:
        clock.pass_by(minutes=1)
        take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        clock.pass_by(minutes=1)
        suspend_agent(other, license_id="acme", agent_id=ANN, meta=meta())
        clock.pass_by(minutes=1)
        activate_agent(other, license_id="acme", agent_id=ANN, meta=meta())
        clock.pass_by(minutes=1)
        InBetween.of(
            ledger,
            lambda: suspend_agent(other, license_id="acme", agent_id=ANN, meta=meta(key="meanwhile")),
        )
        with pytest.raises(AgentNotActive, match="meanwhile"):
            take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        # so the log can still be imported elsewhere
        assert [line["type"] for line in log_of(ledger)].count("SeatTaken") == 1

    def test_does_not_disturb_with_another_id_of_the_same_name(self, ledger: Ledger) -> None:
        a_license(ledger)
        double = Ledger(ledger.store, ledger.clock, new_id=lambda: "not-so-random")
        add_chatbot(double, license_id="acme", bot_id="b1", meta=meta())
        with pytest.raises(DuplicateEventId):
            add_chatbot(double, license_id="acme", bot_id="b2", meta=meta())
