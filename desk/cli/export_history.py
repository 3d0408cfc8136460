"""The command that writes the whole log as a history file."""

from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from desk.cli import lazy
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import MOVE
from desk.cli.screen import data_out, err_console
from desk.cli.settings import open_to_ask, store_url
from desk.cli.writing import refuse_overwriting, written
from desk.words import count

app = typer.Typer()

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        dir_okay=False,
        show_default="stdout",
        help="Where to write; replaced when whole.",
    ),
]


@app.command("export", cls=LedgerCommand, rich_help_panel=MOVE, epilog=examples("export --out history.jsonl"))
def export(ctx: typer.Context, out: Out = None) -> None:
    """Write the log as a history file; importing it into an empty store gives the same log."""
    with open_to_ask(ctx) as ledger:
        if out is None:
            lazy.export_history(ledger, data_out())
            data_out().flush()
            return
        refuse_overwriting(out, [("the store itself", lazy.files_of(store_url(ctx)))], "--out")
        with (
            written(out, "--out") as file,
            lazy.progress_of_things("Exporting", None, "events") as so_far,
        ):
            events = lazy.export_history(ledger, cast(BinaryIO, file), so_far)
    err_console().print(f"Wrote {count(events, 'event')} to {out}.", soft_wrap=True)
