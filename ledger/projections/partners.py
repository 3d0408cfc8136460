"""Partners and the terms in force between them and the programme (docs/rules.md §2)."""

import polars as pl

from ledger.events.facts import Fact

PARTNER_COLUMNS = ("partner_id", "programme", "registered_us", "discount_rate", "commission_rate")


def partners(terms: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return PARTNER_COLUMNS of the partners of `decode_terms`, by partner_id; rates as decimal text.

    All that are registered in `terms`; the rates are those in force at the instant, null where none is agreed
    on, by (effective_us, position): one left out stays what it was.
    """
    of_partners = terms.filter(
        pl.col("fact").is_in([Fact.PARTNER_REGISTERED, Fact.PARTNER_TERMS_CHANGED])
    ).sort("effective_us", "position")
    registered = of_partners.filter(pl.col("fact") == Fact.PARTNER_REGISTERED).select(
        "partner_id", "programme", registered_us="effective_us"
    )
    in_force = of_partners.filter(pl.col("effective_us") <= as_of_us)
    rates = in_force.group_by("partner_id").agg(
        pl.col(name).drop_nulls().last() for name in ("discount_rate", "commission_rate")
    )
    joined = registered.join(rates, on="partner_id", how="left")
    return joined.select(PARTNER_COLUMNS).sort("partner_id")
