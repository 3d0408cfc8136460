"""What people type, turned into instants, days and money, or refused with the way to write it."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

import typer

from ledger.rules.currencies import minor_unit_digits
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, BadInstant, parse_instant
from ledger.rules.money import MAX_UNIT_AMOUNT_MINOR, RATE_DECIMALS, is_rate

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)
_AMOUNT = re.compile(r"\d{1,30}(?:\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,30}", re.ASCII)


def read_instant(text: str) -> datetime:
    """Read an RFC 3339 instant; a day alone is refused, since nobody can tell which moment of it is meant."""
    if _DAY.fullmatch(text):
        raise typer.BadParameter(
            f"{text!r} is a day, not an instant. Write {text}T00:00:00Z for its first instant in UTC."
        )
    try:
        return parse_instant(text)
    except BadInstant as error:
        raise typer.BadParameter(f"{error} {error.hint}") from error


def read_day(text: str) -> date:
    """Read a date of the years that the calendar covers."""
    if not _DAY.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a date. Write it like 2024-08-11.")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"There is no day {text}.") from error
    _refuse_another_age(day, text)
    return day


def read_month(text: str) -> date:
    """Read a month such as 2024-09; returns its first day."""
    if not _MONTH.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a month. Write it like 2024-09.")
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(f"There is no month {text}.") from error
    _refuse_another_age(first, text)
    return first


def _refuse_another_age(day: date, text: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise typer.BadParameter(
            f"The year of {text} is outside {FIRST_YEAR} to {LAST_YEAR}; it is mistyped."
        )


def whole_number(least: int, most: int | None = None) -> Callable[[str | int], int]:
    """Return a reader of whole numbers within limits."""
    limits = f"from {least} to {most:,}" if most is not None else f"of at least {least}"

    def read(text: str | int) -> int:
        if _WHOLE.fullmatch(str(text)) and least <= int(text) and (most is None or int(text) <= most):
            return int(text)
        raise typer.BadParameter(f"{text} is not a whole number {limits}.")

    return read


def read_rate(text: str) -> str:
    """Read a rate such as 0.20."""
    if not is_rate(text):
        raise typer.BadParameter(
            f"{text!r} is not a rate. Write a decimal from 0 to 1 with at most {RATE_DECIMALS} decimals, "
            "such as 0.2 for 20 %."
        )
    return text


def read_amount_minor(text: str, currency: str) -> int:
    """Return an amount such as 49.00 in minor units of its currency, exactly."""
    try:
        digits = minor_unit_digits(currency)
    except InvalidValue as error:
        raise typer.BadParameter(f"{error} {error.hint}", param_hint="'--currency'") from error
    if not _AMOUNT.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not an amount. Write it like 49.00.", param_hint="'AMOUNT'")
    minor = Decimal(text).scaleb(digits)
    if minor != int(minor):
        raise typer.BadParameter(
            f"{text} has more decimals than {currency} has: {digits}.", param_hint="'AMOUNT'"
        )
    if minor > MAX_UNIT_AMOUNT_MINOR:
        most = Decimal(MAX_UNIT_AMOUNT_MINOR).scaleb(-digits)
        raise typer.BadParameter(
            f"{text} is too much: a unit costs at most {most:,.{digits}f} {currency}.", param_hint="'AMOUNT'"
        )
    return int(minor)
