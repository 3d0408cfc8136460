"""Histories as they would be: of some licences only, without ChatBots, without a cutover, with more facts."""

from dataclasses import replace

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.history import History


def part_of(history: History, chosen: pl.Expr) -> History:
    """Return the history of the licences that an expression over `licenses` chooses, numbered anew."""
    kept = history.licenses.filter(chosen)
    if kept.height == history.licenses.height:
        return history
    place = pl.repeat(None, history.licenses.height, dtype=pl.Int32, eager=True)
    numbers = pl.int_range(kept.height, dtype=pl.Int32, eager=True)
    place = place.scatter(kept["license"], numbers)

    def renumbered(frame: pl.DataFrame) -> pl.DataFrame:
        moved = frame.with_columns(license=pl.lit(place).gather("license"))
        return moved.filter(pl.col("license").is_not_null())

    return replace(
        history,
        licenses=kept.with_columns(license=numbers),
        facts=renumbered(history.facts),
        cancelled=renumbered(history.cancelled),
        changes=renumbered(history.changes),
        issued=renumbered(history.issued),
        sent=renumbered(history.sent),
    )


def without_chatbots(history: History) -> History:
    """Return the history as if no ChatBot had ever been added."""
    bots = (Fact.CHATBOT_ADDED, Fact.CHATBOT_REMOVED)
    return replace(history, facts=history.facts.filter(~pl.col("fact").is_in(bots)))


def without_cutover(history: History, cutover_id: str) -> History:
    """Return the history as if a cutover on billing dates had not been announced."""
    programme = history.programme
    others = programme.cutovers.filter(pl.col("cutover_id") != cutover_id)
    return replace(history, programme=replace(programme, cutovers=others))


def copies(history: History, owners: pl.Series) -> History:
    """Return a history with a copy of a licence for each entry of `owners` (licence numbers), in that order.

    A copy's number is its place, and its license_id is that number as text.
    """
    copy = (
        pl.DataFrame({"license": owners.cast(pl.Int32)})
        .with_row_index("copy")
        .with_columns(pl.col("copy").cast(pl.Int32))
    )

    def copied(frame: pl.DataFrame) -> pl.DataFrame:
        """Give a copy's rows its number; they stay in their order."""
        rows = copy.join(frame, on="license", how="inner", maintain_order="left_right")
        return rows.drop("license").rename({"copy": "license"}).select(frame.columns)

    licenses = copied(history.licenses)
    return replace(
        history,
        licenses=licenses.with_columns(license_id=pl.col("license").cast(pl.String)),
        facts=copied(history.facts),
        cancelled=copied(history.cancelled),
        changes=copied(history.changes),
        issued=copied(history.issued),
        sent=copied(history.sent),
    )


def with_suspensions(history: History, agents: pl.DataFrame, at_us: int) -> History:
    """Return the history as if agents had been suspended, and that recorded, at an instant.

    `agents` has license and subject (as in `facts`). The suspension comes after every fact of that instant.
    """
    last = history.facts["position"].max()
    suspended = agents.select(
        pl.col("license").cast(pl.Int32),
        pl.col("subject").cast(pl.UInt32),
        fact=pl.lit(int(Fact.AGENT_SUSPENDED), pl.Int8),
        effective_us=pl.lit(at_us, pl.Int64),
        recorded_us=pl.lit(at_us, pl.Int64),
        position=pl.lit(last, pl.Int64) + 1,
    )
    facts = pl.concat([history.facts, suspended.select(history.facts.columns)])
    return replace(history, facts=facts.sort("license", "subject", "effective_us", "position"))


def switched(history: History, rows: pl.DataFrame) -> History:
    """Return the history as if licences had been switched by hand: rows of license, model, at_us."""
    supposed = _known_all_along(history, rows.with_columns(fact=pl.lit(int(Fact.PRICING_MODEL_SWITCHED))))
    changes = pl.concat([history.changes, _like(history.changes, supposed)])
    return replace(history, changes=changes.sort("license", "effective_us", "position"))


def with_accounts(history: History, rows: pl.DataFrame, fact: Fact) -> History:
    """Return the history as if a fact were one of more agents: rows of license, subject, at_us."""
    supposed = _known_all_along(history, rows.with_columns(fact=pl.lit(int(fact))))
    facts = pl.concat([history.facts, _like(history.facts, supposed)])
    return replace(history, facts=facts.sort("license", "subject", "effective_us", "position"))


def _known_all_along(history: History, rows: pl.DataFrame) -> pl.DataFrame:
    """Say that rows were recorded with their licences, so that no invoice learns of them late."""
    recorded_us = pl.lit(history.licenses["recorded_us"]).gather("license")
    return rows.with_columns(effective_us="at_us", recorded_us=recorded_us, position=pl.lit(0, pl.Int64))


def _like(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give rows the columns of a frame, null where they say nothing."""
    return rows.select(
        pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in frame.schema.items()
    )
