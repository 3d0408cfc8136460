"""Processes and clusters come to what one process comes to, also when workers die."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import active_children

import pytest
from distributed import LocalCluster

from ledger.events.catalogue import UnreadableEvent
from ledger.events.facts import Fact
from ledger.stores.archive.staging import Done
from replay.rebuild import running
from replay.rebuild.running import NoClusterSupport, WorkersLost, in_a_pool, on_a_cluster, run
from tests.rebuild.world import World
from tests.stores.rows import row


class Killer:
    """Kill processes by SIGKILL while tasks are done, so many times."""

    def __init__(self, victim: Callable[[], int | None], times: int = 1) -> None:
        self._victim = victim
        self.left = times

    def __call__(self, _: Done) -> None:
        victim = self._victim()
        if self.left and victim is not None:
            self.left -= 1
            os.kill(victim, signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(  # type: ignore[no-untyped-call]  # it has few types
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as made:
        yield made


class TestInAPool:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_is_the_same(self, world: World, workers: int) -> None:
        assert world.digest_by(in_a_pool(workers)) == world.digest
        assert "POLARS_MAX_THREADS" not in os.environ

    def test_outlives_a_worker(self, world: World) -> None:
        killer = Killer(lambda: active_children()[0].pid)
        assert run(world.planned(), in_a_pool(1), killer).digest == world.digest
        assert killer.left == 0

    def test_gives_up_where_workers_keep_dying(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "RETRIES", 0)
        plan = world.planned()
        with pytest.raises(WorkersLost, match="Workers died 1 times"):
            run(plan, in_a_pool(1), Killer(lambda: active_children()[0].pid))
        assert run(plan, in_a_pool(1)).digest == world.digest


class TestWhatAWorkerRefuses:
    def test_is_raised_here_as_it_was_there(self, world: World) -> None:
        moon = row(
            "prices/moon", 1, world.through_us, fact=Fact.PRICE_PUBLISHED, license_id=None, subject=None
        )
        world.ledger.store.recorder.append([replace(moon, topic="MoonLanded@1")])
        with pytest.raises(UnreadableEvent, match="MoonLanded"):
            run(world.planned(), in_a_pool(2))


class TestOnACluster:
    def test_is_the_same(self, world: World, cluster: LocalCluster) -> None:
        assert world.digest_by(on_a_cluster(cluster.scheduler_address)) == world.digest

    def test_outlives_a_worker(self, world: World, cluster: LocalCluster) -> None:
        # none while another is started in its place
        killer = Killer(lambda: cluster.workers[0].pid)
        rebuilt = run(world.planned(), on_a_cluster(cluster.scheduler_address), killer)
        assert rebuilt.digest == world.digest
        assert killer.left == 0

    def test_says_what_is_not_installed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        with pytest.raises(NoClusterSupport, match=r"license-ledger\[cluster\]|cannot use a cluster"):
            world.digest_by(on_a_cluster("tcp://127.0.0.1:1"))
