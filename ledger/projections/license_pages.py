"""The licences that stand so and so at an instant, with what they are charged now and next."""

from datetime import datetime, timedelta

import polars as pl

PAGE_COLUMNS = (
    "license_id", "status", "plan", "billing_cycle", "pricing_model", "currency", "source", "payer",
    "partner_id", "partner_programme", "next_pricing_model", "changes_at", "charge_date", "charge",
    "next_charge_date", "next_charge",
)  # fmt: skip
# Who is charged once a year was charged by then, a leap year and a day on either side included.
LOOK_BACK = timedelta(days=368)
# So far ahead invoices are made.
LOOK_AHEAD = timedelta(days=42)


def standing_at(steps: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    """Return the rows of license_step in force at an instant, by license_id."""
    lasts = (pl.col("valid_to") > at).fill_null(value=True)
    return steps.filter((pl.col("valid_from") <= at) & lasts).sort("license_id")


def license_rows(steps: pl.DataFrame, invoices: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return PAGE_COLUMNS of rows of license_step, in their order.

    `invoices` are rows of the read model invoice of these licences from LOOK_BACK before the instant on.
    The charge is the total of the last invoice for a period, the next one that of the first invoice to come
    within LOOK_AHEAD; where there is none, its date is the end of the charged period and its amount null.
    """
    at, until = pl.lit(as_of), pl.lit(as_of + LOOK_AHEAD)
    by_date = invoices.sort("license_id", "billing_date")
    came = by_date.filter((pl.col("billing_at") <= at) & pl.col("period_start").is_not_null())
    now = came.group_by("license_id", maintain_order=True).agg(
        charge_date=pl.col("billing_date").last(),
        charge=pl.col("total").last(),
        period_end=pl.col("period_end").last(),
    )
    to_come = (
        by_date.filter((pl.col("billing_at") > at) & (pl.col("billing_at") <= until))
        .group_by("license_id", maintain_order=True)
        .agg(next_date=pl.col("billing_date").first(), next_charge=pl.col("total").first())
    )
    goes_on = pl.col("status") != "cancelled"
    return (
        steps.join(now, on="license_id", how="left", maintain_order="left")
        .join(to_come, on="license_id", how="left", maintain_order="left")
        .with_columns(
            next_charge_date=pl.coalesce("next_date", pl.when(goes_on).then("period_end")),
            changes_at=pl.when(pl.col("next_pricing_model").is_not_null()).then("valid_to"),
        )
        .select(PAGE_COLUMNS)
    )
