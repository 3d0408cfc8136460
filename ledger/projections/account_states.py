"""The accounts of licences as they stand at an instant, and since when an agent has held no seat."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.calendar_tables import DAY_US
from ledger.projections.history import History
from ledger.projections.timeline import ACTIVE

ACCOUNT_COLUMNS = ("license", "subject", "kind", "account_id", "status", "complimentary", "last_seat_us")
AGENT, CHATBOT = "agent", "chatbot"
IS_ACTIVE_AGENT = (pl.col("kind") == AGENT) & (pl.col("status") == "active")
_STATUS = {
    **dict.fromkeys(ACTIVE, "active"),
    Fact.AGENT_SUSPENDED: "suspended",
    Fact.CHATBOT_ADDED: "active",
}


def accounts(history: History, as_of_us: int, names: pl.DataFrame) -> pl.DataFrame:
    """Return ACCOUNT_COLUMNS of every agent and ChatBot that is there, by (license, kind, account_id).

    `names` says the subject of log rows by position. `last_seat_us` is the last instant (µs) at which the
    agent held a seat, as_of itself while it does, null if it never did. Empty in, empty out.
    """
    states = states_until(history, as_of_us)
    seats = (
        states.filter("holds_seat").group_by("license", "subject").agg(last_seat_us=pl.col("until_us").max())
    )
    now = states.filter(~pl.col("goes_on") & pl.col("status").is_in(list(_STATUS)))
    is_bot = pl.col("status") == Fact.CHATBOT_ADDED
    return (
        now.join(seats, on=["license", "subject"], how="left", maintain_order="left")
        .join(
            names.select("position", account_id=pl.col("subject").cast(pl.String)),
            on="position",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            kind=pl.when(is_bot).then(pl.lit(CHATBOT)).otherwise(pl.lit(AGENT)),
            complimentary=pl.col("complimentary") & ~is_bot,
            status=pl.col("status").replace_strict(
                {int(code): word for code, word in _STATUS.items()}, return_dtype=pl.String
            ),
        )
        .select(ACCOUNT_COLUMNS)
        .sort("license", "kind", "account_id")
    )


def states_until(history: History, at_us: int) -> pl.DataFrame:
    """Return the states that began by an instant, with goes_on and until_us.

    A state that goes_on is followed by another of its subject at until_us; others last until the instant.
    """
    same = (pl.col("subject") == pl.col("subject").shift(-1)) & (
        pl.col("license") == pl.col("license").shift(-1)
    )
    states = history.states.filter(pl.col("effective_us") <= at_us)
    return states.with_columns(goes_on=same.fill_null(value=False)).with_columns(
        until_us=pl.when("goes_on").then(pl.col("effective_us").shift(-1)).otherwise(at_us)
    )


def held_no_seat(seated_until_us: str, at_us: int, days: int) -> pl.Expr:
    """Tell who held no seat in the `days` times 24 hours before an instant (docs/rules.md §8).

    The column says until when a seat was held last, without that instant itself; null: never.
    """
    return (pl.col(seated_until_us) <= at_us - days * DAY_US).fill_null(value=True)
