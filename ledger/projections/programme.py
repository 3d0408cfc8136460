"""The programme's terms as known: partners, prices, rates and cutovers, prepared once for many asks."""

from dataclasses import dataclass

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.decoding import day, period_months
from ledger.projections.lookups import Cut, KnownTerms
from ledger.projections.models import MODEL
from ledger.projections.rates import scaled_rates
from ledger.rules.words import TakesEffect

_TIMES = ("effective_us", "recorded_us", "position")
_PRICE = ("plan", "months", "currency")


def may_be_late(issued_us: pl.Series) -> pl.Expr:
    """Tell which facts an invoice may have been made without that they bear on.

    Those recorded after they took effect, and those recorded at the very instant at which an invoice was
    issued (`issued_us`): it may have gone before them.
    """
    late = pl.col("recorded_us") > pl.col("effective_us")
    return late if issued_us.is_empty() else late | pl.col("recorded_us").is_in(issued_us.unique().implode())


@dataclass(frozen=True)
class Programme:
    """What is known of the programme.

    `partners`: partner_id, partner_programme, rate_group (null without a rate). `cutovers`: those on
    billing dates, by (on, position): cutover_id, for_source, for_programme, on (day), model, notice_days,
    recorded_us, position. `late_prices` and `late_rates`: those recorded after they took effect, with what
    they apply to.
    """

    partners: pl.DataFrame
    cutovers: pl.DataFrame
    late_prices: pl.DataFrame
    late_rates: pl.DataFrame
    _price_groups: pl.DataFrame
    _prices: KnownTerms
    _rates: KnownTerms

    @classmethod
    def of(cls, terms: pl.DataFrame, issued_us: pl.Series) -> "Programme":
        """Prepare the decoded rows (`decode_terms`) of the programme's events; licences' rows are ignored.

        `issued_us` are the instants at which invoices of the licences asked about were issued.
        """
        fact = pl.col("fact")
        is_late = may_be_late(issued_us)
        prices = terms.filter(fact == Fact.PRICE_PUBLISHED).select(
            "plan", "currency", *_TIMES, months=period_months("billing_cycle"), value="unit_amount"
        )
        price_groups = prices.select(_PRICE).unique().sort(_PRICE).with_row_index("price_group")
        prices = prices.join(price_groups, on=_PRICE).with_columns(is_late=is_late)
        rated = terms.filter(
            fact.is_in([Fact.PARTNER_REGISTERED, Fact.PARTNER_TERMS_CHANGED])
            & pl.col("discount_rate").is_not_null()
        )
        rate_groups = rated.select("partner_id").unique().sort("partner_id").with_row_index("rate_group")
        rated = rated.with_columns(value=scaled_rates(rated["discount_rate"]), is_late=is_late)
        rates = rated.join(rate_groups, on="partner_id")
        partners = terms.filter(fact == Fact.PARTNER_REGISTERED).select(
            "partner_id", partner_programme="programme"
        )
        return cls(
            partners=partners.join(rate_groups, on="partner_id", how="left"),
            cutovers=_on_billing_dates(terms),
            late_prices=prices.filter("is_late"),
            late_rates=rates.filter("is_late"),
            _price_groups=price_groups,
            _prices=KnownTerms(prices.rename({"price_group": "group"})),
            _rates=KnownTerms(rates.rename({"rate_group": "group"})),
        )

    @property
    def any_late(self) -> bool:
        """Tell whether any price or rate was recorded after it took effect, so that cuts matter."""
        return self._prices.any_late or self._rates.any_late

    def with_unit_amount(
        self, periods: pl.DataFrame, cut: Cut | None, *, source: str | None = None
    ) -> pl.DataFrame:
        """Add unit_amount (minor units, null if unknown) to periods: plan, months, currency, at_us.

        `source` names a column for the position of the price.
        """
        grouped = periods.join(self._price_groups, on=_PRICE, how="left", maintain_order="left")
        return self._prices.with_value(
            grouped, "unit_amount", pl.col("price_group"), pl.col("at_us"), cut, source=source
        ).drop("price_group")

    def with_rate(self, dates: pl.DataFrame, cut: Cut | None, *, source: str | None = None) -> pl.DataFrame:
        """Add the discount rate in force (RATE_SCALE-ths, null if none) to rows of rate_group and at_us.

        `source` names a column for the position of the partner's terms.
        """
        rate_group, at_us = pl.col("rate_group"), pl.col("at_us")
        return self._rates.with_value(dates, "rate", rate_group, at_us, cut, source=source)


def _on_billing_dates(terms: pl.DataFrame) -> pl.DataFrame:
    chosen = (pl.col("fact") == Fact.CUTOVER_ANNOUNCED) & (
        pl.col("takes_effect") == TakesEffect.ON_BILLING_DATE.value
    )
    return (
        terms.filter(chosen)
        .select(
            "cutover_id",
            pl.col("applies_to").struct.field("source").alias("for_source"),
            pl.col("applies_to").struct.field("programme").alias("for_programme"),
            day("on").alias("on"),
            pl.col("pricing_model").cast(MODEL).alias("model"),
            "notice_days",
            "recorded_us",
            "position",
        )
        .sort("on", "position")
    )
