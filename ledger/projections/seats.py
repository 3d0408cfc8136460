"""Seat counts of any number of licences at an instant, and seat events without effect (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.accounts import Accounts
from ledger.projections.states import COUNTED, COUNTS, after_cancellation

SEAT_COLUMNS = (
    "license_id", "agents_active", "agents_suspended", "chatbots", "seats_in_use", "ppa", "pps", "ppu",
)  # fmt: skip
_CLASHING = ("license", "position", "effective_us")
# The last of a subject's rows among those that count.
_ENDS = (
    (pl.col("subject") != pl.col("subject").shift(-1)) | (pl.col("license") != pl.col("license").shift(-1))
).fill_null(value=True)
_SUMS = {name: counts.sum().cast(pl.Int64) for name, counts in COUNTED.items()}


def seats(accounts: Accounts, as_of_us: int) -> pl.DataFrame:
    """Return SEAT_COLUMNS of every licence created by `as_of_us`, by license_id.

    From the instant of a cancellation on the three counts are 0 and the four facts stay as they were.
    """
    by_then = pl.col("effective_us") <= as_of_us
    counted = accounts.states.filter(by_then).filter(_ENDS).group_by("license").agg(**_SUMS)
    alive = _alive(accounts, as_of_us)
    return (
        accounts.licenses.filter(by_then)
        .select("license", "license_id")
        .join(counted, on="license", how="left", maintain_order="left")
        .select("license_id", alive.alias("alive"), *(pl.col(name).fill_null(0) for name in COUNTED))
        .select("license_id", *COUNTED, **{name: count * pl.col("alive") for name, count in COUNTS.items()})
    )


def clashing_seats(accounts: Accounts) -> pl.DataFrame:
    """Return the SeatTaken events without effect: license_id, position, effective_us, by position."""
    states, facts = accounts.states, accounts.facts
    found = states.filter("clashes").select(_CLASHING)
    if states.height < facts.height:
        overtaken = facts.join(accounts.cancelled, on="license").filter(
            (pl.col("fact") == Fact.SEAT_TAKEN)
            & after_cancellation(pl.col("cancelled_us"), pl.col("cancelled_position"))
        )
        found = pl.concat([found, overtaken.select(_CLASHING)])
    license_id = pl.lit(accounts.licenses["license_id"]).gather("license").alias("license_id")
    return found.select(license_id, "position", "effective_us").sort("position")


def _alive(accounts: Accounts, as_of_us: int) -> pl.Expr:
    """Return 1 for each licence that is not cancelled at the instant, else 0."""
    cancelled = accounts.cancelled.filter(pl.col("cancelled_us") <= as_of_us)["license"]
    if cancelled.is_empty():
        return pl.lit(1, pl.Int64)
    return (~pl.col("license").is_in(cancelled.to_list())).cast(pl.Int64)
