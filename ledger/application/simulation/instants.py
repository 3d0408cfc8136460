"""Time as whole microseconds since 1970 UTC, and its text, made fast enough for millions of lines."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
EPOCH = date(1970, 1, 1)
SATURDAY = 5


@cache
def day_text(day: int) -> str:
    """Write a day, counted from 1970-01-01, as YYYY-MM-DD."""
    return (EPOCH + timedelta(days=day)).isoformat()


@cache
def _second_text(second: int) -> str:
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"T{hours:02d}:{minutes:02d}:{seconds:02d}"


def instant_text(instant_us: int) -> str:
    """Write an instant in RFC 3339 with microseconds and Z."""
    day, rest_us = divmod(instant_us, DAY_US)
    second, rest_us = divmod(rest_us, SECOND_US)
    return f"{day_text(day)}{_second_text(second)}.{rest_us:06d}Z"


def day_number(day: date) -> int:
    """Count the days from 1970-01-01."""
    return (day - EPOCH).days


def at_us(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Give a UTC wall time as microseconds."""
    moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return day_number(moment.date()) * DAY_US + hour * HOUR_US + minute * MINUTE_US


def weekday(day: int) -> int:
    """Give the weekday of a day counted from 1970-01-01; Monday is 0."""
    return (day + 3) % 7


def working_day(day: int) -> int:
    """Give the day itself, or the Monday after it if it falls on a weekend."""
    on = weekday(day)
    return day if on < SATURDAY else day + 7 - on
