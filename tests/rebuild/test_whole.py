"""A rebuild as a whole: beside the live tables, with the log going on, and live at once or not at all."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from ledger.application.ask import QUESTIONS, Question
from ledger.application.recording import CommandMeta
from ledger.application.show_status import show_status
from ledger.application.suspend_agent import suspend_agent
from ledger.events.facts import Fact
from ledger.projections.read_models import SCHEMAS
from ledger.rules.instants import from_us
from ledger.stores.archive.staging import Done
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.contents import rows_of
from ledger.stores.read_models.errors import BuildUnderWay, NothingToRollBack
from ledger.stores.read_models.layout import physical
from ledger.stores.read_models.store import ReadModelStore
from replay.rebuild.checking import BuiltByAnotherRelease, Difference, NothingToCheck, check
from replay.rebuild.rebuilding import (
    Computing,
    Indexed,
    Loaded,
    LoadedOtherwise,
    Order,
    Report,
    Tell,
    of_other_releases,
    rebuild,
    roll_back,
    tables_of,
)
from replay.rebuild.running import in_this_process
from tests.rebuild.world import World
from tests.stores.rows import row

LICENSE, AGENT = "acme-bakery-peak", "ida@acme-bakery-peak.example"


def order(world: World, *projections: str) -> Order:
    return Order(tables_of(projections), world.staging, world.archive, in_this_process)


def silent(happening: Computing | Loaded | Indexed) -> None:
    del happening


def when(kind: type, act: Callable[[], object]) -> Tell:
    """Act at the first happening of a kind."""
    acts = [act]

    def tell(happening: Computing | Loaded | Indexed) -> None:
        if isinstance(happening, kind) and acts:
            acts.pop()()

    return tell


def rebuilt(world: World) -> Report:
    return rebuild(world.ledger, order(world), silent)


def models_of(world: World) -> ReadModelStore:
    models = world.ledger.read_models()
    assert models is not None
    return models


def live(world: World) -> dict[str, int]:
    return {one.table: one.version for one in models_of(world).table_versions() if one.state is State.LIVE}


def forget_a_step(world: World, version: int) -> None:
    with models_of(world).transaction(writing=True) as work:
        name = work.qualified(physical("seat_step", version))
        work.run(f"DELETE FROM {name} WHERE license_id = '{LICENSE}'")


def double_a_step(world: World, version: int) -> None:
    with models_of(world).transaction(writing=True) as work:
        name = work.qualified(physical("seat_step", version))
        work.run(f"INSERT INTO {name} SELECT * FROM {name} WHERE license_id = '{LICENSE}'")


class TestRebuild:
    def test_answers_as_the_log_does(self, each_world: World) -> None:
        last = each_world.ledger.store.last_recorded()
        assert last is not None
        question = Question(from_us(last.recorded_us))
        from_log = {name: ask(each_world.ledger, question) for name, ask in QUESTIONS.items()}
        report = rebuilt(each_world)
        assert report.rows.keys() == SCHEMAS.keys()
        for name, ask in QUESTIONS.items():
            answer = ask(each_world.ledger, question)
            assert answer.source == "Answered from the read models, version 1."
            assert (answer.lines, answer.faults) == (from_log[name].lines, from_log[name].faults)

    def test_catches_up_with_what_is_recorded_meanwhile(self, each_world: World) -> None:
        world = each_world

        def record() -> None:
            suspend_agent(world.ledger, license_id=LICENSE, agent_id=AGENT, meta=CommandMeta())

        report = rebuild(world.ledger, order(world), when(Done, record))
        last = world.ledger.store.last_recorded()
        assert last is not None
        assert report.position == last.position > report.events
        assert check(world.ledger, order(world), silent).differences == []

    def test_that_is_cut_off_while_it_loads_leaves_what_was_live(self, each_world: World) -> None:
        world = each_world
        rebuilt(world)

        def stop() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            rebuild(world.ledger, order(world), when(Loaded, stop))
        assert set(live(world).values()) == {1}
        report = rebuilt(world)
        assert set(live(world).values()) == {report.version} == {3}
        states = {(one.version, one.state) for one in models_of(world).table_versions()}
        assert states == {(1, State.PREVIOUS), (3, State.LIVE)}

    @pytest.mark.parametrize("spoil", [forget_a_step, double_a_step])
    def test_never_goes_live_with_other_rows_than_were_computed(
        self, world: World, spoil: Callable[[World, int], None]
    ) -> None:
        def tell(happening: Computing | Loaded | Indexed) -> None:
            if isinstance(happening, Loaded) and happening.rows == happening.of:
                spoil(world, 1)

        with pytest.raises(LoadedOtherwise) as refused:
            rebuild(world.ledger, order(world), tell)
        assert refused.value.fields["table"] == "seat_step"
        assert live(world) == {}

    def test_is_refused_while_another_runs(self, each_world: World) -> None:
        rebuilt(each_world)
        with models_of(each_world).build_lock(), pytest.raises(BuildUnderWay):
            rebuilt(each_world)

    def test_of_one_projection_leaves_the_others(self, world: World) -> None:
        rebuilt(world)
        rebuild(world.ledger, order(world, "notices"), silent)
        assert live(world) == dict.fromkeys(SCHEMAS, 1) | {"notice": 2}


class TestParking:
    @pytest.mark.parametrize(
        ("topic", "state"),
        [("PlanChanged@1", b'{"type":'), ("PlanMelted@1", b'{"type":"PlanMelted","actor":"system"}')],
    )
    def test_leaves_out_who_cannot_be_understood_and_takes_in_the_others(
        self, each_world: World, topic: str, state: bytes
    ) -> None:
        world = each_world
        expected = world.frames["invoice"].filter(pl.col("license_id") != LICENSE)
        store = world.ledger.store
        last = store.last_recorded()
        assert last is not None
        broken = row(
            f"license/{LICENSE}/plans", 1, last.recorded_us,
            fact=Fact.PLAN_CHANGED, license_id=LICENSE, subject=None,
        )  # fmt: skip
        store.recorder.append([replace(broken, topic=topic, state=state)])
        report = rebuilt(world)
        assert [(one.license_id, one.position) for one in report.parked] == [(LICENSE, last.position + 1)]
        assert [one.license_id for one in models_of(world).parked()] == [LICENSE]
        held = rows_of(models_of(world), {"invoice": 1}, SCHEMAS, expected["license_id"].to_list())["invoice"]
        through = expected.filter(pl.col("billing_at") <= from_us(world.through_us))
        assert held.filter(pl.col("billing_at") <= from_us(world.through_us)).height == through.height
        again = check(world.ledger, order(world), silent)
        assert again.differences == []


class TestRollBack:
    def test_lets_the_version_before_answer_and_can_be_taken_back(self, each_world: World) -> None:
        rebuilt(each_world)
        with pytest.raises(NothingToRollBack):
            roll_back(each_world.ledger)
        rebuilt(each_world)
        assert roll_back(each_world.ledger) == dict.fromkeys(SCHEMAS, 1)
        assert roll_back(each_world.ledger) == dict.fromkeys(SCHEMAS, 2)

    def test_leaves_tables_that_have_no_version_before(self, world: World) -> None:
        rebuilt(world)
        rebuild(world.ledger, order(world, "seats"), silent)
        assert roll_back(world.ledger) == dict.fromkeys(SCHEMAS, 1)

    def test_to_tables_of_another_release_is_said_and_answers_no_question(
        self, each_world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as another_release:
            another_release.setattr("replay.rebuild.loading.schema_version", lambda: "another")
            rebuilt(each_world)
        rebuilt(each_world)
        assert of_other_releases(each_world.ledger) == []
        roll_back(each_world.ledger)
        assert of_other_releases(each_world.ledger) == sorted(SCHEMAS)
        assert {one.stale for one in show_status(each_world.ledger).tables if one.state == "live"} == {True}
        last = each_world.ledger.store.last_recorded()
        assert last is not None
        for ask in QUESTIONS.values():
            answer = ask(each_world.ledger, Question(from_us(last.recorded_us)))
            assert answer.source.startswith("Answered from the log: ")


class TestCheck:
    def test_finds_nothing_in_what_was_just_built(self, each_world: World) -> None:
        report = rebuilt(each_world)
        checked = check(each_world.ledger, order(each_world), silent)
        assert (checked.differences, checked.digests) == ([], {1: report.digest})

    def test_names_licences_with_rows_missing_and_too_many(self, each_world: World) -> None:
        rebuilt(each_world)
        steps = each_world.frames["seat_step"]
        count = steps.filter(steps["license_id"] == LICENSE).height
        forget_a_step(each_world, 1)
        with models_of(each_world).transaction(writing=True) as work:
            name = work.qualified(physical("invoice", 1))
            work.run(f"UPDATE {name} SET total = total + 1 WHERE license_id = 'signup-late-hire'")
            work.run(f"UPDATE {work.qualified(physical('notice', 1))} SET license_id = 'ghost'")
        found = check(each_world.ledger, order(each_world), silent).differences
        assert Difference("seat_step", LICENSE, too_many=0, missing=count) in found
        bills = next(one for one in found if one.table == "invoice")
        assert bills.license_id == "signup-late-hire"
        assert bills.too_many == bills.missing > 0
        ghosts = next(one for one in found if one.license_id == "ghost")
        assert (ghosts.missing, ghosts.too_many) == (0, each_world.frames["notice"].height)

    def test_looks_at_the_log_as_the_live_tables_know_it(self, world: World) -> None:
        rebuilt(world)
        suspend_agent(world.ledger, license_id=LICENSE, agent_id=AGENT, meta=CommandMeta())
        assert check(world.ledger, order(world), silent).differences == []

    def test_takes_tables_of_several_versions(self, world: World) -> None:
        rebuilt(world)
        rebuild(world.ledger, order(world, "seats"), silent)
        checked = check(world.ledger, order(world), silent)
        assert (checked.differences, set(checked.digests)) == ([], {1, 2})

    def test_needs_live_tables_of_this_release(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(NothingToCheck):
            check(world.ledger, order(world), silent)
        rebuilt(world)
        monkeypatch.setattr("replay.rebuild.checking.schema_version", lambda: "another")
        with pytest.raises(BuiltByAnotherRelease):
            check(world.ledger, order(world), silent)
