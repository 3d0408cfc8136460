"""Values that may carry a day or an instant: `tom@acme.example@2024-08-01`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import typer

from desk.cli.values import read_day, read_instant

# What a time begins with; behind the last @ of a value nothing else looks like it.
_BEGINS_LIKE_A_DAY = re.compile(r"\d{4}-\d\d?-\d\d?", re.ASCII)


@dataclass(frozen=True)
class Dated:
    """A value, and when it would hold: from a day's first instant, from an instant, or (None) from now."""

    value: str
    at: date | datetime | None


def read_dated(text: str | Dated) -> Dated:
    """Take the time off a value: what stands behind the last @ if it begins like a day."""
    if isinstance(text, Dated):
        return text
    value, sign, time = text.rpartition("@")
    if not sign or not _BEGINS_LIKE_A_DAY.match(time):
        value, time = text, ""
    if not value:
        raise typer.BadParameter(f"{text!r} names nothing before the time.")
    if not time:
        return Dated(value, None)
    return Dated(value, read_instant(time) if "T" in time.upper() else read_day(time))


def dated(read: Callable[[str], object]) -> Callable[[str | Dated], Dated]:
    """Return a reader of dated values whose value `read` accepts; it raises BadParameter for others."""

    def checked(text: str | Dated) -> Dated:
        found = read_dated(text)
        read(found.value)
        return found

    return checked
