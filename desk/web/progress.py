"""How far something has come as a drawing: columns over time and bars of parts, drawn by a template."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil

WIDTH, HEIGHT = 960, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 16, 30, 34
BAR_WIDTH = 960
_DAYS_BY_DAY = 62
_DAYS_BY_WEEK = 420
_MOST_LABELS = 6
_FEW = 4
_GAP = 2.0
_WIDEST = 48.0


@dataclass(frozen=True)
class Part:
    """A part of a column or bar: what it is of, how many, and where it goes along the axis of numbers."""

    kind: str
    many: int
    start: float
    size: float


@dataclass(frozen=True)
class Column:
    """What falls into the days from `first` and before `end`."""

    first: date
    end: date
    x: float
    width: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its label."""

    place: float
    label: str


@dataclass(frozen=True)
class Columns:
    """A drawing of WIDTH by HEIGHT; `as_of_x` is where the moment shown is, None if it is outside."""

    columns: tuple[Column, ...]
    counts: tuple[Tick, ...]
    days: tuple[tuple[float, date], ...]
    since: datetime
    until: datetime
    as_of_x: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def columns_of(
    counted: Sequence[tuple[date, str, int]], kinds: Sequence[str], as_of: datetime
) -> Columns | None:
    """Return the columns of (day, kind, how many): of days, of weeks or of months; None if there are none.

    Within a column the kinds stand on each other in their order.
    """
    if not counted:
        return None
    edges = _edges(min(day for day, *_ in counted), max(day for day, *_ in counted))
    found = [dict.fromkeys(kinds, 0) for _ in edges[1:]]
    place = 0
    for day, kind, many in sorted(counted):
        while day >= edges[place + 1]:
            place += 1
        found[place][kind] += many
    highest = max(sum(column.values()) for column in found)
    ticks = _round_ticks(highest)
    days = (edges[-1] - edges[0]).days

    def x(after: timedelta) -> float:
        return round(LEFT + after / timedelta(days=days) * (WIDTH - LEFT - RIGHT), 1)

    def y(many: int) -> float:
        return round(HEIGHT - BOTTOM - many / ticks[-1] * (HEIGHT - TOP - BOTTOM), 1)

    since = datetime.combine(edges[0], time(), tzinfo=UTC)
    until = datetime.combine(edges[-1], time(), tzinfo=UTC)
    every = max(1, ceil(len(found) / _MOST_LABELS))
    return Columns(
        columns=tuple(
            _column(first, end, (x(first - edges[0]), x(end - edges[0])), _stacked(column, y))
            for (first, end), column in zip(pairwise(edges), found, strict=True)
            if any(column.values())
        ),
        counts=tuple(Tick(y(many), str(many)) for many in ticks),
        days=tuple((x(edge - edges[0]), edge) for edge in edges[:-1][::every]),
        since=since,
        until=until,
        as_of_x=x(as_of - since) if since <= as_of <= until else None,
    )


def bar_of(counts: Mapping[str, int], kinds: Sequence[str]) -> tuple[Part, ...]:
    """Return the parts of a bar of BAR_WIDTH in the order of the kinds; nothing of nothing."""
    total = sum(counts.values())
    parts, start = [], 0.0
    for kind in kinds:
        many = counts.get(kind, 0)
        if many:
            size = many / total * BAR_WIDTH
            parts.append(Part(kind, many, round(start, 1), round(size, 1)))
            start += size
    return tuple(parts)


def _edges(first: date, last: date) -> list[date]:
    """Return the days at which columns begin, and where the last one ends."""
    days = (last - first).days + 1
    if days <= _DAYS_BY_DAY:
        # a few days at least, so that one day's column is no wall
        return [first + timedelta(days=place) for place in range(max(days, 7) + 1)]
    if days <= _DAYS_BY_WEEK:
        monday = first - timedelta(days=first.weekday())
        return [monday + timedelta(weeks=place) for place in range((last - monday).days // 7 + 2)]
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    begin = first.year * 12 + first.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(begin, begin + months + 1)]


def _column(first: date, end: date, sides: tuple[float, float], parts: tuple[Part, ...]) -> Column:
    room = sides[1] - sides[0]
    width = max(1.0, min(room - _GAP, _WIDEST))
    return Column(first, end, round(sides[0] + (room - width) / 2, 1), round(width, 1), parts)


def _stacked(column: Mapping[str, int], y: Callable[[int], float]) -> tuple[Part, ...]:
    parts, below = [], 0
    for kind, many in column.items():
        if many:
            top = y(below + many)
            parts.append(Part(kind, many, top, round(y(below) - top, 1)))
            below += many
    return tuple(parts)


def _round_ticks(highest: int) -> list[int]:
    """Return some round counts from 0 to at least the highest."""
    step = next(
        size * 10**power for power in range(9) for size in (1, 2, 5) if highest <= size * 10**power * _FEW
    )
    return list(range(0, step * max(1, ceil(highest / step)) + 1, step))
