"""Calendar arithmetic as table look-ups, so that a million dates cost a few gathers (docs/rules.md §5).

Days are whole days since 1970-01-01, instants microseconds since 1970 UTC.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import polars as pl

from ledger.rules.calendar import first_instant, zone
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, MICROSECOND, to_us

DAY_US = 86_400_000_000
# Two years of margin on either side of what an instant may be: notices look ahead of the last fact.
_FIRST_MONTH = (FIRST_YEAR - 2) * 12
_MONTHS = (LAST_YEAR + 4) * 12 - _FIRST_MONTH
_EPOCH = date(1970, 1, 1)
_PROBE_DAYS = 7
_NONE = timedelta()
FIRST_DAY = (date(FIRST_YEAR - 2, 1, 1) - _EPOCH).days
_DAYS = (date(LAST_YEAR + 4, 1, 1) - _EPOCH).days - FIRST_DAY


def _month_starts() -> list[int]:
    firsts = (date((_FIRST_MONTH + i) // 12, (_FIRST_MONTH + i) % 12 + 1, 1) for i in range(_MONTHS))
    return [(first - _EPOCH).days for first in firsts] + [FIRST_DAY + _DAYS]


_MONTH_START = pl.Series(_month_starts(), dtype=pl.Int32)
_MONTH_OF_DAY = (
    pl.DataFrame({"month": range(_MONTHS), "days": _MONTH_START.diff().drop_nulls()})
    .select(pl.col("month").cast(pl.Int32).repeat_by("days").explode(empty_as_null=False, keep_nulls=False))
    .to_series()
)


def month_of(day: pl.Expr) -> pl.Expr:
    """Return the ordinal of the month that a day lies in."""
    return pl.lit(_MONTH_OF_DAY).gather(day - FIRST_DAY)


def day_of_month(day: pl.Expr) -> pl.Expr:
    """Return the day of the month, from 1."""
    return day - pl.lit(_MONTH_START).gather(month_of(day)) + 1


def day_in_month(month: pl.Expr, anchor_day: pl.Expr) -> pl.Expr:
    """Return the day in that month with the anchor's day of the month, or the month's last."""
    start = pl.lit(_MONTH_START).gather(month)
    length = pl.lit(_MONTH_START).gather(month + 1) - start
    return start + pl.min_horizontal(anchor_day, length) - 1


@cache
def _probes() -> list[datetime]:
    """Return midnights a week apart, over all days of the tables and beyond; only their wall time counts."""
    first = datetime.combine(_EPOCH, time(), tzinfo=UTC) + timedelta(days=FIRST_DAY)
    return [first + timedelta(days=day) for day in range(0, _DAYS + 2 * _PROBE_DAYS, _PROBE_DAYS)]


@lru_cache(maxsize=1024)
def _first_instants(zone_name: str) -> pl.Series:
    """Return the first instant of every local day of the zone.

    A day starts at UTC midnight less the offset of its own midnight, the first if that comes twice; only days
    whose neighbours have another offset can lack their midnight, and ask the calendar. A week that begins and
    ends with one offset has no change in it.
    """
    local, probes = zone(zone_name), _probes()
    offsets = list(map(local.utcoffset, probes))
    offsets_us = pl.Series([(offset or _NONE) // MICROSECOND for offset in offsets], dtype=pl.Int64)
    days = pl.int_range(_DAYS, eager=True, dtype=pl.Int64)
    starts = (days + FIRST_DAY) * DAY_US - offsets_us.gather(days // _PROBE_DAYS)
    exact = {
        day: start
        for week, (offset, next_offset) in enumerate(pairwise(offsets))
        if offset != next_offset
        for day, start in _week_with_a_change(probes[week], week * _PROBE_DAYS, local)
        if day < _DAYS
    }
    return starts.scatter(list(exact), list(exact.values())) if exact else starts


def _week_with_a_change(probe: datetime, day: int, local: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Yield the seven days from a probe on, the first numbered `day`, and the first instant of each (µs)."""
    midnights = [probe + timedelta(days=i) for i in range(-1, _PROBE_DAYS + 1)]
    offsets = [local.utcoffset(midnight) or _NONE for midnight in midnights]
    for i in range(1, _PROBE_DAYS + 1):
        if offsets[i - 1] == offsets[i] == offsets[i + 1]:
            start = midnights[i] - offsets[i]
        else:
            start = first_instant(midnights[i].date(), local.key)
        yield day + i - 1, to_us(start)


@lru_cache(maxsize=64)
def _table(zone_names: tuple[str, ...]) -> pl.Series:
    return pl.concat([_first_instants(name) for name in zone_names])


class ZoneTable:
    """The first instants of the local days of a few zones, asked by the zone's place in `names`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Prepare the zones; an empty tuple is allowed and answers nothing."""
        self.offsets = dict(zip(names, accumulate([_DAYS] * len(names), initial=0), strict=False))
        self._instants = pl.lit(_table(names) if names else pl.Series([], dtype=pl.Int64))

    def instant(self, zone_offset: pl.Expr, day: pl.Expr) -> pl.Expr:
        """Return the first instant (µs) of a local day, or the first after it if the day is skipped."""
        return self._instants.gather(zone_offset + (day - FIRST_DAY))

    def local_day(self, zone_offset: pl.Expr, instant_us: pl.Expr) -> pl.Expr:
        """Return the last local day that has begun by an instant (µs)."""
        utc_day = (instant_us // DAY_US).cast(pl.Int32)
        begun = (self.instant(zone_offset, utc_day) <= instant_us).cast(pl.Int32)
        next_begun = (self.instant(zone_offset, utc_day + 1) <= instant_us).cast(pl.Int32)
        return utc_day - 1 + begun + next_begun


__all__ = ["DAY_US", "FIRST_DAY", "ZoneTable", "day_in_month", "day_of_month", "month_of"]
