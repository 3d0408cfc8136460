"""Two invoices of one date side by side: lines in words, an amount for each side, what lies between them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from desk import words
from desk.cli.invoice_page import line_in_words
from desk.cli.money_tables import amount
from desk.cli.tables import new_table

if TYPE_CHECKING:
    from replay.line_pairs import LinePair

Row = Mapping[str, Any]
# so that tables below each other have their amounts in the same places
_LEAST_WIDTH = 30


def paired_table(
    pairs: Sequence["LinePair"], rows: tuple[Row | None, Row | None], currency: str, sides: Sequence[str]
) -> Table:
    """Return the lines and the total under the heads `sides`: of both rows with the difference, or of one."""
    table = new_table()
    table.add_column("", overflow="fold", min_width=_LEAST_WIDTH)
    both = len(sides) > 1
    for side in (*sides, *(["difference"] if both else [])):
        table.add_column(side, justify="right", no_wrap=True)
    for pair in pairs:
        sums = [amount(_of(line, "amount"), currency) for line in (pair.before, pair.after)]
        change = [more(pair.difference_minor, currency)] if both else []
        table.add_row(_line(pair, currency), *sums[: len(sides)], *change)
    first, second = (_of(row, "total") for row in rows)
    totals = [amount(total, currency, "bold") for total in (first, second)]
    change = [more((second or 0) - (first or 0), currency)] if both else []
    table.add_row(Text("total", "bold"), *totals[: len(sides)], *change)
    return table


def more(amount_minor: int | None, currency: str) -> Text:
    """Write a difference with its sign; what is saved stands out."""
    if amount_minor is None:
        return Text("–", "dim")
    sign = "+" if amount_minor > 0 else ""
    return Text(f"{sign}{words.money(amount_minor, currency)}", "green" if amount_minor < 0 else "")


def pair_in_words(pair: "LinePair", currency: str) -> str:
    """Say how a line differs: both versions and both amounts, or the one there is."""
    said = [None if line is None else line_in_words(dict(line), currency) for line in _sides(pair)]
    sums = [None if line is None else words.money(line["amount"], currency) for line in _sides(pair)]
    if pair.before is None:
        return f"+ {said[1]}: {sums[1]}"
    if pair.after is None:
        return f"- {said[0]}: {sums[0]}"
    again = f"{said[1]}: " if said[0] != said[1] else ""
    return f"{said[0]}: {sums[0]} → {again}{sums[1]}"


def _sides(pair: "LinePair") -> tuple[Row | None, Row | None]:
    return pair.before, pair.after


def _line(pair: "LinePair", currency: str) -> str:
    said = [line_in_words(dict(line), currency) for line in _sides(pair) if line is not None]
    return said[0] if len(set(said)) == 1 else "\n→ ".join(said)


def _of(row: Row | None, name: str) -> int | None:
    return None if row is None else int(row[name])
