"""Why a line is no event: each kind of bad line by its own name, with field and reason."""

import json
import re
from itertools import pairwise

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ledger.rules.errors import InvalidValue

_SHOWN = 80


class BadLine(InvalidValue):
    """The root of lines and requests that are no event of the catalogue."""

    code = "bad_line"
    template = "{field}: {reason} (it is {value})."


class BadText(BadLine):
    """Raised for bytes that are not text."""

    code = "not_utf8"
    template = "The line is not UTF-8 text: {reason}."
    hint = "Save the file as UTF-8."


class NotUtf8(BadText):
    """Raised for bytes that end in the middle of a letter."""

    code = "text_cut_off"


class BadJson(BadLine):
    """Raised for text that is not one JSON object."""

    code = "not_json"
    template = "The line is not one JSON object: {reason}."
    hint = "A history file has one whole JSON object a line."


class NotJson(BadJson):
    """Raised for text that ends before its JSON object does."""

    code = "json_cut_off"
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


# How the reader of JSON begins what it says, and what it means; the place follows.
_EARLY_END = "EOF"
_JSON_REASONS = {
    "number out of range": "a number in it has too many digits",
    "invalid unicode code point": r"it has half a letter, an escape such as \ud800 without its other half",
    "recursion limit exceeded": "it is nested too deeply",
    "control character": r"a text in it has a control character, which is written as an escape such as \n",
    "trailing characters": "something follows the object, and each event needs a line of its own",
    "trailing comma": "it has a comma too many",
    "key must be a string": "a name in it does not begin with a double quote",
    "expected `,`": "a comma or a closing bracket is missing",
    "expected `:`": "a colon is missing behind a name",
    "invalid escape": "a backslash in it begins no escape of JSON",
    "invalid number": "a number in it is not written as in JSON",
}
_CR_ALONE = "the file's lines end with CR alone, so that it is one line; save it with LF at the ends of lines"
_PLACE = re.compile(r" at line 1 column (\d+)$")
_REASONS = {
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "string_type": "it must be text, in quotes",
    "bool_type": "it must be true or false",
    "string_pattern_mismatch": "it must not be blank or have control characters",
    "list_type": "it must be a list",
    "model_type": "it must be an object, in braces",
    "model_attributes_type": "it must be an object, in braces",
    "union_tag_invalid": "its kind must be 'recurring', 'true_up', 'discount' or 'adjustment'",
    "union_tag_not_found": "its kind is missing",
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
        return BadJson(field="line", value=shown, reason="it is not an object")
    if kind == "missing":
        return MissingField(field=field, value=None, reason="it is missing")
    if kind == "extra_forbidden":
        return SurplusField(field=field, value=shown, reason="it is not a field of this event")
    return BadField(field=field, value=shown, reason=_reason(first))


def _not_json(first: ErrorDetails, line: bytes | None) -> BadLine:
    if line is None:
        return BadField(field="text", value="half a letter", reason="it must be Unicode text")
    try:
        line.decode()
    except UnicodeDecodeError as error:
        is_cut_off = error.end == len(line) and error.reason == "unexpected end of data"
        return (NotUtf8 if is_cut_off else BadText)(
            field="line",
            value=None,
            reason=f"byte {error.start + 1} is {error.object[error.start]:#04x}",
        )
    said = first["msg"].removeprefix("Invalid JSON: ")
    if said.startswith(_EARLY_END):
        return NotJson(field="line", value=None, reason="its end is missing")
    return BadJson(field="line", value=None, reason=_json_reason(said, line))


def _json_reason(said: str, line: bytes) -> str:
    """Say in the words of people what the reader of JSON found, and where."""
    if said.startswith("trailing characters") and b"\r" in line:
        return _CR_ALONE
    reason = next(
        (words for begin, words in _JSON_REASONS.items() if said.startswith(begin)), "it is not JSON"
    )
    place = _PLACE.search(said)
    # a lone half was found in the line with an id put before it
    if place is None or said.startswith("invalid unicode"):
        return reason
    return f"{reason} (column {place[1]})"


def _bad_type(first: ErrorDetails, shown: str) -> BadLine:
    value = first["input"]
    if not isinstance(value, dict):
        return BadJson(field="line", value=shown, reason="it is not an object")
    if first["type"] == "union_tag_invalid":
        return UnknownType(field="type", value=_shown(value["type"]), reason="it is not in the catalogue")
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
