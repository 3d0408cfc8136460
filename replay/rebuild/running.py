"""Who does a rebuild's tasks: this process, a pool of processes, or a Dask cluster, all with one result."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from ledger.application.serving import serve_parent
from ledger.rules.errors import InvalidValue, LedgerError
from ledger.stores.archive.staging import Done, Staging
from replay.rebuild.digest import whole_digest
from replay.rebuild.plan import Plan
from replay.rebuild.task import Task, compute

_THREADS = "POLARS_MAX_THREADS"
# A worker that dies (killed for its memory, say) gives its task back so many times.
RETRIES = 3

Report = Callable[[Done], None]
Runner = Callable[[Sequence[Task], Report], None]


class WorkersLost(LedgerError):
    """Raised when workers keep dying."""

    code = "workers_lost"
    template = "Workers died {times} times; {done} of {tasks} tasks are done."
    hint = "Run it again to go on where it stopped, with fewer --workers if memory ran out."


class NoClusterSupport(LedgerError):
    """Raised when a cluster is named and the packages for it are not there."""

    code = "no_cluster_support"
    exit_code = 2
    template = "This installation cannot use a cluster: {reason}."
    hint = "Install license-ledger[cluster]."


class BadCluster(InvalidValue):
    """Raised for an address that is none."""

    code = "bad_cluster"
    hint = "Name the scheduler, like tcp://host:8786."


class ClusterUnreachable(LedgerError):
    """Raised when no scheduler answers at an address."""

    code = "cluster_unreachable"
    template = "No scheduler of a cluster answers at {address}: {reason}."
    hint = "Start one with `dask scheduler`, or compute here with --workers."


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild came to; the rows are in its plan's staging."""

    done: tuple[Done, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of all rows, the same however they were computed."""
        return whole_digest(done.digests for done in self.done)

    @property
    def peak_bytes(self) -> int:
        """Return the most memory that a worker had."""
        return max((done.peak_bytes for done in self.done), default=0)

    def rows(self, table: str) -> int:
        """Return the number of a table's rows."""
        return sum(file.rows for done in self.done for file in done.files if file.table == table)


def run(plan: Plan, runner: Runner, report: Report | None = None) -> Rebuilt:
    """Do the tasks that are not done yet; `report` is told of each, those done earlier first.

    Raises WorkersLost, DamagedFile, NoClusterSupport. Whatever it ends with, what is done stays done.
    """
    staging = Staging.at(plan.staging)
    done = staging.read_done()
    tell = report or (lambda _: None)
    for earlier in done.values():
        tell(earlier)
    left = [task for task in plan.tasks if task.number not in done]

    def add(one: Done) -> None:
        done[one.number] = one
        tell(one)

    runner(left, add)
    return Rebuilt(tuple(done[task.number] for task in plan.tasks))


def in_this_process(tasks: Sequence[Task], report: Report) -> None:
    """Do one task after the other, here."""
    for task in tasks:
        report(compute(task))


def in_a_pool(workers: int) -> Runner:
    """Return a runner with so many processes, which share the processors between them."""

    def run_tasks(tasks: Sequence[Task], report: Report) -> None:
        left = {task.number: task for task in tasks}

        def add(done: Done) -> None:
            del left[done.number]
            report(done)

        for _ in range(RETRIES + 1):
            try:
                with _threads_a_worker(workers):
                    _pooled(list(left.values()), workers, add)
            except BrokenProcessPool:
                continue
            return
        done = len(tasks) - len(left)
        raise WorkersLost(times=RETRIES + 1, done=done, tasks=len(tasks))

    return run_tasks


def _pooled(tasks: Sequence[Task], workers: int, report: Report) -> None:
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=serve_parent) as pool:
        futures = [pool.submit(compute, task) for task in tasks]
        try:
            for future in as_completed(futures):
                report(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _threads_a_worker(workers: int) -> Iterator[None]:
    """Let the processes that start meanwhile have their share of the processors; Polars asks once."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = str(max(1, (os.cpu_count() or 1) // workers))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


def on_a_cluster(address: str) -> Runner:
    """Return a runner on a Dask cluster, whose workers see archive and staging under the same names.

    A task of a worker that dies is given to another.
    """

    def run_tasks(tasks: Sequence[Task], report: Report) -> None:
        try:
            from distributed import Client  # noqa: PLC0415 - an extra; only who names a cluster needs it
            from distributed import as_completed as completed  # noqa: PLC0415 - as above
        except ImportError as error:
            raise NoClusterSupport(reason=error) from error
        try:
            client = Client(address)  # type: ignore[no-untyped-call]  # it has few types
        except ValueError as error:
            raise BadCluster(field="--cluster", value=address, reason=error) from error
        except OSError as error:
            raise ClusterUnreachable(address=address, reason=error) from error
        with client:
            futures = client.map(compute, tasks, retries=RETRIES, pure=False)
            for future in completed(futures):  # type: ignore[no-untyped-call]  # as above
                report(future.result())

    return run_tasks
