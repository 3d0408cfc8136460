"""What a partner is charged and earns in a stretch of billing dates (docs/rules.md §8, docs/money.md)."""

from datetime import date

import polars as pl

from ledger.projections.commission import Commissions
from ledger.projections.history import History
from ledger.projections.invoices import Invoices, invoices_with_accounts
from ledger.projections.rates import plain_rates

STATEMENT_COLUMNS = (
    "license_id", "billing_date", "number", "payer", "pricing_model", "currency", "recurring", "true_ups",
    "discount", "adjustments", "total", "commission_rate", "commission", "accounts", "unit_amount",
    "public_price", "margin",
)  # fmt: skip
TOTAL_COLUMNS = (
    "recurring",
    "true_ups",
    "discount",
    "adjustments",
    "total",
    "commission",
    "public_price",
    "margin",
)
_INVOICE = ["license_id", "billing_date"]


def statement(
    history: History, commissions: Commissions, as_of_us: int, first: date, end: date
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return STATEMENT_COLUMNS of the invoices with a billing date from `first` and before `end`, and a sum.

    `history` holds the partner's licences. By (license_id, billing_date), those that had come by `as_of_us`;
    number is null for one that is not issued. Minor units; rates as decimal text. accounts, unit_amount,
    public_price (their product; 0 without a recurring line) and margin (public_price less total) are null
    where the client pays; commission_rate is null where the partner pays or has none.
    The sum has a row for each currency, by currency: licenses, invoices and TOTAL_COLUMNS.
    The third frame is `Invoices.unpriced` of that stretch.
    """
    billed, behind = invoices_with_accounts(history, as_of_us)
    within = pl.col("billing_date").is_between(first, end, closed="left")
    parties = history.licenses.select(
        "license", "partner_id", "partner_pays", payer=_payer(pl.col("partner_pays"))
    )
    rows = (
        billed.invoices.filter(within)
        .join(_sums(billed, within), on=_INVOICE, how="left", maintain_order="left")
        .join(behind, on=_INVOICE, how="left", maintain_order="left")
        .join(parties, on="license", how="left", maintain_order="left")
    )
    resold = pl.col("partner_pays")
    rows = (
        commissions.on(rows)
        .with_columns(
            commission=pl.when(~resold).then("commission"),
            accounts=pl.when(resold & pl.col("unit_amount").is_not_null()).then("accounts"),
            unit_amount=pl.when(resold).then("unit_amount"),
        )
        .with_columns(
            public_price=pl.when(resold).then((pl.col("accounts") * pl.col("unit_amount")).fill_null(0))
        )
        .with_columns(margin=pl.col("public_price") - pl.col("total"))
    )
    rates = plain_rates(rows["commission_rate"])
    rows = rows.with_columns(commission_rate=rates).select(STATEMENT_COLUMNS)
    return rows, _totals(rows), billed.unpriced.filter(pl.col("date").is_between(first, end, closed="left"))


def _payer(partner_pays: pl.Expr) -> pl.Expr:
    return pl.when(partner_pays).then(pl.lit("partner")).otherwise(pl.lit("client"))


def _sums(billed: Invoices, within: pl.Expr) -> pl.DataFrame:
    """Return the lines of each invoice added up by kind."""
    kinds = {
        "recurring": "recurring",
        "true_ups": "true_up",
        "discount": "discount",
        "adjustments": "adjustment",
    }
    return (
        billed.lines.filter(within)
        .group_by(_INVOICE)
        .agg(
            pl.col("amount").filter(pl.col("kind") == kind).sum().alias(name) for name, kind in kinds.items()
        )
    )


def _totals(rows: pl.DataFrame) -> pl.DataFrame:
    sums = [pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in TOTAL_COLUMNS]
    return (
        rows.group_by("currency")
        .agg(*sums, licenses=pl.col("license_id").n_unique(), invoices=pl.len())
        .sort("currency")
        .select("currency", "licenses", "invoices", *TOTAL_COLUMNS)
    )
