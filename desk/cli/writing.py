"""Files that a command writes: what stands there is replaced only when the new one is whole."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

import typer

from ledger.rules.errors import LedgerError

_WORDS: Mapping[int, str] = {
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.EROFS: "it can only be read there",
    errno.ENOSPC: "no space is left",
    errno.EDQUOT: "no space is left for you",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.EISDIR: "it is a folder",
    errno.EBADF: "it is closed",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EIO: "the disk reports a fault",
}


class CannotWrite(LedgerError):
    """Raised when what a command has to say cannot be written."""

    code = "cannot_write"
    template = "Cannot write to {what}: {reason}."


class NewFile:
    """A file that is being written; set `is_wanted` to False to leave things as they were."""

    def __init__(self, name: Path, file: BinaryIO) -> None:
        self._name = name
        self._file = file
        self.is_wanted = True

    def write(self, data: bytes) -> int:
        """Write bytes; raises CannotWrite."""
        self._told(self._file.write, data)
        return len(data)

    def flush(self) -> None:
        """Raise CannotWrite if what was written does not arrive."""
        self._told(self._file.flush)

    def _told(self, do: Callable[..., object], *given: bytes) -> None:
        try:
            do(*given)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CannotWrite(what=self._name, reason=in_words(error)) from error


@contextmanager
def written(file: Path, option: str) -> Iterator[NewFile]:
    """Yield what becomes the file once all is written; on any exception what stands there stays.

    Written beside it under a name of its own; through a link the file behind it is replaced. What is no
    plain file, such as a pipe, is written to directly. Raises BadParameter, about `option`, if nothing can
    be made there.
    """
    if file.exists() and not file.is_file():
        with _opened(file, file, "wb", option) as out:
            yield out
            out.flush()
        return
    place = file.resolve()
    unfinished = place.with_name(f"{place.name}.{token_hex(4)}.part")
    with _opened(file, unfinished, "xb", option) as out:
        try:
            yield out
            out.flush()
            if out.is_wanted:
                if place.exists():
                    shutil.copymode(place, unfinished)
                os.replace(unfinished, place)
        finally:
            unfinished.unlink(missing_ok=True)


@contextmanager
def _opened(name: Path, file: Path, mode: str, option: str) -> Iterator[NewFile]:
    try:
        opened = file.open(mode)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{name}: {_where(name, error)}.", param_hint=f"'{option}'") from error
    try:
        yield NewFile(name, opened)  # type: ignore[arg-type]  # the mode is always a binary one
    finally:
        # what did not arrive was told by the flush before
        with suppress(OSError):
            opened.close()


def refuse_overwriting(file: Path, kept: Iterable[tuple[str, Sequence[Path]]], option: str) -> None:
    """Refuse, about `option`, a file that is one of those kept or lies in one; each has its words."""
    for what, paths in kept:
        if any(_is_in(file, path) for path in paths):
            raise typer.BadParameter(f"{file} is {what}; name another file.", param_hint=f"'{option}'")


def _is_in(file: Path, kept: Path) -> bool:
    if file.exists() and kept.exists() and file.samefile(kept):
        return True
    place, kept = file.resolve(), kept.resolve()
    return kept == place or (kept.is_dir() and kept in place.parents)


def in_words(error: OSError) -> str:
    """Say why something could not be written."""
    return _WORDS.get(error.errno or 0) or (error.strerror or str(error)).lower()


def _where(name: Path, error: OSError | ValueError) -> str:
    """Say why a file could not be made, with the folder that is at fault."""
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return f"there is no folder {name.parent}"
    if isinstance(error, OSError) and error.errno == errno.ENOTDIR:
        return f"{_first_file(name)} is a file, not a folder"
    return in_words(error) if isinstance(error, OSError) else str(error)


def _first_file(name: Path) -> Path:
    return next(part for part in (*reversed(name.parents), name) if part.is_file())
