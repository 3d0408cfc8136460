"""History lines as the world writes them: good ones, odd ones and bad ones, drawn by Hypothesis."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ledger.events.catalogue import CATALOGUE
from tests.events.lines import values

Fields = dict[str, Any]

TEXTS = st.sampled_from(
    ["lic", "ann@x", "Zoë 🐙", "", "  ", "a" * 200, "é" * 201, "tab\there", "a\x7fb", "a\x85b", 'q"uote',
     "back\\slash", "\u2028", "%s", "{}", "system"]
)  # fmt: skip
INSTANTS = st.sampled_from(
    ["2024-08-11T00:00:00.000000Z", "2024-08-11T00:00:00.000001Z", "2024-08-11T00:00:00Z",
     "1989-12-31T23:59:59.999999Z", "2100-01-01T00:00:00.000000Z", "2024-02-30T00:00:00.000000Z",
     "2024-08-11T24:00:00.000000Z", "2024-08-11T23:59:60.000000Z", "2024-08-11t00:00:00.000000z",
     "2024-08-11T02:00:00.00000+02:00", "2024-08-11", "2024-08-11T00:00:00.000000",
     "Z2024-08-11T00:00:00.000000", "٢٠٢٤-08-11T00:00:00.000000Z", ""]
)  # fmt: skip
VALUES: st.SearchStrategy[object] = st.one_of(
    TEXTS,
    INSTANTS,
    st.sampled_from([True, False, None, 1, 1.0, 10**30, [], {}, "owner", "nobody", "true", "ppu", "email"]),
)


def _altered(fields: Fields, name: str, value: object) -> Fields:
    return {**fields, name: value}


def _without(fields: Fields, name: str) -> Fields:
    return {key: value for key, value in fields.items() if key != name}


def _reordered(fields: Fields, order: Callable[[list[str]], None]) -> Fields:
    names = list(fields)
    order(names)
    return {name: fields[name] for name in names}


@st.composite
def fields_of_lines(draw: st.DrawFn) -> Fields:
    """Draw the fields of one event, some of them altered, left out, surplus or in another order."""
    name = draw(st.sampled_from(sorted(CATALOGUE)))
    whole = draw(st.sampled_from(["2024-08-11T00:00:00.000000Z", "2024-08-11T00:00:00Z"]))
    fields = values(name, effective_at=whole, recorded_at=whole)
    for _ in range(draw(st.integers(0, 2))):
        known = st.sampled_from(sorted(fields))
        match draw(st.sampled_from(["text", "instant", "any", "without", "surplus", "type", "order"])):
            case "text":
                fields = _altered(fields, draw(known), draw(TEXTS))
            case "instant":
                fields = _altered(
                    fields, draw(st.sampled_from(["effective_at", "recorded_at"])), draw(INSTANTS)
                )
            case "any":
                fields = _altered(fields, draw(known), draw(VALUES))
            case "without":
                fields = _without(fields, draw(known)) or fields
            case "surplus":
                fields = _altered(
                    fields, draw(st.sampled_from(["note", "agent_id", "programme"])), draw(VALUES)
                )
            case "type":
                fields = _altered(fields, "type", draw(st.sampled_from([*CATALOGUE, "Nothing", ""])))
            case _:
                fields = _reordered(fields, draw(st.randoms(use_true_random=False)).shuffle)
    return fields


@st.composite
def odd_lines(draw: st.DrawFn) -> bytes:
    """Draw one line with its end: an event as compact or spaced JSON, escaped or not, perhaps spoilt."""
    fields = draw(fields_of_lines())
    text = json.dumps(
        fields,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,", ":"), (",", " : ")])),
    )
    line = text.encode("utf-8", "surrogatepass")
    match draw(
        st.sampled_from([*["as it is"] * 12, "twice", "cut", "more", "mark", "not text", "escape", "blank"])
    ):
        case "twice":
            name = draw(st.sampled_from(sorted(fields)))
            line = line[:-1] + f',"{name}":{json.dumps(fields[name])}}}'.encode()
        case "cut":
            line = line[: draw(st.integers(0, len(line)))]
        case "more":
            line += draw(st.sampled_from([b" ", b"{}", b",", b"\t", line]))
        case "mark":
            line = b"\xef\xbb\xbf" + line
        case "not text":
            line = line.replace(b"lic", b"l\xffc", 1)
        case "escape":
            line = line.replace(b"lic", b"\\u006cic", 1)
        case "blank":
            line = draw(st.sampled_from([b"", b" ", b"\t"]))
    return line.rstrip(b"\n") + draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"]))
