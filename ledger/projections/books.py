"""A journal as text for plain-text accounting tools: beancount and hledger (docs/money.md)."""

from collections.abc import Iterator, Mapping

import polars as pl

from ledger.projections.journal import Journal
from ledger.rules.currencies import minor_unit_digits

_TITLE = "License Ledger: issued invoices and credit notes"
# What hledger takes for the end of a tag, a comment, a code or a part of a date, and the mark of these marks.
_MEANS_SOMETHING = "%,:;|()[]"
_TYPES = {"Assets": "A", "Liabilities": "L", "Income": "R", "Expenses": "X"}
_ENTRY = ["position", "date", "number", "license_id", "billing_date", "total"]


def beancount(journal: Journal) -> Iterator[str]:
    """Yield the lines of a beancount file: options, commodities, accounts, transactions."""
    postings = journal.postings
    yield f'option "title" "{_TITLE}"'
    currencies = sorted(postings["currency"].unique())
    yield from (f'option "operating_currency" "{currency}"' for currency in currencies)
    if not currencies:
        return
    first = postings.select(pl.col("date").min().cast(pl.String)).item()
    yield ""
    yield from (f"{first} commodity {currency}" for currency in currencies)
    yield ""
    yield from _joined(
        _accounts(journal),
        pl.col("opened").cast(pl.String) + " open " + pl.col("account") + " " + pl.col("currencies"),
        _when_there(pl.col("owner"), '\n  owner: "' + _quoted("owner") + '"'),
    )
    meta = (
        ("license", '"' + _quoted("license_id") + '"'),
        ("invoice", '"' + _quoted("number") + '"'),
        ("billing-date", pl.col("billing_date").cast(pl.String)),
        ("position", pl.col("position").cast(pl.String)),
    )
    yield from _joined(
        _entries(journal),
        "\n" + pl.col("date").cast(pl.String) + ' * "' + _kind() + " " + _quoted("number") + '"',
        *(f"\n  {name}: " + value for name, value in meta),
        "\n" + pl.col("postings"),
    )


def hledger(journal: Journal) -> Iterator[str]:
    """Yield the lines of an hledger file: commodities, accounts with their types, transactions.

    In tags, what would end them is written as `%` and two hexadecimal digits.
    """
    postings = journal.postings
    yield f"; {_TITLE}"
    yield "decimal-mark ."
    yield from (f"commodity {_format(currency)}" for currency in sorted(postings["currency"].unique()))
    yield ""
    root = pl.col("account").str.split(":").list.first()
    yield from _joined(
        _accounts(journal),
        "account " + pl.col("account") + "  ; type: " + root.replace_strict(_TYPES, return_dtype=pl.String),
        _when_there(pl.col("owner"), "\n  ; owner: " + _tag("owner")),
    )
    tags = (
        ("license", _tag("license_id")),
        ("invoice", _tag("number")),
        ("billing-date", pl.col("billing_date").cast(pl.String)),
        ("position", pl.col("position").cast(pl.String)),
    )
    yield from _joined(
        _entries(journal),
        "\n" + pl.col("date").cast(pl.String) + " * (" + _tag("number") + ") " + _kind(),
        *(f"\n  ; {name}: " + value for name, value in tags),
        "\n" + pl.col("postings"),
    )


def decimal_text(postings: pl.DataFrame) -> pl.Expr:
    """Return the amounts (minor units) of postings in the decimals of their currencies: -39.20."""
    digits = {currency: minor_unit_digits(currency) for currency in postings["currency"].unique()}
    scales = {currency: 10**many for currency, many in digits.items()}
    size, currency = pl.col("amount").abs(), pl.col("currency")
    scale = _of(currency, scales)
    decimals = (size % scale).cast(pl.String).str.zfill(_of(currency, digits))
    sign = pl.when(pl.col("amount") < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    point = pl.when(scale > 1).then("." + decimals).otherwise(pl.lit(""))
    return sign + (size // scale).cast(pl.String) + point


def _of(currency: pl.Expr, values: Mapping[str, int]) -> pl.Expr:
    return currency.replace_strict(values, return_dtype=pl.Int64) if values else pl.lit(1, pl.Int64)


def _format(currency: str) -> str:
    digits = minor_unit_digits(currency)
    return f"1000.{'0' * digits} {currency}"


def _accounts(journal: Journal) -> pl.DataFrame:
    """Return each account by name: opened (its first day), currencies (of its postings), owner."""
    return (
        journal.postings.group_by("account")
        .agg(
            opened=pl.col("date").min(),
            currencies=pl.col("currency").unique().sort().str.join(","),
            owner=pl.col("owner").first(),
        )
        .sort("account")
    )


def _entries(journal: Journal) -> pl.DataFrame:
    """Return an entry for each invoice, in the order of the log, with its postings as lines."""
    lines = journal.postings.with_columns(
        posting="  " + pl.col("account") + "  " + decimal_text(journal.postings) + " " + pl.col("currency")
    )
    return lines.group_by(_ENTRY, maintain_order=True).agg(postings=pl.col("posting").str.join("\n"))


def _kind() -> pl.Expr:
    return pl.when(pl.col("total") < 0).then(pl.lit("Credit note")).otherwise(pl.lit("Invoice"))


def _quoted(column: str) -> pl.Expr:
    """Return text as it stands between beancount's quotation marks."""
    marked = pl.col(column).str.replace_all("\\", "\\\\", literal=True)
    return marked.str.replace_all('"', '\\"', literal=True)


def _tag(column: str) -> pl.Expr:
    text = pl.col(column)
    for mark in _MEANS_SOMETHING:
        text = text.str.replace_all(mark, f"%{ord(mark):02X}", literal=True)
    return text


def _when_there(value: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.when(value.is_not_null()).then(text).otherwise(pl.lit(""))


def _joined(rows: pl.DataFrame, *parts: pl.Expr) -> Iterator[str]:
    return iter(rows.select(line=pl.concat_str(list(parts))).to_series())
