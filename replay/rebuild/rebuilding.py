"""A rebuild from end to end: computed beside the live tables, caught up, then switched to at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.application.archive_log import WORK, mend_archive
from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.errors import LedgerError
from ledger.rules.instants import MICROSECOND, to_us
from ledger.stores.archive.errors import DamagedFile
from ledger.stores.archive.staging import Done, NotComputed, Staging
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.contents import row_counts
from ledger.stores.read_models.errors import OfAnotherLog
from ledger.stores.read_models.store import ReadModelStore
from replay.follow import HORIZON, Follower
from replay.rebuild.loading import loading
from replay.rebuild.plan import Plan, prepare
from replay.rebuild.running import Rebuilt, Runner, run
from replay.versions import drop_leftovers

# What each projection is kept in; data faults belong to whoever reports them.
PROJECTIONS = {
    "seats": ("seat_step", "fault"),
    "invoices": ("invoice", "invoice_line", "fault"),
    "notices": ("notice",),
    "licenses": ("license_step",),
}


class LoadedOtherwise(LedgerError):
    """Raised when a table does not hold what was computed; nothing was switched."""

    code = "loaded_otherwise"
    exit_code = 5
    template = "{table} of version {version} holds {loaded} rows, and {computed} were computed; not switched."
    hint = "The tables from before still answer. Run it again; if that repeats itself, look at the database."


@dataclass(frozen=True)
class Order:
    """What is to be rebuilt, from what, where results wait, and who computes them."""

    tables: tuple[str, ...]
    staging_url: str
    archive_url: str | None
    runner: Runner


@dataclass(frozen=True)
class Read:
    """So many of the events that only the log has are in files; `of` is how many there may be."""

    events: int
    of: int


@dataclass(frozen=True)
class Planned:
    """The work is cut up: so many tasks, with so many events of licences in those that are left.

    `archive` is what is read besides the log. `done` tasks were done before, by a run that was cut off; what
    else that had done is done again, for the result files `damaged` are not as they were written.
    """

    archive: str | None
    events: int
    tasks: int
    done: frozenset[int]
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mended:
    """Files of the archive that were damaged have been written anew from the log; the work begins again."""

    files: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    """All is computed, and of so many rows so many are in the new tables."""

    rows: int
    of: int


@dataclass(frozen=True)
class Indexed:
    """All rows are loaded, and of so many steps that index and count them so many are done."""

    steps: int
    of: int


@dataclass(frozen=True)
class Report:
    """What a rebuild came to: rows by table before it caught up, and the log's end at the switch.

    `parked` are the licences of which nothing could be computed.
    """

    version: int
    position: int
    events: int
    rows: dict[str, int]
    digest: str
    peak_bytes: int
    parked: list[NotComputed]


Computing = Read | Planned | Mended | Done
Tell = Callable[[Computing | Loaded | Indexed], None]


def tables_of(projections: Sequence[str]) -> tuple[str, ...]:
    """Return the tables that hold the projections, all for none."""
    chosen = {table for name in projections or PROJECTIONS for table in PROJECTIONS[name]}
    return tuple(table for table in SCHEMAS if table in chosen)


def rebuild(ledger: Ledger, order: Order, tell: Tell) -> Report:
    """Compute the read models anew, load them beside the live ones, catch up with the log, and switch.

    Cut off at any moment, the live tables are as they were and the tasks that are done stay done. Raises
    BuildUnderWay and AlreadyUnderWay for a second one at a time, LoadedOtherwise, and what `prepare` and
    `run` raise.
    """
    models = _models(ledger)
    with models.build_lock(), ledger.store.alone(WORK):
        through_us = to_us(ledger.now()) + HORIZON // MICROSECOND
        plan = planned(ledger, order, through_us, tell)
        with loading(ledger, models, plan) as into:

            def take(happening: Computing) -> None:
                tell(happening)
                if isinstance(happening, Done):
                    into.take(happening)

            rebuilt = computed(ledger, plan, order.runner, take)
            of = sum(rebuilt.rows(table) for table in order.tables)
            into.finish(plan, lambda rows: tell(Loaded(rows, of)))
        version = into.version
        _check_loaded(models, version, rebuilt, order.tables)
        models.build_indexes(version, lambda steps, of: tell(Indexed(steps, of)))
        position = Follower(ledger, lambda _: None).catch_up(version)
        models.switch(version, SCHEMAS)
        drop_leftovers(models)
        Staging.at(plan.staging).clear()
    return Report(
        version=version,
        position=position,
        events=plan.rows,
        rows={table: rebuilt.rows(table) for table in order.tables},
        digest=rebuilt.digest,
        peak_bytes=rebuilt.peak_bytes,
        parked=[one for done in rebuilt.done for one in done.parked],
    )


def roll_back(ledger: Ledger) -> dict[str, int]:
    """Undo the last switch, or do it again; return the live versions by table.

    Raises BuildUnderWay and NothingToRollBack.
    """
    models = _models(ledger)
    with models.build_lock():
        models.roll_back(SCHEMAS)
    return {one.table: one.version for one in models.table_versions() if one.state is State.LIVE}


def of_other_releases(ledger: Ledger) -> list[str]:
    """Return the tables whose live version another release made, sorted."""
    return sorted(
        one.table
        for one in _models(ledger).table_versions()
        if one.state is State.LIVE and one.schema_version != schema_version()
    )


def planned(
    ledger: Ledger, order: Order, through_us: int, tell: Tell, until: LastRecorded | None = None
) -> Plan:
    """Return the plan for an order, told of while what only the log has is read; see `prepare`."""
    return prepare(
        ledger,
        order.staging_url,
        order.archive_url,
        through_us,
        until=until,
        tables=order.tables,
        progress=lambda events, of: tell(Read(events, of)),
    )


def computed(ledger: Ledger, plan: Plan, runner: Runner, tell: Callable[[Computing], None]) -> Rebuilt:
    """Do what is left of a plan; an archive that turns out to be damaged is mended from the log first."""
    staging = Staging.at(plan.staging)
    damaged = staging.forget_damaged()
    done = staging.read_done()
    tell(
        Planned(
            plan.archive,
            plan.license_rows - sum(one.rows_read for one in done.values()),
            len(plan.tasks),
            frozenset(done),
            tuple(damaged),
        )
    )
    try:
        return run(plan, runner, tell)
    except DamagedFile:
        mended = mend_archive(ledger, plan.archive) if plan.archive is not None else []
        if not mended:
            raise
    tell(Mended(tuple(one.name for one in mended)))
    return computed(ledger, plan, runner, tell)


def _models(ledger: Ledger) -> ReadModelStore:
    models = ledger.read_models(create=True)
    if models is None:
        raise OfAnotherLog(url=ledger.store.url)
    return models


def _check_loaded(models: ReadModelStore, version: int, rebuilt: Rebuilt, tables: Sequence[str]) -> None:
    for table, loaded in row_counts(models, version, tables).items():
        if loaded != rebuilt.rows(table):
            raise LoadedOtherwise(table=table, version=version, loaded=loaded, computed=rebuilt.rows(table))
