"""Which invoice there is which one here: the nearest billing date, then the amount."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

# Billing dates are a month apart; what is farther from one is nearer to another, or belongs to none.
MAX_DAYS_APART = 15


class Ours(NamedTuple):
    """What an invoice here is found by."""

    day: date
    quantity: int
    total: int


class Theirs(NamedTuple):
    """What an invoice there is found by; the amount is None if the currency does not have it."""

    day: date
    seats: int
    amount: int | None
    is_void: bool


def matched(ours: Sequence[Ours], theirs: Sequence[Theirs]) -> dict[int, int]:
    """Return, for places in `theirs`, the place in `ours` of the same invoice; each is used once.

    The nearest pairs are made first; of several that are as near, those that stand, then the nearest amounts,
    then the nearest quantities, then the order.
    """
    by_day = sorted(range(len(ours)), key=lambda place: ours[place].day)
    days = [ours[place].day.toordinal() for place in by_day]
    near = []
    for there, one in enumerate(theirs):
        for at in _around(days, one.day.toordinal()):
            here = by_day[at]
            near.append((*_distance(ours[here], one), there, here))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, there, here in sorted(near):
        if there not in pairs and here not in taken:
            pairs[there] = here
            taken.add(here)
    return pairs


def _around(days: Sequence[int], day: int) -> range:
    """Return the places of the days that are near enough, in a sorted list of days."""
    first = bisect_left(days, day - MAX_DAYS_APART)
    return range(first, bisect_right(days, day + MAX_DAYS_APART))


def _distance(here: Ours, there: Theirs) -> tuple[int, bool, int, int]:
    apart = abs((here.day - there.day).days)
    amount = abs(here.total - there.amount) if there.amount is not None else abs(here.total)
    return apart, there.is_void, amount, abs(here.quantity - there.seats)
