"""The small words of an explanation: units, lists, days where the licence is, what an event says."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from desk import words
from desk.sentences import what_happened
from ledger.application.telling import tell
from ledger.events.base import LedgerEvent, LicenseEvent
from ledger.events.license import LicenseCancelled, LicenseCreated
from ledger.events.programme import PartnerRegistered, PartnerTermsChanged, PricePublished
from ledger.rules.calendar import local_date
from replay.explain.explanation import Member

CYCLES = {"monthly": "month", "annual": "year"}
# more names than these are counted instead
_NAMED = 3


def units(quantity: int, model: str) -> str:
    """Write what is counted: 4 users."""
    return words.count(quantity, words.SHORT_UNITS[model])


def more(quantity: int, model: str) -> str:
    """Write how many more, or fewer: 2 more users, 1 fewer seat."""
    noun = words.noun(abs(quantity), words.SHORT_UNITS[model])
    return f"{words.number(abs(quantity))} {'more' if quantity > 0 else 'fewer'} {noun}"


def joined(parts: Sequence[str]) -> str:
    """Join parts as in a sentence: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def signed(amount_minor: int, currency: str) -> str:
    """Write an amount with its sign."""
    said = words.money(amount_minor, currency)
    return f"+{said}" if amount_minor > 0 else said


def names(members: Iterable[Member]) -> str:
    """Name a few, or nobody if they are many."""
    said = [member.name for member in members]
    return joined(said) if 0 < len(said) <= _NAMED else ""


def local_day(at: datetime, time_zone: str) -> str:
    """Write the day of an instant where the licence is."""
    return words.day(local_date(at, time_zone))


def day_and_time(at: datetime) -> str:
    """Write an instant: 5 Feb 2024, 14:00 UTC."""
    clock = words.instant(at)[11:]
    return f"{words.day(at.date())}, {clock} UTC"


def to_the_minute(at: datetime) -> str:
    """Write an instant as one says it: 5 Feb 2024, 14:00 UTC."""
    return day_and_time(at.replace(second=0, microsecond=0))


def says_when(event: LedgerEvent, currency: str, *, time: bool) -> str:
    """Return what an event says and since when, to the day or the minute; prices and rates say it anyway."""
    said = says(event, currency)
    if isinstance(event, PricePublished | PartnerRegistered | PartnerTermsChanged):
        return said
    at = event.effective_at
    return f"{said}, {day_and_time(at)}" if time else f"{said} ({words.day(at.date())})"


def says(event: LedgerEvent, currency: str) -> str:
    """Return what an event says, to be put into a sentence."""
    if isinstance(event, LicenseCreated):
        return f"licence created, {words.MODELS[event.pricing_model]}, {event.plan}, {event.billing_cycle}"
    if isinstance(event, PricePublished):
        price = words.money(event.unit_amount, event.currency)
        return f"{event.plan}, {event.billing_cycle}: {price} from {words.day(event.effective_at.date())}"
    if isinstance(event, LicenseCancelled):
        return "the licence was cancelled"
    if isinstance(event, PartnerRegistered | PartnerTermsChanged):
        rate = words.percent(event.discount_rate or "0")
        return f"{event.partner_id}, {rate} from {words.day(event.effective_at.date())}"
    if not isinstance(event, LicenseEvent):
        return what_happened(event)
    said = tell(event, currency)
    # an id stays as it is, and so does a name
    begins_with_name = said.startswith(("ChatBot", getattr(event, "agent_id", "ChatBot")))
    return said if begins_with_name else f"{said[:1].lower()}{said[1:]}"
