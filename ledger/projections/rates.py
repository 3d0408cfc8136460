"""Rates in columns: decimal text outside, whole RATE_SCALE-ths in arithmetic."""

import polars as pl

from ledger.rules.money import RATE_SCALE, plain_rate, scaled_rate


def scaled_rates(rates: pl.Series) -> pl.Series:
    """Return decimal strings as whole RATE_SCALE-ths, nulls as they are."""
    return _replaced(rates, {text: scaled_rate(text) for text in rates.drop_nulls().unique()}, pl.Int64())


def plain_rates(rates: pl.Series) -> pl.Series:
    """Return whole RATE_SCALE-ths as decimal strings without trailing zeros, nulls as they are."""
    texts = {
        rate: plain_rate(f"{rate // RATE_SCALE}.{rate % RATE_SCALE:012d}")
        for rate in rates.drop_nulls().unique()
    }
    return _replaced(rates, texts, pl.String())


def _replaced(values: pl.Series, by: dict[str, int] | dict[int, str], dtype: pl.DataType) -> pl.Series:
    if not by:
        return pl.Series(values.name, [None] * len(values), dtype=dtype)
    return values.replace_strict(by, default=None, return_dtype=dtype)
