"""The bridge between two invoices as a drawing: where its bars stand; a template draws them."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from textwrap import wrap
from typing import Literal

from desk.explaining.told import Told
from replay.explain.explanation import Explanation

HEIGHT, COLUMN, BAR = 264, 116, 68
_TOP, _BOTTOM, _SIDE = 30, 50, 8
_LABEL_LETTERS = 16
_GAP = 8


@dataclass(frozen=True)
class Bar:
    """One column: a whole invoice, or what one step adds or takes; a step of nothing is a line."""

    kind: Literal["total", "up", "down"]
    x: float
    y: float
    height: float
    middle: float
    label: tuple[str, ...]
    amount: str
    amount_y: float


@dataclass(frozen=True)
class Link:
    """The level at which one column ends and the next one begins."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True)
class Waterfall:
    """A drawing of `width` by `height`; `zero` is the height of the line of nothing."""

    bars: tuple[Bar, ...]
    links: tuple[Link, ...]
    zero: float
    width: int
    height: int = HEIGHT


def waterfall(of: Explanation, told: Told) -> Waterfall | None:
    """Return the way from the invoice before to this one; None for the first invoice of a licence."""
    if of.before is None:
        return None
    # the level before and after each column; whole invoices stand on nothing
    levels = list(accumulate((step.amount for step in of.bridge), initial=of.before.amount))
    spans = [(0, levels[0]), *pairwise(levels), (0, levels[-1])]
    labels = [told.before, *(step.factor for step in told.steps), told.day]
    amounts = [told.before_total, *(step.amount for step in told.steps), told.total]
    least, most = min(0, *levels), max(0, *levels)
    scale = (HEIGHT - _TOP - _BOTTOM) / (most - least or 1)

    def y(amount_minor: int) -> float:
        return round(HEIGHT - _BOTTOM - (amount_minor - least) * scale, 1)

    last = len(spans) - 1
    bars = tuple(
        _bar(place, y(begin), y(end), labels[place], amounts[place], is_total=place in (0, last))
        for place, (begin, end) in enumerate(spans)
    )
    links = tuple(
        Link(before.x + BAR, after.x, y(level))
        for before, after, level in zip(bars, bars[1:], levels, strict=False)
    )
    return Waterfall(bars, links, y(0), 2 * _SIDE + COLUMN * len(bars))


def _bar(place: int, begin: float, end: float, label: str, amount: str, *, is_total: bool) -> Bar:
    x = _SIDE + place * COLUMN + (COLUMN - BAR) / 2
    top = min(begin, end)
    return Bar(
        kind="total" if is_total else "up" if end <= begin else "down",
        x=x,
        y=top,
        height=round(max(begin, end) - top, 1),
        middle=x + BAR / 2,
        label=tuple(wrap(label, _LABEL_LETTERS)),
        amount=amount,
        amount_y=round(top - _GAP, 1),
    )
