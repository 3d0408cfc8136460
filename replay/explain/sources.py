"""Which events set the terms of the two invoices: model, plan, cycle, price and the partner's rate."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from ledger.projections.lookups import Cut
from replay.explain.sides import Row, Sides

_CUT = Cut(pl.col("cut_us"), pl.col("cut_position"))
_PRICED = ("plan", "months", "currency", "at_us", "cut_us", "cut_position")


@dataclass(frozen=True)
class Terms:
    """Positions of the events behind one invoice's terms; where none is named, the licence's creation is."""

    model: int
    plan: int
    cycle: int
    price: int | None
    rate: int | None


@dataclass(frozen=True)
class Sources:
    """The terms of this invoice and of the one before, and two prices between them.

    `listed` is what the plan and cycle of the invoice before cost when this one's period began, `planned`
    this one's plan with that cycle; None if there is no such price. `grown` is the place of the price of the
    period before this date, in which true-ups lie.
    """

    this: Terms
    before: Terms | None
    listed: int | None = None
    planned: int | None = None
    listed_by: int | None = None
    grown: int | None = None

    @property
    def positions(self) -> list[int | None]:
        """Return the places of all events behind the terms."""
        both = (terms for terms in (self.this, self.before) if terms is not None)
        each = [(terms.model, terms.plan, terms.cycle, terms.price, terms.rate) for terms in both]
        return [self.listed_by, self.grown, *(position for positions in each for position in positions)]


def sources_of(sides: Sides) -> Sources:
    """Look up what set the terms, with the knowledge that billed them."""
    starts = [_period_start(sides, side.place) for side in sides.both]
    grown_in = sides.this.place - 1 if sides.this.on["n"] else sides.this.place
    priced = [*starts, _period_start(sides, grown_in)]
    if sides.before is not None:
        this, before = starts
        listed = this | {name: before[name] for name in ("plan", "months")}
        priced += [listed, this | {"months": before["months"]}]
    prices = _prices(sides, priced)
    decided = sides.made.terms.with_sources(
        pl.DataFrame(
            [{"key": row["was"], "n": row["n"]} for row in starts], schema={"key": pl.Int32, "n": pl.Int32}
        ),
        pl.col("n"),
    ).to_dicts()
    rates = _rates(sides)
    created = sides.licence["position"]
    terms = [
        Terms(
            model=set_by["model_position"] or created,
            plan=set_by["plan_position"] or created,
            cycle=set_by["cycle_position"] or created,
            price=price["price_position"],
            rate=rate,
        )
        for set_by, price, rate in zip(decided, prices, rates, strict=False)
    ]
    if sides.before is None:
        return Sources(terms[0], None, grown=prices[1]["price_position"])
    return Sources(
        this=terms[0],
        before=terms[1],
        listed=prices[3]["unit_amount"],
        planned=prices[4]["unit_amount"],
        listed_by=prices[3]["price_position"],
        grown=prices[2]["price_position"],
    )


def _period_start(sides: Sides, place: int) -> Row:
    """Return the date on which the period of a date began, in the key that bills it, with its terms."""
    on = sides.part.dates.row(place, named=True)
    start = sides.part.dates.row(place - (on["n"] - on["start_n"]), named=True)
    period = sides.made.own.periods.row(on["period"], named=True)
    return start | {name: period[name] for name in ("plan", "months", "currency")}


def _prices(sides: Sides, rows: list[Row]) -> list[dict[str, Any]]:
    schema = {name: sides.part.dates.schema.get(name, pl.String()) for name in _PRICED}
    asked = pl.DataFrame([{name: row[name] for name in _PRICED} for row in rows], schema=schema)
    return sides.history.programme.with_unit_amount(asked, _CUT, source="price_position").to_dicts()


def _rates(sides: Sides) -> list[int | None]:
    places = [side.place for side in sides.both]
    asked = sides.part.dates[places].select("rate_group", "at_us", "cut_us", "cut_position")
    found = sides.history.programme.with_rate(asked, _CUT, source="rate_position")
    return found["rate_position"].to_list()
