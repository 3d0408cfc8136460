"""The command that records a whole history file."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.counting import CountedLines
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.new_store import open_whole
from desk.cli.options import MOVE
from desk.cli.reading import STDIN, refuse_no_file
from desk.cli.screen import arriving, err_console, out_console
from desk.cli.settings import open_to_record, store_url
from desk.cli.writing import NewFile, in_words, refuse_overwriting, written
from desk.words import count, number
from ledger.rules.instants import format_instant

if TYPE_CHECKING:
    from ledger.application.import_history import ImportReport
    from ledger.application.ledger import Ledger

app = typer.Typer()

_File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", show_default=False,
        help="A history file, one event as JSON a line; - for standard input.",
    ),
]  # fmt: skip
_KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Leave out illegal lines instead of recording nothing.")
]
_Refused = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", dir_okay=False, show_default="FILE.refused.jsonl",
        help="Where --keep-going writes the lines that it left out, with reasons.",
    ),
]  # fmt: skip


@app.command(
    "import",
    cls=LedgerCommand,
    rich_help_panel=MOVE,
    epilog=examples("import history.jsonl", "import history.jsonl --keep-going --refused refused.jsonl"),
)
def import_(
    ctx: typer.Context,
    *,
    file: _File,
    keep_going: _KeepGoing = False,
    refused: _Refused = None,
) -> None:
    """Record a history file: all of it, or nothing and the first line that is illegal is named.

    Lines that are recorded already are passed over. With --keep-going the exit code is 1 if lines were left
    out.
    """
    if refused is not None and not keep_going:
        raise typer.BadParameter("It goes with --keep-going.", param_hint="'--refused'")
    refuse_no_file(file)
    left_out = (refused or _beside(file)) if keep_going else None
    if left_out is not None:
        kept = [("the file that is imported", [file]), ("the store itself", lazy.files_of(store_url(ctx)))]
        refuse_overwriting(left_out, kept, "--refused")
    before = left_out is not None and left_out.exists()
    with _opened(file) as source, _created(left_out) as out, _store(ctx, keep_going=keep_going) as ledger:
        lines = CountedLines(source, ledger.clock())
        size = None if file == STDIN else file.stat().st_size
        with lazy.progress_of_bytes("Importing", size, lambda: lines.count) as so_far:
            report = lazy.import_history(
                ledger,
                cast(BinaryIO, lines),
                keep_going=keep_going,
                refused=cast(BinaryIO | None, out),
                progress=so_far,
                # one reads lines for the other, which decides and records: a third would have nothing to do
                processes=min(2, os.cpu_count() or 1),
            )
        last_instant = ledger.now()
        if out is not None:
            out.is_wanted = report.refused > 0
    _show(report)
    _warn_of_later(lines, last_instant)
    if left_out is not None:
        _show_left_out(report, left_out, before=before)


def _store(ctx: typer.Context, *, keep_going: bool) -> AbstractContextManager["Ledger"]:
    """Return the store; with --keep-going what was committed stays, whatever comes after it."""
    return open_to_record(ctx, create=True) if keep_going else open_whole(ctx)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == STDIN:
        if sys.stdin is None:
            raise typer.BadParameter("Standard input is closed.", param_hint="'FILE'")
        yield sys.stdin.buffer
        return
    try:
        source = file.open("rb")
    except OSError as error:
        reason = "you may not read it" if isinstance(error, PermissionError) else in_words(error)
        raise typer.BadParameter(f"{file}: {reason}.", param_hint="'FILE'") from error
    with source:
        yield source


@contextmanager
def _created(file: Path | None) -> Iterator[NewFile | None]:
    if file is None:
        yield None
        return
    with written(file, "--refused") as out:
        yield out


def _beside(file: Path) -> Path:
    return Path("refused.jsonl") if file == STDIN else file.with_name(f"{file.name}.refused.jsonl")


def _show(report: "ImportReport") -> None:
    said = f"Recorded {count(report.recorded, 'event')}"
    if report.first_position is not None and report.last_position is not None:
        said += f" at positions {number(report.first_position)} to {number(report.last_position)}"
    if report.already_known:
        verb = "was" if report.already_known == 1 else "were"
        said += f"; {count(report.already_known, 'line')} {verb} recorded already"
    with arriving("The import is done all the same."):
        out_console().print(Text(f"{said}.", "green"), soft_wrap=True)


def _warn_of_later(lines: CountedLines, last_instant: datetime) -> None:
    """Say that lines were recorded in the future: the ledger's time never goes back behind them."""
    if lines.first_later is None:
        return
    clock = format_instant(lines.clock)
    said = (
        f"Line {number(lines.first_later)} says that it was recorded later than this machine's clock shows "
        f"({clock}); {count(lines.later, 'line')} in all say so."
    )
    if last_instant > lines.clock:
        said += (
            f" What is recorded from now on counts as recorded at {format_instant(last_instant)}, the log's "
            "last instant, until the clock is past it."
        )
    err_console().print(Text(said, "yellow"), soft_wrap=True)


def _show_left_out(report: "ImportReport", left_out: Path, *, before: bool) -> None:
    """Name the file of what was left out and end with exit code 1; one of an earlier run is not hidden."""
    if not report.refused:
        if before:
            said = f"No line was left out. {left_out} was there before and stays as it was."
            err_console().print(Text(said), soft_wrap=True)
        return
    verb = "was" if report.refused == 1 else "were"
    said = f"{count(report.refused, 'line')} {verb} left out; see {left_out} for the reasons."
    if before:
        said += " What the file held before is gone."
    err_console().print(Text(said, "yellow"), soft_wrap=True)
    raise typer.Exit(FAILED)
