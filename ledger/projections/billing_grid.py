"""The billing dates of every key as one table, and what each of them knew (docs/rules.md §5 and §6)."""

import polars as pl

from ledger.projections.billing_dates import with_period
from ledger.projections.billing_index import billing_day
from ledger.projections.history import History
from ledger.projections.issues import issue_index
from ledger.projections.knowledge import Epochs
from ledger.projections.lookups import Ask, value_at, with_latest
from ledger.projections.terms import ANCHOR, of_license

# Before every instant that the ledger accepts.
NO_INSTANT_US = -(1 << 62)


def billing_grid(history: History, epochs: Epochs, stretches: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each key's billing date up to its last, by (key, n).

    Columns: key, license, n, day, at_us, months, start_n, starts (a period begins), period_end (its end day),
    ends (the key's last), start_of_key (n of the key's first own invoice).
    """
    grid = (
        epochs.keys.with_columns(**of_license(history, *ANCHOR), start_of_key="start_n")
        .with_columns(n=pl.int_ranges(0, pl.col("end_n") + 1, dtype=pl.Int32))
        .explode("n", empty_as_null=False, keep_nulls=False)
    )
    return (
        with_period(stretches, grid, "n")
        .select(
            "key",
            "license",
            "n",
            "months",
            "start_n",
            "start_of_key",
            *ANCHOR,
            day=billing_day(pl.col("n")),
            starts=pl.col("start_n") == pl.col("n"),
            period_end=billing_day(pl.col("start_n") + pl.col("months")),
            ends=(pl.col("key") != pl.col("key").shift(-1)).fill_null(value=True),
        )
        .with_columns(at_us=history.zones.instant(pl.col("zone"), pl.col("day")))
    )


def with_cuts(history: History, grid: pl.DataFrame) -> pl.DataFrame:
    """Add cut_us and cut_position: what the key knew of the programme when it billed each date.

    A date of an earlier epoch is computed with the knowledge of the key's first invoice, its own dates each
    with their own. An issued invoice knew what its position says, whatever the instant.
    """
    billed_n = pl.max_horizontal("n", "start_of_key")
    billed_row = pl.int_range(pl.len(), dtype=pl.Int64) + (billed_n - pl.col("n"))
    issued = history.issued
    found = with_latest(grid, issue=Ask(issue_index(history), pl.col("license"), billed_n))
    is_issued = (value_at(issued["n"], pl.col("issue")) == billed_n).fill_null(value=False)
    return found.with_columns(
        cut_us=pl.when(is_issued).then(NO_INSTANT_US).otherwise(pl.col("at_us").gather(billed_row)),
        cut_position=value_at(issued["cut_position"], pl.col("issue")).fill_null(-1),
    )
