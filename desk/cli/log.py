"""The command that lists what was recorded about a licence."""

from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from desk import words
from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import ASK, LicenseArg
from desk.cli.screen import out_console
from desk.cli.settings import open_to_ask
from desk.cli.tables import new_table
from desk.cli.values import read_instant

app = typer.Typer()

_KnownAt = Annotated[
    datetime | None,
    typer.Option(
        metavar="INSTANT",
        parser=read_instant,
        show_default="now",
        help="Leave out what was recorded after this moment.",
    ),
]


@app.command("log", cls=LedgerCommand, rich_help_panel=ASK, epilog=examples("log northwind"))
def log(ctx: typer.Context, license_id: LicenseArg, known_at: _KnownAt = None) -> None:
    """List the events of a licence in the order of recording: both times, who did it, what happened."""
    with open_to_ask(ctx) as ledger:
        entries = lazy.show_log(ledger, license_id, known_at=known_at)
    console = out_console()
    table = new_table()
    table.add_column("position", justify="right")
    table.add_column("effective, recorded (UTC)", no_wrap=True)
    table.add_column("what, by whom", overflow="fold")
    for entry in entries:
        is_late = entry.recorded_at > entry.effective_at
        recorded = (f"\nrecorded {words.instant(entry.recorded_at)}", "yellow" if is_late else "dim")
        table.add_row(
            str(entry.position),
            Text.assemble(words.instant(entry.effective_at), recorded),
            Text.assemble(entry.what, (f"\nby {entry.who}", "dim")),
        )
    console.print(table)
    console.print(Text(f"{words.count(len(entries), 'event')}.", "dim"))
