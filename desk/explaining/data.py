"""An explanation as plain objects: figures, events and the words beside them, for programs."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from desk.explaining.phrases import says
from desk.explaining.told import Told
from ledger.rules.instants import format_instant
from replay.explain.explanation import Evidence, Explanation

Row = dict[str, Any]


def as_data(of: Explanation, told: Told) -> Row:
    """Return everything; amounts in minor units, dates and instants as text."""
    plain = _Plain(of.currency)
    lines = [
        {"kind": line.kind, "formula": words.formula, "rule": line.rule._asdict(), **plain.of(line)}
        for line, words in zip(of.lines, told.lines, strict=True)
    ]
    steps = [
        {**plain.of(step), "says": words.says} for step, words in zip(of.bridge, told.steps, strict=True)
    ]
    rest = plain.of(of, leave_out=("lines", "bridge"))
    return {
        "answer": told.answer,
        **rest,
        "difference": of.difference,
        "lines": lines,
        "bridge": steps,
        "remarks": list(told.remarks),
        "reply": told.reply,
    }


class _Plain:
    """Turns the parts of an explanation into what JSON can hold."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def of(self, part: object, leave_out: Sequence[str] = ()) -> Row:
        """Return a dataclass's fields."""
        names = [field.name for field in fields(part) if field.name not in leave_out]  # type: ignore[arg-type]  # any part is a dataclass
        return {name: self._value(getattr(part, name)) for name in names}

    def _value(self, value: object) -> object:
        if isinstance(value, Evidence):
            return self._event(value)
        if isinstance(value, datetime):
            return format_instant(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, tuple):
            return [self._value(each) for each in value]
        return value if value is None or isinstance(value, str | int) else self.of(value)

    def _event(self, cited: Evidence) -> Row:
        event = cited.event
        return {
            "position": cited.position,
            "id": event.id,
            "type": event.type,
            "effective_at": format_instant(event.effective_at),
            "recorded_at": format_instant(event.recorded_at),
            "actor": event.actor,
            "says": says(event, self._currency),
        }
