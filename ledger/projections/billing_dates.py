"""The periods of a licence: which billing dates begin one, and how long it lasts (docs/rules.md §5)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.billing_index import MONTHS_BOUND, with_first_index
from ledger.projections.history import History
from ledger.projections.lookups import Ask, Index, value_at, with_latest
from ledger.projections.terms import ANCHOR, of_license


def segments(history: History) -> pl.DataFrame:
    """Return the stretches of equal billing cycle: license, from_n, months, by (license, from_n).

    `from_n` is the index of the first period of the stretch. A change of cycle counts from the first period
    that begins at or after it, so a stretch begins where the period that runs at the change ends.
    """
    now = history.licenses.select("license", "months", from_n=pl.lit(0, pl.Int32))
    changes = history.changes.filter(pl.col("fact") == Fact.BILLING_CYCLE_CHANGED)
    if changes.is_empty():
        return now.select("license", "from_n", "months")
    changes = changes.select("license", "effective_us", new_months="months").with_columns(
        **of_license(history, *ANCHOR), turn=pl.int_range(pl.len()).over("license")
    )
    changes = with_first_index(history.zones, changes, changed_n=pl.col("effective_us"))
    found = [now]
    # One round for each further change of the licence that changed most often: where a stretch begins
    # depends on where the one before it ended.
    for _, turn in sorted(changes.partition_by("turn", as_dict=True).items()):
        now = turn.join(now, on="license").select(
            "license", _next_start().alias("from_n"), months="new_months"
        )
        found.append(now)
    return (
        pl.concat([frame.select("license", "from_n", "months") for frame in found])
        .unique(["license", "from_n"], keep="last", maintain_order=True)
        .sort("license", "from_n")
    )


def _next_start() -> pl.Expr:
    """Return the first start, on the running stretch's grid, at or after `changed_n`."""
    periods = (pl.col("changed_n") - pl.col("from_n") + pl.col("months") - 1) // pl.col("months")
    return pl.col("from_n") + pl.max_horizontal(periods, pl.lit(0, pl.Int32)) * pl.col("months")


def stretch_index(stretches: pl.DataFrame) -> Index:
    """Return the index of `segments` by licence and first period."""
    return Index.by_number(stretches["license"], stretches["from_n"], MONTHS_BOUND)


def with_period(stretches: pl.DataFrame, rows: pl.DataFrame, n: str) -> pl.DataFrame:
    """Add months and start_n (its first index) of the period that D_n falls into, for rows with `license`."""
    ask = Ask(stretch_index(stretches), pl.col("license"), pl.col(n))
    found = with_latest(rows, stretch=ask).with_columns(
        value_at(stretches["months"], pl.col("stretch")).alias("months"),
        value_at(stretches["from_n"], pl.col("stretch")).alias("start_n"),
    )
    start_n = pl.col(n) - (pl.col(n) - pl.col("start_n")) % pl.col("months")
    return found.with_columns(start_n.cast(pl.Int32).alias("start_n")).drop("stretch")
