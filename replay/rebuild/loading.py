"""What was computed goes from the staging into new tables, several transactions at a time."""

from collections.abc import Callable, Iterator

from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.instants import to_us
from ledger.stores.archive.staging import Done, NotComputed, Staging
from ledger.stores.read_models.catalogue import Parked, State
from ledger.stores.read_models.changes import Change
from ledger.stores.read_models.store import ReadModelStore
from replay.rebuild.plan import Plan

BUILDER = "rebuild"


def load(ledger: Ledger, models: ReadModelStore, plan: Plan, tell: Callable[[int], None]) -> int:
    """Fill new tables from the staging and return their version; what an earlier run half filled is dropped.

    `tell` is called with the number of rows loaded so far. The checkpoints move once all rows are there.
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
    staging, rows = Staging.at(plan.staging), 0

    def parking(done: Done, change: Change) -> None:
        for one in done.parked:
            change.park(_parked(ledger, one))

    for loaded in fill(models, version, staging, parking):
        rows += loaded
        tell(rows)
    expected = {place.partition: 0 for place in models.checkpoints() if place.version == version}
    with models.moving(
        version,
        expected,
        position=plan.until_position,
        recorded_us=plan.recorded_us,
        through_us=plan.through_us,
    ):
        return version


def fill(
    models: ReadModelStore,
    version: int,
    staging: Staging,
    parking: Callable[[Done, Change], None],
) -> Iterator[int]:
    """Write the rows of all tasks that are done, a transaction each; yield the number of each one's rows.

    `parking` is called in the transaction of a task, for the licences that it could not compute.
    """

    def written(done: Done) -> int:
        frames = staging.frames(done)
        with models.changing(version) as change:
            change.load(frames)
            parking(done, change)
        return sum(frame.height for frame in frames.values())

    return models.written(written, (done for _, done in sorted(staging.read_done().items())))


def _parked(ledger: Ledger, one: NotComputed) -> Parked:
    event = ledger.store.following.event_at(one.position)
    event_id = event.row.event_id if event else ""
    return Parked(one.license_id, one.position, event_id, one.reason, to_us(ledger.now()))
