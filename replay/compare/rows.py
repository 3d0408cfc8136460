"""The rows of two answers side by side: changed, added, gone."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from replay.line_pairs import LinePair, pair_lines

Row = Mapping[str, Any]
Key = tuple[str, ...]
# what a row of each question is about; the order of the promised rows
KEYS: Mapping[str, Key] = {
    "seats": ("license_id",),
    "invoices": ("license_id", "billing_date"),
    "notices": ("license_id", "charge_date", "cutover_id", "channel"),
}
CHANGES = ("changed", "added", "gone")


@dataclass(frozen=True)
class FieldChange:
    """A field that the two rows say differently."""

    name: str
    before: object
    after: object


@dataclass(frozen=True)
class RowDifference:
    """A row of two answers; None where an answer has it not, the same twice if they share it."""

    question: str
    key: Key
    before: Row | None
    after: Row | None

    @property
    def license_id(self) -> str:
        """Return whose row it is."""
        return self.key[0]

    @property
    def change(self) -> str:
        """Return one of CHANGES, or `same`."""
        if self.before == self.after:
            return "same"
        if self.before is None:
            return "added"
        return "gone" if self.after is None else "changed"

    @cached_property
    def fields(self) -> list[FieldChange]:
        """Return the fields that differ, an invoice's lines left out; none unless both rows are there."""
        if self.before is None or self.after is None:
            return []
        return [
            FieldChange(name, self.before[name], self.after[name])
            for name in self.before
            if name != "lines" and self.before[name] != self.after[name]
        ]

    @cached_property
    def all_lines(self) -> list[LinePair]:
        """Return an invoice's lines in pairs; of any other row none."""
        return pair_lines(self.before, self.after) if self.question == "invoices" else []

    @property
    def lines(self) -> list[LinePair]:
        """Return those pairs of an invoice's lines that differ."""
        return [pair for pair in self.all_lines if not pair.is_same]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "question": self.question,
            **dict(zip(KEYS[self.question], self.key, strict=True)),
            "change": self.change,
            "fields": {one.name: [one.before, one.after] for one in self.fields},
            "lines": [pair.as_dict() for pair in self.lines],
            "before": self.before,
            "after": self.after,
        }


def differences(
    question: str, before: Sequence[str], after: Sequence[str], *, unchanged: bool = False
) -> list[RowDifference]:
    """Return what two answers (canonical JSON lines) do not share, in the order of the promised rows.

    With `unchanged` also what they share.
    """
    shared = set() if unchanged else {*before} & {*after}
    first, second = (dict(_keyed(question, lines, shared)) for lines in (before, after))
    return [
        RowDifference(question, key, first.get(key), second.get(key)) for key in sorted({*first, *second})
    ]


def _keyed(question: str, lines: Iterable[str], shared: set[str]) -> Iterator[tuple[Key, Row]]:
    """Yield the rows that the other answer has not, with their keys."""
    for line in lines:
        if line not in shared:
            row = json.loads(line)
            yield tuple(row[name] for name in KEYS[question]), row
