"""Hold the words every part of the second opinion uses: events, the log, knowledge cuts, rounding, formats.

A knowledge cut is a number of events: the log's first `cut` events are known, the others are not. Because
recorded_at never decreases along the log, "recorded by an instant" is always such a first part.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

PRICING_MODELS = ("ppa", "pps", "ppu")
PERIOD_MONTHS = {"monthly": 1, "annual": 12}
SEAT_FACTS = ("SeatTaken", "SeatReleased")
LICENSE_FACTS = (
    "LicenseCreated",
    "AgentCreated",
    "AgentSuspended",
    "AgentActivated",
    "AgentDeleted",
    "ChatBotAdded",
    "ChatBotRemoved",
    "PricingModelSwitched",
    "PlanChanged",
    "BillingCycleChanged",
    "LicenseCancelled",
)
PARTNER_FACTS = ("PartnerRegistered", "PartnerTermsChanged")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a history; `position` is its index in recorded order."""

    position: int
    type: str
    effective_at: datetime
    recorded_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """All events in recorded order."""

    events: Sequence[Event]

    def cut_at(self, instant: datetime) -> int:
        """Count the events recorded by `instant`."""
        return bisect_right(self.events, instant, key=lambda event: event.recorded_at)

    def cut_through(self, event_id: str) -> int:
        """Count the events up to and including the one named; KeyError if there is none."""
        for event in self.events:
            if event.fields.get("id") == event_id:
                return event.position + 1
        raise KeyError(event_id)


def instant_of(text: str) -> datetime:
    """Read an RFC 3339 instant as an aware datetime in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def instant_text(instant: datetime) -> str:
    """Write an instant in UTC with microseconds and `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def date_of(text: str) -> date:
    """Read YYYY-MM-DD."""
    return date.fromisoformat(text)


def event_of(position: int, line: Mapping[str, Any]) -> Event:
    """Read one history line."""
    return Event(
        position,
        line["type"],
        instant_of(line["effective_at"]),
        instant_of(line["recorded_at"]),
        line,
    )


def log_of(lines: Sequence[Mapping[str, Any]]) -> Log:
    """Read a history's lines."""
    return Log([event_of(position, line) for position, line in enumerate(lines)])


def in_order(events: Iterable[Event]) -> list[Event]:
    """Sort by (effective_at, position), the order in which events apply (docs/rules.md §1)."""
    return sorted(events, key=lambda event: (event.effective_at, event.position))


def latest(events: Sequence[Event], at: datetime) -> Event | None:
    """Pick the last event effective at or before `at` from events already in order; None if there is none."""
    for event in reversed(events):
        if event.effective_at <= at:
            return event
    return None


def rounded(amount: Fraction) -> int:
    """Round to a whole minor unit, halves away from zero (docs/rules.md §6)."""
    sign = -1 if amount < 0 else 1
    size = abs(amount)
    return int(sign * ((2 * size.numerator + size.denominator) // (2 * size.denominator)))


def rate_text(rate: Fraction) -> str:
    """Write a rate that came from a decimal string as one without trailing zeros: 1/5 gives `0.2`."""
    places = 0
    while (rate * 10**places).denominator != 1:
        places += 1
    digits = str(int(rate * 10**places)).rjust(places + 1, "0")
    return digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
