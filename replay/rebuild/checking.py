"""Compare the live read models with what a rebuild of the same log comes to, row by row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import polars as pl

from ledger.application.archive_log import WORK
from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.errors import Conflict, NotFound
from ledger.stores.archive.staging import Staging
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.catalogue import State, TableVersion
from ledger.stores.read_models.contents import licenses_in, rows_of
from ledger.stores.read_models.store import ReadModelStore
from replay.rebuild.rebuilding import Order, Tell, computed, planned


class NothingToCheck(NotFound):
    """Raised where there are no live read models."""

    code = "nothing_to_check"
    template = "There are no live read models of {name}."
    hint = "Build them with rebuild."


class BuiltByAnotherRelease(Conflict):
    """Raised for live read models that this release's code did not make."""

    code = "built_by_another_release"
    template = "The live {table} was made by {found}, and this release makes {wanted}."
    hint = "Rebuild it."


class NotAtOnePlace(Conflict):
    """Raised when some partitions of the live read models know more of the log than others."""

    code = "not_at_one_place"
    template = "The partitions of the live read models stand at different positions, from {first} to {last}."
    hint = "Run follow --once, or let the followers catch up, and check again."


@dataclass(frozen=True)
class Difference:
    """A licence of a table whose rows are not what they should be: so many too many, so many missing."""

    table: str
    license_id: str
    too_many: int
    missing: int


@dataclass(frozen=True)
class Checked:
    """What a comparison found: `positions` and digests of the live versions, and what differs in them."""

    positions: dict[int, int]
    digests: dict[int, str]
    events: int
    differences: list[Difference]


def check(ledger: Ledger, order: Order, tell: Tell) -> Checked:
    """Rebuild the tables at the position and horizon of the live ones, and compare; nothing is changed.

    Tables of several versions are compared version by version. Raises NothingToCheck, BuiltByAnotherRelease,
    NotAtOnePlace, AlreadyUnderWay.
    """
    models = ledger.read_models()
    if models is None:
        raise NothingToCheck(what="read models", name=ledger.store.url)
    live = _live(models, order.tables, ledger.store.url)
    checked = Checked({}, {}, 0, [])
    with ledger.store.alone(WORK):
        for version in sorted(set(live.values())):
            tables = tuple(table for table in order.tables if live[table] == version)
            one = _check_version(ledger, models, version, replace(order, tables=tables), tell)
            checked = Checked(
                checked.positions | one.positions,
                checked.digests | one.digests,
                one.events,
                checked.differences + one.differences,
            )
    return checked


def _check_version(ledger: Ledger, models: ReadModelStore, version: int, order: Order, tell: Tell) -> Checked:
    end, through_us = _place(models, version)
    url = f"{order.staging_url}-check"
    plan = planned(ledger, replace(order, staging_url=url), through_us, tell, end)
    rebuilt = computed(ledger, plan, order.runner, tell)
    found = list(_differences(models, dict.fromkeys(order.tables, version), Staging.at(url)))
    Staging.at(url).clear()
    return Checked({version: end.position}, {version: rebuilt.digest}, plan.rows, found)


def _live(models: ReadModelStore, tables: tuple[str, ...], url: str) -> dict[str, int]:
    live: dict[str, TableVersion] = {
        one.table: one for one in models.table_versions() if one.state is State.LIVE
    }
    for table in tables:
        if table not in live:
            raise NothingToCheck(what="read models", name=f"{table} in {url}")
        if live[table].schema_version != schema_version():
            found, wanted = live[table].schema_version, schema_version()
            raise BuiltByAnotherRelease(table=table, found=found, wanted=wanted)
    return {table: live[table].version for table in tables}


def _place(models: ReadModelStore, version: int) -> tuple[LastRecorded, int]:
    found = [one for one in models.checkpoints() if one.version == version]
    places = sorted({(one.position, one.recorded_us, one.through_us) for one in found})
    if len(places) != 1:
        raise NotAtOnePlace(stream="read models", first=places[0][0], last=places[-1][0])
    position, recorded_us, through_us = places[0]
    return LastRecorded(position, recorded_us), through_us


def _differences(models: ReadModelStore, live: Mapping[str, int], staging: Staging) -> Iterator[Difference]:
    """Yield the licences that differ, those of one task after the other, then those that should not be."""
    seen: dict[str, set[str]] = {table: set() for table in live}
    for frames in staging.all_frames():
        ids = sorted({each for frame in frames.values() for each in frame["license_id"].unique()})
        held = rows_of(models, live, SCHEMAS, ids)
        for table in live:
            seen[table].update(ids)
            yield from _between(table, held[table], frames[table])
    for table, version in live.items():
        surplus = sorted(licenses_in(models, version, table) - seen[table])
        if surplus:
            frame = rows_of(models, {table: version}, SCHEMAS, surplus)[table]
            yield from _between(table, frame, frame.clear())


def _between(table: str, held: pl.DataFrame, wanted: pl.DataFrame) -> Iterator[Difference]:
    """Yield the licences whose rows differ; equal rows count as often as they stand."""
    columns = wanted.columns
    counted = [
        frame.group_by(columns).len(name).with_columns(pl.col(name).cast(pl.Int64))
        for name, frame in (("held", held), ("wanted", wanted))
    ]
    both = counted[0].join(counted[1], on=columns, how="full", coalesce=True, nulls_equal=True)
    more = (pl.col("held").fill_null(0) - pl.col("wanted").fill_null(0)).alias("more")
    differing = both.with_columns(more).filter(pl.col("more") != 0)
    by_license = differing.group_by("license_id").agg(
        too_many=pl.col("more").clip(lower_bound=0).sum(),
        missing=(-pl.col("more")).clip(lower_bound=0).sum(),
    )
    for row in by_license.sort("license_id").iter_rows(named=True):
        yield Difference(table, row["license_id"], row["too_many"], row["missing"])
