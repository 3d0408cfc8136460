"""How fast read models are computed from the archive: against a bare scan of the columns that this takes.

A simulated programme of a million events is imported into SQLite once. Larger ones are made of it: each
licence as many times as it takes, under names of their own, in the order of recording, below one programme's
prices and cutovers; what goes into the archive is what a store of that size would give. Each measurement is
all tasks of a rebuild in a pool of two processes, whose Polars has one thread each; they have loaded what
they need and done one task before the clock runs. "bare scan" reads the typed columns and does nothing.
"by processor time" is what two processors that do nothing else would give.

    uv run python -m benchmarks.rebuilding 1 10      # millions of events; without any, one
"""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import polars as pl

from benchmarks.measuring import Table, postgres_server, seconds, verdict, work_folder
from benchmarks.simulated import import_file, write_simulated
from ledger.application.ledger import Ledger
from ledger.projections.decoding import decode_terms, issue_instants
from ledger.projections.history import assemble
from ledger.projections.read_models import SCHEMAS, read_models, schema_version
from ledger.projections.seats import seats
from ledger.stores.archive.manifest import Contents
from ledger.stores.archive.place import Place
from ledger.stores.archive.reading import KERNEL_COLUMNS
from ledger.stores.archive.sealing import PAGE_ROWS, compact, extend, open_or_begin
from ledger.stores.archive.staging import Staging, result_file
from ledger.stores.locations import open_store
from ledger.stores.log_row import LastRecorded
from ledger.stores.store import Store
from replay.rebuild.digest import bucket_digests
from replay.rebuild.loading import loading
from replay.rebuild.plan import Plan, tasks_of
from replay.rebuild.running import in_a_pool, run
from replay.rebuild.task import (
    Task,
    compute,
    peak_bytes,
    positions_known,
    programme_of,
    read_history,
    read_licenses,
)

LICENSES_A_MILLION = 10_450
WORKERS = 2
# in millions of events: more takes as long in proportion, and tens of gigabytes
INTO_POSTGRES_UP_TO = 10
SEATS_TARGET, ALL_TARGET, WRITTEN_TARGET, LOADED_TARGET = 10e6, 2e6, 1e6, 0.3e6


class ManyTimes:
    """A log with each licence of a store's so many times, as an archive asks for it."""

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self._times = times

    def last_recorded(self) -> LastRecorded | None:
        """Return the last position and when it was recorded."""
        last = self._store.last_recorded()
        return last and LastRecorded(last.position * self._times + self._times - 1, last.recorded_us)

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Return the positions of events by their ids."""
        wanted = {event_id: event_id.partition(":") for event_id in event_ids}
        found = self._store.positions_of([name or copy for copy, _, name in wanted.values()])
        return {
            event_id: found[name or copy] * self._times + (int(copy) if name else 0)
            for event_id, (copy, _, name) in wanted.items()
            if (name or copy) in found
        }

    def count_rows(self, until_position: int) -> int:
        """Return how many rows there are up to a position."""
        starts = range(0, until_position, PAGE_ROWS)
        return sum(
            self.read_whole_page(start, min(start + PAGE_ROWS, until_position)).height for start in starts
        )

    def read_whole_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return the rows behind one position up to another."""
        first = (after_position + 1) // self._times
        page = self._store.read_whole_page(first - 1, until_position // self._times)
        copies = [self._copy(page, copy) for copy in range(self._times)]
        within = pl.col("position").is_between(after_position, until_position, closed="right")
        return pl.concat(copies).filter(within).sort("position")

    def _copy(self, page: pl.DataFrame, copy: int) -> pl.DataFrame:
        placed = page.with_columns(pl.col("position") * self._times + copy)
        if copy == 0:
            return placed
        renamed = pl.col("event_id", "license_id").str.replace("^", f"{copy}:")
        names = (f'"id":"{copy}:', f'"license_id":"{copy}:', f'"known_through":"{copy}:')
        state = pl.col("state")
        for name in names:
            state = state.str.replace(name.removesuffix(f"{copy}:"), name, literal=True)
        return placed.filter(pl.col("license_id").is_not_null()).with_columns(renamed, state)


class Took(NamedTuple):
    """What a worker says of a task: events, processor seconds, its peak memory."""

    rows: int
    cpu_s: float
    peak_bytes: int


def timed(work: Callable[[Task], int], task: Task) -> Took:
    """Do a piece of work in a worker."""
    began = process_time()
    rows = work(task)
    return Took(rows, process_time() - began, peak_bytes())


def bare_scan(task: Task) -> int:
    """Read the columns that the kernel takes."""
    return sum(
        pl.read_parquet(
            [Place.at(source.url).path(name) for name, _ in source.licenses], columns=list(KERNEL_COLUMNS)
        ).height
        for source in task.sources
    )


def seat_counts(task: Task) -> int:
    """Count the seats of all licences."""
    log, history = read_history(task)
    seats(history, task.through_us)
    return log.height


def all_projections(task: Task) -> int:
    """Compute all read models: seat steps, invoices with adjustments, notices, faults."""
    log, history = read_history(task)
    read_models(history, task.through_us, log.select("position", "subject"))
    return log.height


def written(task: Task) -> int:
    """Compute them, digest them, write them as Parquet."""
    return compute(task).rows_read


def in_two(tasks: Sequence[Task], work: Callable[[Task], int]) -> tuple[float, list[Took]]:
    """Do all tasks in two processes that are warm; return seconds and what they took."""
    os.environ["POLARS_MAX_THREADS"] = str(max(1, (os.cpu_count() or 1) // WORKERS))
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(timed, work, tasks[0]) for _ in range(2 * WORKERS)]:
            future.result()
        began = perf_counter()
        took = [future.result() for future in [pool.submit(timed, work, task) for task in tasks]]
        return perf_counter() - began, took


def build(store: Store, url: str, times: int) -> Contents:
    """Archive the log so many times."""
    place, log = Place.at(url), ManyTimes(store, times)
    last = log.last_recorded()
    contents = extend(place, open_or_begin(place, log), log, last.position if last else 0)
    return compact(place, contents)


def steps(tasks: Sequence[Task]) -> dict[str, float]:
    """Return the processor seconds of each step, summed over the tasks, in this process and one thread."""
    took: dict[str, float] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        began = process_time()
        result = work()
        took[name] = took.get(name, 0.0) + process_time() - began
        return result

    def one(task: Task) -> None:
        rows = step("read", lambda: read_licenses(task))
        terms = step("decode terms", lambda: decode_terms(rows.log))
        programme = step("the programme", lambda: programme_of(task, issue_instants(terms)))
        known = positions_known(rows, terms)
        history = step("assemble", lambda: assemble(rows.log, terms, programme, known, task.known_us))
        step("states", lambda: history.states)
        names = rows.log.select("position", "subject")
        models = step("read models", lambda: read_models(history, task.through_us, names).frames())
        step("digest", lambda: bucket_digests(models))
        step("write", lambda: [result_file(frame) for frame in models.values()])

    one(tasks[0])
    took.clear()
    for task in tasks:
        one(task)
    return took


def into_postgres(url: str, tasks: Sequence[Task]) -> tuple[float, float]:
    """Compute the tasks, load the rows into new tables of PostgreSQL meanwhile, as a rebuild does; index.

    Returns the seconds of both; those of the first have the starting of two processes in them.
    """
    with Ledger.open(url, create=True) as ledger:
        models = ledger.read_models(create=True)
        if models is None:
            raise RuntimeError(url)
        plan = Plan(
            ledger_id="",
            schema_version=schema_version(),
            staging=tasks[0].staging,
            archive=None,
            until_position=tasks[0].until_position,
            recorded_us=tasks[0].known_us,
            through_us=tasks[0].through_us,
            rows=0,
            license_rows=0,
            tables=tuple(SCHEMAS),
            tasks=tuple(tasks),
        )
        began = perf_counter()
        with loading(ledger, models, plan) as into:
            run(plan, in_a_pool(WORKERS), into.take)
            into.finish(plan, lambda _: None)
        took = perf_counter() - began, seconds(lambda: models.build_indexes(into.version))
        models.drop(into.version)
    return took


def measure_one(
    store: Store, postgres: str, folder: Path, millions: int, tables: tuple[Table, Table]
) -> None:
    """Add a row for each measurement of a programme of so many million events."""
    began = perf_counter()
    contents = build(store, str(folder / f"archive-{millions}"), millions)
    events = sum(segment.rows for segment in contents.segments)
    archived = perf_counter() - began
    last = store.last_recorded()
    end_us = last.recorded_us if last else 0
    staging = str(folder / f"staging-{millions}")
    tasks = tasks_of([contents], staging, contents.until_position, end_us, end_us)
    name = f"{events / 1e6:.1f} M"
    rows = tables[0].rows

    def add(*row: str) -> None:
        rows.append(row)
        print("| " + " | ".join(row) + " |", file=sys.stderr, flush=True)

    add(name, "archiving", f"{archived:.1f}", f"{events / archived / 1e6:.2f} M", "", "", "", "")
    scan_cpu = taken = 0.0
    targets = {seat_counts: SEATS_TARGET, all_projections: ALL_TARGET, written: WRITTEN_TARGET}
    for work in (bare_scan, seat_counts, all_projections, written):
        taken, took = in_two(tasks, work)
        cpu = sum(one.cpu_s for one in took)
        scan_cpu = scan_cpu or cpu
        rate = sum(one.rows for one in took) / taken
        add(
            name,
            work.__name__.replace("_", " "),
            f"{taken:.2f}",
            f"{rate / 1e6:.2f} M",
            f"{sum(one.rows for one in took) * WORKERS / cpu / 1e6:.2f} M",
            f"{cpu / scan_cpu:.1f}",
            f"{max(one.peak_bytes for one in took) / 1e9:.2f}",
            verdict(rate / 1e6, targets[work] / 1e6) if work in targets else "",
        )
    Staging.at(staging).clear()
    if millions <= INTO_POSTGRES_UP_TO:
        loaded, indexed = into_postgres(postgres, tasks)
        for what, taken in (("and loaded into PostgreSQL", loaded), ("and indexed", loaded + indexed)):
            target = verdict(events / taken / 1e6, LOADED_TARGET / 1e6)
            add(name, what, f"{taken:.2f}", f"{events / taken / 1e6:.2f} M", "", "", "", target)
        Staging.at(staging).clear()
    for what, cpu in steps(tasks).items():
        tables[1].rows.append((name, what, f"{cpu:.2f}", f"{events / cpu / 1e6:.1f} M"))
        print("| " + " | ".join(tables[1].rows[-1]) + " |", file=sys.stderr, flush=True)


def measure(millions: Sequence[int] = (1,)) -> tuple[Table, Table]:
    """Measure programmes of so many million events."""
    columns = "events, what, seconds, events/s, by processor time, times bare scan, peak GB, target in M/s"
    rates = Table("Read models from the archive", tuple(columns.split(", ")))
    costs = Table("Which step costs what", ("events", "step", "processor seconds", "events/s"))
    with work_folder() as folder:
        path, url = folder / "programme.jsonl", f"sqlite:///{folder / 'ledger.db'}"
        write_simulated(LICENSES_A_MILLION, path)
        import_file(url, path)
        with open_store(url, create=False) as store, postgres_server() as postgres:
            for each in millions:
                measure_one(store, postgres, folder, each, (rates, costs))
    return rates, costs


if __name__ == "__main__":
    for shown in measure([int(argument) for argument in sys.argv[1:]] or [1]):
        print(shown.markdown())
