"""Exact arithmetic in columns: 64-bit products wrap silently there, so what may be large goes through 128."""

import polars as pl


def rounded_ratio(factors: list[pl.Expr], divisor: pl.Expr | int) -> pl.Expr:
    """Return the product of non-negative factors over a positive divisor, rounded once, halves up.

    For what is not negative, half up is half away from zero (docs/rules.md §6). The product is taken in 128
    bits; a result beyond 64 bits raises instead of wrapping.
    """
    product = factors[0].cast(pl.Int128)
    for factor in factors[1:]:
        product = product * factor.cast(pl.Int128)
    whole = divisor.cast(pl.Int128) if isinstance(divisor, pl.Expr) else pl.lit(divisor, dtype=pl.Int128)
    return ((product * 2 + whole) // (whole * 2)).cast(pl.Int64, strict=True)
