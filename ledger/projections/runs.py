"""Rows that stand together already: put into another order a run at a time, where sorting looks at each."""

from collections.abc import Sequence

import polars as pl


def runs(column: pl.Series) -> pl.DataFrame:
    """Return value, first row and end of each run of equal values, in their order."""
    end = pl.col("len").cast(pl.Int64).cum_sum()
    return column.rle().struct.unnest().select("value", first=end - pl.col("len"), end=end)


def stand_together(found: pl.DataFrame) -> bool:
    """Tell whether each value has one run only."""
    return found["value"].n_unique() == found.height


def gathered(rows: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    """Return the rows run by run, in the order of a frame with first and end."""
    numbers = order.select(pl.int_ranges("first", "end").explode(empty_as_null=False, keep_nulls=False))
    return rows.select(pl.all().gather(numbers.to_series()))


def goes_back(names: Sequence[str]) -> pl.Expr:
    """Tell which rows should stand before the row above them, by the columns from first to last."""
    back = pl.lit(value=False)
    for name in reversed(names):
        value = pl.col(name)
        back = (value < value.shift()) | ((value == value.shift()) & back)
    return back
