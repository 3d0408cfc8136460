"""What stands after each agent, ChatBot and seat event, up to a cancellation (docs/rules.md §3)."""

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.timeline import ACTIVE, with_subject_state

# Whether a subject in the state after its last event counts for each of the four facts of a licence …
COUNTED = {
    "agents_active": pl.col("status").is_in(ACTIVE),
    "agents_suspended": pl.col("status") == Fact.AGENT_SUSPENDED,
    "chatbots": pl.col("status") == Fact.CHATBOT_ADDED,
    "seats_in_use": pl.col("holds_seat") & ~pl.col("complimentary"),
}
# … and what the three counts make of the facts, unless the licence is cancelled.
COUNTS = {
    "ppa": pl.col("agents_active") + pl.col("agents_suspended") + pl.col("chatbots"),
    "pps": pl.col("seats_in_use") + pl.col("chatbots"),
    "ppu": pl.col("agents_active"),
}


def subject_states(facts: pl.DataFrame, cancelled: pl.DataFrame, licenses: int) -> pl.DataFrame:
    """Return the facts that a cancellation did not overtake, with the columns of `with_subject_state`.

    `facts` and `cancelled` are those of Accounts, of so many licences. What stands after an event does not
    depend on later ones, so the states at an instant are those of the events up to it.
    """
    return with_subject_state(_until_cancelled(facts, cancelled, licenses), "license")


def after_cancellation(us: pl.Expr, position: pl.Expr) -> pl.Expr:
    """Tell whether a fact comes after its licence's cancellation, if any: a late one overtook it."""
    later = pl.col("effective_us") > us
    return later | ((pl.col("effective_us") == us) & (pl.col("position") > position))


def _until_cancelled(facts: pl.DataFrame, cancelled: pl.DataFrame, licenses: int) -> pl.DataFrame:
    if cancelled.is_empty():
        return facts
    never = pl.repeat(None, licenses, dtype=pl.Int64, eager=True)
    us, position = (
        pl.lit(never.scatter(cancelled["license"], cancelled[name])).gather("license")
        for name in ("cancelled_us", "cancelled_position")
    )
    return facts.filter(~after_cancellation(us, position).fill_null(value=False))
