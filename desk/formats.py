"""Babel's formats, imported when the first one is used: a help page waits for no calendar."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.dates import format_date as format_date
    from babel.numbers import format_currency as format_currency
    from babel.numbers import format_decimal as format_decimal
    from babel.numbers import get_currency_symbol as get_currency_symbol

_HOMES = {
    "format_currency": "babel.numbers",
    "format_date": "babel.dates",
    "format_decimal": "babel.numbers",
    "get_currency_symbol": "babel.numbers",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, once."""
    if name not in _HOMES:
        raise AttributeError(name)
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found
