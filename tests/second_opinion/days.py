"""Answer what day it is in a zone, when a local day begins, and on which dates a licence is billed."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1000)
def clocks_of(zone: str) -> ZoneInfo:
    """Read a zone's rules from the installed tzdata package: a machine's own files may be years older."""
    with resources.files("tzdata.zoneinfo").joinpath(zone).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=zone)


def local_date(instant: datetime, zone: str) -> date:
    """Give the date that clocks in `zone` show at `instant`."""
    return instant.astimezone(clocks_of(zone)).date()


@lru_cache(maxsize=100_000)
def first_instant(day: date, zone: str) -> datetime:
    """Find the earliest instant, in UTC, whose local date is `day` or later (docs/rules.md §1).

    Midnight may come twice (the clocks go back over it): the earlier one counts. Midnight, or the whole day,
    may be left out: then it is the moment of the jump. The two readings of the wall clock (fold 0 and 1)
    bracket that moment, and a search to the second finds it, since jumps are on whole seconds.
    """
    midnight = datetime.combine(day, time.min, tzinfo=clocks_of(zone))
    early, late = sorted(midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if local_date(early, zone) >= day:
        return early
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=int((late - early).total_seconds()) // 2)
        if local_date(middle, zone) >= day:
            late = middle
        else:
            early = middle
    return late


@lru_cache(maxsize=100_000)
def billing_date(anchor: date, n: int) -> date:
    """Compute D_n from the anchor, never from D_n-1 (docs/rules.md §5): 31 Jan, 29 Feb, 31 Mar."""
    months = anchor.year * 12 + (anchor.month - 1) + n
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(anchor.day, monthrange(year, month)[1]))
