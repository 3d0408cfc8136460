"""The command that keeps read models up with the log."""

import signal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.failures import INTERRUPTED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import OPERATE
from desk.cli.screen import err_console
from desk.cli.settings import open_to_record
from desk.cli.stopping import until_told_to_stop
from desk.words import count

if TYPE_CHECKING:
    from replay.follow import Happening

app = typer.Typer()

Once = Annotated[
    bool, typer.Option("--once", help="End when the read models are where the log ends, and do not wait.")
]


@app.command("follow", cls=LedgerCommand, rich_help_panel=OPERATE, epilog=examples("follow --once"))
def follow(ctx: typer.Context, *, once: Once = False) -> None:
    """Keep the tables that questions and reports read as the log is, until told to stop.

    Builds them first where nobody has, and waits for a database that is lost. Several may run at once and
    share the work. Stop it with Ctrl-C, or with SIGTERM.
    """
    with open_to_record(ctx) as ledger, until_told_to_stop() as stopping:
        follower = lazy.Follower(ledger, _tell)
        follower.run(stopping.stop, once=once)
        if once and stopping.by is None:
            follower.check_nothing_is_left()
    if stopping.by == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _tell(happening: "Happening") -> None:
    err_console().print(_said(happening), soft_wrap=True)


def _said(happening: "Happening") -> Text:
    if isinstance(happening, lazy.Followed):
        done = count(happening.licenses, "licence")
        return Text(f"Version {happening.version}: {done} computed, up to position {happening.position}.")
    if isinstance(happening, lazy.WentLive):
        return Text(f"Version {happening.version} answers from now on.", "green")
    if isinstance(happening, lazy.Lost):
        return Text(f"{happening.reason} It goes on when the database is back.", "yellow")
    if isinstance(happening, lazy.Back):
        return Text("The database is back.", "green")
    return Text.assemble(
        (f"Licence {happening.license_id} is parked: ", "yellow"),
        f"position {happening.position}, {happening.reason} It is tried again when follow starts.",
    )
