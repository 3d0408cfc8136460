"""What a cutover saves: the same period under the old and the new model, and the part of ChatBot seats."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl

from ledger.application.ask import Question, digest_of, read_history
from ledger.application.ledger import Ledger
from ledger.events.programme import CutoverAnnounced
from ledger.projections.history import History
from ledger.projections.savings import Bills, costs
from ledger.projections.what_if import part_of
from ledger.rules.instants import format_instant
from replay.announced import Announced, find_cutover
from replay.comparison import asked_for, compared, would_be
from replay.scope import of_class, scope_of

_COSTS = ("old", "new", "saves", "old_chatbot_seats", "new_chatbot_seats", "saves_chatbot_seats")


@dataclass(frozen=True)
class Savings:
    """What a cutover saves, as asked; minor units, less than 0 where the new model costs more.

    `table` has a row for each licence that the cutover switched, will switch (`upcoming`) or created, and
    that has a bill for the first period: license_id, outcome, currency, pricing_model_before,
    pricing_model_after, billing_date, old, new, saves, and of each the part that is ChatBot seats. By
    license_id. What is upcoming is what the bill will be, as far as is known.
    `totals` has by currency: licenses and the sums. `left_out` names the licences that have no bill: no price
    is known for that period, or they were cancelled before it.
    """

    cutover: CutoverAnnounced
    as_of: datetime
    known_at: datetime
    table: pl.DataFrame
    totals: pl.DataFrame
    left_out: list[str]

    @cached_property
    def lines(self) -> list[str]:
        """Return the rows as canonical JSON lines."""
        return self.table.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as plain objects, dates as text."""
        return self.table.to_dicts()

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the lines."""
        return digest_of(self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "cutover_id": self.cutover.cutover_id,
            "pricing_model": self.cutover.pricing_model.value,
            "on": self.cutover.on.isoformat(),
            "as_of": format_instant(self.as_of),
            "known_at": format_instant(self.known_at),
            "licenses": self.rows,
            "totals": self.totals.to_dicts(),
            "left_out": self.left_out,
            "digest": self.digest,
        }


def savings(ledger: Ledger, cutover_id: str, as_of: datetime, known_at: datetime | None = None) -> Savings:
    """Return what a cutover saves at `as_of`, as known at `known_at` (default: as_of).

    Raises CutoverNotFound for a cutover that was not announced by then.
    """
    question = Question(as_of, known_at)
    announced = find_cutover(ledger, cutover_id, question.known_us)
    return savings_in(read_history(ledger, question).history, announced, question)


def savings_in(history: History, announced: Announced, question: Question) -> Savings:
    """Return what a cutover saves on a history that holds what was known; the question names no licences."""
    of_its_class = part_of(history, of_class(announced.cutover.applies_to))
    scope = scope_of(of_its_class, announced, question.as_of_us)
    upcoming = pl.col("outcome") == "upcoming"
    parts = [_costs(of_its_class, announced, scope.filter(~upcoming), question.as_of_us)]
    ahead = scope.filter(upcoming)
    if not ahead.is_empty():
        # what has not come is billed as of the last charge to come, with what is known
        parts.append(_costs(of_its_class, announced, ahead, max(ahead["charge_us"])))
    found = pl.concat(parts)
    table = scope.select(
        "license_id", "outcome", "currency",
        pricing_model_before="model_before", pricing_model_after="period_model",
    ).join(found, on="license_id", maintain_order="left").with_columns(
        pl.col("license_id").cast(pl.String), pl.col("billing_date").cast(pl.String)
    )  # fmt: skip
    known_at = question.known_at or question.as_of
    decided = scope.filter(pl.col("outcome") != "not_switched")
    left_out = decided.join(found, on="license_id", how="anti").filter(
        pl.col("charge_us") <= question.as_of_us
    )
    names = left_out["license_id"].cast(pl.String).sort().to_list()
    return Savings(announced.cutover, question.as_of, known_at, table, _totals(table), names)


def _costs(history: History, announced: Announced, scope: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return license_id, billing_date and _COSTS of the first bills of the licences in `scope`."""
    real = Bills.of(history, as_of_us)
    otherwise = Bills.of(would_be(history, announced.cutover, scope), as_of_us)
    after = compared(scope, real).filter(pl.col("after").is_not_null())
    first = after.select("license_id", billing_date=pl.col("after").struct.field("billing_date"))
    old_bots, new_bots = pl.col("old_chatbot_seats"), pl.col("new_chatbot_seats")
    return (
        costs(asked_for(scope, first), real, otherwise)
        .with_columns(saves=pl.col("old") - pl.col("new"), saves_chatbot_seats=old_bots - new_bots)
        .select("license_id", "billing_date", *_COSTS)
    )


def _totals(table: pl.DataFrame) -> pl.DataFrame:
    sums = [pl.col(name).cast(pl.Int128).sum().cast(pl.Int64, strict=True) for name in _COSTS]
    return table.group_by("currency").agg(pl.len().alias("licenses"), *sums).sort("currency")
