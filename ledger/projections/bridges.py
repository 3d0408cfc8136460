"""From one total to another in steps that add up: what it changes to replace one factor after the other."""

from collections.abc import Callable, Mapping

import polars as pl

from ledger.projections.own_lines import discount_on

Factors = Mapping[str, pl.Expr]
# The steps from one invoice to the next, in their order. Where a period begins on both, the recurring line is
# taken apart into its factors; else it comes or goes as a whole.
RECURRING_STEPS = ("pricing_model", "quantity", "unit_amount", "plan", "billing_cycle")
STEPS = (
    *RECURRING_STEPS, "period", "true_ups_before", "true_ups", "discount", "discount_rate",
    "adjustments_before", "adjustments",
)  # fmt: skip
_NOTHING = pl.lit(0, pl.Int64)


def invoice_total(factors: Factors) -> pl.Expr:
    """Return quantity x unit_amount and the sums of the other lines."""
    others = (factors[name] for name in ("others", "true_ups", "discount", "adjustments") if name in factors)
    return sum(others, factors["quantity"] * factors["unit_amount"])


def step_amounts(
    total: Callable[[Factors], pl.Expr], first: Factors, *steps: tuple[str, Factors]
) -> dict[str, pl.Expr]:
    """Return by name how much each step changes the total; all of them add up to the whole change.

    Each step replaces some of the factors that stand after the step before it.
    """
    amounts, now = {}, dict(first)
    for name, replaced in steps:
        then = now | dict(replaced)
        amounts[name] = total(then) - total(now)
        now = then
    return amounts


def bridge(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return for each pair of invoices the amount of every one of STEPS; they add up to the difference.

    `pairs` has recurs (both invoices have a recurring line); quantity_before, quantity_as (what the invoice
    before would have counted under the model of this one), quantity; unit_amount_before, unit_amount_listed
    (its plan and cycle at the prices of this one), unit_amount_planned (this plan with the cycle before, null
    if it has no price), unit_amount; for both, with and without `_before`: recurring (0 if there is none),
    true_ups, rate (in RATE_SCALE-ths), adjustments. Money in minor units.
    """
    col = pl.col
    recurs = col("recurs").cast(pl.Int64)
    first = {
        "quantity": col("quantity_before") * recurs,
        "unit_amount": col("unit_amount_before"),
        "others": col("recurring_before") * (1 - recurs),
        "true_ups": col("true_ups_before"),
        "discount": col("discount_before"),
        "adjustments": col("adjustments_before"),
    }
    gross, gross_before = (col(f"recurring{mark}") + col(f"true_ups{mark}") for mark in ("", "_before"))
    # as columns of their own: inside the totals they would be worked out for each step anew
    pairs = pairs.with_columns(
        discount_before=discount_on(gross_before, col("rate_before")),
        discount_then=discount_on(gross, col("rate_before")),
        discount=discount_on(gross, col("rate")),
    )
    steps = step_amounts(
        invoice_total,
        {name: factor.fill_null(0) for name, factor in first.items()},
        ("pricing_model", {"quantity": (col("quantity_as") * recurs).fill_null(0)}),
        ("quantity", {"quantity": (col("quantity") * recurs).fill_null(0)}),
        ("unit_amount", {"unit_amount": col("unit_amount_listed").fill_null(0)}),
        ("plan", {"unit_amount": pl.coalesce("unit_amount_planned", "unit_amount_listed", _NOTHING)}),
        ("billing_cycle", {"unit_amount": col("unit_amount").fill_null(0)}),
        ("period", {"others": col("recurring") * (1 - recurs)}),
        ("true_ups_before", {"true_ups": _NOTHING}),
        ("true_ups", {"true_ups": col("true_ups")}),
        ("discount", {"discount": col("discount_then")}),
        ("discount_rate", {"discount": col("discount")}),
        ("adjustments_before", {"adjustments": _NOTHING}),
        ("adjustments", {"adjustments": col("adjustments")}),
    )
    return pairs.select(amount.cast(pl.Int64).alias(name) for name, amount in steps.items())
