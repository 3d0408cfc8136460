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
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.contents import row_counts
from ledger.stores.read_models.errors import OfAnotherLog
from ledger.stores.read_models.store import ReadModelStore
from replay.follow import HORIZON, Follower
from replay.rebuild.loading import load
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
class Planned:
    """The work is cut up; `done` tasks were done before a run that was cut off."""

    events: int
    tasks: int
    done: int


@dataclass(frozen=True)
class Loaded:
    """So many rows are in the new tables."""

    rows: int


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


Tell = Callable[[Planned | Done | Loaded], None]


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
        plan = prepare(ledger, order.staging_url, order.archive_url, through_us, tables=order.tables)
        rebuilt = computed(ledger, plan, order.runner, tell)
        version = load(ledger, models, plan, lambda rows: tell(Loaded(rows)))
        _check_loaded(models, version, rebuilt, order.tables)
        models.build_indexes(version)
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
    """Let the version from before the live one answer again; return the live versions by table.

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


def computed(ledger: Ledger, plan: Plan, runner: Runner, tell: Tell) -> Rebuilt:
    """Do what is left of a plan; an archive that turns out to be damaged is mended from the log first."""
    done = len(Staging.at(plan.staging).read_done())
    tell(Planned(plan.rows, len(plan.tasks), done))
    try:
        return run(plan, runner, tell)
    except DamagedFile:
        if plan.archive is None or not mend_archive(ledger, plan.archive):
            raise
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
