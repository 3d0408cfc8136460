"""What a partner earns on an invoice that the client pays (docs/rules.md §8)."""

from dataclasses import dataclass

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.exact import rounded_ratio
from ledger.projections.lookups import Cut, KnownTerms
from ledger.projections.programme import may_be_late
from ledger.projections.rates import scaled_rates
from ledger.rules.money import RATE_SCALE

_TIMES = ("effective_us", "recorded_us", "position")


@dataclass(frozen=True)
class Commissions:
    """The commission rates of partners, prepared once for many invoices."""

    _groups: pl.DataFrame
    _rates: KnownTerms

    @classmethod
    def of(cls, terms: pl.DataFrame, issued_us: pl.Series) -> "Commissions":
        """Prepare the partners' rows of `decode_terms`; `issued_us`: when invoices were issued."""
        rated = terms.filter(
            pl.col("fact").is_in([Fact.PARTNER_REGISTERED, Fact.PARTNER_TERMS_CHANGED])
            & pl.col("commission_rate").is_not_null()
        )
        groups = rated.select("partner_id").unique().sort("partner_id").with_row_index("group")
        rates = rated.select(
            "partner_id", *_TIMES, value=scaled_rates(rated["commission_rate"])
        ).with_columns(is_late=may_be_late(issued_us))
        return cls(groups, KnownTerms(rates.join(groups, on="partner_id").drop("partner_id")))

    def on(self, invoices: pl.DataFrame) -> pl.DataFrame:
        """Add commission_rate (RATE_SCALE-ths, null if none) and commission (minor units) to invoices.

        They have partner_id (null without a partner), partner_pays, total, at_us (their billing date's
        instant), cut_us and cut_position (what they knew, as `with_cuts` has it). The rate is the one in
        force at at_us as known at the cut; the commission is rounded once, half away from zero, and 0 where
        the partner pays.
        """
        earns = pl.when(~pl.col("partner_pays")).then("group")
        grouped = invoices.join(self._groups, on="partner_id", how="left", maintain_order="left")
        cut = Cut(pl.col("cut_us"), pl.col("cut_position"))
        rated = self._rates.with_value(
            grouped.with_columns(group=earns), "commission_rate", pl.col("group"), pl.col("at_us"), cut
        ).drop("group")
        rate = pl.col("commission_rate").fill_null(0)
        size = rounded_ratio([pl.col("total").abs(), rate], RATE_SCALE)
        return rated.with_columns(commission=pl.col("total").sign() * size)
