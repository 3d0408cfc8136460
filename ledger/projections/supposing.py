"""Histories as they would be if something were otherwise, for the one kernel to answer as it answers any.

What is supposed was known all along: it has position 0 and the time at which its licence was recorded, so
that no invoice learns of it late.
"""

from dataclasses import replace

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.history import History

_KNOWN_ALL_ALONG = 0


def switched(history: History, rows: pl.DataFrame) -> History:
    """Return the history as if licences had been switched by hand: rows of license, model, at_us."""
    supposed = _known(history, rows.with_columns(fact=pl.lit(int(Fact.PRICING_MODEL_SWITCHED))))
    changes = pl.concat([history.changes, _like(history.changes, supposed)])
    return replace(history, changes=changes.sort("license", "effective_us", "position"))


def with_accounts(history: History, rows: pl.DataFrame, fact: Fact) -> History:
    """Return the history as if a fact were one of more agents: rows of license, subject, at_us."""
    supposed = _known(history, rows.with_columns(fact=pl.lit(int(fact))))
    facts = pl.concat([history.facts, _like(history.facts, supposed)])
    return replace(history, facts=facts.sort("license", "subject", "effective_us", "position"))


def _known(history: History, rows: pl.DataFrame) -> pl.DataFrame:
    recorded_us = pl.lit(history.licenses["recorded_us"]).gather("license")
    return rows.with_columns(
        effective_us="at_us", recorded_us=recorded_us, position=pl.lit(_KNOWN_ALL_ALONG, pl.Int64)
    )


def _like(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give rows the columns of a frame, null where they say nothing."""
    return rows.select(
        pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in frame.schema.items()
    )
