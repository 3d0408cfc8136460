"""What an issued invoice knew, against what is known now: the same invoice, were it issued today."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from ledger.application.ask import Question, ask_invoices, read_history
from ledger.application.issued_invoices import Issued, issued_invoice
from ledger.application.ledger import Ledger
from ledger.projections import canonical
from ledger.projections.billing import CUT_SCHEMA, with_issued
from ledger.projections.invoices import invoices
from ledger.rules.errors import NotFound
from ledger.rules.instants import EPOCH, format_instant, to_us
from replay.compare.events import EventBetween, EventsBetween, Times
from replay.compare.rows import RowDifference

Row = Mapping[str, Any]


class NotIssuedYet(NotFound):
    """Raised for an invoice that was issued after the moment asked about."""

    code = "not_issued_yet"
    template = "Invoice {name!r} was not issued yet at {known_at}: it was at {issued_at}."
    hint = "Ask with a later --known-at, or leave it out for what is known now."


@dataclass(frozen=True)
class Correction:
    """An adjustment of the invoice on a later one; `number` is None until that is issued. Minor units."""

    billing_date: str
    number: str | None
    amount_minor: int


@dataclass(frozen=True)
class IssuedComparison:
    """An invoice as it was issued (`row.before`) and as it would be with what is known by `known_at`.

    `late` are the facts from before its billing date that were recorded after what it knew (the event at
    `known_through`, a position); `corrections` are the adjustments of it that later invoices make so far.
    """

    issued: Issued
    known_through: int
    known_at: datetime
    currency: str
    row: RowDifference
    late: tuple[EventBetween, ...]
    corrections: tuple[Correction, ...]

    @property
    def own_difference_minor(self) -> int:
        """Return by how much the invoice's own lines would be more; adjustments speak of other invoices."""
        return sum(pair.difference_minor for pair in self.row.lines if pair.kind != "adjustment")

    @property
    def corrected_minor(self) -> int:
        """Return what later invoices have corrected so far."""
        return sum(one.amount_minor for one in self.corrections)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        event = self.issued.event
        return {
            "number": event.number,
            "license_id": event.license_id,
            "billing_date": event.billing_date.isoformat(),
            "currency": self.currency,
            "issued_at": format_instant(event.recorded_at),
            "known_through": self.known_through,
            "known_at": format_instant(self.known_at),
            "invoice": self.row.as_dict(),
            "own_difference": self.own_difference_minor,
            "corrected": self.corrected_minor,
            "corrections": [
                {"billing_date": one.billing_date, "number": one.number, "amount": one.amount_minor}
                for one in self.corrections
            ],
            "late": [one.as_dict() for one in self.late],
        }


def compare_invoice(ledger: Ledger, number: str, known_at: datetime | None = None) -> IssuedComparison:
    """Return an issued invoice as it was, and as it would be with what is known at an instant (now).

    Earlier invoices stay as they were issued. Raises InvoiceNotFound, NotIssuedYet.
    """
    issued = issued_invoice(ledger, number)
    event = issued.event
    known_at = known_at or ledger.now()
    if known_at < event.recorded_at:
        raise NotIssuedYet(
            what="invoice",
            name=number,
            known_at=format_instant(known_at),
            issued_at=format_instant(event.recorded_at),
        )
    day = event.billing_date.isoformat()
    question = Question(event.recorded_at, event.recorded_at, (event.license_id,))
    before = _on(day, ask_invoices(ledger, question).lines)
    after, billing_us = _as_known(ledger, issued, known_at)
    now = [
        json.loads(line)
        for line in ask_invoices(ledger, Question(known_at, known_at, (event.license_id,))).lines
    ]
    cut = ledger.store.positions_of([event.known_through]).get(event.known_through, 0)

    def late(times: Times) -> str | None:
        is_late = times.position > cut and times.effective_us <= billing_us and not times.is_paper
        return "recorded" if is_late else None

    return IssuedComparison(
        issued=issued,
        known_through=cut,
        known_at=known_at,
        currency=next((row["currency"] for row in now), ""),
        row=RowDifference("invoices", (event.license_id, day), before, after),
        late=tuple(EventsBetween(ledger, known_at, late).of(event.license_id)),
        corrections=tuple(
            Correction(row["billing_date"], row["number"], line["amount"])
            for row in now
            for line in row["lines"]
            if line["kind"] == "adjustment" and line["billing_date"] == day
        ),
    )


def _as_known(ledger: Ledger, issued: Issued, known_at: datetime) -> tuple[Row | None, int]:
    """Return the invoice as if it were issued at `known_at`, and its billing instant (µs since 1970 UTC).

    It keeps its number; the invoices before it keep what they knew.
    """
    event = issued.event
    question = Question(known_at, known_at, (event.license_id,))
    history = read_history(ledger, question).history
    (n,) = history.issued.filter(pl.col("number") == event.number)["n"].head(1)
    last = ledger.store.last_position_recorded_by(question.known_us) or 0
    before = history.issued.filter(pl.col("n") < n)
    cut = pl.DataFrame({"license": [0], "n": [n], "cut_position": [last]}, schema=CUT_SCHEMA)
    otherwise = with_issued(replace(history, issued=before), cut, question.known_us)
    billed = invoices(otherwise, to_us(event.recorded_at))
    day = event.billing_date.isoformat()
    row = _on(day, canonical.invoice_lines(billed).to_list())
    begins = history.zones.instant(pl.col("zone"), pl.lit((event.billing_date - EPOCH.date()).days))
    billing_us: int = history.licenses.select(begins).item()
    return None if row is None else {**row, "number": event.number}, billing_us


def _on(day: str, lines: list[str]) -> Row | None:
    rows = (json.loads(line) for line in lines)
    return next((row for row in rows if row["billing_date"] == day), None)
