"""Who counted on the two invoices, at the peak and at every rise: one question to the kernel for all."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import polars as pl

from ledger.events.base import LedgerEvent
from ledger.events.license import ChatBotAdded, ChatBotRemoved
from ledger.projections.models import MODEL, PPS
from ledger.projections.standing import standing
from ledger.rules.instants import from_us
from replay.explain.explanation import Evidence, Member, Peak, Rise
from replay.explain.sides import Row, Side, Sides

_NOT_YET = {"why": "not_yet", "counted": False, "seat_position": None}
_ASKS = pl.Schema({"ask": pl.Int64(), "key": pl.Int32(), "at_us": pl.Int64(), "model": MODEL})


ReadEvents: TypeAlias = Callable[[Collection[int]], Mapping[int, LedgerEvent]]


@dataclass
class Cited:
    """Events by their place in the log, read all at once when the first is asked for."""

    read: ReadEvents
    _wanted: set[int] = field(default_factory=set)

    def want(self, positions: Collection[int | None]) -> None:
        """Say which events will be asked for."""
        self._wanted.update(position for position in positions if position is not None and position >= 0)

    @cached_property
    def _found(self) -> Mapping[int, Evidence]:
        events = self.read(self._wanted)
        return {position: Evidence(position, event) for position, event in events.items()}

    def at(self, position: int) -> Evidence:
        """Return the event at a position that was wanted."""
        return self._found[position]

    def maybe_at(self, position: int | None) -> Evidence | None:
        """Return the event at a position that was wanted, None for none."""
        return None if position is None or position < 0 else self._found[position]


@dataclass(frozen=True)
class People:
    """How everybody stood at the moments that matter; each moment is a number in the order of being asked.

    `stood` has for each moment the rows of `standing` by subject.
    """

    stood: Mapping[int, Mapping[int, Row]]
    peaks: Mapping[tuple[int, int], Row]
    now: int | None
    then: int | None
    then_under_its_model: int | None
    rises: list[tuple[Row, int]]

    @property
    def positions(self) -> list[int | None]:
        """Return the places of all events behind them."""
        rows = [row for moment in self.stood.values() for row in moment.values()]
        return [row[name] for name in ("position", "seat_position") for row in rows]

    def members(self, ask: int | None, cited: Cited) -> tuple[Member, ...]:
        """Return how everybody stood at a moment, agents and then ChatBots, by name."""
        return _members(self._at(ask).values(), cited)

    def entered(self, after: int | None, before: int | None, cited: Cited) -> tuple[Member, ...]:
        """Return those who count at one moment and not at another, as they stand at the first."""
        return _members(self._counted_only_at(after, before), cited)

    def left(self, after: int | None, before: int | None, cited: Cited) -> tuple[Member, ...]:
        """Return those who count at moment `before` and not at `after`, as they stand at `after`.

        A peak of the month before can lie before somebody came: then that is why.
        """
        there = self._at(after)
        gone = self._counted_only_at(before, after)
        return _members((there.get(row["subject"], {**row, **_NOT_YET}) for row in gone), cited)

    def rises_of(self, place: int, day: int, cited: Cited) -> tuple[Rise, ...]:
        """Return the rises of a local day that a true-up on the invoice of a place is made of."""
        return tuple(
            Rise(
                at=from_us(row["at_us"]),
                before=row["before"],
                after=row["after"],
                mark=row["mark"],
                above=row["above"],
                came=self.entered(ask, ask + 1, cited),
            )
            for row, ask in self.rises
            if row["date"] == place and row["day"] == day
        )

    def peak(self, side: Side, sides: Sides) -> Peak | None:
        """Return the peak of the month before an invoice's date; None if nobody ever sat in it."""
        found = self.peaks.get((side.on["key"], side.on["n"]))
        if found is None or not found["peak"]:
            return None
        n = side.on["n"]
        month_from = sides.part.dates["at_us"][side.place - 1] if n else None
        until_us = found["until_us"]
        if until_us is not None and until_us > side.on["at_us"]:
            until_us = None
        return Peak(
            count=found["peak"],
            at=from_us(found["peak_us"]),
            until=None if until_us is None else from_us(until_us),
            month_from=None if month_from is None else from_us(month_from),
            month_until=from_us(side.on["at_us"]),
        )

    def _at(self, ask: int | None) -> Mapping[int, Row]:
        return {} if ask is None else self.stood.get(ask, {})

    def _counted_only_at(self, one: int | None, other: int | None) -> Iterator[Row]:
        """Yield the rows that count at one moment and not at the other; nothing if either is not asked."""
        if one is None or other is None:
            return
        there = self._at(other)
        for subject, row in self._at(one).items():
            if row["counted"] and not (subject in there and there[subject]["counted"]):
                yield row


def people_of(sides: Sides) -> People:
    """Ask who stood how at every moment that the explanation speaks of."""
    this, before = sides.this, sides.before
    models = {side.period["model"] for side in sides.both}
    peaks = {}
    if PPS in models:
        peaks = {(row["key"], row["n"]): row for row in sides.part.peaks().to_dicts()}
    asks: list[tuple[int, int, str]] = []

    def ask(side: Side, model: str) -> int:
        at_us = side.on["at_us"]
        if model == PPS:
            peak = peaks.get((side.on["key"], side.on["n"]))
            at_us = at_us if peak is None else peak["peak_us"]
        asks.append((side.on["key"], at_us, model))
        return len(asks) - 1

    model = this.period["model"]
    by_peak = any(line["pricing_model"] == PPS for line in this.of_kind("true_up"))
    now = ask(this, model) if this.recurs or by_peak else None
    then = own = None
    if before is not None and this.recurs and before.recurs:
        then = own = ask(before, model)
        if before.period["model"] != model:
            own = ask(before, before.period["model"])
    rises = []
    for row in _rises(sides):
        rises.append((row, len(asks)))
        asks += [(this.on["key"], at_us, row["model"]) for at_us in (row["at_us"], row["at_us"] - 1)]
    frame = pl.DataFrame([(number, *one) for number, one in enumerate(asks)], schema=_ASKS, orient="row")
    stood: dict[int, dict[int, Row]] = {}
    for row in standing(sides.part.facts, frame).iter_rows(named=True):
        stood.setdefault(row["ask"], {})[row["subject"]] = row
    return People(stood, peaks, now, then, own, rises)


def _rises(sides: Sides) -> Iterator[Row]:
    days = {line["date"] for line in sides.this.of_kind("true_up")}
    if not days:
        return iter(())
    rises = sides.part.rises(sides.history).filter(
        (pl.col("date") == sides.this.place) & pl.col("day").cast(pl.Int32).cast(pl.Date).is_in(list(days))
    )
    return rises.iter_rows(named=True)


def _members(stood: Iterable[Row], cited: Cited) -> tuple[Member, ...]:
    """Return rows of `standing` as members; a subject of which nothing but seats is known is nobody."""
    found = [
        Member(
            name=str(cited.at(row["position"]).event.subject),
            is_bot=isinstance(cited.at(row["position"]).event, ChatBotAdded | ChatBotRemoved),
            counted=row["counted"],
            why=row["why"],
            made_so=cited.at(row["position"]),
            seat=cited.maybe_at(row["seat_position"]),
        )
        for row in stood
        if row["position"] is not None
    ]
    return tuple(sorted(found, key=lambda member: (member.is_bot, member.name)))
