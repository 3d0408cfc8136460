"""Counts over time as a drawing: where the lines go, worked out here, drawn by a template."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil

from ledger.application.show_license import SeatStep

WIDTH, HEIGHT = 960, 280
LEFT, RIGHT, TOP, BOTTOM = 40, 16, 34, 34
_MOST_LABELS = 8
_FEW = 5
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Mark:
    """A moment on the axis of time: where it is, what it is, and how it is told of."""

    x: float
    kind: str
    label: str
    at: datetime


@dataclass(frozen=True)
class Line:
    """One count's line: its name, the path, its value at the end."""

    count: str
    path: str
    last: int


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its label."""

    place: float
    label: str


@dataclass(frozen=True)
class Chart:
    """A drawing of WIDTH by HEIGHT."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    counts: tuple[Tick, ...]
    months: tuple[Tick, ...]
    since: datetime
    until: datetime
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def counts_chart(
    steps: Sequence[SeatStep], until: datetime, marks: Iterable[tuple[datetime, str, str]]
) -> Chart | None:
    """Return the chart of the three counts from a licence's creation up to an instant; None without steps.

    `marks` are (instant, kind, label); those outside are left out.
    """
    if not steps or steps[0].since >= until:
        return None
    since = steps[0].since
    shown = [step for step in steps if step.since < until]
    highest = max(max(step.ppa, step.pps, step.ppu) for step in shown)
    ticks = _round_ticks(highest)

    def x(at: datetime) -> float:
        return round(LEFT + (at - since) / (until - since) * (WIDTH - LEFT - RIGHT), 1)

    def y(count: float) -> float:
        return round(HEIGHT - BOTTOM - count / ticks[-1] * (HEIGHT - TOP - BOTTOM), 1)

    lines = tuple(
        Line(name, _path([(x(step.since), y(getattr(step, name))) for step in shown], x(until)), last)
        for name in ("ppa", "pps", "ppu")
        for last in (getattr(shown[-1], name),)
    )
    return Chart(
        lines=lines,
        marks=tuple(Mark(x(at), kind, label, at) for at, kind, label in marks if since <= at <= until),
        counts=tuple(Tick(y(count), str(count)) for count in ticks),
        months=tuple(Tick(x(at), label) for at, label in _months(since, until)),
        since=since,
        until=until,
    )


def _path(points: Sequence[tuple[float, float]], end: float) -> str:
    """Return a line of steps; within one pixel the highest, the lowest and the last are drawn."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for pixel, within in groupby(points[1:], key=lambda point: int(point[0])):
        heights = [height for _, height in within]
        drawn = dict.fromkeys((min(heights), max(heights))) if len(heights) > 1 else {}
        strokes = [height for height in drawn if height != heights[-1]]
        parts.append(f"H{pixel}" + "".join(f"V{height:g}" for height in (*strokes, heights[-1])))
    return "".join([*parts, f"H{end:g}"])


def _round_ticks(highest: int) -> list[int]:
    """Return some round counts from 0 to at least the highest."""
    step = next(
        size * 10**power for power in range(9) for size in (1, 2, 5) if highest <= size * 10**power * _FEW
    )
    return list(range(0, step * max(1, ceil(highest / step)) + 1, step))


def _months(since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """Return some first days of months, evenly apart."""
    first = (since.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(
        day=1
    )
    months = max(1, (until.year - first.year) * _MONTHS_A_YEAR + until.month - first.month)
    apart = next(size for size in (1, 2, 3, 6, 12, 24, 60, 120, 600) if months <= size * _MOST_LABELS)
    found: list[tuple[datetime, str]] = []
    index = first.year * _MONTHS_A_YEAR + first.month - 1
    while True:
        at = first.replace(year=index // _MONTHS_A_YEAR, month=index % _MONTHS_A_YEAR + 1)
        if at > until:
            return found
        if index % apart == 0:
            found.append((at, at.strftime("%Y") if apart >= _MONTHS_A_YEAR else at.strftime("%b %Y")))
        index += 1
