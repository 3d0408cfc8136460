"""The canonical line of an event: the same bytes for the same event, whoever writes them."""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from json.encoder import encode_basestring as quote_json
from typing import NamedTuple

from pydantic import BaseModel

from ledger.events.base import LedgerEvent
from ledger.rules.instants import format_instant


class Template(NamedTuple):
    """The canonical lines of a type: `text % (the values of the fields in order, as they are written)`.

    `order` has all fields as they follow each other in a line; the type is not among the values.
    """

    text: str
    order: tuple[str, ...]


# What every event has stands around the type's own fields; recorded_at comes last and has a fixed width,
# so that a store may restamp an event by replacing the end of its line.
_COMMON = frozenset({"id", "type", "actor", "effective_at", "recorded_at"})
_HEAD = '{"id":%s,"type":"%s"'
_TAIL = ',"actor":%s,"effective_at":"%s","recorded_at":"%s"}'


def encode(event: LedgerEvent) -> bytes:
    """Write an event as its canonical history line, UTF-8 without a line end.

    Keys: id, type, the type's own fields in the order of its model, actor, effective_at, recorded_at.
    Fields that are None are left out, defaults are written out.
    """
    parts = [_HEAD % (quote_json(event.id), event.type)]
    for name, key in _own_keys(event.__class__):
        value = getattr(event, name)
        if value is not None:
            parts.append(key)
            parts.append(quote_json(value) if value.__class__ is str else _json(value))
    effective_at = format_instant(event.effective_at)
    recorded_at = (
        effective_at if event.recorded_at == event.effective_at else format_instant(event.recorded_at)
    )
    parts.append(_TAIL % (quote_json(event.actor), effective_at, recorded_at))
    return "".join(parts).encode()


@cache
def template(model: type[LedgerEvent]) -> Template | None:
    """Return how the canonical lines of a type are written; None if a field of its own is more than a word.

    A word is a text, a truth value or a member of a vocabulary, and always there.
    """
    own = _own_keys(model)
    kinds = [model.model_fields[name].annotation for name, _ in own]
    if not all(isinstance(kind, type) and issubclass(kind, str | bool) for kind in kinds):
        return None
    holes = (key + ("%s" if kind is bool else '"%s"') for (_, key), kind in zip(own, kinds, strict=True))
    text = _HEAD % ('"%s"', model.__name__) + "".join(holes) + _TAIL % ('"%s"', "%s", "%s")
    names = ("id", "type", *(name for name, _ in own), "actor", "effective_at", "recorded_at")
    return Template(text, names)


@cache
def _own_keys(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """Return (attribute, text before its value) of the fields that are the type's own."""
    return tuple((name, f',"{name}":') for name in model.model_fields if name not in _COMMON)


def _json(value: object) -> str:
    """Write one value: whole numbers, words, days, instants, parts and lists of them; no floats."""
    writer = _WRITERS.get(value.__class__)
    if writer is not None:
        return writer(value)
    if isinstance(value, StrEnum):
        return f'"{value.value}"'
    if isinstance(value, BaseModel):
        fields = ((name, getattr(value, name)) for name in type(value).model_fields)
        return "{" + ",".join(f'"{name}":{_json(field)}' for name, field in fields if field is not None) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    raise TypeError(f"no canonical form for {type(value).__name__}")


_WRITERS: dict[type, Callable[..., str]] = {
    str: quote_json,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: lambda value: f'"{value.isoformat()}"',
    datetime: lambda value: f'"{format_instant(value)}"',
}
