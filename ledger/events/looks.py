"""How lines of a history look, so that the values of many lines alike are cut out of them at once.

Most lines of a history look alike but for their values. The look is learned from a line: its fields in their
order, and whether there are spaces between them. A line that matches a look whole has these fields, each
once, and not an escape in it.
"""

import json
import re
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

# (field, whether it is a truth value) in the order of the line; all others are texts.
Fields: TypeAlias = tuple[tuple[str, bool], ...]

_LINES_TO_LEARN_FROM: Final = 16
# what stands between quotes as it is meant: no escape, and nothing that would have to be one
_TEXT: Final = r'"([^"\\\x00-\x1f]*)"'
_TRUTH: Final = "(true|false)"
_PATTERNS_KEPT: Final = 100


class Look(NamedTuple):
    """What lines have in common: their fields, and what stands between two and behind a name."""

    fields: Fields
    comma: str
    colon: str


COMPACT: Final = (",", ":")
_SEPARATORS: Final = (COMPACT, (", ", ": "))


@lru_cache(maxsize=_PATTERNS_KEPT)
def pattern_of(look: Look) -> re.Pattern[str]:
    """Return what finds in each line the values of its fields and nothing, or else nothing and the line."""
    values = (
        f'"{re.escape(name)}"{look.colon}{_TRUTH if is_truth else _TEXT}' for name, is_truth in look.fields
    )
    return re.compile(rf"^(?:\{{{look.comma.join(values)}\}}\r?|(.*))\n", re.MULTILINE)


def looks_in(text: str) -> list[tuple[str, Look]]:
    """Return the types and looks of some of the lines, from all over the text, those that have one."""
    lines = text.split("\n")
    some = lines[:: len(lines) // _LINES_TO_LEARN_FROM + 1]
    return [found for line in some if (found := _look_of(line.rstrip("\r"))) is not None]


def _look_of(line: str) -> tuple[str, Look] | None:
    """Return how a line looks if its values are texts and truth values, one of them the type."""
    try:
        payload = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or not isinstance(payload.get("type"), str):
        return None
    if not all(isinstance(value, str | bool) for value in payload.values()):
        return None
    fields = tuple((name, isinstance(value, bool)) for name, value in payload.items())
    for separators in _SEPARATORS:
        if json.dumps(payload, ensure_ascii=False, separators=separators) == line:
            return payload["type"], Look(fields, *separators)
    return None
