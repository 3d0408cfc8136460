"""The command that says how the read models stand."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import OPERATE
from desk.cli.screen import out_console, write_lines
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table
from desk.words import count, number

if TYPE_CHECKING:
    from ledger.application.show_status import Status, TableStatus

app = typer.Typer()


class StatusFormat(StrEnum):
    """How a status is written."""

    TABLE = "table"
    JSON = "json"


StatusFormatOption = Annotated[
    StatusFormat, typer.Option("--format", help="A table for people, json for programs.")
]


@app.command(
    "status", cls=LedgerCommand, rich_help_panel=OPERATE, epilog=examples("status", "status --format json")
)
def status(ctx: typer.Context, *, form: StatusFormatOption = StatusFormat.TABLE) -> None:
    """Say how far the read models are behind the log, which versions there are, and who is parked."""
    with open_to_ask(ctx) as ledger:
        found = lazy.show_status(ledger)
    if form is StatusFormat.JSON:
        write_lines([json.dumps(found.as_dict(), ensure_ascii=False, indent=2)])
    else:
        _show(found)


def _show(found: "Status") -> None:
    console = out_console()
    console.print(f"The log ends at position {number(found.log_position)}.")
    if not found.tables:
        console.print(
            "There are no read models that this release can read; questions are answered from the log."
        )
        return
    table: Table = new_table()
    table.add_column("table", style="bold")
    table.add_column("version", justify="right")
    table.add_column("state")
    for heading in ("position", "events\nbehind", "seconds\nbehind"):
        table.add_column(heading, justify="right")
    table.add_column("invoices\nthrough")
    for one in found.tables:
        table.add_row(*_cells(one))
    console.print(table)
    for parked in found.parked:
        said = f"position {parked.position}, event {parked.event_id}: {parked.reason}"
        console.print(Text.assemble((f"Parked: {parked.license_id}, ", "yellow"), said), soft_wrap=True)
    console.print(Text(f"{count(len(found.parked), 'licence')} parked.", "dim"))


def _cells(one: "TableStatus") -> tuple[str, ...]:
    state = f"{one.state}, stale" if one.stale else one.state
    figures = (one.position, one.lag_events, one.lag_seconds)
    return (one.table, str(one.version), state, *map(number, figures), one.through.date().isoformat())
