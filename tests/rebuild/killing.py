"""A program that rebuilds from end to end and dies at an exact point, and what must hold after its death."""

import io
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from ledger.application.ask import QUESTIONS, Answer, Question
from ledger.application.export_history import export_history
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS
from ledger.rules.instants import from_us
from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.contents import licenses_in, rows_of
from ledger.stores.read_models.layout import physical
from replay.rebuild.checking import check
from replay.rebuild.digest import bucket_digests, whole_digest
from replay.rebuild.rebuilding import rebuild
from tests.rebuild.test_loading import Happening
from tests.rebuild.test_whole import live, models_of, order, silent
from tests.rebuild.world import TASK_ROWS, World

# Told "Loaded 2 9", it sends itself signal 9 when it tells of Loaded for the second time; "<a:B.c 1 9" is
# before the first call of B.c, in whichever class that is or comes from B, and ">a:B.c 1 9" after it.
PROGRAM = """
import os, pkgutil, sys
from functools import partial, wraps
from itertools import count
from multiprocessing import active_children
from threading import Lock
from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from replay.rebuild import rebuilding
from replay.rebuild.rebuilding import Order, rebuild, tables_of
from replay.rebuild.running import in_a_pool, in_this_process

url, staging, archive, task_rows, workers, records, where, times, with_signal = sys.argv[1:]
lock, calls, joining = Lock(), count(1), [records] if records else []

def reached():
    with lock:
        if next(calls) == int(times):
            os.kill(os.getpid(), int(with_signal))

def dying(call):
    @wraps(call)
    def either(*args, **named):
        if where[0] == "<":
            reached()
        result = call(*args, **named)
        if where[0] == ">":
            reached()
        return result
    return either

def heirs(owner):
    return [owner, *(each for child in owner.__subclasses__() for each in heirs(child))]

def tell(ledger, happening):
    name = type(happening).__name__
    if name == "Done" and joining:
        create_agent(ledger, license_id="acme-bakery-peak", agent_id=joining.pop(), meta=CommandMeta())
    print(name, len(active_children()), flush=True)
    if where == name:
        reached()

if __name__ == "__main__":
    rebuilding.prepare = partial(rebuilding.prepare, task_rows=int(task_rows))
    runner = in_a_pool(int(workers)) if int(workers) else in_this_process
    with Ledger.open(url, create=False) as ledger:
        # what a database needs is imported when it is
        ledger.read_models()
        if ":" in where:
            owner, name = pkgutil.resolve_name(where[1:].rpartition(".")[0]), where.rpartition(".")[2]
            for each in heirs(owner):
                if name in vars(each):
                    setattr(each, name, dying(vars(each)[name]))
        print("Begun 0", flush=True)
        rebuild(ledger, Order(tables_of(()), staging, archive, runner), partial(tell, ledger))
        print("Ended 0", flush=True)
"""


@dataclass(frozen=True)
class Point:
    """Where a rebuild dies, at the how many-eth time it comes there; `records` is an agent that joins."""

    where: str
    times: int = 1
    workers: int = 0
    records: str = ""
    with_signal: int = signal.SIGKILL


@dataclass
class Patient:
    """A world with live read models, and a program that rebuilds them."""

    world: World
    folder: Path
    from_log: dict[int, dict[str, Answer]] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"rebuild-{uuid4().hex}")

    def start(self, point: Point) -> subprocess.Popen[bytes]:
        """Start the program; who reads its output to the end has waited for all of its processes."""
        program = self.folder / "rebuilds_whole.py"
        program.write_text(PROGRAM)
        world = self.world
        places = (world.url, world.staging, world.archive, str(TASK_ROWS), str(point.workers), point.records)
        told = (*places, point.where, str(point.times), str(int(point.with_signal)))
        environment = {**os.environ, "PYTHONPATH": os.getcwd(), "PGAPPNAME": self.name}
        return subprocess.Popen(
            [sys.executable, str(program), *told],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def killed(self, point: Point) -> list[str]:
        """Let it die there; return what it told."""
        with self.start(point) as run:
            out = run.communicate(timeout=300)[0].decode().splitlines()
        assert run.returncode == -point.with_signal, (point, out)
        self.wait_for_the_server()
        return out

    def wait_for_the_server(self) -> None:
        """Wait until a server has noticed that the program is gone; a file is free at once."""
        if self.world.url.startswith("sqlite"):
            return
        with psycopg.connect(re.sub(r"[?&]schema=\w+", "", self.world.url), autocommit=True) as connection:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
            while connection.execute(asked, [self.name]).fetchone() != (0,):
                pass

    def version(self) -> int:
        """Return the version that is live in all tables."""
        versions = live(self.world)
        assert versions.keys() == SCHEMAS.keys()
        (version,) = set(versions.values())
        return version

    def digest(self) -> str:
        """Return the digest of the rows that are live."""
        models, versions = models_of(self.world), live(self.world)
        ids = sorted({each for table in versions for each in licenses_in(models, versions[table], table)})
        return whole_digest([bucket_digests(rows_of(models, versions, SCHEMAS, ids))])

    def assert_answers_as_the_log(self, *, fresh: bool) -> None:
        """Compare all answers with the log's own; `fresh` says whether they come from read models."""
        last = self.world.ledger.store.last_recorded()
        assert last is not None
        question = Question(from_us(last.recorded_us))
        if last.position not in self.from_log:
            self.from_log[last.position] = self.answers_of_a_copy(question)
        for name, ask in QUESTIONS.items():
            answer, from_log = ask(self.world.ledger, question), self.from_log[last.position][name]
            assert (answer.lines, answer.faults) == (from_log.lines, from_log.faults)
            assert ("read models, version" in answer.source) is fresh

    def answers_of_a_copy(self, question: Question) -> dict[str, Answer]:
        """Return what a log of the same events answers that has no read models."""
        lines = io.BytesIO()
        export_history(self.world.ledger, lines)
        with Ledger.open(f"sqlite:///{self.folder / uuid4().hex}.db", create=True) as copy:
            import_history(copy, io.BytesIO(lines.getvalue()))
            return {name: ask(copy, question) for name, ask in QUESTIONS.items()}

    def assert_next_run_ends_well(self) -> list[Happening]:
        """Run it to its end; return what it told."""
        happened: list[Happening] = []
        report = rebuild(self.world.ledger, order(self.world), happened.append)
        assert self.version() == report.version
        checked = check(self.world.ledger, order(self.world), silent)
        assert checked.differences == []
        assert checked.digests == {report.version: self.digest()}
        if report.position == report.events:
            assert checked.digests == {report.version: report.digest}
        self.assert_answers_as_the_log(fresh=True)
        self.assert_nothing_is_left()
        return happened

    def assert_nothing_is_left(self) -> None:
        """Find live and previous tables, and of a rebuild nothing else: no file, table, checkpoint, lease."""
        staging = Path(self.world.staging)
        for folder in (staging, staging.with_name(f"{staging.name}-check")):
            assert [file for file in folder.rglob("*") if file.is_file()] == []
        models = models_of(self.world)
        versions = models.table_versions()
        assert {one.state for one in versions} <= {State.LIVE, State.PREVIOUS}
        assert self.physical_tables() == {physical(one.table, one.version) for one in versions}
        places = models.checkpoints()
        assert {one.version for one in places} == {one.version for one in versions}
        assert {one.owner for one in places} == {None}
        assert models.parked() == []
        with models.transaction(writing=False) as work:
            assert work.run(sql.FOLLOWERS) == []
        with models.build_lock(), self.world.ledger.store.alone("archive"):
            pass

    def physical_tables(self) -> set[str]:
        """Return the names of all tables that the database has for read models' rows."""
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if not self.world.url.startswith("sqlite"):
            schema = self.world.url.rpartition("schema=")[2]
            names = f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'"
        ours = re.compile(rf"(?:{'|'.join(SCHEMAS)})_\d+")
        with models_of(self.world).transaction(writing=False) as work:
            return {row[0] for row in work.run(names) if ours.fullmatch(row[0])}
