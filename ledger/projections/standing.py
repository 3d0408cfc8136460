"""Who stood how at an instant, and whether that counted: the members behind a count (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.models import PPA, PPS, PPU
from ledger.projections.states import COUNTED, COUNTS
from ledger.projections.timeline import with_subject_state

_SUBJECT = ("ask", "subject")


def standing(facts: pl.DataFrame, asks: pl.DataFrame) -> pl.DataFrame:
    """Return how each subject of a key stood at an instant, and why it counted or did not.

    `facts` has key, subject, fact, effective_us and position, in kernel order; `asks` has ask (its row
    number), key, at_us and model, any number of each. Columns: ask, subject, why, counted, position (of the
    event that made it stand so; null if none), seat_position (of the SeatTaken of a held seat). Only subjects
    of which something was known to be effective by then; by (ask, subject).

    `why` of what counts: seat, active, suspended, chatbot; of what does not: suspended, deleted, removed,
    chatbot, complimentary, no_seat.
    """
    fact = pl.col("fact")
    is_status = fact < Fact.SEAT_TAKEN
    states = with_subject_state(facts, "key").with_columns(
        position=pl.when(is_status).then("position").when("first").then(-1).forward_fill().replace(-1, None),
        seat_position=pl.when("holds_seat").then("position"),
    )
    last = (
        (pl.col("ask") != pl.col("ask").shift(-1)) | (pl.col("subject") != pl.col("subject").shift(-1))
    ).fill_null(value=True)
    by_model = pl.when(pl.col("model") == PPU).then(COUNTS["ppu"]).when(pl.col("model") == PPA)
    stood = (
        asks.select("ask", "key", "at_us", "model")
        .join(states, on="key", maintain_order="left_right")
        .filter(pl.col("effective_us") <= pl.col("at_us"))
        .filter(last)
        .with_columns(**{name: counts.cast(pl.Int64) for name, counts in COUNTED.items()})
        .with_columns(counted=by_model.then(COUNTS["ppa"]).otherwise(COUNTS["pps"]) > 0)
    )
    return stood.select(*_SUBJECT, _why().alias("why"), "counted", "position", "seat_position")


def _why() -> pl.Expr:
    """Say what decided, in one word."""
    status, by_seat = pl.col("status"), pl.col("model") == PPS
    reasons = (
        (status == Fact.AGENT_DELETED, "deleted"),
        (status == Fact.CHATBOT_REMOVED, "removed"),
        (status == Fact.CHATBOT_ADDED, "chatbot"),
        (status == Fact.AGENT_SUSPENDED, "suspended"),
        (by_seat & pl.col("complimentary"), "complimentary"),
        (by_seat & pl.col("counted"), "seat"),
        (by_seat, "no_seat"),
    )
    return pl.coalesce(*(pl.when(holds).then(pl.lit(word)) for holds, word in reasons), pl.lit("active"))
