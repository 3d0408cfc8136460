"""Progress bars: on stderr, and only where somebody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from desk.cli.screen import err_console

SoFar = Callable[[int], None]


@contextmanager
def progress_of_bytes(what: str, total: int | None, lines: Callable[[], int]) -> Iterator[SoFar]:
    """Show bytes and lines a second; the function that it yields is told the number of bytes so far.

    `lines` is asked for the number of lines so far. Without a `total` the bar only moves.
    """
    with _bar(what, total, DownloadColumn(binary_units=True), lines, "lines") as so_far:
        yield so_far


@contextmanager
def progress_of_things(what: str, total: int | None, things: str) -> Iterator[SoFar]:
    """Show how many are done, and how many a second; the function is told the number so far."""
    with _bar(what, total, MofNCompleteColumn(), None, things) as so_far:
        yield so_far


@contextmanager
def _bar(
    what: str, total: int | None, column: ProgressColumn, count: Callable[[], int] | None, unit: str
) -> Iterator[SoFar]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        column,
        TextColumn("{task.fields[rate]}", style="cyan"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = err_console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total, rate="")

        def so_far(done: int) -> None:
            counted = done if count is None else count()
            elapsed = progress.tasks[task].elapsed
            rate = f"{counted / elapsed:,.0f} {unit}/s" if elapsed else ""
            progress.update(task, completed=done, rate=rate)

        yield so_far
