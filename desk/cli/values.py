"""What people type, turned into instants, days and money, or refused with the way to write it."""

import re
from datetime import date, datetime
from decimal import Decimal

import typer

from ledger.rules.currencies import minor_unit_digits
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import BadInstant, parse_instant

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{1,4})?", re.ASCII)


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
    """Read a date."""
    if not _DAY.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a date. Write it like 2024-08-11.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"There is no day {text}.") from error


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
    return int(minor)
