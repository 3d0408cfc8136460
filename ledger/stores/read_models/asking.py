"""Rows for a question, if the read models are fresh enough: seen at one moment with their checkpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.catalogue import Checkpoint, State, TableVersion
from ledger.stores.read_models.layout import AT, physical
from ledger.stores.read_models.store import ReadModelStore, checkpoints, parked_in, table_versions
from ledger.stores.read_models.transactions import Transaction

# Every licence has a row here from its creation on, so this is where one is known from.
_KNOWN_BY = "seat_step"


@dataclass(frozen=True)
class Held:
    """The rows of the tables asked for, of the licences asked for; `unknown` are those that have none."""

    versions: tuple[int, ...]
    frames: Mapping[str, pl.DataFrame]
    unknown: frozenset[str]


@dataclass(frozen=True)
class NotFresh:
    """Why the read models cannot answer."""

    reason: str


def read_held(
    models: ReadModelStore,
    schemas: Mapping[str, pl.Schema],
    *,
    schema_version: str,
    last: LastRecorded,
    as_of_us: int,
    license_ids: Sequence[str],
) -> Held | NotFresh:
    """Return the rows of some tables that a question about an instant needs; no ids: of all licences.

    They are given only if the live versions were made by code of `schema_version` and know the log up to
    exactly `last`, the instant is within their horizon, and nobody asked for is parked.
    """
    with models.transaction(writing=False) as work:
        live = {one.table: one for one in table_versions(work) if one.state is State.LIVE}
        needed = {table: live.get(table) for table in (_KNOWN_BY, *schemas)}
        of = {one.version for one in needed.values() if one}
        reason = _stale(needed, schema_version) or _behind(checkpoints(work), of, last, as_of_us)
        parked = {one.license_id for one in parked_in(work, of)}
        if reason is None and (parked & set(license_ids) if license_ids else parked):
            reason = "a licence asked for is parked"
        if reason is not None:
            return NotFresh(reason)
        versions = {table: one.version for table, one in needed.items() if one}
        frames = {
            table: _rows(work, table, versions[table], schema, as_of_us=as_of_us, license_ids=license_ids)
            for table, schema in schemas.items()
        }
        unknown = _unknown(work, versions[_KNOWN_BY], license_ids)
    return Held(tuple(sorted(set(versions.values()))), frames, unknown)


def _stale(needed: Mapping[str, TableVersion | None], schema_version: str) -> str | None:
    for table, one in needed.items():
        if one is None:
            return f"{table} is not built"
        if one.schema_version != schema_version:
            return f"{table} was built by another release"
    return None


def _behind(found: Sequence[Checkpoint], versions: set[int], last: LastRecorded, as_of_us: int) -> str | None:
    of_versions = [one for one in found if one.version in versions]
    if {one.version for one in of_versions} != versions:
        return "they have no checkpoints"
    if any((one.position, one.recorded_us) != last for one in of_versions):
        return "they do not know the end of the log"
    if any(one.through_us < as_of_us for one in of_versions):
        return "it asks beyond their horizon"
    return None


def _rows(
    work: Transaction,
    table: str,
    version: int,
    schema: pl.Schema,
    *,
    as_of_us: int,
    license_ids: Sequence[str],
) -> pl.DataFrame:
    conditions = [AT.get(table, "1 = 1")]
    parameters = {"at": work.instant(as_of_us)}
    if license_ids:
        condition, parameters["ids"] = work.among(license_ids)
        conditions.append(f"license_id {condition}")
    columns = ", ".join(f'"{name}"' for name in schema)
    name = work.qualified(physical(table, version))
    return work.read(f"SELECT {columns} FROM {name} WHERE {' AND '.join(conditions)}", parameters, schema)


def _unknown(work: Transaction, version: int, license_ids: Sequence[str]) -> frozenset[str]:
    if not license_ids:
        return frozenset()
    condition, ids = work.among(license_ids)
    name = work.qualified(physical(_KNOWN_BY, version))
    known = work.run(f"SELECT DISTINCT license_id FROM {name} WHERE license_id {condition}", {"ids": ids})
    return frozenset(license_ids) - {row[0] for row in known}
