"""Instants as the ledger keeps them: UTC, microseconds, written in RFC 3339 (docs/rules.md §1)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ledger.rules.errors import InvalidValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_HOURS_A_DAY, _MINUTES_AN_HOUR = 24, 60
# The calendar's tables cover these years; an instant outside them is a mistyped one.
FIRST_YEAR = 1990
LAST_YEAR = 2099
CANONICAL_LENGTH = len("2024-08-11T00:00:00.000000Z")
_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)

_CANONICAL = re.compile(r"(?:\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z)*", re.ASCII)


class BadInstant(InvalidValue):
    """Raised for text that does not name one instant."""

    code = "bad_instant"
    template = "{value!r} is not an instant: {reason}."
    hint = "Write it like 2024-08-11T00:00:00Z, with a zone (Z or +02:00) and at most six decimals."


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant.

    Returns an aware UTC datetime. Raises BadInstant for anything else: no zone, a date alone, more than
    microseconds, a day that does not exist, a year outside 1990 to 2099.
    """
    canonical = _parse_canonical(text)
    if canonical is not None:
        return canonical
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise BadInstant(value=text, reason="it needs date, time and zone as in RFC 3339")
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    microsecond = int((match.group(7) or "0").ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    except ValueError as error:
        raise BadInstant(value=text, reason=str(error)) from error
    if match.group(9):
        offset_hours, offset_minutes = int(match.group(10)), int(match.group(11))
        if offset_hours >= _HOURS_A_DAY or offset_minutes >= _MINUTES_AN_HOUR:
            raise BadInstant(value=text, reason="its offset from UTC is not a time of day")
        offset = timedelta(hours=offset_hours, minutes=offset_minutes)
        local = local - offset if match.group(9) == "+" else local + offset
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        raise BadInstant(value=text, reason=f"its year is outside {FIRST_YEAR} to {LAST_YEAR}")
    return local


def _parse_canonical(text: str) -> datetime | None:
    """Read the form that the ledger itself writes, many times faster; None for any other, good or bad."""
    if len(text) != CANONICAL_LENGTH or _CANONICAL.fullmatch(text) is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if FIRST_YEAR <= instant.year <= LAST_YEAR else None


def parse_canonical_instants(texts: Sequence[str]) -> list[datetime] | None:
    """Read instants in the form that the ledger itself writes; None if one is in any other form, good or bad.

    The pattern leaves the library's reader, which takes more than RFC 3339, only this one form to accept.
    """
    if not {*map(len, texts)} <= {CANONICAL_LENGTH} or _CANONICAL.fullmatch("".join(texts)) is None:
        return None
    try:
        instants = [*map(datetime.fromisoformat, texts)]
    except ValueError:
        return None
    if instants and not FIRST_YEAR <= min(instants).year <= max(instants).year <= LAST_YEAR:
        return None
    return instants


def format_instant(instant: datetime) -> str:
    """Write an aware UTC datetime as RFC 3339 with six decimals and Z."""
    # a format of whole numbers takes half the time that the library takes to ask for the zone
    return "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % (  # noqa: UP031 - which an f-string does not
        instant.year,
        instant.month,
        instant.day,
        instant.hour,
        instant.minute,
        instant.second,
        instant.microsecond,
    )


def to_us(instant: datetime) -> int:
    """Return the microseconds since 1970 UTC."""
    return (instant - EPOCH) // MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Return the aware UTC datetime of the microseconds since 1970."""
    return EPOCH + timedelta(0, 0, microseconds)
