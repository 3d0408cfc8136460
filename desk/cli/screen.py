"""The two streams that people look at: answers on stdout, everything else on stderr."""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from rich.console import Console

from desk.cli.writing import CannotWrite, in_words

PIPED_WIDTH = 100
_TRAILING = re.compile(r" +$", re.MULTILINE)
# Marks that turn the direction of what follows: an id with one of them could pose as another on the screen.
_TURNING = re.compile("[\N{LEFT-TO-RIGHT EMBEDDING}-\N{RIGHT-TO-LEFT OVERRIDE}"
                      "\N{LEFT-TO-RIGHT ISOLATE}-\N{POP DIRECTIONAL ISOLATE}]")  # fmt: skip
STDOUT = "standard output"
# Letters of at most four bytes: a pipe takes 4096 bytes whole or not at all, which matters without buffering.
_AT_ONCE = 1024


def out_console(piped_width: int = PIPED_WIDTH) -> Console:
    """Return the console for answers; `piped_width` counts where no terminal and no COLUMNS sets one."""
    return _console(_Shown(sys.stdout), piped_width)


def err_console() -> Console:
    """Return the console for what is said beside the answer."""
    return _console(_Told(sys.stderr), PIPED_WIDTH)


def err_stream() -> TextIO:
    """Return stderr as the console has it: nothing that happens to it stops the program."""
    return cast(TextIO, _Told(sys.stderr))


def data_out() -> BinaryIO:
    """Return stdout for bytes: data is UTF-8 wherever it goes."""
    return cast(BinaryIO, _Data(sys.stdout.buffer))


def write_lines(lines: Iterable[str]) -> None:
    """Write lines of data to stdout."""
    out = data_out()
    out.writelines(line.encode() + b"\n" for line in lines)
    out.flush()


def flush_out() -> None:
    """Write what waits for stdout; raises CannotWrite, BrokenPipeError."""
    _Shown(sys.stdout).flush()


@contextmanager
def arriving(otherwise: str) -> Iterator[None]:
    """Write out what is said to stdout meanwhile; `otherwise` tells what is so although it cannot be said."""
    try:
        yield
        flush_out()
    except CannotWrite as error:
        error.hint = otherwise
        raise


def give_up(stream: TextIO) -> None:
    """Let what waits for a stream that takes nothing go nowhere, or Python would fail on it at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def visible(text: str) -> str:
    r"""Return the text with marks that turn the direction of writing shown as \u202e."""
    return _TURNING.sub(lambda mark: f"\\u{ord(mark[0]):04x}", text)


class _Stream:
    """A stream with something done to what is written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def _as_shown(self, text: str) -> str:
        """Leave out spaces at the ends of lines in files: nobody sees them, and files are compared."""
        text = visible(text)
        return text if self._stream.isatty() else _TRAILING.sub("", text)


class _Shown(_Stream):
    """Stdout, whose answers must arrive."""

    def write(self, text: str) -> int:
        """Write text that ends with its last line; raises CannotWrite, BrokenPipeError."""
        shown = self._as_shown(text)
        try:
            for start in range(0, len(shown), _AT_ONCE):
                self._stream.write(shown[start : start + _AT_ONCE])
        except OSError as error:
            raise refused(error) from error
        return len(text)

    def flush(self) -> None:
        """Raise CannotWrite, BrokenPipeError."""
        try:
            self._stream.flush()
        except OSError as error:
            raise refused(error) from error


class _Told(_Stream):
    """Stderr: what cannot be said there has nowhere else to go."""

    def write(self, text: str) -> int:
        """Write text that ends with its last line, if the stream takes it."""
        try:
            return self._stream.write(self._as_shown(text))
        except OSError:
            give_up(self._stream)
            return len(text)

    def flush(self) -> None:
        """Flush, if the stream takes it."""
        try:
            self._stream.flush()
        except OSError:
            give_up(self._stream)


class _Data:
    """Stdout for bytes."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> int:
        """Write all of it, also where Python does not buffer; raises CannotWrite, BrokenPipeError."""
        left = memoryview(data)
        try:
            while left:
                left = left[self._stream.write(left) :]
        except OSError as error:
            raise refused(error) from error
        return len(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        """Raise CannotWrite, BrokenPipeError."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Raise CannotWrite, BrokenPipeError."""
        try:
            self._stream.flush()
        except OSError as error:
            raise refused(error) from error


def refused(error: OSError) -> Exception:
    """Return what it means that stdout did not take something."""
    if isinstance(error, BrokenPipeError):
        return error
    return CannotWrite(what=STDOUT, reason=in_words(error))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the program end as it does when nobody reads on; the library would end it with 1."""
        raise  # noqa: PLE0704 - it is called while the error is handled


def _console(shown: _Stream, piped_width: int) -> Console:
    stream = cast(TextIO, shown)
    if hasattr(stream, "reconfigure"):
        # a terminal that cannot show a sign gets its number instead of a crash
        stream.reconfigure(errors="backslashreplace")
    fixed = not stream.isatty() and "COLUMNS" not in os.environ
    return _Console(
        file=stream,
        width=piped_width if fixed else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not stream.isatty(),
    )
