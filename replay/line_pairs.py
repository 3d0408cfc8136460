"""Two invoices of one billing date side by side, line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
KINDS = ("recurring", "true_up", "discount", "adjustment")


@dataclass(frozen=True)
class LinePair:
    """The same line of two invoices, None where one of them has it not; `day` tells lines of a kind apart."""

    kind: str
    day: str | None
    before: Row | None
    after: Row | None

    @property
    def difference_minor(self) -> int:
        """Return by how much the amount is more in the second invoice."""
        return _amount(self.after) - _amount(self.before)

    @property
    def is_same(self) -> bool:
        """Tell whether both invoices have this line and it says the same."""
        return self.before == self.after

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "kind": self.kind,
            "day": self.day,
            "before": self.before,
            "after": self.after,
            "difference": self.difference_minor,
        }


def pair_lines(before: Row | None, after: Row | None) -> list[LinePair]:
    """Return the lines of two invoice rows in pairs, in the order of the rules; None is no invoice."""
    first, second = dict(_named(before)), dict(_named(after))
    keys = sorted({*first, *second}, key=lambda key: (KINDS.index(key[0]), key[1] or "", key[2]))
    return [LinePair(kind, day, first.get(key), second.get(key)) for key in keys for kind, day, _ in [key]]


def _named(row: Row | None) -> Iterator[tuple[tuple[str, str | None, int], Row]]:
    """Yield each line with its kind, its day and, should two have the same, its number among them."""
    seen: dict[tuple[str, str | None], int] = {}
    for line in row["lines"] if row is not None else ():
        name = line["kind"], line.get("date") or line.get("billing_date")
        seen[name] = seen.get(name, -1) + 1
        yield (*name, seen[name]), line


def _amount(line: Row | None) -> int:
    return 0 if line is None else int(line["amount"])
