"""The page of an invoice as plain text: for a terminal, a mail's body, and who reads with a screen reader."""

from collections.abc import Sequence
from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from desk.documents.page import Page, Party

WIDTH = 80
_NOTE_INDENT = 2


def text_of(page: Page) -> str:
    """Return the page in lines of at most WIDTH columns, without colours and spaces at line ends."""
    file = StringIO()
    console = Console(
        file=file,
        width=WIDTH,
        color_system=None,
        force_terminal=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(Text(f"{page.title.upper()} {page.name}"))
    if page.draft:
        console.print(Text(page.draft))
    console.print()
    console.print(_side_by_side(_party("From", page.seller), _party(page.payer_label, page.payer)))
    console.print()
    console.print(_pairs(page.facts))
    console.print()
    console.print(_lines(page))
    console.print(_sums(page))
    for note in page.notes:
        console.print()
        console.print(Text(note))
    return "".join(f"{line.rstrip()}\n" for line in file.getvalue().splitlines())


def _party(label: str, party: Party) -> Text:
    return Text("\n".join((label, party.name, *party.lines)), overflow="fold")


def _side_by_side(left: Text, right: Text) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(left, right)
    return grid


def _pairs(pairs: Sequence[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in pairs:
        grid.add_row(Text(label), Text(value))
    return grid


def _lines(page: Page) -> Table:
    grid = Table.grid(padding=(0, 0, 0, 2), expand=True)
    grid.add_column(ratio=1, overflow="fold")
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_row("Description", "Quantity", "Unit price", "Amount")
    grid.add_row(Text("-" * WIDTH, overflow="crop", no_wrap=True), *(Text("-" * 10) for _ in range(3)))
    for row in page.rows:
        notes = [Padding(Text(note), (0, 0, 0, _NOTE_INDENT)) for note in row.notes]
        grid.add_row(Text(row.what), Text(row.quantity), Text(row.unit_price), Text(row.amount))
        for note in notes:
            grid.add_row(note)
    return grid


def _sums(page: Page) -> Table:
    grid = Table.grid(padding=(0, 0, 0, 4), expand=True)
    grid.add_column(justify="right", ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row("", Text("-" * max(len(page.due), 10)))
    for label, value in (*page.sums, (page.due_label, page.due)):
        grid.add_row(Text(label), Text(value))
    return grid
