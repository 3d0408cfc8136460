"""Replay a cutover: licence by licence what it changed, how it was announced, and what is not right."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import polars as pl

from ledger.application.ask import Question, digest_of, read_history
from ledger.application.ledger import Ledger
from ledger.events.programme import CutoverAnnounced
from ledger.projections.canonical import instant_text
from ledger.projections.history import History
from ledger.projections.notices import notices
from ledger.projections.savings import Bills
from ledger.projections.what_if import part_of
from ledger.rules.instants import format_instant
from replay.announced import Announced, CutoverNotFound, find_cutover
from replay.comparison import PARTS, compared, saved, would_be
from replay.exceptions import EXCEPTION_CODES, exceptions_of
from replay.scope import of_class, scope_of

__all__ = ["CutoverNotFound", "CutoverReplay", "replay_cutover", "replayed"]

OUTCOMES = ("switched", "upcoming", "created", "not_switched")


@dataclass(frozen=True)
class CutoverReplay:
    """A cutover as it went, or will go, at `as_of` and as known at `known_at`.

    `table` has a row for each licence in scope, by license_id: license_id, outcome (one of OUTCOMES),
    currency, pricing_model_before, pricing_model_after, charge_date, before, after, difference, saves
    (structs, null where there is nothing to show), notices, exceptions (lists of structs). Money is in minor
    units.
    `totals` has a row for each currency, by currency: licenses in scope, how many of them were switched and
    have both invoices (`compared`), what these add up to, and what all that were switched or created save.
    """

    cutover: CutoverAnnounced
    as_of: datetime
    known_at: datetime
    table: pl.DataFrame
    totals: pl.DataFrame

    @cached_property
    def lines(self) -> list[str]:
        """Return the rows as canonical JSON lines."""
        return self.table.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the lines; equal digests are equal replays."""
        return digest_of(self.lines)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as plain objects, dates and instants as text."""
        return self.table.to_dicts()

    @property
    def outcomes(self) -> dict[str, int]:
        """Return how many licences came out how, in the order of OUTCOMES."""
        found = dict(self.table.group_by("outcome").len().iter_rows())
        return {outcome: found[outcome] for outcome in OUTCOMES if outcome in found}

    @property
    def exceptions(self) -> dict[str, int]:
        """Return how often each exception was met, in the order of EXCEPTION_CODES."""
        codes = self.table.explode("exceptions", empty_as_null=False).select(
            code=pl.col("exceptions").struct.field("code")
        )
        found = dict(codes.group_by("code").len().iter_rows())
        return {code: found[code] for code in EXCEPTION_CODES if code in found}

    @property
    def announced_at(self) -> datetime:
        """Return when the ledger came to know of the cutover."""
        return self.cutover.recorded_at

    def heading(self) -> dict[str, Any]:
        """Return what the cutover is and which question was asked of it."""
        cutover = self.cutover
        return {
            "cutover_id": cutover.cutover_id,
            "applies_to": cutover.applies_to.model_dump(mode="json", exclude_none=True),
            "takes_effect": cutover.takes_effect.value,
            "on": cutover.on.isoformat(),
            "pricing_model": cutover.pricing_model.value,
            "notice_days": cutover.notice_days,
            "announced_at": format_instant(self.announced_at),
            "as_of": format_instant(self.as_of),
            "known_at": format_instant(self.known_at),
        }

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            **self.heading(),
            "licenses": self.rows,
            "outcomes": self.outcomes,
            "exceptions": self.exceptions,
            "totals": self.totals.to_dicts(),
            "digest": self.digest,
        }


def replay_cutover(
    ledger: Ledger, cutover_id: str, as_of: datetime, known_at: datetime | None = None
) -> CutoverReplay:
    """Replay a cutover at `as_of`, as known at `known_at` (default: as_of).

    Reads the log once and asks the projections; see `replay/README.md` for what a row says. Raises
    CutoverNotFound for a cutover that was not announced by then.
    """
    question = Question(as_of, known_at)
    announced = find_cutover(ledger, cutover_id, question.known_us)
    return replayed(read_history(ledger, question).history, announced, question)


def replayed(history: History, announced: Announced, question: Question) -> CutoverReplay:
    """Replay a cutover on a history that holds what was known; the question names no licences."""
    of_its_class = part_of(history, of_class(announced.cutover.applies_to))
    table = _table(of_its_class, announced, question.as_of_us)
    known_at = question.known_at or question.as_of
    return CutoverReplay(announced.cutover, question.as_of, known_at, table, _totals(table))


def _table(history: History, announced: Announced, as_of_us: int) -> pl.DataFrame:
    cutover = announced.cutover
    scope = scope_of(history, announced, as_of_us)
    real = Bills.of(history, as_of_us)
    sides = compared(scope, real)
    first = sides.filter(pl.col("after").is_not_null()).select(
        "license_id",
        billing_date=pl.col("after").struct.field("billing_date"),
        pricing_model=pl.col("after").struct.field("pricing_model"),
    )
    otherwise = Bills.of(would_be(history, cutover, scope), as_of_us)
    sent = notices(history, as_of_us).filter(pl.col("cutover_id") == cutover.cutover_id)
    exceptions = exceptions_of(
        history, cutover, scope=scope, notices=sent, first_bills=first, as_of_us=as_of_us
    )
    gone = pl.col("cancelled_us") <= pl.col("charge_us")
    rows = scope.select(
        "license_id",
        "outcome",
        "currency",
        pricing_model_before="model_before",
        pricing_model_after=pl.when(~gone).then("period_model"),
        charge_date=pl.col("charge_day").cast(pl.Int32).cast(pl.Date).cast(pl.String),
    )
    parts = [
        sides.with_columns(_dated("before"), _dated("after")),
        saved(scope, first.select("license_id", "billing_date"), real, otherwise),
        _listed(_notice_structs(sent), "notices"),
        _listed(_exception_structs(exceptions), "exceptions"),
    ]
    for part in parts:
        rows = rows.join(part, on="license_id", how="left", maintain_order="left")
    return rows.with_columns(
        pl.col("license_id").cast(pl.String), pl.col("notices", "exceptions").fill_null([])
    )


def _dated(side: str) -> pl.Expr:
    """Return the invoice with its date as text."""
    date = pl.col(side).struct.field("billing_date").cast(pl.String)
    return (
        pl.when(pl.col(side).is_not_null())
        .then(pl.col(side).struct.with_fields(billing_date=date))
        .alias(side)
    )


def _listed(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Gather the structs of each licence, in their order, into one list."""
    return rows.group_by("license_id", maintain_order=True).agg(pl.col("item").alias(name))


def _notice_structs(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "license_id",
        item=pl.struct(
            pl.col("charge_date").cast(pl.String),
            "channel",
            instant_text(pl.col("due_at_us")).alias("due_at"),
            "state",
            "late",
        ),
    )


def _exception_structs(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("license_id", item=pl.struct("code", "words"))


def _totals(table: pl.DataFrame) -> pl.DataFrame:
    """Return by currency: licenses, compared, before, after, difference, saves."""
    both = (pl.col("outcome") == "switched") & pl.col("difference").is_not_null()

    def total(struct: str, field: str = "total") -> pl.Expr:
        return pl.col(struct).struct.field(field).filter(both).sum().alias(field)

    difference = pl.struct(total("difference", name) for name in ("total", *PARTS))
    saves = pl.struct(
        pl.col("saves").struct.field(name).sum().alias(name) for name in ("total", "chatbot_seats")
    )
    return (
        table.group_by("currency")
        .agg(
            licenses=pl.len(),
            compared=both.sum(),
            before=total("before"),
            after=total("after"),
            difference=difference,
            saves=saves,
        )
        .sort("currency")
    )
