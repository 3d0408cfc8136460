"""The lines of the explained invoice, each with its figures and what it rests on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from ledger.projections.late_effects import late_effects
from ledger.projections.models import PPS
from ledger.projections.rates import plain_rates
from replay.explain.explanation import Adjustment, Discount, LatePart, Line, Part, Recurring, TrueUp
from replay.explain.people import Cited, People
from replay.explain.sides import Row, Sides, as_day
from replay.explain.sources import Sources


class Lines:
    """Builds the lines; what they cite is wanted from the start, so that it is read once."""

    def __init__(self, sides: Sides, sources: Sources, people: People, cited: Cited) -> None:
        self._sides, self._sources, self._people, self._cited = sides, sources, people, cited
        self._late = _late(sides)
        cited.want([position for part in self._late for position in part["positions"]])

    def built(self) -> tuple[Line, ...]:
        """Return the lines in the order of the invoice; the events are read now at the latest."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[Line]:
        charged = 0
        for line in self._sides.this.lines:
            match line["kind"]:
                case "recurring":
                    yield self._recurring(line)
                case "true_up":
                    yield self._true_up(line)
                case "discount":
                    yield self._discount(line, charged)
                case _:
                    yield self._adjustment(line)
            charged += line["amount"]

    def _recurring(self, line: Row) -> Recurring:
        terms, cited, people = self._sources.this, self._cited, self._people
        by_seat = line["pricing_model"] == PPS
        return Recurring(
            amount=line["amount"],
            pricing_model=line["pricing_model"],
            quantity=line["quantity"],
            unit_amount=line["unit_amount"],
            period_start=line["period_start"],
            period_end=line["period_end"],
            model_by=cited.at(terms.model),
            plan_by=cited.at(terms.plan),
            cycle_by=cited.at(terms.cycle),
            price=cited.at(_known(terms.price)),
            members=people.members(people.now, cited),
            peak=people.peak(self._sides.this, self._sides) if by_seat else None,
        )

    def _true_up(self, line: Row) -> TrueUp:
        cited, people, sides = self._cited, self._people, self._sides
        by_seat = line["pricing_model"] == PPS
        rises = () if by_seat else people.rises_of(sides.this.place, as_day(line["date"]), cited)
        marks = [rise.mark for rise in rises if rise.above]
        return TrueUp(
            amount=line["amount"],
            pricing_model=line["pricing_model"],
            date=line["date"],
            quantity=line["quantity"],
            unit_amount=line["unit_amount"],
            remaining_days=line["remaining_days"],
            period_days=line["period_days"],
            mark=sides.this.on["peak"] - line["quantity"] if by_seat else marks[0],
            price=cited.at(_known(self._sources.grown)),
            rises=rises,
            peak=people.peak(sides.this, sides) if by_seat else None,
            members=people.members(people.now, cited) if by_seat else (),
        )

    def _discount(self, line: Row, base: int) -> Discount:
        return Discount(
            amount=line["amount"],
            rate=rate_text(line["rate"]),
            base=base,
            partner_id=self._sides.licence["partner_id"],
            terms=self._cited.at(_known(self._sources.this.rate)),
        )

    def _adjustment(self, line: Row) -> Adjustment:
        sides, cited = self._sides, self._cited
        on_date = (pl.col("key") == sides.this.on["key"]) & (pl.col("day") == as_day(line["date"]))
        due = sides.part.dates.filter(on_date)["own_total"].item()
        parts = [part for part in self._late if part["day"] == as_day(line["date"])]
        return Adjustment(
            amount=line["amount"],
            billing_date=line["date"],
            number=number_of(sides, line["date"]),
            charged=due - line["amount"],
            due=due,
            now=tuple(self._now(as_day(line["date"]))),
            late=tuple(
                LatePart(part["amount"], tuple(cited.at(position) for position in part["positions"]))
                for part in parts
            ),
            created=None if parts else cited.at(sides.licence["position"]),
        )

    def _now(self, day: int) -> Iterator[Part]:
        """Yield the own lines of an earlier date as this invoice knows it."""
        own, key = self._sides.made.own, self._sides.this.on["was"]
        [date] = (
            own.dates.with_row_index("row").filter((pl.col("key") == key) & (pl.col("day") == day)).to_dicts()
        )
        if date["recurring"] is not None:
            period = own.periods.row(date["period"], named=True)
            yield Part(
                "recurring", date["recurring"], period["model"], period["quantity"], period["unit_amount"]
            )
        for rise in own.true_ups.filter(pl.col("date") == date["row"]).to_dicts():
            model = own.periods["model"][rise["period"]]
            figures = (rise[name] for name in ("quantity", "unit_amount", "remaining_days", "period_days"))
            yield Part("true_up", rise["amount"], model, *figures)
        if date["discount"]:
            yield Part("discount", date["discount"], rate=rate_text(date["rate"]))


def number_of(sides: Sides, day: date) -> str | None:
    """Return the number of the licence's invoice of a date; None if it has none or is not issued."""
    found = sides.invoices.invoices.filter(pl.col("billing_date") == day)["number"]
    return found.item() if len(found) else None


def rate_text(scaled: int) -> str:
    """Return a rate in RATE_SCALE-ths as decimal text."""
    text: str = plain_rates(pl.Series([scaled], dtype=pl.Int64)).item()
    return text


def _late(sides: Sides) -> list[dict[str, Any]]:
    if not sides.this.of_kind("adjustment"):
        return []
    adjusting = pl.DataFrame(
        {"license": [sides.this.on["license"]], "n": [sides.this.on["n"]]},
        schema={"license": pl.Int32, "n": pl.Int32},
    )
    return late_effects(sides.history, sides.made, adjusting).to_dicts()


def _known(position: int | None) -> int:
    """Return a position that there must be: the line it stands behind could not have been made without."""
    if position is None:
        raise ValueError("a line has no event behind it")
    return position
