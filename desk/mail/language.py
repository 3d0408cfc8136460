"""Dates and money in the conventions of the payer's language; the words around them are English."""

from copy import copy
from datetime import date, timedelta
from decimal import Decimal

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal

from ledger.rules.currencies import minor_unit_digits

# A rate has at most twelve decimals, so as a percentage ten.
_PERCENT_DECIMALS = 10


class Language:
    """The conventions of one locale, named as Babel does: en_US, de_DE."""

    def __init__(self, name: str) -> None:
        self.locale = Locale.parse(name)

    @property
    def tag(self) -> str:
        """Return the name as HTML has it: de-DE."""
        return str(self.locale).replace("_", "-")

    def money(self, amount_minor: int, currency: str) -> str:
        """Write an amount with all decimals of its currency's minor unit: $156.80, 156,80 €, ¥4,536."""
        digits = minor_unit_digits(currency)
        pattern = _with_decimals(self.locale.currency_formats["standard"], digits, digits)
        value = Decimal(amount_minor).scaleb(-digits)
        return str(pattern.apply(value, self.locale, currency=currency, currency_digits=False))

    def number(self, value: int) -> str:
        """Write a number with its thousands apart."""
        return format_decimal(value, locale=self.locale)

    def percent(self, rate: str) -> str:
        """Write a rate such as 0.125 as 12.5%, all of its decimals."""
        pattern = _with_decimals(self.locale.percent_formats[None], 0, _PERCENT_DECIMALS)
        return str(pattern.apply(Decimal(rate), self.locale))

    def day(self, value: date) -> str:
        """Write a date: Aug 24, 2024."""
        return format_date(value, "medium", locale=self.locale)

    def days(self, first: date, end: date) -> str:
        """Write a stretch of days by its first and its last one; `end` is the day after the last."""
        return f"{self.day(first)} – {self.day(end - timedelta(days=1))}"


def _with_decimals(pattern: NumberPattern, least: int, most: int) -> NumberPattern:
    """Return a pattern of the locale with other decimals than it is used to."""
    changed = copy(pattern)
    changed.frac_prec = (least, most)
    return changed
