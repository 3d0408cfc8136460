"""Active agents who held no seat for some time, and what suspending them saves (docs/rules.md §8)."""

from dataclasses import dataclass

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.account_states import held_no_seat, states_until
from ledger.projections.billing_dates import with_charge_n
from ledger.projections.billing_index import billing_day, with_first_index
from ledger.projections.history import History
from ledger.projections.invoices import invoices
from ledger.projections.terms import ANCHOR
from ledger.projections.timeline import ACTIVE
from ledger.projections.what_if import copies, with_suspensions

_AGENT = ["license", "subject"]


@dataclass(frozen=True)
class Redundant:
    """What may be given up, and the difference that it makes to the next charge.

    `agents`: license_id, position (of the last event of the agent, which names it), last_seat_us (when it
    took a seat last; null: never), saves; by (license_id, last seat, never first, position).
    `licenses`: license_id, currency, charge_date (the next billing date with which a period begins),
    agents_active, redundant (how many), expected and without (the total of that date's invoice as things are
    and with all of them suspended), saves (the difference); a row for each licence alive, by license_id.
    expected, without and saves are null where no invoice will be made on that date. Minor units.
    `unpriced`: rows like `Invoices.unpriced`, of the charge dates whose period has no price.
    """

    agents: pl.DataFrame
    licenses: pl.DataFrame
    unpriced: pl.DataFrame


def redundant(history: History, days: int, at_us: int, charged: pl.DataFrame | None = None) -> Redundant:
    """Return the agents, active at an instant, who held no seat in the `days` times 24 hours before it.

    `history` is what was known at that instant. A cancelled licence has no row. Each agent's saving is that
    of suspending it alone, `licenses` has that of all together. `charged` (license, charge_day, charge_us)
    names other charges than the next ones; then only its licences have rows.
    """
    owners = _alive(history, at_us)
    if charged is not None:
        owners = owners.select("license").join(
            charged.select(owners.columns), on="license", maintain_order="left"
        )
    agents = _agents(history, at_us).join(owners.select("license"), on="license", how="semi")
    idle = agents.filter(held_no_seat("seated_until_us", at_us, days))
    (expected, together, alone), unpriced = _next_totals(history, owners, idle, at_us)
    owners = owners.with_columns(expected=expected, without=together)
    each = idle.with_columns(total=alone).join(
        owners.select("license", "expected"), on="license", how="left", maintain_order="left"
    )
    counts = agents.group_by("license").agg(agents_active=pl.len())
    found = idle.group_by("license").agg(redundant=pl.len())
    licenses = owners.join(counts, on="license", how="left", maintain_order="left").join(
        found, on="license", how="left", maintain_order="left"
    )
    names = pl.lit(history.licenses["license_id"])
    return Redundant(
        agents=each.select(
            "license",
            "position",
            "last_seat_us",
            license_id=names.gather("license"),
            saves=pl.col("expected") - pl.col("total"),
        )
        .sort("license", "last_seat_us", "position", nulls_last=False)
        .select("license_id", "position", "last_seat_us", "saves"),
        licenses=licenses.select(
            names.gather("license").alias("license_id"),
            pl.lit(history.licenses["currency"]).gather("license").alias("currency"),
            pl.col("charge_day").cast(pl.Int32).cast(pl.Date).alias("charge_date"),
            pl.col("agents_active", "redundant").fill_null(0),
            "expected",
            "without",
            saves=pl.col("expected") - pl.col("without"),
        ),
        unpriced=unpriced.with_columns(names.gather("license").alias("license_id")).drop("license"),
    )


def _alive(history: History, at_us: int) -> pl.DataFrame:
    """Return license, charge_day and charge_us: the first charge after an instant of who is there."""
    gone = history.cancelled.filter(pl.col("cancelled_us") <= at_us)
    there = history.licenses.filter(pl.col("effective_us") <= at_us).join(gone, on="license", how="anti")
    rows = with_first_index(
        history.zones, there.select("license", *ANCHOR), bears_n=pl.lit(at_us + 1, pl.Int64)
    )
    return (
        with_charge_n(history.stretches, rows)
        .with_columns(charge_day=billing_day(pl.col("charge_n")))
        .select(
            "license",
            "charge_day",
            charge_us=history.zones.instant(pl.col("zone"), pl.col("charge_day")),
        )
        .sort("license")
    )


def _agents(history: History, at_us: int) -> pl.DataFrame:
    """Return the agents active at an instant: license, subject, position, last_seat_us, seated_until_us.

    `seated_until_us` is when the agent last left a seat, the instant itself if it holds one; null: never.
    """
    takes = (pl.col("fact") == Fact.SEAT_TAKEN) & pl.col("holds_seat") & ~pl.col("clashes")
    return (
        states_until(history, at_us)
        .with_columns(took_us=pl.when(takes).then("effective_us"))
        .group_by(_AGENT, maintain_order=True)
        .agg(
            pl.col("status").last(),
            pl.col("position").last(),
            last_seat_us=pl.col("took_us").max(),
            seated_until_us=pl.col("until_us").filter("holds_seat").max(),
        )
        .filter(pl.col("status").is_in(ACTIVE))
    )


def _next_totals(
    history: History, owners: pl.DataFrame, idle: pl.DataFrame, at_us: int
) -> tuple[tuple[pl.Series, pl.Series, pl.Series], pl.DataFrame]:
    """Return the totals (null: no invoice) of the next charge: as it is, without all, without each.

    The first two are of `owners`, the third of `idle`. Each case is a copy of its licence with suspensions
    added to its facts, and all are billed at once. The frame has license and the columns of
    `Invoices.unpriced` of the charges that have no price.
    """
    charge = owners.select("license", "charge_day")
    alone = idle.select(_AGENT).join(charge, on="license", how="left", maintain_order="left")
    cases = pl.concat([charge, charge, alone.select(charge.columns)]).with_columns(
        copy=pl.int_range(pl.len(), dtype=pl.Int32)
    )
    together = cases.slice(owners.height, owners.height).join(idle.select(_AGENT), on="license")
    suspended = pl.concat(
        [
            together.select(license="copy", subject="subject"),
            pl.DataFrame({"license": cases["copy"].slice(2 * owners.height), "subject": idle["subject"]}),
        ]
    )
    would_be = with_suspensions(copies(history, cases["license"]), suspended, at_us)
    horizon_us = owners["charge_us"].max()
    billed = invoices(would_be, horizon_us if isinstance(horizon_us, int) else at_us)
    due = cases.select(
        "license",
        license_id=pl.col("copy").cast(pl.String),
        billing_date=pl.col("charge_day").cast(pl.Int32).cast(pl.Date),
    )
    totals = due.join(
        billed.invoices.select("license_id", "billing_date", "total"),
        on=["license_id", "billing_date"],
        how="left",
        maintain_order="left",
    )["total"]
    many = owners.height
    unpriced = due.slice(0, many).join(
        billed.unpriced,
        left_on=["license_id", "billing_date"],
        right_on=["license_id", "date"],
        coalesce=False,
    )
    return (
        (totals.slice(0, many), totals.slice(many, many), totals.slice(2 * many)),
        unpriced.select("license", *billed.unpriced.columns),
    )
