"""The two streams that people look at: answers on stdout, everything else on stderr."""

import os
import re
import sys
from collections.abc import Iterable
from typing import BinaryIO, TextIO, cast

from rich.console import Console

PIPED_WIDTH = 100
_TRAILING = re.compile(r" +$", re.MULTILINE)


def out_console(piped_width: int = PIPED_WIDTH) -> Console:
    """Return the console for answers; `piped_width` counts where no terminal and no COLUMNS sets one."""
    return _console(sys.stdout, piped_width)


def err_console() -> Console:
    """Return the console for what is said beside the answer."""
    return _console(sys.stderr, PIPED_WIDTH)


def data_out() -> BinaryIO:
    """Return stdout for bytes: data is UTF-8 wherever it goes."""
    return sys.stdout.buffer


def write_lines(lines: Iterable[str]) -> None:
    """Write lines of data to stdout."""
    out = data_out()
    out.writelines(line.encode() + b"\n" for line in lines)
    out.flush()


class _Trimmed:
    """A stream that leaves out spaces at the ends of lines: nobody sees them, and files are compared."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text that ends with its last line."""
        return self._stream.write(_TRAILING.sub("", text))

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _console(stream: TextIO, piped_width: int) -> Console:
    if hasattr(stream, "reconfigure"):
        # a terminal that cannot show a sign gets its number instead of a crash
        stream.reconfigure(errors="backslashreplace")
    fixed = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(
        file=stream if stream.isatty() else cast(TextIO, _Trimmed(stream)),
        width=piped_width if fixed else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not stream.isatty(),
    )
