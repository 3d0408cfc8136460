"""What a rebuild is made of: up to where the log counts, which files hold it, and how the work is cut up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.stores.archive.errors import ArchiveNotFound
from ledger.stores.archive.manifest import Contents, DataFile, read_contents
from ledger.stores.archive.partitions import ROWS_A_PARTITION, partitions_for
from ledger.stores.archive.place import Place
from ledger.stores.archive.sealing import check_same_log, extend
from ledger.stores.archive.segments import is_whole
from ledger.stores.archive.staging import TAIL, Staging
from ledger.stores.log_row import LastRecorded
from replay.rebuild.task import Source, Task

# What a worker has in memory at a time, in less than half a gigabyte; a partition that is larger is a task of
# its own. Each task costs some hundredths of a second however small it is, but to put the licences of several
# large partitions into one order costs more: with 400,000 the seats of ten million events took a quarter
# longer.
TASK_ROWS = ROWS_A_PARTITION
# Of a shorter log, more tasks than that: every worker has some, and loading begins while others compute.
_TASKS_OF_A_SHORT_LOG, _LEAST_TASK_ROWS = 8, 100_000

# told how many of how many
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """A rebuild under way, or about to begin: the log up to a position, in tasks.

    `recorded_us` is when the event at `until_position` was recorded; both are 0 for an empty log. Of its
    `rows`, `license_rows` are of licences, and the others of the programme.
    """

    ledger_id: str
    schema_version: str
    staging: str
    archive: str | None
    until_position: int
    recorded_us: int
    through_us: int
    rows: int
    license_rows: int
    tables: tuple[str, ...]
    tasks: tuple[Task, ...]

    @property
    def end(self) -> LastRecorded:
        """Return the last event that counts."""
        return LastRecorded(self.until_position, self.recorded_us)

    def files(self) -> set[tuple[str, tuple[str, str]]]:
        """Return the files that the tasks read, as (place, (name, SHA-256))."""
        return {
            (source.url, file)
            for task in self.tasks
            for source in task.sources
            for file in (*source.programme, *source.licenses)
        }


_PLANS = TypeAdapter(Plan)


def prepare(
    ledger: Ledger,
    staging_url: str,
    archive_url: str | None,
    through_us: int,
    *,
    until: LastRecorded | None = None,
    tables: Sequence[str] = tuple(SCHEMAS),
    partitions: int | None = None,
    task_rows: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Return the plan that a rebuild was cut off from, or a new one; its tail is in files then.

    The log counts up to the event `until`, to its end without one.

    With an archive (None: all from the store) only what was recorded since is read from the store;
    `partitions` counts without one (None: as many as suit the log's length). A plan goes on if it has the
    same tables, from the same code, and its files are still in force: then position and instants are those of
    its beginning. `progress` is told how many of the tail's events are in files, and how many there may be.
    Raises AnotherLogsArchive, UnreadableManifest.
    """
    staging = Staging.at(staging_url)
    end = until or ledger.store.last_recorded() or LastRecorded(0, 0)
    archive = _archive(ledger, archive_url, partitions or partitions_for(end.position))
    earlier = _earlier(staging, archive)
    ledger_id = ledger.store.ledger_id(create=True) or ""
    if (
        earlier is not None
        and (ledger_id, schema_version()) == (earlier.ledger_id, earlier.schema_version)
        and (archive_url, tuple(tables)) == (earlier.archive, earlier.tables)
        and (until is None or (until, through_us) == (earlier.end, earlier.through_us))
    ):
        return earlier
    staging.clear()
    # a name of its own, for workers that have read an earlier tail
    tail_url = f"{staging_url}/{TAIL}-{ledger.new_id()}"
    begun = Contents(url=tail_url, partitions=archive.partitions, after_position=archive.until_position)
    at_most = end.position - archive.until_position

    def sealed(events: int) -> None:
        if progress is not None:
            progress(events, at_most)

    tail = extend(Place.at(tail_url), begun, ledger.store, end.position, progress=sealed)
    parts = (archive, tail)
    plan = Plan(
        ledger_id=ledger_id,
        schema_version=schema_version(),
        staging=staging_url,
        archive=archive_url,
        until_position=end.position,
        recorded_us=end.recorded_us,
        through_us=through_us,
        rows=sum(segment.rows for part in parts for segment in part.segments),
        license_rows=sum(_rows_by_partition(parts).values()),
        tables=tuple(tables),
        tasks=tasks_of(
            parts, staging_url, end.position, end.recorded_us, through_us, tables=tables, task_rows=task_rows
        ),
    )
    staging.write_plan(_PLANS.dump_json(plan))
    return plan


def tasks_of(
    parts: Sequence[Contents],
    staging_url: str,
    until_position: int,
    known_us: int,
    through_us: int,
    *,
    tables: Sequence[str] = tuple(SCHEMAS),
    task_rows: int | None = None,
) -> tuple[Task, ...]:
    """Return the tasks for what some archives of one log hold together."""
    return tuple(
        Task(
            number=number,
            staging=staging_url,
            sources=tuple(_source(part, group) for part in parts if part.segments),
            until_position=until_position,
            known_us=known_us,
            through_us=through_us,
            tables=tuple(tables),
        )
        for number, group in enumerate(_groups(parts, task_rows or rows_a_task(parts)))
    )


def _archive(ledger: Ledger, url: str | None, partitions: int) -> Contents:
    """Return what the archive holds; nothing if there is none."""
    if url is not None:
        try:
            contents = read_contents(Place.at(url))
        except ArchiveNotFound:
            return Contents(url=url, partitions=partitions)
        check_same_log(contents, ledger.store)
        return contents
    return Contents(url="", partitions=partitions)


def _earlier(staging: Staging, archive: Contents) -> Plan | None:
    """Return the plan that is under way if all files that it names are there, the tail's as written."""
    written = staging.read_plan()
    if written is None:
        return None
    try:
        plan = _PLANS.validate_json(written)
    except ValidationError:
        return None
    in_force = {_named(file) for file in archive.files}
    for url, file in plan.files():
        if url == archive.url:
            if file not in in_force:
                return None
        elif not is_whole(Place.at(url), *file):
            return None
    return plan


def _source(contents: Contents, partitions: Sequence[int]) -> Source:
    chosen = frozenset(partitions)
    return Source(
        url=contents.url,
        programme=tuple(_named(file) for file in contents.files if file.partition is None),
        licenses=tuple(_named(file) for file in contents.files if file.partition in chosen),
    )


def _named(file: DataFile) -> tuple[str, str]:
    return file.name, file.sha256


def rows_a_task(parts: Sequence[Contents]) -> int:
    """Return how many rows a task has at most, if it has several partitions."""
    rows = sum(_rows_by_partition(parts).values())
    return min(TASK_ROWS, max(_LEAST_TASK_ROWS, rows // _TASKS_OF_A_SHORT_LOG))


def _groups(parts: Sequence[Contents], task_rows: int) -> list[list[int]]:
    """Return the partitions in groups of at most so many rows, or of one; those without rows in none."""
    rows = _rows_by_partition(parts)
    groups: list[list[int]] = []
    room = 0
    for partition, count in sorted(rows.items()):
        if not groups or count > room:
            groups.append([])
            room = task_rows
        groups[-1].append(partition)
        room -= count
    return groups


def _rows_by_partition(parts: Sequence[Contents]) -> dict[int, int]:
    """Return the rows of licences that each partition has in all parts together."""
    rows: dict[int, int] = {}
    for part in parts:
        for partition, count in part.rows_by_partition().items():
            if partition is not None:
                rows[partition] = rows.get(partition, 0) + count
    return rows
