"""Dates, moments, numbers and money in the conventions of the payer's language, by Babel."""

from copy import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import NumberPattern, format_decimal, get_currency_symbol, parse_pattern

from ledger.rules.calendar import local_date, zone
from ledger.rules.currencies import minor_unit_digits

_NO_BREAK = "\N{NO-BREAK SPACE}"
# A rate has at most twelve decimals, so as a percentage ten.
_PERCENT_DECIMALS = 10


class Language:
    """The conventions of one locale, named as Babel does: en_US, de_DE."""

    def __init__(self, name: str) -> None:
        self.locale = Locale.parse(name)

    @property
    def tag(self) -> str:
        """Return the name as HTML and PDF have it: de-DE."""
        return str(self.locale).replace("_", "-")

    def money(self, amount_minor: int, currency: str) -> str:
        """Write an amount with all decimals of its currency's minor unit: $156.80, 156,80 €, ¥4,536."""
        digits = minor_unit_digits(currency)
        pattern = _money_pattern(str(self.locale), currency)
        value = Decimal(amount_minor).scaleb(-digits)
        return _typeset(pattern.apply(value, self.locale, currency=currency, currency_digits=False))

    def number(self, value: int) -> str:
        """Write a number with its thousands apart."""
        return _typeset(format_decimal(value, locale=self.locale))

    def percent(self, rate: str) -> str:
        """Write a rate such as 0.125 as 12.5%, all of its decimals."""
        return _typeset(self._percent_pattern.apply(Decimal(rate), self.locale))

    def day(self, value: date) -> str:
        """Write a date."""
        return _typeset(format_date(value, "medium", locale=self.locale))

    def days(self, first: date, end: date) -> str:
        """Write a stretch of days by its first and its last one; `end` is the day after the last."""
        last = end - timedelta(days=1)
        return self.day(first) if last <= first else f"{self.day(first)} – {self.day(last)}"

    def days_between(self, start: datetime, end: datetime, zone_name: str) -> str:
        """Write the local days from one instant to before another: between Jan 24, 2024 and Feb 23, 2024."""
        first, behind = local_date(start, zone_name), local_date(end, zone_name)
        last = max(first, behind - timedelta(days=1))
        return f"on {self.day(first)}" if first == last else f"between {self.day(first)} and {self.day(last)}"

    def moment(self, instant: datetime, zone_name: str) -> str:
        """Write an instant as the clocks of a time zone show it, with the zone."""
        local = instant.astimezone(zone(zone_name))
        time = format_time(local.time(), "short", locale=self.locale)
        return _typeset(f"{self.day(local.date())}, {time} ({zone_name})")

    @cached_property
    def _percent_pattern(self) -> NumberPattern:
        return _with_decimals(self.locale.percent_formats[None], 0, _PERCENT_DECIMALS)


@lru_cache
def _money_pattern(locale: str, currency: str) -> NumberPattern:
    """Return the locale's pattern; a code of letters gets a space before the figures, as CLDR asks."""
    pattern = Locale.parse(locale).currency_formats["standard"]
    if pattern.pattern.startswith("¤#") and get_currency_symbol(currency, locale)[-1].isalpha():
        pattern = parse_pattern(pattern.pattern.replace("¤", f"¤{_NO_BREAK}"))
    digits = minor_unit_digits(currency)
    return _with_decimals(pattern, digits, digits)


def _with_decimals(pattern: NumberPattern, least: int, most: int) -> NumberPattern:
    changed = copy(pattern)
    changed.frac_prec = (least, most)
    return changed


def _typeset(text: str) -> str:
    """Return text with a minus sign for a hyphen before figures and without spaces that few fonts have."""
    text = text.replace("\N{NARROW NO-BREAK SPACE}", _NO_BREAK)
    return "−" + text[1:] if text.startswith("-") else text
