"""Invoices of any number of licences: own lines, adjustments and the data faults met (docs/rules.md §6)."""

from dataclasses import dataclass

import polars as pl

from ledger.projections.billing_dates import segments
from ledger.projections.billing_grid import billing_grid, with_cuts
from ledger.projections.billing_index import billing_day, with_first_index
from ledger.projections.history import History
from ledger.projections.knowledge import Epochs, epochs
from ledger.projections.lateness import Lateness, find_late
from ledger.projections.lookups import value_at
from ledger.projections.own_lines import OwnLines, own_lines
from ledger.projections.terms import ANCHOR, TermsInForce, of_license

INVOICE_COLUMNS = (
    "license_id", "billing_date", "period_start", "period_end", "pricing_model", "currency", "plan",
    "billing_cycle", "total", "number", "billing_us",
)  # fmt: skip
LINE_COLUMNS = (
    "license_id", "billing_date", "kind", "pricing_model", "date", "quantity", "unit_amount",
    "remaining_days", "period_days", "period_start", "period_end", "rate", "amount", "billing_us",
)  # fmt: skip


@dataclass(frozen=True)
class Billed:
    """What invoices are made of: the epochs, what came late, the terms in force by key, own lines."""

    known: Epochs
    late: Lateness
    terms: TermsInForce
    own: OwnLines


@dataclass(frozen=True)
class Invoices:
    """The invoices that exist, their lines and what could not be billed.

    `invoices` by (license_id, billing_date): INVOICE_COLUMNS, money in minor units. `lines` in the order of
    the rules within each invoice: LINE_COLUMNS; `date` is the day of a true-up and the billing date that an
    adjustment speaks of; `rate` counts RATE_SCALE-ths; `billing_us` is the instant (µs) of the invoice's
    billing date. `unpriced` names periods for which no price is known at the last knowledge of their licence:
    license_id, plan, billing_cycle, currency, date.
    """

    invoices: pl.DataFrame
    lines: pl.DataFrame
    unpriced: pl.DataFrame


def invoices(history: History, as_of_us: int) -> Invoices:
    """Return the invoices of every billing date whose instant is at or before `as_of_us`.

    What is known is what `history` holds. Empty histories give empty frames.
    """
    return assembled(history, billed(history, as_of_us))


def invoices_with_accounts(history: History, as_of_us: int) -> tuple[Invoices, pl.DataFrame]:
    """Return `invoices` and, for each of their billing dates, what stood behind it.

    The second frame: license, license_id, billing_date, at_us (its instant), cut_us and cut_position (what
    the invoice knew: see `with_cuts`), accounts (the PPA count at that instant), unit_amount (of the
    recurring line, null where there is none).
    """
    made = billed(history, as_of_us)
    return assembled(history, made), _accounts(history, made.own)


def _accounts(history: History, own: OwnLines) -> pl.DataFrame:
    dates = own.dates if "cut_us" in own.dates.columns else with_cuts(history, own.dates)
    price = value_at(own.periods["unit_amount"], pl.col("period"))
    return dates.filter(pl.col("n") >= pl.col("start_of_key")).select(
        "license",
        "at_us",
        "cut_us",
        "cut_position",
        pl.lit(history.licenses["license_id"]).gather("license").alias("license_id"),
        _date("day").alias("billing_date"),
        pl.col("ppa").alias("accounts"),
        pl.when(pl.col("recurring").is_not_null()).then(price).alias("unit_amount"),
    )


def invoices_and_gaps(history: History, through_us: int) -> tuple[Invoices, pl.DataFrame]:
    """Return `invoices` and the missing prices that a question about any instant up to `through_us` meets.

    The second frame is like `unpriced`, with known_from_us and known_until_us (null: no end): a question's
    as_of in that half-open span meets the gap. A price recorded late ends it, from the invoice on that knew.
    """
    made = billed(history, through_us)
    return assembled(history, made), _gaps(history, made.known, made.own)


def billed(history: History, as_of_us: int) -> Billed:
    """Return how every billing date up to an instant is billed, with each knowledge that bills it."""
    after = with_first_index(
        history.zones, history.licenses.select(ANCHOR), next_n=pl.lit(as_of_us + 1, pl.Int64)
    )
    last_n = after["next_n"] - 1
    lateness = find_late(history, history.terms, last_n)
    known = epochs(history, last_n, lateness.entered)
    terms = known.expand(lateness.terms)
    in_force = TermsInForce(terms, "key")
    owners = known.keys.select("key", **of_license(history, "months"))
    grid = billing_grid(history, known, segments(owners, terms, "key"))
    if history.programme.any_late:
        grid = with_cuts(history, grid)
    facts = known.expand(lateness.facts, last_us=grid.filter("ends")["at_us"])
    return Billed(known, lateness, in_force, own_lines(history, grid, facts, in_force))


def _adjustments(known: Epochs, dates: pl.DataFrame) -> pl.DataFrame:
    """Return the adjustments: date (the row of their invoice), day (of the invoice they speak of), amount.

    A key bills the differences between what it knows of each earlier invoice and what the key before it knew
    (nothing, before the first): with each key's differences billed, that is what was billed so far.
    """
    if known.keys.height == 0 or known.keys["start_n"].max() == 0:
        return dates.clear().select(date=pl.lit(0, pl.Int64), day="day", amount="own_total")
    sizes = known.keys["end_n"].cast(pl.Int64) + 1
    keys = known.keys.select(
        first_row=sizes.cum_sum() - sizes,
        follows=(pl.col("license") == pl.col("license").shift()).fill_null(value=False),
    )
    first_row = pl.lit(keys["first_row"])
    before_row = first_row.gather(pl.col("key") - 1, null_on_oob=True) + pl.col("n")
    before = pl.lit(dates["own_total"]).gather(before_row, null_on_oob=True)
    follows = pl.lit(keys["follows"]).gather("key")
    return (
        dates.filter(pl.col("n") < pl.col("start_of_key"))
        .select(
            date=first_row.gather("key") + pl.col("start_of_key"),
            day="day",
            amount=pl.col("own_total") - pl.when(follows).then(before).otherwise(0),
        )
        .filter(pl.col("amount") != 0)
    )


def assembled(history: History, made: Billed) -> Invoices:
    """Return the invoices that exist of what was billed."""
    known, own = made.known, made.own
    adjustments = _adjustments(known, own.dates)
    adjusted = adjustments.group_by("date").agg(pl.col("amount").sum().alias("adjusted"))
    number = history.issued.select("license", "n", "number")
    period = pl.col("period")
    existing = (
        own.dates.with_columns(date=pl.int_range(pl.len(), dtype=pl.Int64))
        .filter(pl.col("n") >= pl.col("start_of_key"))
        .join(adjusted, on="date", how="left", maintain_order="left")
        .filter(pl.col("recurring").is_not_null() | (pl.col("gross") != 0) | pl.col("adjusted").is_not_null())
        .join(number, on=["license", "n"], how="left", maintain_order="left")
        .with_columns(
            license_id=pl.lit(history.licenses["license_id"]).gather("license"),
            start_day=value_at(own.periods["day"], period),
            **{name: value_at(own.periods[name], period) for name in _OF_PERIOD},
        )
    )
    return Invoices(
        invoices=_invoice_rows(existing),
        lines=_line_rows(existing, own, adjustments).with_columns(
            license_id=pl.lit(history.licenses["license_id"]).gather("license_id")
        ),
        unpriced=_unpriced(history, known, own),
    )


_OF_PERIOD = ("model", "plan", "currency", "unit_amount", "quantity")


def _date(day: str | pl.Expr) -> pl.Expr:
    return (pl.col(day) if isinstance(day, str) else day).cast(pl.Int32).cast(pl.Date)


_CYCLE = pl.when(pl.col("months") > 1).then(pl.lit("annual")).otherwise(pl.lit("monthly"))


def _invoice_rows(existing: pl.DataFrame) -> pl.DataFrame:
    recurs = pl.col("recurring").is_not_null()
    return existing.select(
        "license_id",
        billing_date=_date("day"),
        period_start=pl.when(recurs).then(_date("start_day")),
        period_end=pl.when(recurs).then(_date("period_end")),
        pricing_model=pl.when(recurs).then(pl.col("model").cast(pl.String)),
        currency="currency",
        plan="plan",
        billing_cycle=_CYCLE,
        total=pl.col("own_total") + pl.col("adjusted").fill_null(0),
        number="number",
        billing_us="at_us",
    )


def _line_rows(existing: pl.DataFrame, own: OwnLines, adjustments: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of the invoices that exist, in the order of the rules."""
    recurring = existing.filter(pl.col("recurring").is_not_null()).select(
        *_line(0, "recurring"),
        "quantity",
        "unit_amount",
        pl.col("model").cast(pl.String).alias("pricing_model"),
        _date("start_day").alias("period_start"),
        _date("period_end").alias("period_end"),
        pl.col("recurring").alias("amount"),
    )
    true_ups = own.true_ups.join(existing.select("date"), on="date", how="semi").select(
        *_line(1, "true_up"),
        "quantity",
        "unit_amount",
        "amount",
        value_at(own.periods["model"], pl.col("period")).cast(pl.String).alias("pricing_model"),
        _date("day").alias("line_date"),
        pl.col("remaining_days").cast(pl.Int32),
        pl.col("period_days").cast(pl.Int32),
    )
    discounts = existing.filter(pl.col("discount") != 0).select(
        *_line(2, "discount"), "rate", pl.col("discount").alias("amount")
    )
    adjusted = adjustments.select(*_line(3, "adjustment"), "amount", _date("day").alias("line_date"))
    # Each part is in the order of its invoices and days: a stable sort by invoice and kind keeps the days'.
    return (
        pl.concat([recurring, true_ups, discounts, adjusted], how="diagonal")
        .sort("place", maintain_order=True)
        .with_columns(
            license_id=pl.lit(own.dates["license"]).gather("row"),
            billing_date=_date(pl.lit(own.dates["day"]).gather("row")),
            billing_us=pl.lit(own.dates["at_us"]).gather("row"),
        )
        .rename({"line_date": "date"})
        .select(LINE_COLUMNS)
    )


def _line(rank: int, kind: str) -> tuple[pl.Expr, ...]:
    """Return the row of the invoice, the place of its lines of a kind among all lines, and the kind."""
    row = pl.col("date")
    return row.alias("row"), (row * 4 + rank).alias("place"), pl.lit(kind).alias("kind")


def _unpriced(history: History, known: Epochs, own: OwnLines) -> pl.DataFrame:
    """Return the periods that no price is known for at the last knowledge of their licence."""
    is_last = known.keys.select((pl.col("license") != pl.col("license").shift(-1)).fill_null(value=True))
    return _without_price(own).filter(value_at(is_last.to_series(), pl.col("key"))).select(_of_gap(history))


def _without_price(own: OwnLines) -> pl.DataFrame:
    return own.periods.filter(pl.col("alive") & pl.col("unit_amount").is_null())


def _of_gap(history: History) -> tuple[pl.Expr, ...]:
    return (
        pl.lit(history.licenses["license_id"]).gather("license").alias("license_id"),
        pl.col("plan"),
        _CYCLE.alias("billing_cycle"),
        pl.col("currency"),
        _date("day").alias("date"),
    )


def _gaps(history: History, known: Epochs, own: OwnLines) -> pl.DataFrame:
    """Return every key's periods without a price, with the span in which its knowledge is the last.

    A licence's last key at an instant is the one whose first invoice came last by then.
    """
    instant = history.zones.instant
    starts = known.keys.with_columns(**of_license(history, *ANCHOR)).select(
        "license", start_us=instant(pl.col("zone"), billing_day(pl.col("start_n")))
    )
    same = pl.col("license") == pl.col("license").shift(-1)
    ends = starts.select(pl.when(same).then(pl.col("start_us").shift(-1))).to_series()
    return (
        _without_price(own)
        .with_columns(**of_license(history, "zone"))
        .with_columns(
            known_from_us=pl.max_horizontal(
                instant(pl.col("zone"), pl.col("day")), value_at(starts["start_us"], pl.col("key"))
            ),
            known_until_us=value_at(ends, pl.col("key")),
        )
        .filter((pl.col("known_from_us") < pl.col("known_until_us")).fill_null(value=True))
        .select(*_of_gap(history), "known_from_us", "known_until_us")
    )
