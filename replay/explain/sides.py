"""The invoice that is explained and the one before, as rows of the frames that billed them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from ledger.projections.history import History
from ledger.projections.invoices import Billed, Invoices, assembled, billed
from ledger.projections.key_parts import KeyPart

Row = dict[str, Any]
_DAY_0 = date(1970, 1, 1)


@dataclass(frozen=True)
class Side:
    """One invoice: its row, its lines, its billing date in the key that bills it, and that one's period.

    `place` is the row of the date in the part's `dates`; `key` there is the part's number.
    """

    invoice: Row
    lines: list[Row]
    place: int
    on: Row
    period: Row

    def of_kind(self, kind: str) -> list[Row]:
        """Return the lines of a kind."""
        return [line for line in self.lines if line["kind"] == kind]

    def sum_of(self, kind: str) -> int:
        """Return what the lines of a kind come to."""
        return sum(line["amount"] for line in self.of_kind(kind))

    @property
    def recurs(self) -> bool:
        """Tell whether there is a recurring line."""
        return self.on["recurring"] is not None


@dataclass(frozen=True)
class Sides:
    """An invoice, the one before it if there is one, and the frames that billed them."""

    history: History
    made: Billed
    invoices: Invoices
    part: KeyPart
    this: Side
    before: Side | None

    @property
    def both(self) -> list[Side]:
        """Return this one, then the one before if there is one."""
        return [self.this] if self.before is None else [self.this, self.before]

    @property
    def licence(self) -> Row:
        """Return the licence's row."""
        return self.history.licenses.row(int(self.this.on["license"]), named=True)


@dataclass(frozen=True)
class Billing:
    """A history of one licence with all its invoices up to an instant, and how they were made."""

    history: History
    made: Billed
    invoices: Invoices

    @classmethod
    def of(cls, history: History, as_of_us: int) -> "Billing":
        """Bill the licence."""
        made = billed(history, as_of_us)
        return cls(history, made, assembled(history, made))


def sides_of(billing: Billing, billing_date: date) -> Sides | None:
    """Take out the invoice of a date and the one before; None if there is none of that date."""
    made, invoices = billing.made, billing.invoices
    chosen = invoices.invoices.filter(pl.col("billing_date") <= billing_date).tail(2).to_dicts()
    if not chosen or chosen[-1]["billing_date"] != billing_date:
        return None
    days = [as_day(row["billing_date"]) for row in chosen]
    own_date = (pl.col("n") >= pl.col("start_of_key")) & pl.col("day").is_in(days)
    keys = made.own.dates.filter(own_date)["key"].unique().to_list()
    part = KeyPart.of(billing.history, made, keys)
    dates = part.dates.with_row_index("place").filter(own_date).sort("n").to_dicts()
    lines = invoices.lines.filter(pl.col("billing_date").is_in([row["billing_date"] for row in chosen]))
    lines_of: dict[date, list[Row]] = {row["billing_date"]: [] for row in chosen} | _by_date(lines.to_dicts())
    found = [
        Side(
            invoice=row,
            lines=lines_of[row["billing_date"]],
            place=on["place"],
            on=on,
            period=made.own.periods.row(on["period"], named=True),
        )
        for row, on in zip(chosen, dates, strict=True)
    ]
    return Sides(billing.history, made, invoices, part, found[-1], found[0] if len(found) > 1 else None)


def as_day(day: date) -> int:
    """Return the days since 1970."""
    return (day - _DAY_0).days


def _by_date(lines: list[Row]) -> dict[date, list[Row]]:
    found: dict[date, list[Row]] = {}
    for line in lines:
        found.setdefault(line["billing_date"], []).append(line)
    return found
