"""A rebuild comes to the same rows from wherever it reads, and goes on where it was cut off."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from ledger.application.archive_log import archive_log
from ledger.application.ledger import Ledger
from ledger.projections import read_models
from ledger.projections.read_models import SCHEMAS
from ledger.stores.archive.errors import DamagedFile
from ledger.stores.archive.manifest import Contents, DataFile, Segment
from ledger.stores.archive.reading import Archive
from ledger.stores.archive.staging import Done, Staging
from ledger.stores.read_models.layout import KEYS
from replay.rebuild.digest import bucket_digests, whole_digest
from replay.rebuild.plan import prepare, tasks_of
from replay.rebuild.rebuilding import computed
from replay.rebuild.running import Report, in_this_process, run
from replay.rebuild.task import Task
from tests.rebuild.world import TASK_ROWS, World

# Rebuilds, and dies by SIGKILL when one more task is done than it was told.
DYING = """
import os, signal, sys
from ledger.application.ledger import Ledger
from replay.rebuild.plan import prepare, tasks_of
from replay.rebuild.running import in_this_process, run
url, staging, archive, left, task_rows = sys.argv[1:]
left = int(left)
def report(done):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
with Ledger.open(url, create=False) as ledger:
    us = ledger.store.last_recorded().recorded_us
    run(prepare(ledger, staging, archive, us, task_rows=int(task_rows)), in_this_process, report)
"""


def archive_of(rows: int, partitions: int) -> Contents:
    """Return the contents of an archive with as many rows in each partition."""
    files = [
        DataFile(name=f"{one}", partition=one, rows=rows // partitions, size_bytes=1, sha256="")
        for one in range(partitions)
    ]
    segment = Segment(after_position=0, until_position=rows, rows=rows, files=files)
    return Contents(url="somewhere", partitions=partitions, segments=(segment,))


@pytest.mark.parametrize(
    ("rows", "partitions", "tasks"),
    [(6_400, 64, 1), (640_000, 64, 7), (1_280_000, 64, 8), (6_400_000, 64, 32), (51_200_000, 256, 256)],
)
def test_a_log_is_cut_up_as_suits_its_length(rows: int, partitions: int, tasks: int) -> None:
    assert len(tasks_of([archive_of(rows, partitions)], "staging", rows, 0, 0)) == tasks


class TestRebuild:
    @pytest.mark.parametrize("task_rows", [1, TASK_ROWS, 10_000])
    def test_from_archive_and_tail_is_what_the_log_says(self, each_world: World, task_rows: int) -> None:
        world = each_world
        plan = prepare(world.ledger, world.staging, world.archive, world.through_us, task_rows=task_rows)
        rebuilt = run(plan, in_this_process)
        assert rebuilt.digest == world.digest
        # the programme's events come with every task and count in none
        assert sum(done.rows_read for done in rebuilt.done) < plan.rows == 415

    @pytest.mark.parametrize("partitions", [1, 8, 1024])
    def test_from_the_store_alone_is_the_same(self, each_world: World, partitions: int) -> None:
        world = each_world
        plan = prepare(world.ledger, world.staging, None, world.through_us, partitions=partitions)
        assert run(plan, in_this_process).digest == world.digest

    def test_leaves_the_rows_themselves(self, each_world: World) -> None:
        rebuilt = run(each_world.planned(), in_this_process)
        parts = list(Staging.at(each_world.staging).all_frames())
        assert len(parts) > 4
        for table, frame in each_world.frames.items():
            found = pl.concat(part[table] for part in parts)
            assert found.schema == SCHEMAS[table]
            assert found.sort(KEYS[table]).equals(frame.sort(KEYS[table]))
            assert rebuilt.rows(table) == frame.height
        assert each_world.frames["invoice_line"].height > 100

    def test_is_of_some_tables_if_told(self, world: World) -> None:
        plan = prepare(world.ledger, world.staging, world.archive, world.through_us, tables=["seat_step"])
        steps = {"seat_step": world.frames["seat_step"]}
        assert run(plan, in_this_process).digest == whole_digest([bucket_digests(steps)])

    def test_of_an_empty_log_is_empty(self, store_url: str, tmp_path: Path) -> None:
        with Ledger.open(store_url, create=True) as empty:
            plan = prepare(empty, str(tmp_path / "staging"), None, 0)
        assert plan.tasks == ()
        assert run(plan, in_this_process).done == ()

    @pytest.mark.parametrize("damage", ["torn", "altered", "gone"])
    def test_mends_a_damaged_archive_and_goes_on(self, world: World, damage: str) -> None:
        plan = world.planned()
        file = Path(world.archive, Archive.open(world.archive).contents.files[1].name)
        whole = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(b"PAR1" if damage == "torn" else whole[:-1] + b"\0")
        with pytest.raises(DamagedFile, match="part-"):
            run(plan, in_this_process)
        rebuilt = computed(world.ledger, plan, in_this_process, lambda _: None)
        assert rebuilt.digest == world.digest
        assert file.read_bytes() == whole

    def test_stops_at_a_damaged_tail(self, world: World) -> None:
        plan = prepare(world.ledger, world.staging, None, world.through_us)
        source = plan.tasks[0].sources[0]
        Path(source.url, source.licenses[0][0]).write_bytes(b"PAR1")
        with pytest.raises(DamagedFile, match="part-"):
            computed(world.ledger, plan, in_this_process, lambda _: None)


class TestDigest:
    def test_tells_rows_apart(self, world: World) -> None:
        lines = world.frames["invoice_line"]
        others = {name: frame for name, frame in world.frames.items() if name != "invoice_line"}
        parts = [bucket_digests({"invoice_line": lines.reverse()}), bucket_digests(others)]
        assert whole_digest(parts) == world.digest
        for changed in (
            lines.with_columns(amount=pl.col("amount") + (pl.int_range(pl.len()) == 7).cast(pl.Int64)),
            lines.with_columns(rate=pl.col("rate").fill_null("")),
            lines.head(-1),
        ):
            assert whole_digest([bucket_digests(world.frames | {"invoice_line": changed})]) != world.digest


class StopsEarly:
    """Do some tasks, then stop as a person does."""

    def __init__(self, most: int) -> None:
        self._most = most

    def __call__(self, tasks: Sequence[Task], report: Report) -> None:
        in_this_process(tasks[: self._most], report)
        raise KeyboardInterrupt


class TestResuming:
    def test_does_only_what_is_left(self, world: World) -> None:
        plan, first, then = world.planned(), list[Done](), list[Done]()
        with pytest.raises(KeyboardInterrupt):
            run(plan, StopsEarly(2), first.append)
        later = prepare(world.ledger, world.staging, world.archive, world.through_us + 1)
        assert later == plan  # position and instants are those of its beginning
        assert run(later, in_this_process, then.append).digest == world.digest
        assert then[:2] == first
        assert len(then) == len(plan.tasks) > 4

    def test_ignores_what_a_crash_left(self, world: World) -> None:
        plan = world.planned()
        for name in ("results/000000-torn/seat_step.parquet", "done/000000.json.unfinished"):
            Path(world.staging, name).parent.mkdir(parents=True, exist_ok=True)
            Path(world.staging, name).write_bytes(b"PAR1")
        assert run(plan, in_this_process).digest == world.digest

    @pytest.mark.parametrize("tasks", range(3))
    def test_survives_being_killed(self, world: World, tasks: int) -> None:
        told = [world.url, world.staging, world.archive, str(tasks), str(TASK_ROWS)]
        killed = subprocess.run([sys.executable, "-c", DYING, *told], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert len(Staging.at(world.staging).read_done()) == tasks + 1
        assert world.digest_by(in_this_process) == world.digest

    def test_begins_anew_with_other_code(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        run(world.planned(), in_this_process)
        with monkeypatch.context() as later:
            later.setattr(read_models, "CODE_VERSION", read_models.CODE_VERSION + 1)
            plan = world.planned()
        assert plan.schema_version.startswith(f"{read_models.CODE_VERSION + 1}-")
        assert Staging.at(world.staging).read_done() == {}

    def test_begins_anew_where_the_archive_has_other_files(self, world: World) -> None:
        before = world.planned()
        for name in os.listdir(f"{world.archive}/manifests"):
            Path(world.archive, "manifests", name).unlink()
        archive_log(world.ledger, world.archive, partitions=4)
        plan = world.planned()
        assert plan != before
        assert run(plan, in_this_process).digest == world.digest

    def test_begins_anew_where_the_plan_is_another_releases(self, world: World) -> None:
        world.planned()
        Path(world.staging, "plan.json").write_bytes(b'{"tasks": 7}')
        assert world.digest_by(in_this_process) == world.digest

    def test_clears_away_all_of_it(self, world: World) -> None:
        run(world.planned(), in_this_process)
        Staging.at(world.staging).clear()
        assert Staging.at(world.staging).read_plan() is None
        assert [files for _, _, files in os.walk(world.staging) if files] == []
