"""A whole rebuild that dies anywhere leaves one version live and whole, and the next run ends well."""

import os
import random
import signal
import time
from collections.abc import Iterator
from select import select
from uuid import uuid4

import pytest

from replay.rebuild.rebuilding import Planned
from tests.rebuild.killing import Patient, Point
from tests.rebuild.test_whole import rebuilt
from tests.rebuild.world import world_in
from tests.schemas import drop_schemas

KILLS = 8

PLACE = "ledger.stores.archive.place:Place"
STAGING = "ledger.stores.archive.staging:Staging"
MODELS = "ledger.stores.read_models.store:ReadModelStore"
CHANGE = "ledger.stores.read_models.store:Change"
TRANSACTION = "ledger.stores.read_models.transactions:Transaction"
FOLLOWER = "replay.follow:Follower"

LOADING = Point(f">{CHANGE}.load", 2)
INDEXING = Point("Indexed", 3)
IN_THE_SWITCH = Point(f">{TRANSACTION}.show", 3)
SWITCHED = Point(f">{MODELS}.switch")

# the live tables are those from before
BEFORE = {
    "while the tail is written": Point(f"<{PLACE}.write", 3),
    "before there is a plan": Point(f"<{STAGING}.write_plan"),
    "when it is planned": Point("Planned"),
    "between a task's results and its note": Point(f"<{STAGING}.write_done", 2),
    "when a task is done": Point("Done", 2),
    "in the middle of loading": LOADING,
    "when all is computed, and loaded but for the last": Point("Loaded", 1),
    "between the indexes": INDEXING,
    "while it catches up": Point(f">{CHANGE}.replace", records="catching-up"),
    "when it has caught up": Point(f">{FOLLOWER}.catch_up", records="caught-up"),
    "before the switch": Point(f"<{MODELS}.switch"),
    "in the middle of the switch": IN_THE_SWITCH,
}
# the live tables are the new ones
AFTER = {
    "after the switch": SWITCHED,
    "when what is old is dropped": Point(f">{MODELS}.drop_older"),
    "while the staging is cleared": Point(f">{PLACE}.remove", 2),
}
IN_A_SERVER = {
    "in the middle of loading": LOADING,
    "between the indexes": INDEXING,
    "in the middle of the switch": IN_THE_SWITCH,
}


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    folder = tmp_path_factory.mktemp("killed")
    with world_in(f"sqlite:///{folder / 'ledger.db'}", folder) as world:
        rebuilt(world)
        yield Patient(world, folder)


@pytest.fixture(scope="module")
def on_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    folder, schema = tmp_path_factory.mktemp("killed"), f"test_{uuid4().hex}"
    url = f"{postgres_server}{'&' if '?' in postgres_server else '?'}schema={schema}"
    with world_in(url, folder) as world:
        rebuilt(world)
        yield Patient(world, folder)
    drop_schemas(postgres_server, schema)


def assert_leaves_what_was_live(patient: Patient, point: Point) -> None:
    before = (patient.version(), patient.digest())
    told = [line.split()[0] for line in patient.killed(point)]
    assert (patient.version(), patient.digest()) == before
    patient.assert_answers_as_the_log(fresh=not point.records)
    happened = patient.assert_next_run_ends_well()
    planned = next(one for one in happened if isinstance(one, Planned))
    # what was told to be done is not done again
    assert len(planned.done) >= told.count("Done")


def assert_leaves_the_new_version(patient: Patient, point: Point) -> None:
    before, _ = patient.version(), patient.killed(point)
    assert patient.version() > before
    patient.assert_answers_as_the_log(fresh=True)
    patient.assert_next_run_ends_well()


class TestKilled:
    @pytest.mark.parametrize("point", BEFORE.values(), ids=BEFORE.keys())
    def test_before_it_has_switched_leaves_what_was_live(self, on_sqlite: Patient, point: Point) -> None:
        assert_leaves_what_was_live(on_sqlite, point)

    @pytest.mark.parametrize("point", AFTER.values(), ids=AFTER.keys())
    def test_after_it_has_switched_leaves_the_new_version(self, on_sqlite: Patient, point: Point) -> None:
        assert_leaves_the_new_version(on_sqlite, point)

    @pytest.mark.parametrize("point", IN_A_SERVER.values(), ids=IN_A_SERVER.keys())
    def test_leaves_what_was_live_in_a_server(self, on_postgres: Patient, point: Point) -> None:
        assert_leaves_what_was_live(on_postgres, point)

    def test_after_the_switch_leaves_the_new_version_in_a_server(self, on_postgres: Patient) -> None:
        assert_leaves_the_new_version(on_postgres, SWITCHED)

    def test_with_workers_leaves_no_process(self, on_sqlite: Patient) -> None:
        # the workers hold the other end of the pipe too: `killed` returns when they have ended
        told = on_sqlite.killed(Point("Done", workers=2))
        assert told[-1] == "Done 2"
        on_sqlite.assert_next_run_ends_well()

    @pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
    @pytest.mark.parametrize("where", ["Done", "Indexed"])
    def test_ends_at_other_signals_as_well(
        self, on_sqlite: Patient, where: str, with_signal: signal.Signals
    ) -> None:
        assert_leaves_what_was_live(on_sqlite, Point(where, with_signal=with_signal))

    def test_at_random_moments_leaves_one_version_or_the_other(self, on_sqlite: Patient) -> None:
        rng, nowhere = random.Random(os.environ.get("HYPOTHESIS_SEED")), Point("Nowhere")
        longest = 0.0
        for number in range(KILLS + 1):
            version = on_sqlite.version()
            with on_sqlite.start(nowhere) as run:
                assert run.stdout is not None
                assert run.stdout.readline() == b"Begun 0\n"
                if number == 0:
                    # how long one takes here and now; a moment that is badly chosen falls after the end
                    began, told = time.monotonic_ns(), run.stdout.read()
                    longest = (time.monotonic_ns() - began) / 1e9
                else:
                    select([], [], [], rng.uniform(0, longest))
                    run.send_signal(signal.SIGKILL)
                    told = run.communicate(timeout=300)[0]
            after = on_sqlite.version()
            if b"Ended" in told:
                assert after > version
            if b"Indexed" not in told:
                assert after == version
            on_sqlite.assert_answers_as_the_log(fresh=True)
        on_sqlite.assert_next_run_ends_well()
