"""What can be done with a line of a history before the log is asked: read it, and write what its row says.

Nothing here depends on another line, so it may be done ahead and in another process; there an event goes
back as its plain fields if all of them are text, and any other is read again where it is decided on.
"""

import marshal
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, TypeAlias, cast

from ledger.application.history_lines import Batch, FileCutOff, Line
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import CATALOGUE, parse_line
from ledger.events.license import LicenseDraft
from ledger.events.refusals import NotJson, NotUtf8
from ledger.events.seats import SeatEvent
from ledger.rules.errors import LedgerError
from ledger.rules.instants import from_us
from ledger.stores.log_row import Content
from ledger.stores.mapper import content_of_event


class Ready(NamedTuple):
    """An event and what its row will say; no content yet if the aggregate completes the event."""

    event: LedgerEvent
    content: Content | None


# either a line's event, or why the line holds none
Prepared: TypeAlias = Ready | LedgerError
# (type, own fields, those left to their defaults, actor, stream if it is a seat fact, content)
_Fields: TypeAlias = tuple[str, tuple[str | bool, ...], tuple[str, ...], str, str | None, Content]
# None for what is to be read again
_Packed: TypeAlias = _Fields | None
_new, _put = object.__new__, object.__setattr__
_COMMON = frozenset({"id", "type", "actor", "effective_at", "recorded_at", "license_id"})


def prepare(batch: Batch) -> list[Prepared]:
    """Return each line's event with the content of its row, or its fault."""
    return [_prepare(line) for line in batch.lines()]


def _prepare(line: Line) -> Prepared:
    try:
        event = event_in(line)
    except LedgerError as fault:
        return fault
    return Ready(event, None if isinstance(event, LicenseDraft) else content_of_event(event))


def event_in(line: Line) -> LedgerEvent:
    """Return the event that a line holds; raises a BadLine that says why it holds none."""
    if line.fault is not None:
        raise line.fault
    try:
        return parse_line(line.text)
    except (NotJson, NotUtf8) as fault:
        if line.is_ended:
            raise
        raise FileCutOff(field="line", value=None, reason=str(fault.fields["reason"])) from fault


class _Plain(NamedTuple):
    """How an event of plain fields is put together again without a second validation.

    `words` are the fields of which a word or a truth value was made of what is written.
    """

    model: type[LedgerEvent]
    own: tuple[str, ...]
    words: tuple[tuple[str, Callable[[Any], Any]], ...]
    all_fields: set[str]
    is_seat: bool


@cache
def _plain(event_type: str) -> _Plain | None:
    """Return what events of a type are built from; None if one of their fields is more than a word."""
    model = CATALOGUE[event_type]
    own = {name: field.annotation for name, field in model.model_fields.items() if name not in _COMMON}
    words = {name: kind for name, kind in own.items() if kind is not str}
    is_plain = all(isinstance(kind, type) and issubclass(kind, StrEnum | bool) for kind in words.values())
    if "license_id" not in model.model_fields or not is_plain:
        return None
    makers = cast(dict[str, Callable[[Any], Any]], words)
    fields = set(model.model_fields)
    return _Plain(model, tuple(own), tuple(makers.items()), fields, issubclass(model, SeatEvent))


def prepare_packed(batch: Batch) -> bytes:
    """Prepare a batch in another process; `unpacked` takes what comes back."""
    return marshal.dumps([_packed(one) for one in prepare(batch)], 2)


def _packed(prepared: Prepared) -> _Packed:
    if isinstance(prepared, LedgerError):
        return None
    event, content = prepared
    plain = _plain(event.type)
    if plain is None or content is None:
        return None
    values = tuple(getattr(event, name) for name in plain.own)
    if plain.words:
        values = tuple(value.value if isinstance(value, StrEnum) else value for value in values)
    given = event.model_fields_set
    left_out = tuple(plain.all_fields - given) if len(given) < len(plain.all_fields) else ()
    return event.type, values, left_out, event.actor, event.stream_id if plain.is_seat else None, content


def unpacked(packed: bytes, batch: Batch) -> list[Prepared]:
    """Return what `prepare` returns for the batch, made from what another process packed."""
    told: list[_Packed] = marshal.loads(packed)  # noqa: S302 - written by a process of our own
    return [
        _unpacked(one) if one is not None else _prepare(batch.line(place)) for place, one in enumerate(told)
    ]


def _unpacked(packed: _Fields) -> Ready:
    event_type, values, left_out, actor, stream_id, content = packed
    event_id, license_id, _, _, effective_us, recorded_us, _, _ = content
    model, own, words, all_fields, _ = cast(_Plain, _plain(event_type))
    recorded_at = from_us(recorded_us)
    fields: dict[str, Any] = {
        "id": event_id,
        "actor": actor,
        "effective_at": recorded_at if effective_us == recorded_us else from_us(effective_us),
        "recorded_at": recorded_at,
        "license_id": license_id,
        "type": event_type,
    }
    for name, value in zip(own, values, strict=True):
        fields[name] = value
    for name, kind in words:
        fields[name] = kind(fields[name])
    if stream_id is not None:
        # what the cached property of this name would put here
        fields["stream_id"] = stream_id
    # as the model's own __setstate__ does, which takes twice the time
    event = _new(model)
    _put(event, "__dict__", fields)
    _put(event, "__pydantic_fields_set__", all_fields.difference(left_out) if left_out else all_fields)
    _put(event, "__pydantic_extra__", None)
    _put(event, "__pydantic_private__", None)
    return Ready(event, content)
