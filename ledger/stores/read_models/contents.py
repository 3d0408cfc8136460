"""What a version of the read models holds, licence by licence: to compare it with what was computed."""

from collections.abc import Mapping, Sequence

import polars as pl

from ledger.stores.read_models.layout import physical
from ledger.stores.read_models.store import ReadModelStore


def row_counts(models: ReadModelStore, version: int, tables: Sequence[str]) -> dict[str, int]:
    """Return the number of rows of each table."""
    with models.transaction(writing=False) as work:
        return {
            table: int(work.run(f"SELECT count(*) FROM {work.qualified(physical(table, version))}")[0][0])
            for table in tables
        }


def licenses_in(models: ReadModelStore, version: int, table: str) -> frozenset[str]:
    """Return the licences that have rows in a table."""
    with models.transaction(writing=False) as work:
        name = work.qualified(physical(table, version))
        return frozenset(row[0] for row in work.run(f"SELECT DISTINCT license_id FROM {name}"))


def rows_of(
    models: ReadModelStore, versions: Mapping[str, int], schemas: Mapping[str, pl.Schema], ids: Sequence[str]
) -> dict[str, pl.DataFrame]:
    """Return all rows of some licences as columns, from the named version of each table."""
    with models.transaction(writing=False) as work:
        condition, value = work.among(ids)
        found = {}
        for table, version in versions.items():
            columns = ", ".join(f'"{name}"' for name in schemas[table])
            name = work.qualified(physical(table, version))
            statement = f"SELECT {columns} FROM {name} WHERE license_id {condition}"
            found[table] = work.read(statement, {"ids": value}, schemas[table])
        return found
