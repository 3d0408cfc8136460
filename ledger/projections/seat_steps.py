"""Seat counts of every instant at once, as steps: what the read models keep (docs/rules.md §3)."""

import polars as pl

from ledger.projections.accounts import Accounts
from ledger.projections.seats import SEAT_COLUMNS
from ledger.projections.states import COUNTED, COUNTS

_FIGURES = SEAT_COLUMNS[1:]


def seat_steps(accounts: Accounts) -> pl.DataFrame:
    """Return license_id, valid_from_us, valid_to_us (null: still in force) and the figures of SEAT_COLUMNS.

    One row for each instant at which a figure changes, the first from the licence's creation, by
    (license_id, valid_from_us); a step holds from its first instant to before its last. The step in force at
    an instant is what `seats` says of it.
    """
    owner = pl.col("license")
    cancelled = accounts.cancelled.select("license", at_us="cancelled_us", cancelled=pl.lit(1, pl.Int64))
    created = accounts.licenses.select("license", at_us="effective_us")
    rows = pl.concat([_changes(accounts), created, cancelled], how="diagonal").with_columns(
        pl.exclude("license", "at_us").fill_null(0)
    )
    begins = (owner != owner.shift()).fill_null(value=True)
    last = ((owner != owner.shift(-1)) | (pl.col("at_us") != pl.col("at_us").shift(-1))).fill_null(value=True)
    changes = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _FIGURES)
    steps = (
        rows.sort("license", "at_us")
        .with_columns(pl.exclude("license", "at_us").cum_sum().over("license"))
        .filter(last)
        .with_columns(**{name: count * (1 - pl.col("cancelled")) for name, count in COUNTS.items()})
        .filter(begins | changes)
    )
    return steps.select(
        pl.lit(accounts.licenses["license_id"]).gather("license").alias("license_id"),
        pl.col("at_us").alias("valid_from_us"),
        pl.when(owner == owner.shift(-1)).then(pl.col("at_us").shift(-1)).alias("valid_to_us"),
        *_FIGURES,
    )


def _changes(accounts: Accounts) -> pl.DataFrame:
    """Return license, at_us and the change of each of the four facts, for every event that changes one."""
    created_us = pl.lit(accounts.licenses["effective_us"]).gather("license")
    counted = accounts.states.select(
        "license",
        "first",
        at_us=pl.max_horizontal("effective_us", created_us),
        **{name: counts.cast(pl.Int64) for name, counts in COUNTED.items()},
    )
    before = {name: pl.when("first").then(0).otherwise(pl.col(name).shift(fill_value=0)) for name in COUNTED}
    return counted.select(
        "license", "at_us", **{name: pl.col(name) - before[name] for name in COUNTED}
    ).filter(pl.any_horizontal(pl.col(name) != 0 for name in COUNTED))
