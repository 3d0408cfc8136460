"""Seat counts of any number of licences at an instant, and seat events without effect (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.history import History
from ledger.projections.timeline import ACTIVE, with_subject_state

SEAT_COLUMNS = (
    "license_id", "agents_active", "agents_suspended", "chatbots", "seats_in_use", "ppa", "pps", "ppu",
)  # fmt: skip


def seats(history: History, as_of_us: int) -> pl.DataFrame:
    """Return SEAT_COLUMNS of every licence created by `as_of_us`, by license_id.

    From the instant of a cancellation on the three counts are 0 and the four facts stay as they were.
    """
    facts = _until_cancelled(history, history.facts.filter(pl.col("effective_us") <= as_of_us))
    ends = (
        (pl.col("subject") != pl.col("subject").shift(-1))
        | (pl.col("license") != pl.col("license").shift(-1))
    ).fill_null(value=True)
    status = pl.col("status")
    counted = (
        with_subject_state(facts, "license")
        .filter(ends)
        .group_by("license")
        .agg(
            agents_active=status.is_in(ACTIVE).sum().cast(pl.Int64),
            agents_suspended=(status == Fact.AGENT_SUSPENDED).sum().cast(pl.Int64),
            chatbots=(status == Fact.CHATBOT_ADDED).sum().cast(pl.Int64),
            seats_in_use=(pl.col("holds_seat") & ~pl.col("complimentary")).sum().cast(pl.Int64),
        )
    )
    cancelled = _cancellations(history).filter(pl.col("cancelled_us") <= as_of_us)
    alive = (~pl.col("license").is_in(cancelled["license"].to_list())).cast(pl.Int64)
    return (
        history.licenses.filter(pl.col("effective_us") <= as_of_us)
        .select("license", "license_id")
        .join(counted, on="license", how="left", maintain_order="left")
        .with_columns(pl.exclude("license", "license_id").fill_null(0))
        .with_columns(
            ppa=(pl.col("agents_active") + pl.col("agents_suspended") + pl.col("chatbots")) * alive,
            pps=(pl.col("seats_in_use") + pl.col("chatbots")) * alive,
            ppu=pl.col("agents_active") * alive,
        )
        .select(SEAT_COLUMNS)
    )


def clashing_seats(history: History) -> pl.DataFrame:
    """Return the SeatTaken events without effect: license_id, position, effective_us, by position."""
    facts = history.facts
    cancelled = facts.join(_cancellations(history), on="license", how="inner").filter(
        (pl.col("fact") == Fact.SEAT_TAKEN) & _after_cancellation()
    )
    clashing = with_subject_state(_until_cancelled(history, facts), "license").filter("clashes")
    found = pl.concat(
        [frame.select("license", "position", "effective_us") for frame in (clashing, cancelled)]
    )
    return found.select(
        history.licenses["license_id"].gather(found["license"]), "position", "effective_us"
    ).sort("position")


def _cancellations(history: History) -> pl.DataFrame:
    return history.changes.filter(pl.col("fact") == Fact.LICENSE_CANCELLED).select(
        "license", cancelled_us="effective_us", cancelled_position="position"
    )


def _after_cancellation() -> pl.Expr:
    later = pl.col("effective_us") > pl.col("cancelled_us")
    return later | (
        (pl.col("effective_us") == pl.col("cancelled_us"))
        & (pl.col("position") > pl.col("cancelled_position"))
    )


def _until_cancelled(history: History, facts: pl.DataFrame) -> pl.DataFrame:
    """Leave out what happened after a licence's cancellation: seat events that a late one overtook."""
    cancellations = _cancellations(history)
    if cancellations.is_empty():
        return facts
    after = facts.join(cancellations, on="license", how="semi")
    if after.is_empty():
        return facts
    joined = facts.join(cancellations, on="license", how="left", maintain_order="left")
    return joined.filter(~_after_cancellation().fill_null(value=False)).drop(
        "cancelled_us", "cancelled_position"
    )
