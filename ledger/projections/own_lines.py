"""The own lines of invoices for each key: recurring, true-up, discount (docs/rules.md §6, lines 1 to 3)."""

from dataclasses import dataclass

import polars as pl

from ledger.projections.exact import rounded_ratio
from ledger.projections.history import History
from ledger.projections.lookups import Cut, value_at
from ledger.projections.models import PPA, PPS, PPU
from ledger.projections.terms import TermsInForce, of_license
from ledger.projections.timeline import count_changes, count_steps, running_max
from ledger.rules.money import RATE_SCALE


@dataclass(frozen=True)
class OwnLines:
    """Own lines of every key.

    `dates`: the billing grid with `period` (a row of `periods`), recurring (null if none), gross (recurring
    and true-ups), rate (in RATE_SCALE-ths), discount (not positive) and own_total. `periods`: one row a
    period of a key: license, day, period_end, currency, plan, months, model, quantity, unit_amount (null if
    no price is known), alive (not cancelled at its instant), billed (alive and priced). `true_ups`: date (a
    row of `dates`), period, day, quantity, unit_amount, remaining_days, period_days, amount; by (date,
    day).
    """

    dates: pl.DataFrame
    periods: pl.DataFrame
    true_ups: pl.DataFrame


def own_lines(history: History, grid: pl.DataFrame, facts: pl.DataFrame, terms: TermsInForce) -> OwnLines:
    """Return the own lines of every row of the billing grid.

    `grid` has cut_us and cut_position where the programme has late terms; `facts` are the agent, ChatBot and
    seat events given to keys, by (key, subject, effective_us, position).
    """
    cancelled_us = terms.cancelled_us(grid.filter("ends").height)
    steps = count_steps(count_changes(facts), grid, cancelled_us)
    grid = grid.hstack(_counts_at_dates(steps, grid)).with_columns(
        period=pl.col("starts").cum_sum().cast(pl.Int64) - 1,
        alive=pl.col("at_us") < pl.lit(cancelled_us).gather("key"),
    )
    cut = Cut(pl.col("cut_us"), pl.col("cut_position")) if "cut_us" in grid.columns else None
    periods = _periods(history, grid, cut, terms)
    true_ups = _true_up_lines(history, steps, grid, periods)
    return OwnLines(_with_totals(history, grid, cut, periods, true_ups), periods, true_ups)


def discount_on(gross: pl.Expr, rate: pl.Expr) -> pl.Expr:
    """Return the discount (not positive) on a sum of lines, at a rate in RATE_SCALE-ths."""
    return -rounded_ratio([gross, rate], RATE_SCALE)


def _counts_at_dates(steps: pl.DataFrame, grid: pl.DataFrame) -> pl.DataFrame:
    """Return ppu and ppa at each billing date and `peak`, the highest pps of the month before it.

    The month runs from D_n-1 to D_n, both states included; on D_0 it reaches back to the creation.
    """
    at_dates = steps.with_columns(peak=running_max(pl.col("next_date"), pl.col("pps"))).filter(
        pl.col("date").is_not_null()
    )
    before = pl.when(pl.lit(grid["n"]) > 0).then(pl.col("pps").shift(fill_value=0)).otherwise(0)
    return at_dates.select("ppu", "ppa", peak=pl.max_horizontal("peak", before))


def _periods(history: History, grid: pl.DataFrame, cut: Cut | None, terms: TermsInForce) -> pl.DataFrame:
    of = of_license(history, "currency", "plan", "model")
    begun = terms.with_terms(grid.filter("starts"), pl.col("n"), of["plan"], of["model"])
    begun = begun.with_columns(currency=of["currency"])
    by_model = pl.when(pl.col("model") == PPU).then("ppu").when(pl.col("model") == PPA).then("ppa")
    return history.programme.with_unit_amount(begun, cut).select(
        "key",
        "license",
        "day",
        "period_end",
        "months",
        "currency",
        "plan",
        "model",
        "unit_amount",
        "alive",
        billed=pl.col("alive") & pl.col("unit_amount").is_not_null(),
        quantity=by_model.otherwise("peak"),
    )


def _true_up_lines(
    history: History, steps: pl.DataFrame, grid: pl.DataFrame, periods: pl.DataFrame
) -> pl.DataFrame:
    rises = pl.concat([_rises_of_counts(history, steps, grid, periods), _rises_of_peaks(grid, periods)])
    period_end = value_at(periods["period_end"], pl.col("period"))
    return (
        rises.with_columns(
            unit_amount=value_at(periods["unit_amount"], pl.col("period")),
            remaining_days=period_end - pl.col("day"),
            period_days=period_end - value_at(periods["day"], pl.col("period")),
        )
        .with_columns(
            amount=rounded_ratio(
                [pl.col("quantity"), pl.col("unit_amount"), pl.col("remaining_days")], pl.col("period_days")
            )
        )
        .sort("date", "day")
    )


def _rises_of_counts(
    history: History, steps: pl.DataFrame, grid: pl.DataFrame, periods: pl.DataFrame
) -> pl.DataFrame:
    """Return the rises above the high-water mark in billed ppu and ppa periods, by invoice and local day.

    A day's rises stand on the invoice of the first billing date after it. Columns: date (that invoice's row),
    period, day, quantity.
    """
    zone = value_at(grid["zone"], pl.col("last_date"))
    return (
        marked_steps(steps, grid, periods)
        .filter(pl.col("rise") > 0)
        .select(
            "period",
            "rise",
            date=pl.col("last_date") + 1,
            day=history.zones.local_day(zone, pl.col("at_us")),
        )
        .group_by("date", "day")
        .agg(pl.col("period").first(), quantity=pl.col("rise").sum())
        .select("date", "period", "day", "quantity")
    )


def marked_steps(steps: pl.DataFrame, grid: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Return the steps inside billed ppu and ppa periods, with the high-water mark, by (key, at_us).

    `steps` is `count_steps`; those at which no count rose may be missing. Columns besides: period, last_date
    (the row of the billing date before), count (of the period's model), mark (after the step), rise (of the
    mark). The period's first instant is no step, nor is what lies after a key's last billing date.
    """
    counted = periods.select(pl.col("billed") & (pl.col("model") != PPS)).to_series()
    # a step at which no count rose cannot pass the mark, and most are of seats
    rose = pl.any_horizontal(pl.col(count) > pl.col(count).shift() for count in ("ppu", "ppa"))
    by_count = (
        steps.filter(rose | pl.col("date").is_not_null())
        .with_columns(last_date=pl.col("date").forward_fill())
        .with_columns(period=value_at(grid["period"], pl.col("last_date")))
        .filter(
            (value_at(grid["key"], pl.col("last_date")) == pl.col("key"))
            & value_at(counted, pl.col("period"))
        )
        .with_columns(
            count=pl.when(value_at(periods["model"], pl.col("period")) == PPU).then("ppu").otherwise("ppa"),
            begins=value_at(grid["starts"], pl.col("date")).fill_null(value=False),
            ends=value_at(grid["ends"], pl.col("last_date")),
        )
    )
    return (
        by_count.with_columns(mark=running_max(pl.col("period"), pl.col("count")))
        .with_columns(rise=pl.col("mark") - pl.col("mark").shift())
        .filter(~pl.col("begins") & ~pl.col("ends"))
    )


def _rises_of_peaks(grid: pl.DataFrame, periods: pl.DataFrame) -> pl.DataFrame:
    """Return the rises of the monthly peak above the mark in billed annual pps periods, on their dates."""
    by_peak = periods.select(pl.col("billed") & (pl.col("model") == PPS) & (pl.col("months") > 1)).to_series()
    mark = running_max(pl.col("period"), pl.when("alive").then("peak").otherwise(0))
    return (
        grid.with_columns(date=pl.int_range(pl.len(), dtype=pl.Int64))
        .filter(value_at(by_peak, pl.col("period")))
        .with_columns(quantity=mark - mark.shift())
        .filter(~pl.col("starts") & (pl.col("quantity") > 0))
        .select("date", "period", "day", "quantity")
    )


def _with_totals(
    history: History, grid: pl.DataFrame, cut: Cut | None, periods: pl.DataFrame, true_ups: pl.DataFrame
) -> pl.DataFrame:
    nothing = pl.repeat(0, grid.height, dtype=pl.Int64, eager=True)
    if true_ups.height:
        sums = true_ups.group_by("date").agg(pl.col("amount").sum())
        nothing = nothing.scatter(sums["date"], sums["amount"])
    of = of_license(history, "rate_group", "partner_pays")
    amount = periods.select(pl.when("billed").then(pl.col("quantity") * pl.col("unit_amount"))).to_series()
    recurring = pl.when("starts").then(value_at(amount, pl.col("period")))
    paid_by = pl.when(of["partner_pays"]).then(of["rate_group"])
    grid = grid.with_columns(recurring=recurring, rate_group=paid_by)
    return (
        history.programme.with_rate(grid, cut)
        .with_columns(gross=pl.col("recurring").fill_null(0) + nothing, rate=pl.col("rate").fill_null(0))
        .with_columns(discount=discount_on(pl.col("gross"), pl.col("rate")))
        .with_columns(own_total=pl.col("gross") + pl.col("discount"))
    )
