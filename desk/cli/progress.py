"""Progress bars: on stderr, and only where somebody watches."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import Protocol

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
# Nobody waits for less, and a rate of so little says nothing.
_AT_ONCE_S = 2


class _Told(Protocol):
    def __call__(self, done: int, known_total: int | None = ...) -> None:
        """Show how many are done."""


@contextmanager
def progress_of_bytes(what: str, total: int | None, lines: Callable[[], int]) -> Iterator[SoFar]:
    """Show bytes and lines a second; the function that it yields is told the number of bytes so far.

    `lines` is asked for the number of lines so far. Without a `total` the bar only moves.
    """
    with _bar(what, total, DownloadColumn(binary_units=True), lines, "lines") as so_far:
        yield so_far


@contextmanager
def progress_of_things(what: str, total: int | None, things: str, *, lines: bool = False) -> Iterator[SoFar]:
    """Show how many are done, and how many a second; the function is told the number so far.

    With `lines`, where nobody watches, a line for each tenth instead of a bar; for what is done at once, one.
    """
    if lines and total and not err_console().is_terminal:
        yield _tenths(what, total, things)
        return
    with _bar(what, total, MofNCompleteColumn(), None, things) as so_far:
        yield so_far


@contextmanager
def progress_of_unknown(what: str, things: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done; the function is told both, the total known only by then."""
    with _bar(what, None, MofNCompleteColumn(), None, things) as so_far:
        yield so_far


class Turns(ExitStack):
    """Show one thing after another, as `progress_of_things` does; use it in a with statement."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = ""
        self._so_far: SoFar = lambda _: None

    def show(self, what: str, total: int, things: str, done: int, *, lines: bool = False) -> None:
        """Show how many are done of what has its turn now."""
        if what != self._shown:
            self.end()
            self._shown = what
            self._so_far = self.enter_context(progress_of_things(what, total, things, lines=lines))
        self._so_far(done)

    def end(self) -> None:
        """Let what has its turn be over; what comes next begins anew."""
        self.close()
        self._shown = ""


def _tenths(what: str, total: int, things: str) -> SoFar:
    began, told = monotonic(), 0

    def so_far(done: int) -> None:
        nonlocal told
        elapsed = monotonic() - began
        if done * 10 // total == told or (elapsed < _AT_ONCE_S and done < total):
            return
        told = done * 10 // total
        line = f"{what}: {done:,} of {total:,} {things}"
        if elapsed >= _AT_ONCE_S:
            left = elapsed / done * (total - done)
            line += f", {done / elapsed:,.0f} {things}/s, {left:,.0f} s left"
        err_console().print(line, soft_wrap=True)

    return so_far


@contextmanager
def _bar(
    what: str, total: int | None, column: ProgressColumn, count: Callable[[], int] | None, unit: str
) -> Iterator["_Told"]:
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

        def so_far(done: int, known_total: int | None = total) -> None:
            counted = done if count is None else count()
            elapsed = progress.tasks[task].elapsed
            rate = f"{counted / elapsed:,.0f} {unit}/s" if elapsed else ""
            progress.update(task, completed=done, total=known_total, rate=rate)

        yield so_far
