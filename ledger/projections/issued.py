"""Issued invoices as their events have them: what went out, whatever is known by now."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.decoding import present_states

_LINE = pl.Struct({"kind": pl.String, "pricing_model": pl.String, "billing_date": pl.String, "amount": pl.Int64})
_FIELDS = pl.Struct(
    {
        "number": pl.String,
        "billing_date": pl.String,
        "known_through": pl.String,
        "lines": pl.List(_LINE),
        "total": pl.Int64,
    }
)


def issued_invoices_in(log: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each InvoiceIssued of the log, by position.

    Columns: position, license_id, effective_us, number, billing_date (Date), known_through, lines (structs of
    kind, pricing_model, billing_date, amount), total. Money in minor units.
    """
    rows = log.filter(pl.col("fact") == Fact.INVOICE_ISSUED)
    fields = present_states(rows).str.json_decode(_FIELDS).struct.unnest()
    return (
        rows.select("position", pl.col("license_id").cast(pl.String), "effective_us")
        .hstack(fields)
        .with_columns(pl.col("billing_date").str.to_date("%Y-%m-%d"))
        .sort("position")
    )
