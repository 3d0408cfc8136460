"""Names that stand twice in a line: readers of JSON keep the last of them and say nothing."""

import json
from functools import cache
from typing import get_origin

from pydantic import BaseModel

from ledger.events.base import LedgerEvent
from ledger.events.refusals import BadLine

# A text field is written with four quotes, two around its name and two around its value.
_QUOTES_OF_A_TEXT = 4
_QUOTES_OF_A_NUMBER = 2


class RepeatedField(BadLine):
    """Raised for a line that gives a field twice."""

    code = "repeated_field"
    template = "{field} stands in the line more than once."
    hint = "Take out all but one of them, and see to it that the right value stays."


def refuse_repeated(line: bytes, event: LedgerEvent, added: int = 0) -> None:
    """Raise RepeatedField for the first name that an object in the line has twice.

    `event` was read from the line, with so many text fields `added` that do not stand in it. Names that
    repeat need more quotes than the event's fields do: only a line with other quotes, with objects inside or
    with null in it is read once more.
    """
    numbers = _numbers(event.__class__)
    if numbers is not None and b"null" not in line:
        given = event.model_fields_set
        quotes = _QUOTES_OF_A_TEXT * (len(given) - added)
        if numbers:
            quotes -= (_QUOTES_OF_A_TEXT - _QUOTES_OF_A_NUMBER) * len(numbers & given)
        if line.count(b'"') == quotes:
            return
    json.loads(line, object_pairs_hook=_without_repeats)


@cache
def _numbers(model: type[LedgerEvent]) -> frozenset[str] | None:
    """Return the fields that are written without quotes; None for an event with more than plain values."""
    kinds = {name: field.annotation for name, field in model.model_fields.items()}
    if any(_is_nested(kind) for kind in kinds.values()):
        return None
    return frozenset(name for name, kind in kinds.items() if kind in (bool, int))


def _is_nested(kind: object) -> bool:
    return get_origin(kind) is list or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _without_repeats(pairs: list[tuple[str, object]]) -> None:
    names = set[str]()
    for name, _ in pairs:
        if name in names:
            raise RepeatedField(field=name, value=None, reason="it stands in the line more than once")
        names.add(name)
