"""The part of a history that belongs to some licences, so that a replay works on no more than its class."""

from dataclasses import replace

import polars as pl

from ledger.events.facts import Fact
from ledger.events.programme import AppliesTo
from ledger.projections.history import History


def of_class(applies_to: AppliesTo) -> pl.Expr:
    """Return whether a licence (source, partner_programme) is of the class of a cutover."""
    if applies_to.source is not None:
        return pl.col("source") == applies_to.source.value
    return (pl.col("partner_programme") == applies_to.programme).fill_null(value=False)


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
