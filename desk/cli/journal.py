"""The command that writes the books: double entry for every issued invoice, for an accounting tool."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import groupby, zip_longest
from typing import Annotated

import typer
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.answers import Row, show_faults, write_csv, write_json_lines
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.money_tables import as_lines
from desk.cli.options import MONEY, Format, Licenses, Strict, day_option
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table

app = typer.Typer()

_COLUMNS = (
    "date", "position", "number", "license_id", "billing_date", "account", "owner", "line", "amount",
    "currency",
)  # fmt: skip


class JournalFormat(StrEnum):
    """How the books are written: for people, for accounting tools, or for programs."""

    TABLE = "table"
    BEANCOUNT = "beancount"
    HLEDGER = "hledger"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


_JournalFormatOption = Annotated[
    JournalFormat,
    typer.Option(
        "--format", help="A table for people; beancount or hledger for these; json, jsonl or csv for others."
    ),
]
_Since = Annotated[date | None, day_option("The first day of issue to show.", "the first")]
_Until = Annotated[date | None, day_option("The day after the last day of issue to show.", "none")]


@app.command(
    "journal",
    cls=LedgerCommand,
    rich_help_panel=MONEY,
    epilog=examples("journal", "journal --format beancount", "journal --format hledger --since 2024-05-01"),
)
def journal(
    ctx: typer.Context,
    *,
    since: _Since = None,
    until: _Until = None,
    license_ids: Licenses = None,
    form: _JournalFormatOption = JournalFormat.TABLE,
    strict: Strict = False,
) -> None:
    """Write the books: balanced double entry for every invoice and credit note that was issued."""
    names = tuple(license_ids or ())
    with (
        open_to_ask(ctx) as ledger,
        lazy.progress_of_things("Reading invoices", None, "invoices") as so_far,
    ):
        books = lazy.show_journal(ledger, since=since, until=until, license_ids=names, progress=so_far)
    match form:
        case JournalFormat.TABLE:
            _table(books.rows)
        case JournalFormat.BEANCOUNT:
            write_lines(books.beancount())
        case JournalFormat.HLEDGER:
            write_lines(books.hledger())
        case JournalFormat.CSV:
            write_csv(books.rows, _COLUMNS)
        case JournalFormat.JSON | JournalFormat.JSONL:
            lines = as_lines([{name: row[name] for name in _COLUMNS} for row in books.rows])
            write_json_lines(lines, Format(form.value))
    show_faults(books.faults)
    if strict and books.faults:
        raise typer.Exit(FAILED)


def _table(rows: Sequence[Row]) -> None:
    console = out_console()
    if not rows:
        console.print("No invoice was issued then.")
        return
    table = new_table()
    table.add_column("day, invoice, licence", overflow="fold")
    table.add_column("account", overflow="fold")
    table.add_column("debit", justify="right", no_wrap=True)
    table.add_column("credit", justify="right", no_wrap=True)
    entries = [list(postings) for _, postings in groupby(rows, lambda row: row["position"])]
    for postings in entries:
        for said, row in zip_longest(_about(postings[0]), postings):
            account, sides = ("", (Text(), Text())) if row is None else (row["account"], _sides(row))
            table.add_row(said or Text(), account, *sides)
    console.print(table)
    console.print(Text(f"\n{words.count(len(entries), 'entry', 'entries')}.", "dim"))


def _about(first: Row) -> list[Text]:
    """Say which invoice it is, a line each: day and number, licence, and if it is a credit note."""
    day = words.day(date.fromisoformat(first["date"]))
    lines = [Text(f"{day}  {first['number']}", "bold"), Text(f"  {first['license_id']}", "dim")]
    return lines + ([Text("  credit note", "dim")] if first["amount"] < 0 else [])


def _sides(row: Row) -> tuple[Text, Text]:
    """Return an amount as debit or credit, the other side empty."""
    written = Text(words.money(abs(row["amount"]), row["currency"]))
    is_debit = row["amount"] > 0 or (row["amount"] == 0 and row["line"] == "receivable")
    return (written, Text()) if is_debit else (Text(), written)
