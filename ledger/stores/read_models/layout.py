"""The tables of read models: names, keys and indexes, and which rows a question about an instant needs."""

from collections.abc import Callable, Mapping

import polars as pl

# The columns that tell the rows of a licence apart, the licence first: what "one licence" is found by.
KEYS: Mapping[str, tuple[str, ...]] = {
    "license_step": ("license_id", "valid_from"),
    "seat_step": ("license_id", "valid_from"),
    "invoice": ("license_id", "billing_date"),
    "invoice_line": ("license_id", "billing_date", "line"),
    "notice": ("license_id", "charge_date", "cutover_id", "channel"),
    "fault": ("license_id", "code", "known_from"),
}
# What "all licences at an instant" are found by.
INSTANTS: Mapping[str, tuple[str, ...]] = {
    "license_step": ("valid_to",),
    "seat_step": ("valid_to",),
    "invoice": ("billing_at",),
    "invoice_line": ("billing_at",),
    "notice": ("charge_at",),
    "fault": ("known_from",),
}
# What else rows are found by: name, and what stands behind the table's name.
OTHERS: Mapping[str, Mapping[str, str]] = {
    "license_step": {
        "partner": '("partner_id", "license_id", "valid_from")',
        "soon": '("valid_to") WHERE next_pricing_model IS NOT NULL',
    },
}
TABLES = tuple(KEYS)

# Which rows a question about :at needs; a table that is not named is needed whole.
AT: Mapping[str, str] = {
    "license_step": "valid_from <= :at AND (valid_to > :at OR valid_to IS NULL)",
    "seat_step": "valid_from <= :at AND (valid_to > :at OR valid_to IS NULL)",
    "invoice": "billing_at <= :at",
    "invoice_line": "billing_at <= :at",
    "fault": "known_from <= :at AND (known_until > :at OR known_until IS NULL)",
}


def physical(table: str, version: int) -> str:
    """Return the name of a version's table."""
    return f"{table}_{version:d}"


def columns_of(schema: pl.Schema, type_name: Callable[[pl.DataType], str]) -> str:
    """Return the columns of a CREATE TABLE."""
    return ", ".join(f'"{name}" {type_name(dtype)}' for name, dtype in schema.items())


def indexes(table: str, version: int, qualified: Callable[[str], str]) -> list[str]:
    """Return the statements that build a version's indexes, which are there already if it is done again."""
    name = physical(table, version)
    kinds = {
        "one": f"({_listed(KEYS[table])})",
        "at": f"({_listed(INSTANTS[table])})",
        **OTHERS.get(table, {}),
    }
    return [
        f'CREATE INDEX IF NOT EXISTS "{name}_{kind}" ON {qualified(name)} {columns}'
        for kind, columns in kinds.items()
    ]


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
