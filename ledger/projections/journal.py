"""Double entry for every issued invoice and credit note (docs/rules.md §8, docs/money.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ledger.projections.billing_grid import NO_INSTANT_US
from ledger.projections.commission import Commissions
from ledger.projections.history import History
from ledger.rules.account_names import account_part

PARTNERS, CUSTOMERS = "Assets:Receivable:Partners", "Assets:Receivable:Customers"
REVENUE: Mapping[str, str] = {
    "pps": "Income:Licences:PayPerSeat",
    "ppa": "Income:Licences:PayPerAccount",
    "ppu": "Income:Licences:PayPerUser",
}
DISCOUNTS, ADJUSTMENTS = "Income:Discounts", "Income:Adjustments"
EXPENSE, PAYABLE = "Expenses:Commissions", "Liabilities:Commissions"
ISSUED_SCHEMA = pl.Schema(
    {
        "position": pl.Int64(),
        "license_id": pl.String(),
        "effective_us": pl.Int64(),
        "number": pl.String(),
        "billing_date": pl.Date(),
        "known_through": pl.String(),
        "lines": pl.List(pl.Struct({"kind": pl.String, "pricing_model": pl.String, "amount": pl.Int64})),
        "total": pl.Int64(),
    }
)
POSTING_COLUMNS = (
    "date", "position", "number", "license_id", "billing_date", "total", "place", "account", "owner", "line",
    "amount", "currency",
)  # fmt: skip
_ENTRY = ("date", "position", "number", "license_id", "billing_date", "total", "currency")


@dataclass(frozen=True)
class Journal:
    """Balanced postings, and the issued invoices that cannot be posted.

    `postings` by (position, place): POSTING_COLUMNS; `date` is the licence's local day on which the invoice
    was issued, `owner` the partner or licence whose account it is (null: the house's own), `line` what the
    posting stands for: receivable, the kind of an invoice line, or commission. Minor units, debits positive.
    `unbalanced`: date, position, number, license_id, currency, total, lines_total of invoices whose lines do
    not add up to their total.
    """

    postings: pl.DataFrame
    unbalanced: pl.DataFrame


def journal(
    history: History, issued: pl.DataFrame, positions: Mapping[str, int], commissions: Commissions
) -> Journal:
    """Return the postings of issued invoices (ISSUED_SCHEMA, by position), in their order.

    `history` says who pays each licence's invoices, and in what currency; `positions` says where the ids in
    `known_through` stand. No invoices give no postings.
    """
    invoices = _described(history, issued, positions)
    adds_up = pl.col("lines_total") == pl.col("total")
    posted = commissions.on(invoices.filter(adds_up))
    parts = [_receivable(posted), _lines(posted), *_commission(posted)]
    return Journal(
        pl.concat(parts, how="diagonal_relaxed").sort("position", "place").select(POSTING_COLUMNS),
        invoices.filter(~adds_up).select(
            "date", "position", "number", "license_id", "currency", "total", "lines_total"
        ),
    )


def _described(history: History, issued: pl.DataFrame, positions: Mapping[str, int]) -> pl.DataFrame:
    """Add to issued invoices what their licence and their place in the log say."""
    zones = history.zones
    known = pl.DataFrame(
        {"known_through": list(positions), "cut_position": list(positions.values())},
        schema={"known_through": pl.String, "cut_position": pl.Int64},
    )
    owners = history.licenses.select(
        pl.col("license_id").cast(pl.String), "partner_id", "partner_pays", "currency", "zone"
    )
    amounts = pl.col("lines").list.eval(pl.element().struct.field("amount").cast(pl.Int128))
    day = zones.local_day(pl.col("zone"), pl.col("effective_us"))
    return (
        issued.join(owners, on="license_id", maintain_order="left")
        .join(known, on="known_through", how="left", maintain_order="left")
        .with_columns(
            date=day.cast(pl.Int32).cast(pl.Date),
            at_us=zones.instant(pl.col("zone"), pl.col("billing_date").to_physical()),
            cut_us=pl.lit(NO_INSTANT_US, pl.Int64),
            lines_total=amounts.list.sum().fill_null(0),
        )
    )


def _receivable(invoices: pl.DataFrame) -> pl.DataFrame:
    by_partner = pl.col("partner_pays")
    owner = pl.when(by_partner).then("partner_id").otherwise("license_id")
    folder = pl.when(by_partner).then(pl.lit(PARTNERS)).otherwise(pl.lit(CUSTOMERS))
    posted = invoices.with_columns(owner=owner)
    return posted.select(
        *_ENTRY,
        "owner",
        place=pl.lit(0, pl.Int64),
        account=folder + ":" + _parts(posted["owner"]),
        line=pl.lit("receivable"),
        amount="total",
    )


def _lines(invoices: pl.DataFrame) -> pl.DataFrame:
    """Return a posting for each line: revenue by pricing model, discounts, revenue of earlier periods."""
    lines = (
        invoices.select(*_ENTRY, "lines")
        .explode("lines", empty_as_null=False, keep_nulls=False)
        .with_columns(place=pl.int_range(pl.len()).over("position") + 1)
        .with_columns(
            line=pl.col("lines").struct.field("kind"),
            model=pl.col("lines").struct.field("pricing_model"),
            amount=-pl.col("lines").struct.field("amount"),
        )
    )
    by_kind = (
        pl.when(pl.col("line") == "discount")
        .then(pl.lit(DISCOUNTS))
        .when(pl.col("line") == "adjustment")
        .then(pl.lit(ADJUSTMENTS))
        .otherwise(pl.col("model").replace_strict(REVENUE, default=None, return_dtype=pl.String))
    )
    return lines.select(*_ENTRY, "place", "line", "amount", account=by_kind)


def _commission(invoices: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the expense and what is owed to the partner, of the invoices that earn a commission."""
    earning = invoices.filter(pl.col("commission") != 0)
    after_lines = earning["lines"].list.len().cast(pl.Int64) + 1
    shared = [*_ENTRY, pl.lit("commission").alias("line")]
    expense = earning.select(*shared, place=after_lines, account=pl.lit(EXPENSE), amount=pl.col("commission"))
    payable = earning.select(
        *shared,
        place=after_lines + 1,
        owner="partner_id",
        account=f"{PAYABLE}:" + _parts(earning["partner_id"]),
        amount=-pl.col("commission"),
    )
    return [expense, payable]


def _parts(owners: pl.Series) -> pl.Expr:
    """Return each owner's part of an account's name; every owner is named once."""
    names = {name: account_part(name) for name in owners.unique().drop_nulls()}
    if not names:
        return pl.lit(None, pl.String)
    return pl.lit(owners.replace_strict(names, default=None, return_dtype=pl.String))
