"""Which billing date a day or an instant falls to, from the anchor alone (docs/rules.md §5).

The rows have anchor_month and anchor_dom of their licence, where instants are asked for also `zone`.
"""

import polars as pl

from ledger.projections.calendar_tables import ZoneTable, day_in_month, month_of

# No licence has this many billing dates: the calendar's tables end after some 1,350 months.
MONTHS_BOUND = 4096


def billing_day(n: pl.Expr) -> pl.Expr:
    """Return the day of D_n."""
    return day_in_month(pl.col("anchor_month") + n, pl.col("anchor_dom"))


def first_index_from_day(day: pl.Expr) -> pl.Expr:
    """Return the first n whose D_n is on or after a day."""
    guess = month_of(day) - pl.col("anchor_month")
    return (guess + (billing_day(guess) < day).cast(pl.Int32)).clip(lower_bound=0)


def with_first_index(zones: ZoneTable, rows: pl.DataFrame, **instants: pl.Expr) -> pl.DataFrame:
    """Add for each name the first n whose D_n has its instant at or after that one (µs since 1970).

    The date of the month before is looked at too: where a whole day is skipped, two dates share an instant.
    Done in steps, since every look-up inside another would be evaluated anew.
    """
    zone = pl.col("zone")
    guess = {
        name: month_of(zones.local_day(zone, instant)) - pl.col("anchor_month")
        for name, instant in instants.items()
    }
    return rows.with_columns(**guess).with_columns(
        (
            pl.col(name)
            - 1
            + (zones.instant(zone, billing_day(pl.col(name) - 1)) < instant).cast(pl.Int32)
            + (zones.instant(zone, billing_day(pl.col(name))) < instant).cast(pl.Int32)
        ).clip(lower_bound=0).alias(name)
        for name, instant in instants.items()
    )  # fmt: skip
