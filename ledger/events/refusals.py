"""Why a line is no event: each kind of bad line by its own name, with field and reason."""

import json
from itertools import pairwise

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ledger.rules.errors import InvalidValue

_SHOWN = 80


class BadLine(InvalidValue):
    """The root of lines and requests that are no event of the catalogue."""

    code = "bad_line"
    template = "{field}: {reason} (it is {value})."


class NotUtf8(BadLine):
    """Raised for bytes that are not text."""

    code = "not_utf8"
    template = "The line is not UTF-8 text: {reason}."
    hint = "Save the file as UTF-8."


class NotJson(BadLine):
    """Raised for text that is not one JSON object, also for one that is cut off."""

    code = "not_json"
    template = "The line is not one JSON object: {reason}."
    hint = "A history file has one whole JSON object a line; a file cut off in the middle ends like this."


class UnknownType(BadLine):
    """Raised for an event that is not in the catalogue."""

    code = "unknown_type"
    template = "There is no event named {value}."
    hint = "The names are those of docs/rules.md §2, such as AgentCreated."


class MissingField(BadLine):
    """Raised when a field that the event needs is not there."""

    code = "missing_field"
    template = "{field} is missing."


class SurplusField(BadLine):
    """Raised for a field that the event does not have."""

    code = "surplus_field"
    template = "{field} is not a field of this event (it is {value})."
    hint = "Take it out, or check its spelling."


class BadField(BadLine):
    """Raised for a value that its field cannot have."""

    code = "bad_field"


_REASONS = {
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "string_type": "it must be text",
    "bool_type": "it must be true or false",
    "string_pattern_mismatch": "it must not be blank or have control characters",
    "list_type": "it must be a list",
}


def refusal(error: ValidationError, line: bytes | None = None) -> BadLine:
    """Name the first thing that is wrong, in the words of people; `line` is what was read, if it was text."""
    first = error.errors(include_url=False)[0]
    kind = first["type"]
    if kind == "json_invalid":
        return _not_json(first, line)
    shown = _shown(first.get("input"))
    if kind in ("union_tag_invalid", "union_tag_not_found") and not first["loc"]:
        return _bad_type(first, shown)
    field = _path(first["loc"])
    if not field:
        return NotJson(field="line", value=shown, reason="it is not an object")
    if kind == "missing":
        return MissingField(field=field, value=None, reason="it is missing")
    if kind == "extra_forbidden":
        return SurplusField(field=field, value=shown, reason="it is not a field of this event")
    return BadField(field=field, value=shown, reason=_reason(first))


def _not_json(first: ErrorDetails, line: bytes | None) -> BadLine:
    try:
        (line or b"").decode()
    except UnicodeDecodeError as error:
        return NotUtf8(
            field="line",
            value=None,
            reason=f"byte {error.start + 1} is {error.object[error.start]:#04x}",
        )
    return NotJson(field="line", value=None, reason=first["msg"].removeprefix("Invalid JSON: "))


def _bad_type(first: ErrorDetails, shown: str) -> BadLine:
    if first["type"] == "union_tag_invalid":
        tag = str(first["ctx"]["tag"])
        return UnknownType(field="type", value=_shown(tag), reason="it is not in the catalogue")
    value = first["input"]
    if not isinstance(value, dict):
        return NotJson(field="line", value=shown, reason="it is not an object")
    return MissingField(field="type", value=None, reason="it is missing")


def _path(loc: tuple[int | str, ...]) -> str:
    """Write where the value stands, `lines[0].amount`; the first part is the event's type."""
    path = ""
    for before, part in pairwise(loc):
        if isinstance(part, int):
            path += f"[{part}]"
        elif not isinstance(before, int) or not _is_line_kind(part):
            path += f".{part}" if path else part
    return path


def _is_line_kind(part: str) -> bool:
    return part in ("recurring", "true_up", "discount", "adjustment")


def _reason(first: ErrorDetails) -> str:
    context = first.get("ctx", {})
    match first["type"]:
        case "greater_than_equal":
            return f"it must be at least {context['ge']}"
        case "less_than_equal":
            return f"it must be at most {context['le']}"
        case "string_too_long":
            return f"it must have at most {context['max_length']} characters"
        case "enum" | "literal_error":
            return f"it must be {_plain_words(str(context['expected']))}"
        case kind:
            return _REASONS.get(kind) or first["msg"][:1].lower() + first["msg"][1:]


def _plain_words(expected: str) -> str:
    """Turn a list of enum members as Python shows them into the words that a line may have."""
    return expected.replace("<Channel.IN_APP: 'in_app'>", "'in_app'").replace(
        "<Channel.EMAIL: 'email'>", "'email'"
    )


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
