"""What is computed goes from the staging into new tables, while the rest is still being computed."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, as_completed, wait
from contextlib import contextmanager, suppress

from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.errors import LedgerError
from ledger.rules.instants import to_us
from ledger.stores.archive.staging import Done, NotComputed, Staging
from ledger.stores.read_models.catalogue import Parked, State
from ledger.stores.read_models.store import ReadModelStore
from replay.rebuild.plan import Plan

BUILDER = "rebuild"


@contextmanager
def loading(ledger: Ledger, models: ReadModelStore, plan: Plan) -> Iterator["Loading"]:
    """Make a version that a plan's results are loaded into; what an earlier run half filled is dropped.

    On the way out nothing is being written any more; after an exception the version is dropped.
    """
    for begun in models.table_versions():
        if begun.state is State.BUILDING and begun.builder == BUILDER:
            models.drop(begun.version)
    version = models.create_version(
        {table: SCHEMAS[table] for table in plan.tables},
        schema_version(),
        builder=BUILDER,
        through_us=plan.through_us,
        created_us=to_us(ledger.now()),
    )
    try:
        with models.writers() as threads:
            yield Loading(ledger, models, version, Staging.at(plan.staging), threads)
    except BaseException:
        with suppress(LedgerError):
            models.drop(version)
        raise


class Loading:
    """New tables of a version that fill with the results of tasks, each in a transaction of its own."""

    def __init__(
        self, ledger: Ledger, models: ReadModelStore, version: int, staging: Staging, threads: Executor
    ) -> None:
        self.version = version
        self._ledger = ledger
        self._models = models
        self._staging = staging
        self._threads = threads
        self._begun: dict[int, Future[int]] = {}

    def take(self, done: Done) -> None:
        """Have a task's rows written; a task that was taken before is passed over.

        Raises what an earlier one failed with, DamagedFile for results that are not as they were written.
        """
        if done.number not in self._begun:
            self._begun[done.number] = self._threads.submit(self._write, done)
        for each in self._begun.values():
            if each.done():
                each.result()

    def finish(self, plan: Plan, tell: Callable[[int], None]) -> None:
        """Wait until all rows are there, and move the checkpoints.

        `tell` is told how many rows are there at first, and then from time to time.
        """
        there, coming = wait(self._begun.values(), timeout=0)
        rows = sum(each.result() for each in there)
        tell(rows)
        for each in as_completed(coming):
            rows += each.result()
            tell(rows)
        expected = {
            place.partition: 0 for place in self._models.checkpoints() if place.version == self.version
        }
        with self._models.moving(
            self.version,
            expected,
            position=plan.until_position,
            recorded_us=plan.recorded_us,
            through_us=plan.through_us,
        ):
            return

    def _write(self, done: Done) -> int:
        frames = self._staging.frames(done)
        with self._models.changing(self.version) as change:
            change.load(frames)
            for one in done.parked:
                change.park(_parked(self._ledger, one))
        return sum(frame.height for frame in frames.values())


def _parked(ledger: Ledger, one: NotComputed) -> Parked:
    event = ledger.store.following.event_at(one.position)
    event_id = event.row.event_id if event else ""
    return Parked(one.license_id, one.position, event_id, one.reason, to_us(ledger.now()))
