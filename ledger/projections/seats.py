"""Seat counts of any number of licences at an instant, and seat events without effect (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.history import History
from ledger.projections.states import COUNTED, COUNTS, after_cancellation, cancellations

SEAT_COLUMNS = (
    "license_id", "agents_active", "agents_suspended", "chatbots", "seats_in_use", "ppa", "pps", "ppu",
)  # fmt: skip


def seats(history: History, as_of_us: int) -> pl.DataFrame:
    """Return SEAT_COLUMNS of every licence created by `as_of_us`, by license_id.

    From the instant of a cancellation on the three counts are 0 and the four facts stay as they were.
    """
    states = history.states.filter(pl.col("effective_us") <= as_of_us)
    ends = (
        (pl.col("subject") != pl.col("subject").shift(-1))
        | (pl.col("license") != pl.col("license").shift(-1))
    ).fill_null(value=True)
    counted = (
        states.filter(ends)
        .group_by("license")
        .agg(**{name: counts.sum().cast(pl.Int64) for name, counts in COUNTED.items()})
    )
    cancelled = cancellations(history.changes).filter(pl.col("cancelled_us") <= as_of_us)
    alive = (~pl.col("license").is_in(cancelled["license"].to_list())).cast(pl.Int64)
    return (
        history.licenses.filter(pl.col("effective_us") <= as_of_us)
        .select("license", "license_id")
        .join(counted, on="license", how="left", maintain_order="left")
        .with_columns(pl.exclude("license", "license_id").fill_null(0))
        .with_columns(**{name: count * alive for name, count in COUNTS.items()})
        .select(SEAT_COLUMNS)
    )


def clashing_seats(history: History) -> pl.DataFrame:
    """Return the SeatTaken events without effect: license_id, position, effective_us, by position."""
    cancelled = history.facts.join(cancellations(history.changes), on="license", how="inner").filter(
        (pl.col("fact") == Fact.SEAT_TAKEN) & after_cancellation()
    )
    clashing = history.states.filter("clashes")
    found = pl.concat(
        [frame.select("license", "position", "effective_us") for frame in (clashing, cancelled)]
    )
    return found.select(
        history.licenses["license_id"].gather(found["license"]), "position", "effective_us"
    ).sort("position")
