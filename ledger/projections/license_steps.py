"""How a licence stands at every instant: on trial, active, cancelled, on which terms (docs/rules.md §5)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.billing_dates import with_charge_n, with_period
from ledger.projections.billing_index import billing_day
from ledger.projections.history import History
from ledger.projections.terms import (
    ANCHOR,
    FAR_FUTURE_US,
    of_license,
)
from ledger.rules.words import BillingCycle, Payer

TRIAL, ACTIVE, CANCELLED = "trial", "active", "cancelled"
LICENSE_STEP_COLUMNS = (
    "license_id", "valid_from_us", "valid_to_us", "status", "plan", "billing_cycle", "pricing_model",
    "currency", "source", "payer", "partner_id", "partner_programme", "next_pricing_model",
)  # fmt: skip
_TERMS = ("status", "plan", "months", "model")
_DECIDES_A_TERM = (
    Fact.PRICING_MODEL_SWITCHED,
    Fact.PLAN_CHANGED,
    Fact.BILLING_CYCLE_CHANGED,
    Fact.CUTOVER_ANNOUNCED,
)


def license_steps(history: History) -> pl.DataFrame:
    """Return LICENSE_STEP_COLUMNS, a row for each stretch of equal status and terms, by licence and time.

    The first begins with the licence's creation, on trial until D_0. A term holds from the first period that
    begins at or after what set it; every fact that is known counts, so steps reach into the future. The last
    step of a licence has no valid_to_us. `next_pricing_model` is that of the step that follows, null if it is
    the same or there is none. An empty history gives no rows.
    """
    rows = _stretches(history)
    begins = (pl.col("license") != pl.col("license").shift()).fill_null(value=True)
    changes = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in _TERMS)
    steps = rows.filter(begins | changes)
    follows = pl.col("license") == pl.col("license").shift(-1)
    model = pl.col("model").cast(pl.String)
    next_model = model.shift(-1)
    licenses = history.licenses.with_columns(
        payer=pl.when("partner_pays").then(pl.lit(Payer.PARTNER.value)).otherwise(pl.lit(Payer.CLIENT.value))
    )
    of = ("license_id", "currency", "source", "payer", "partner_id", "partner_programme")
    annual = pl.col("months") == BillingCycle.ANNUAL.months
    return steps.select(
        *(pl.lit(licenses[name]).gather("license").alias(name) for name in of),
        "status",
        "plan",
        valid_from_us="at_us",
        valid_to_us=pl.when(follows).then(pl.col("at_us").shift(-1)),
        billing_cycle=pl.when(annual)
        .then(pl.lit(BillingCycle.ANNUAL.value))
        .otherwise(pl.lit(BillingCycle.MONTHLY.value)),
        pricing_model=model,
        next_pricing_model=pl.when(
            follows & (next_model != model) & (pl.col("status").shift(-1) != CANCELLED)
        ).then(next_model),
    ).select(LICENSE_STEP_COLUMNS)


def _stretches(history: History) -> pl.DataFrame:
    """Return license, at_us, status, plan, months and model at every instant at which one may change."""
    cancelled = pl.lit(history.terms_in_force.cancelled_us(history.licenses.height)).gather("license")
    created = history.licenses.select(
        "license", "plan", "months", "model", at_us="effective_us", status=pl.lit(TRIAL)
    )
    begun = _periods(history)
    rows = pl.concat([created, begun.select(created.columns)]).sort("license", "at_us", maintain_order=True)
    alive = rows.filter(pl.col("at_us") < cancelled)
    # one that ends as it begins ends on the terms of its creation
    last = pl.concat([created, alive]).group_by("license", maintain_order=True).last()
    ended = last.with_columns(at_us=cancelled, status=pl.lit(CANCELLED)).filter(
        pl.col("at_us") < FAR_FUTURE_US
    )
    return pl.concat([alive, ended.select(alive.columns)]).sort("license", "at_us", maintain_order=True)


def _periods(history: History) -> pl.DataFrame:
    """Return the first period, and each period that is the first that something could set a term of."""
    deciding = history.terms.filter(pl.col("fact").is_in([int(fact) for fact in _DECIDES_A_TERM]))
    charged = with_charge_n(history.stretches, deciding.select("license", "bears_n"))
    indexes = pl.concat(
        [
            history.licenses.select("license", n=pl.lit(0, pl.Int32)),
            charged.select("license", n=pl.col("charge_n").cast(pl.Int32)),
        ]
    )
    asked = indexes.unique().sort("license", "n").with_columns(**of_license(history, *ANCHOR))
    of = of_license(history, "plan", "model")
    found = history.terms_in_force.with_terms(asked, pl.col("n"), of["plan"], of["model"])
    return with_period(history.stretches, found, "n").with_columns(
        at_us=history.zones.instant(pl.col("zone"), billing_day(pl.col("n"))), status=pl.lit(ACTIVE)
    )
