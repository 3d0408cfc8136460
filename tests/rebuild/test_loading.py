"""Rows go into new tables while others are computed; what a staging lost is computed again, and no more."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.stores.archive.errors import DamagedFile
from ledger.stores.archive.staging import Done, Staging
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.contents import row_counts
from ledger.stores.read_models.store import ReadModelStore
from replay.rebuild.loading import Loading, loading
from replay.rebuild.rebuilding import Computing, Indexed, Loaded, Order, Planned, Report, rebuild
from replay.rebuild.running import in_this_process, run
from replay.rebuild.task import Task, compute
from tests.rebuild.test_whole import live, models_of, order, rebuilt, silent, when
from tests.rebuild.world import World

Happening = Computing | Loaded | Indexed


class AtOnce(Executor):
    """Does what it is given before it returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def new_models(world: World) -> ReadModelStore:
    models = world.ledger.read_models(create=True)
    assert models is not None
    return models


def cut_off(world: World, kind: type = Loaded) -> None:
    """Leave a rebuild behind that was killed when all was computed."""

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(world.ledger, order(world), when(kind, stop))


def told(world: World, wanted: Order | None = None) -> tuple[Report, list[Happening]]:
    happened: list[Happening] = []
    report = rebuild(world.ledger, wanted or order(world), happened.append)
    return report, happened


class TestLoading:
    def test_goes_on_while_tasks_are_computed(self, each_world: World) -> None:
        world = each_world
        plan = world.planned()
        models = new_models(world)
        with loading(world.ledger, models, plan) as into:
            first = compute(plan.tasks[0])
            into.take(first)
            into.finish(replace(plan, tasks=plan.tasks[:1]), lambda _: None)
        assert row_counts(models, into.version, plan.tables) == {
            table: sum(file.rows for file in first.files if file.table == table) for table in plan.tables
        }

    def test_takes_each_task_once_however_often_it_is_told_of_it(self, world: World) -> None:
        plan = world.planned()
        rows: list[int] = []
        models = new_models(world)
        with loading(world.ledger, models, plan) as into:
            run(plan, in_this_process, into.take)
            again = run(plan, in_this_process, into.take)
            into.finish(plan, rows.append)
        loaded = row_counts(models, into.version, plan.tables)
        assert loaded == {table: again.rows(table) for table in plan.tables}
        assert rows[-1] == sum(loaded.values())

    def test_that_fails_stops_the_computing(self, world: World) -> None:
        plan = world.planned()
        assert len(plan.tasks) > 3
        computed: list[int] = []
        with loading(world.ledger, new_models(world), plan) as made:
            into = Loading(world.ledger, new_models(world), made.version, Staging.at(world.staging), AtOnce())

            def lose_results(done: Done) -> None:
                computed.append(done.number)
                Path(world.staging, done.files[0].name).unlink()
                into.take(done)

            with pytest.raises(DamagedFile):
                run(plan, in_this_process, lose_results)
        assert computed == [0]

    def test_tells_how_far_loading_and_indexing_are(self, each_world: World) -> None:
        report, happened = told(each_world)
        rows = sum(report.rows.values())
        loaded = [one for one in happened if isinstance(one, Loaded)]
        indexed = [one for one in happened if isinstance(one, Indexed)]
        assert happened[-len(loaded) - len(indexed) :] == [*loaded, *indexed]
        assert loaded[-1] == Loaded(rows, rows)
        assert [one.steps for one in indexed] == list(range(1, indexed[-1].of + 1))


class TestLostResults:
    @pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
    def test_are_named_and_computed_again(self, each_world: World, spoil: Callable[[Path], object]) -> None:
        world = each_world
        world.planned()
        wanted = replace(order(world), runner=in_this_process)
        cut_off(world)
        done = Staging.at(world.staging).read_done()[0]
        spoil(Path(world.staging, done.files[0].name))
        again: list[int] = []

        def runner(tasks: Sequence[Task], report: Callable[[Done], None]) -> None:
            again.extend(task.number for task in tasks)
            in_this_process(tasks, report)

        report, happened = told(world, replace(wanted, runner=runner))
        planned = next(one for one in happened if isinstance(one, Planned))
        assert planned.damaged == (done.files[0].name,)
        assert again == [0]
        assert len(planned.done) == planned.tasks - 1 >= 1
        assert live(world)["seat_step"] == report.version
        assert report.digest == world.digest

    @pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"PAR1")])
    def test_of_the_tail_begin_the_plan_anew(self, world: World, spoil: Callable[[Path], object]) -> None:
        cut_off(world, Planned)
        (tail,) = Path(world.staging).glob("tail-*")
        for file in tail.rglob("*.parquet"):
            spoil(file)
        report = rebuilt(world)
        assert set(live(world).values()) == {report.version}
        assert {one.state for one in models_of(world).table_versions()} == {State.LIVE}

    def test_of_a_whole_staging_are_kept(self, world: World) -> None:
        cut_off(world)
        staging = Staging.at(world.staging)
        before = staging.read_done()
        assert staging.forget_damaged() == []
        assert staging.read_done() == before
        rebuild(world.ledger, order(world), silent)
