"""Money, dates and the ledger's short words as people read them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from desk import formats
from ledger.rules.currencies import minor_unit_digits
from ledger.rules.instants import parse_instant
from ledger.rules.words import MODEL_NAMES

_LOCALE = "en_US"
# the same amounts and dates come again and again on a page
_KEPT = 4096
MODELS: Mapping[str, str] = MODEL_NAMES
OUTCOMES: Mapping[str, str] = {
    "switched": "switched",
    "upcoming": "to be switched",
    "created": "created on it",
    "not_switched": "not switched",
}
DIFFERENCE_PARTS: Mapping[str, str] = {
    "chatbot_seats": "ChatBots",
    "quantity": "quantity",
    "unit_amount": "price",
    "true_ups": "true-ups",
    "discount": "discount",
    "adjustments": "adjusted",
}
_CLASSES: Mapping[str, str] = {
    "partner_app": "Licences made in the partner app",
    "signup": "Licences from sign-up",
    "solution": "Licences of the resellers' programme",
    "affiliate": "Licences of the affiliates' programme",
}
UNITS: Mapping[str, str] = {"pps": "seat", "ppa": "account", "ppu": "active agent"}
# as invoices and explanations say it to who pays
SHORT_UNITS: Mapping[str, str] = {**UNITS, "ppu": "user"}


@lru_cache(_KEPT)
def money(amount_minor: int, currency: str) -> str:
    """Write an amount in its currency's own decimals, 15680 USD as $156.80."""
    digits = minor_unit_digits(currency)
    return formats.format_currency(
        Decimal(amount_minor).scaleb(-digits),
        currency,
        format=_pattern(currency, digits),
        locale=_LOCALE,
        currency_digits=False,
    )


@cache
def _pattern(currency: str, digits: int) -> str:
    number = f"#,##0.{'0' * digits}" if digits else "#,##0"
    # a code of letters needs a space before the figures, a sign does not
    space = "\N{NO-BREAK SPACE}" if formats.get_currency_symbol(currency, locale=_LOCALE).isalpha() else ""
    return f"¤{space}{number};-¤{space}{number}"


def number(value: int) -> str:
    """Write a number with its thousands apart."""
    return formats.format_decimal(value, locale=_LOCALE)


def count(value: int, one: str, many: str | None = None) -> str:
    """Write how many there are: 1 licence, 67 licences."""
    return f"{number(value)} {noun(value, one, many)}"


def noun(value: int, one: str, many: str | None = None) -> str:
    """Choose the word for so many of a thing: licence, licences."""
    return one if value == 1 else many or f"{one}s"


@lru_cache(_KEPT)
def day(value: date) -> str:
    """Write a date: 14 Mar 2024."""
    return formats.format_date(value, "d MMM y", locale=_LOCALE)


def month(value: date) -> str:
    """Write a month: March 2024."""
    return formats.format_date(value, "MMMM y", locale=_LOCALE)


def days(first: date, end: date) -> str:
    """Write a stretch of days by its first and its last one; `end` is the day after the last."""
    last = end - timedelta(days=1)
    if first.year != last.year:
        return f"{day(first)} – {day(last)}"
    return f"{formats.format_date(first, 'd MMM', locale=_LOCALE)} – {day(last)}"


def instant(value: datetime | str) -> str:
    """Write an instant in UTC without the zeros that say nothing: 2024-08-11 07:00."""
    moment = parse_instant(value) if isinstance(value, str) else value
    text = moment.isoformat(" ", "microseconds")[:26]
    if moment.microsecond:
        return text
    return text[:19] if moment.second else text[:16]


def clock(value: datetime) -> str:
    """Write an instant's time of day without the zeros that say nothing: 07:00, 07:00:00.000001."""
    return instant(value)[11:]


def percent(rate: str) -> str:
    """Write a rate such as 0.125 as 12.5 %."""
    hundredths = (Decimal(rate) * 100).normalize()
    return f"{hundredths:f} %"


def units(quantity: int, pricing_model: str) -> str:
    """Write what is counted under a model: 4 active agents."""
    return count(quantity, UNITS[pricing_model])


def class_in_words(applies_to: Mapping[str, str]) -> str:
    """Say which licences a cutover is about."""
    (name,) = applies_to.values()
    return _CLASSES[name]


def cutover_in_words(heading: Mapping[str, Any]) -> str:
    """Say in a sentence what a cutover does; `heading` is that of a replay."""
    model, on = MODELS[heading["pricing_model"]], day(date.fromisoformat(heading["on"]))
    licenses = class_in_words(heading["applies_to"])
    if heading["takes_effect"] == "on_creation":
        return f"{licenses} are {model} if they were created on {on} or later."
    return (
        f"{licenses} become {model} with the first period that begins on {on} or later; "
        f"customers are told {count(heading['notice_days'], 'day')} before the charge."
    )
