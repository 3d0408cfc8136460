"""The command that writes the history of a programme that never was."""

from datetime import date
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from desk.cli import lazy
from desk.cli.export_history import Out
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import LEARN, day_option
from desk.cli.screen import data_out, err_console
from desk.cli.settings import store_url
from desk.cli.values import whole_number
from desk.cli.writing import refuse_overwriting, written
from desk.words import count

app = typer.Typer()

_Licenses = Annotated[
    int, typer.Option(metavar="N", parser=whole_number(0, 10**9), help="How many licences sign up.")
]
_Seed = Annotated[int, typer.Option(metavar="S", help="The same seed gives the same bytes.")]
_Until = Annotated[date, day_option("The last day of the story.")]


@app.command(
    "simulate",
    cls=LedgerCommand,
    rich_help_panel=LEARN,
    epilog=examples("simulate --licenses 20 --seed 7 --until 2024-12-31 --out simulated.jsonl"),
)
def simulate(
    ctx: typer.Context, licenses: _Licenses, until: _Until, seed: _Seed = 1, out: Out = None
) -> None:
    """Write a believable history of any size, to try things out or to measure them."""
    if out is None:
        _simulate(licenses, seed, until, data_out())
        data_out().flush()
        return
    refuse_overwriting(out, [("the store itself", lazy.files_of(store_url(ctx)))], "--out")
    lines = _to_file(licenses, seed, until, out)
    err_console().print(f"Wrote {count(lines, 'event')} to {out}.", soft_wrap=True)


def _to_file(licenses: int, seed: int, until: date, out: Path) -> int:
    with written(out, "--out") as file:
        return _simulate(licenses, seed, until, cast(BinaryIO, file))


def _simulate(licenses: int, seed: int, until: date, out: BinaryIO) -> int:
    with lazy.progress_of_things("Telling licences' stories", licenses, "licences") as so_far:
        try:
            return lazy.simulate(licenses, seed, until, out, so_far)
        except ValueError as error:
            raise typer.BadParameter(f"{error}.", param_hint="'--until'") from error
