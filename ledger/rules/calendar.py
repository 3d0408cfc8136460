"""Billing dates from the anchor and the first instants of local days (docs/rules.md §1 and §5)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from ledger.rules.errors import InvalidValue


class UnknownTimeZone(InvalidValue):
    """Raised for a name that the IANA time zone database does not have."""

    code = "unknown_time_zone"
    template = "{value!r} is not a time zone of the IANA database."
    hint = "Use a name such as Europe/Warsaw or UTC."


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the names of all zones."""
    return frozenset((resources.files("tzdata") / "zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name; raises UnknownTimeZone.

    It is read from the pinned tzdata package and never from the machine's own files, so that a replay gives
    the same instants on every machine.
    """
    if name not in zone_names():
        raise UnknownTimeZone(value=name)
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def add_months(anchor: date, months: int) -> date:
    """Return the date `months` after the anchor, on its day or the month's last (docs/rules.md §5)."""
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month0 + 1, min(anchor.day, monthrange(year, month0 + 1)[1]))


def local_date(instant: datetime, zone_name: str) -> date:
    """Return the local date of an instant: the last local day that has begun by then.

    Where clocks once went back over midnight the evening came twice; the day that had begun has begun, so
    that dates never go back as time goes on.
    """
    day = instant.astimezone(zone(zone_name)).date()
    next_day = day + timedelta(days=1)
    return next_day if first_instant(next_day, zone_name) <= instant else day


@lru_cache(maxsize=65536)
def first_instant(day: date, zone_name: str) -> datetime:
    """Return the first instant, in UTC, whose local date is `day` or, if the clocks skip it, a later one.

    A midnight that comes twice counts the first time; one that is skipped, or a day that is skipped whole,
    gives the first instant after the gap (docs/rules.md §1, billing date).
    """
    local = zone(zone_name)
    midnight = datetime.combine(day, time(), tzinfo=local).astimezone(UTC)
    if midnight.astimezone(local).date() == day and midnight.astimezone(local).time() == time():
        return midnight
    return _end_of_gap(day, local)


def _end_of_gap(day: date, local: ZoneInfo) -> datetime:
    """Return the instant at which the local date first reaches `day`, to the second, by bisection."""
    middle = datetime.combine(day, time(), tzinfo=UTC)
    low, high = middle - timedelta(days=2), middle + timedelta(days=2)
    while high - low > timedelta(seconds=1):
        half = low + (high - low) // 2
        half = half.replace(microsecond=0) if half.replace(microsecond=0) > low else half
        if half.astimezone(local).date() >= day:
            high = half
        else:
            low = half
    return high
