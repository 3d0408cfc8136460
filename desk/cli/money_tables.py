"""What the pages about money share: amounts in a table, and rows for programs."""

import json
from collections.abc import Sequence

from rich.text import Text

from desk import words
from desk.cli.answers import Row


def amount(amount_minor: int | None, currency: str, style: str = "") -> Text:
    """Write an amount, red below zero; a dash where there is none."""
    if amount_minor is None:
        return Text("–", "dim")
    return Text(words.money(amount_minor, currency), f"{style} red" if amount_minor < 0 else style)


def as_lines(rows: Sequence[Row]) -> list[str]:
    """Write rows as JSON, one a line."""
    return [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
