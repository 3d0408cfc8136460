"""Which accounts count for what a licence is charged, one by one (docs/rules.md §3)."""

import polars as pl

from ledger.projections.account_states import AGENT, IS_ACTIVE_AGENT
from ledger.rules.words import PricingModel


def counts_under(model: PricingModel, as_of_us: int) -> pl.Expr:
    """Tell which rows of `accounts`, asked at the same instant, count at it under a pricing model."""
    if model is PricingModel.PPU:
        return IS_ACTIVE_AGENT
    if model is PricingModel.PPA:
        return pl.lit(value=True)
    holds_seat = IS_ACTIVE_AGENT & (pl.col("last_seat_us") == as_of_us).fill_null(value=False)
    return (pl.col("kind") != AGENT) | (holds_seat & ~pl.col("complimentary"))
