"""Answers as canonical JSON lines, made in columns: what is printed, compared and digested."""

import polars as pl

from ledger.projections.invoices import Invoices
from ledger.projections.rates import plain_rates


def seat_lines(seats: pl.DataFrame) -> pl.Series:
    """Return one JSON object a licence, in the order and with the names of SEAT_COLUMNS."""
    return _plain_objects(seats, pl.all())


def invoice_lines(answer: Invoices) -> pl.Series:
    """Return one JSON object an invoice, with its lines inside in the order of the rules."""
    lines = answer.lines
    amount = _number("amount")
    counted = [_text("pricing_model"), _number("quantity"), _number("unit_amount")]
    days = [_number("remaining_days"), _number("period_days")]
    by_kind = {
        "recurring": [*counted, _date("period_start"), _date("period_end"), amount],
        "true_up": [counted[0], _date("date"), *counted[1:], *days, amount],
        "discount": [_field("rate", pl.lit('"') + pl.col("rate_text") + pl.lit('"')), amount],
        "adjustment": [_field("billing_date", _quoted_date("date")), amount],
    }
    lines = lines.with_columns(rate_text=plain_rates(lines["rate"]))
    choice = pl.coalesce(
        pl.when(pl.col("kind") == kind).then(_object([_field("kind", pl.lit(f'"{kind}"')), *fields]))
        for kind, fields in by_kind.items()
    )
    joined = (
        lines.select("license_id", "billing_date", line=choice)
        .group_by("license_id", "billing_date", maintain_order=True)
        .agg(pl.col("line").str.join(","))
    )
    invoices = answer.invoices.join(
        joined, on=["license_id", "billing_date"], how="left", maintain_order="left"
    )
    fields = [
        _text("license_id"),
        *(_date(name) for name in ("billing_date", "period_start", "period_end")),
        *(_text(name) for name in ("pricing_model", "currency", "plan", "billing_cycle")),
        _field("lines", pl.lit("[") + pl.col("line").fill_null("") + pl.lit("]")),
        _number("total"),
        _text("number"),
    ]
    return _objects(invoices, fields)


def notice_lines(notices: pl.DataFrame) -> pl.Series:
    """Return one JSON object a notice."""
    return _plain_objects(
        notices,
        "license_id",
        "cutover_id",
        "channel",
        pl.col("charge_date").cast(pl.String),
        instant_text(pl.col("due_at_us")).alias("due_at"),
        "state",
        "late",
        "pricing_model_before",
        "pricing_model_after",
    )


def instant_text(us: pl.Expr) -> pl.Expr:
    """Return instants (µs since 1970 UTC) in RFC 3339 with six decimals and Z."""
    return us.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")


def _plain_objects(frame: pl.DataFrame, *fields: str | pl.Expr) -> pl.Series:
    """Return one object a row, of texts, whole numbers and truths; Polars writes all of it."""
    return frame.select(line=pl.struct(*fields).struct.json_encode()).to_series()


def _objects(frame: pl.DataFrame, fields: list[pl.Expr]) -> pl.Series:
    return frame.select(line=_object(fields)).to_series()


def _object(fields: list[pl.Expr]) -> pl.Expr:
    return pl.lit("{") + pl.concat_str(fields, separator=",") + pl.lit("}")


def _field(name: str, value: pl.Expr) -> pl.Expr:
    return pl.lit(f'"{name}":') + value


def _number(name: str) -> pl.Expr:
    return _field(name, pl.col(name).cast(pl.String).fill_null("null"))


def _date(name: str) -> pl.Expr:
    return _field(name, _quoted_date(name).fill_null("null"))


def _quoted_date(name: str) -> pl.Expr:
    return pl.lit('"') + pl.col(name).cast(pl.String) + pl.lit('"')


def _text(name: str) -> pl.Expr:
    """Quote text as JSON; Polars writes it, so that every character outside ASCII or below space is right."""
    quoted = pl.struct(pl.col(name).alias("v")).struct.json_encode()
    return _field(
        name, pl.when(pl.col(name).is_null()).then(pl.lit("null")).otherwise(quoted.str.slice(5).str.head(-1))
    )
