"""A few keys of what was billed, with the places of their facts in the log, to be looked at closely."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ledger.projections.billing_grid import with_cuts
from ledger.projections.history import History
from ledger.projections.invoices import Billed
from ledger.projections.models import PPU
from ledger.projections.own_lines import marked_steps
from ledger.projections.timeline import count_changes, count_steps


@dataclass(frozen=True)
class KeyPart:
    """The facts and billing dates of some keys, numbered anew from 0 in their order.

    `facts`: key, subject, fact, effective_us, position, sorted by all but the last two's order within a
    subject's instants. `dates`: the rows of OwnLines.dates, with cut_us and cut_position. `periods`: all of
    OwnLines.periods, which `dates` point into. `cancelled_us` by key.
    """

    facts: pl.DataFrame
    dates: pl.DataFrame
    periods: pl.DataFrame
    cancelled_us: pl.Series

    @classmethod
    def of(cls, history: History, billed: Billed, keys: list[int]) -> "KeyPart":
        """Take out the keys."""
        chosen = billed.known.keys.filter(pl.col("key").is_in(keys)).select(
            "license", "start_n", was="key", key=pl.int_range(pl.len(), dtype=pl.Int32)
        )
        dates = billed.own.dates
        if "cut_us" not in dates.columns:
            dates = with_cuts(history, dates)
        cancelled_us = billed.terms.cancelled_us(billed.known.keys.height)
        return cls(
            facts=known_facts(history, billed, chosen, pl.col("enters_n") <= pl.col("start_n")),
            dates=chosen.select("key", "was").join(
                dates.rename({"key": "was"}), on="was", maintain_order="left_right"
            ),
            periods=billed.own.periods,
            cancelled_us=cancelled_us.gather(chosen["was"]),
        )

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Return `count_steps` of the keys, with ppu_before and ppa_before of each step."""
        steps = count_steps(count_changes(self.facts), self.dates, self.cancelled_us)
        before = (
            pl.col(count).shift(fill_value=0).over("key").alias(f"{count}_before") for count in ("ppu", "ppa")
        )
        return steps.with_columns(before)

    def rises(self, history: History) -> pl.DataFrame:
        """Return the steps inside billed ppu and ppa periods at which the count rose.

        Columns: date (the row of the invoice that a true-up of it stands on), day (local), at_us, model,
        before and after (the count), mark (the high-water mark before), above (what of the rise is above it);
        by (date, at_us).
        """
        model = pl.lit(self.periods["model"]).gather("period")
        before = pl.when(model == PPU).then("ppu_before").otherwise("ppa_before")
        zone = pl.lit(self.dates["zone"]).gather("last_date")
        return (
            marked_steps(self.steps, self.dates, self.periods)
            .filter(pl.col("count") > before)
            .select(
                "at_us",
                date=pl.col("last_date") + 1,
                day=history.zones.local_day(zone, pl.col("at_us")),
                model=model,
                before=before,
                after="count",
                mark=pl.col("mark") - pl.col("rise"),
                above="rise",
            )
        )

    def peaks(self) -> pl.DataFrame:
        """Return the highest pps of the month before each billing date and when it was reached first.

        Columns: key, n, peak, peak_us (the first instant within the month, both ends of it included),
        since_us (when the count became so, before the month maybe), until_us (when it was no more, null:
        not by the key's last date); by (key, n). On D_0 the month reaches back to the creation.
        """
        begins = (
            (pl.col("key") != pl.col("key").shift()) | (pl.col("pps") != pl.col("pps").shift())
        ).fill_null(value=True)
        runs = self.steps.with_columns(run=begins.cum_sum() - 1, begins=begins)
        starts = runs.filter("begins").select("key", "at_us")
        same = starts["key"] == starts["key"].shift(-1)
        ends = starts.select(pl.when(same).then(pl.col("at_us").shift(-1))).to_series()
        within = runs.with_columns(month=pl.col("next_date"))
        at_start = runs.filter(pl.col("date").is_not_null()).with_columns(month=pl.col("date") + 1)
        first = (
            pl.concat([within, at_start])
            .filter(pl.lit(self.dates["key"]).gather("month", null_on_oob=True) == pl.col("key"))
            .sort("month", pl.col("pps"), "at_us", descending=[False, True, False])
            .unique("month", keep="first", maintain_order=True)
        )
        return first.select(
            "key",
            pl.lit(self.dates["n"]).gather("month").alias("n"),
            peak="pps",
            peak_us="at_us",
            since_us=pl.lit(starts["at_us"]).gather("run"),
            until_us=pl.lit(ends).gather("run"),
        )


def known_facts(history: History, billed: Billed, keys: pl.DataFrame, known: pl.Expr) -> pl.DataFrame:
    """Return key, subject, fact, effective_us and position of the facts that keys know, in kernel order.

    `keys` has key and license; `known` says of a fact (enters_n, position) beside its key's columns whether
    the key knows it.
    """
    facts = history.facts.select("license", "subject", "fact", "effective_us", "position")
    facts = facts.with_columns(billed.late.facts["enters_n"])
    return (
        keys.join(facts, on="license", maintain_order="left_right")
        .filter(known)
        .select("key", "subject", "fact", "effective_us", "position")
    )
