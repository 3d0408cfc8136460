"""A cutover for a page: its replay and its savings from one reading, row by row, of all or of one partner."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import polars as pl

from ledger.application.ask import Question, read_history
from ledger.application.ledger import Ledger
from ledger.events.programme import CutoverAnnounced
from ledger.projections.what_if import part_of
from replay.announced import find_cutover, known_cutovers
from replay.cutover import CutoverReplay, replayed
from replay.savings import Savings, savings_in

_CHANNELS = ("in_app", "email", "banner")


@dataclass(frozen=True)
class Chosen:
    """Which rows of a study; None: any. `text` is a part of the licence's id, in any case."""

    outcome: str | None = None
    exception: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class CutoverStudy:
    """A replay and what the cutover saves, at the same instants, of the same licences."""

    replay: CutoverReplay
    savings: Savings

    @cached_property
    def notices(self) -> dict[str, dict[str, int]]:
        """Return by channel how many notices stand how; one sent after it was due is `late` and not `sent`.

        Of the present charge dates: what was sent for a date that moved since is an exception of its own.
        """
        notice = pl.col("notices").struct.field
        state = pl.when(notice("late")).then(pl.lit("late")).otherwise(notice("state"))
        rows = self.replay.table.select("charge_date", "notices").explode("notices", empty_as_null=False)
        counted = (
            rows.filter(notice("charge_date") == pl.col("charge_date"))
            .select(channel=notice("channel"), state=state)
            .group_by("channel", "state")
            .len()
        )
        found: dict[str, dict[str, int]] = {channel: {} for channel in _CHANNELS}
        for channel, state_name, many in counted.sort("state").iter_rows():
            found[channel][state_name] = many
        return {channel: states for channel, states in found.items() if states}

    @cached_property
    def charge_dates(self) -> list[tuple[date, str, int]]:
        """Return (charge date, outcome, licences), by date, of those switched, to be switched and created."""
        decided = self.replay.table.filter(pl.col("outcome") != "not_switched")
        counted = decided.group_by(pl.col("charge_date").str.to_date(), "outcome").len()
        return list(counted.sort("charge_date", "outcome").iter_rows())

    def rows(self, chosen: Chosen, *, after: str | None = None, at_most: int) -> list[dict[str, Any]]:
        """Return up to `at_most` rows of the replay by license_id, behind `after`, dates as text."""
        condition = pl.lit(value=True)
        if after is not None:
            condition &= pl.col("license_id") > after
        if chosen.outcome is not None:
            condition &= pl.col("outcome") == chosen.outcome
        if chosen.exception is not None:
            codes = pl.col("exceptions").list.eval(pl.element().struct.field("code"))
            condition &= codes.list.contains(chosen.exception)
        if chosen.text is not None:
            name = pl.col("license_id").str.to_lowercase()
            condition &= name.str.contains(chosen.text.lower(), literal=True)
        return self.replay.table.filter(condition).sort("license_id").head(at_most).to_dicts()


def list_cutovers(ledger: Ledger, known_at: datetime) -> list[CutoverAnnounced]:
    """Return the cutovers that were known at an instant, in the order in which they were announced."""
    return list(known_cutovers(ledger, Question(known_at).known_us))


def study_cutover(
    ledger: Ledger,
    cutover_id: str,
    as_of: datetime,
    known_at: datetime | None = None,
    partner_id: str | None = None,
) -> CutoverStudy:
    """Replay a cutover and say what it saves; with a partner's id, as if there were only its licences.

    Raises CutoverNotFound for a cutover that was not announced by then.
    """
    question = Question(as_of, known_at)
    announced = find_cutover(ledger, cutover_id, question.known_us)
    history = read_history(ledger, question).history
    if partner_id is not None:
        history = part_of(history, (pl.col("partner_id") == partner_id).fill_null(value=False))
    return CutoverStudy(replayed(history, announced, question), savings_in(history, announced, question))
