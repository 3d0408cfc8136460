"""The command that records a whole history file."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.failures import FAILED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import examples
from desk.cli.options import MOVE
from desk.cli.screen import err_console, out_console
from desk.cli.settings import open_to_record
from desk.cli.words import count, number

if TYPE_CHECKING:
    from ledger.application.import_history import ImportReport

app = typer.Typer()

STDIN = Path("-")
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
    if file != STDIN and not file.is_file():
        raise typer.BadParameter(f"There is no file {file}.", param_hint="'FILE'")
    if refused is not None and not keep_going:
        raise typer.BadParameter("It goes with --keep-going.", param_hint="'--refused'")
    left_out = (refused or _beside(file)) if keep_going else None
    with open_to_record(ctx, create=True) as ledger, _opened(file) as source, _created(left_out) as out:
        lines = _CountedLines(source)
        size = None if file == STDIN else file.stat().st_size
        with lazy.progress_of_bytes("Importing", size, lambda: lines.count) as so_far:
            report = lazy.import_history(
                ledger,
                cast(BinaryIO, lines),
                keep_going=keep_going,
                refused=out,
                progress=so_far,
                # one reads lines for the other, which decides and records: a third would have nothing to do
                processes=min(2, os.cpu_count() or 1),
            )
    _show(report)
    if left_out is not None:
        _show_left_out(report, left_out)


class _CountedLines:
    """A file read line by line that knows how many lines were read."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.count = 0

    def readline(self, limit: int = -1) -> bytes:
        """Return the next line, or a part of it if it is longer than the limit."""
        self.count += 1
        return self._source.readline(limit)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == STDIN:
        yield sys.stdin.buffer
        return
    with file.open("rb") as source:
        yield source


@contextmanager
def _created(file: Path | None) -> Iterator[BinaryIO | None]:
    if file is None:
        yield None
        return
    with file.open("wb") as out:
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
    out_console().print(Text(f"{said}.", "green"), soft_wrap=True)


def _show_left_out(report: "ImportReport", left_out: Path) -> None:
    """Name the file of what was left out and end with exit code 1, or take the empty file away."""
    if not report.refused:
        left_out.unlink()
        return
    verb = "was" if report.refused == 1 else "were"
    err_console().print(
        Text(f"{count(report.refused, 'line')} {verb} left out; see {left_out} for the reasons.", "yellow"),
        soft_wrap=True,
    )
    raise typer.Exit(FAILED)
