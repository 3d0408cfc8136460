"""Where an archive lies: a folder or anything else that fsspec knows, with whole writes only."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it has no stubs

from ledger.stores.archive.errors import BadArchive

_UNFINISHED = ".unfinished"
# What a process has for itself: gone with it, and out of sight of its workers.
_OF_ONE_PROCESS = "memory://"


class Place:
    """A folder of files, named by paths relative to it, on any file system of fsspec's."""

    def __init__(self, files: Any, root: str, url: str) -> None:
        self._files = files
        self._root = root.rstrip("/")
        self.url = url
        protocol = files.protocol
        self._is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    @classmethod
    def at(cls, url: str, *, what: str = "archive") -> "Place":
        """Return the place that a path or URL names, for an archive or `what`; raises BadArchive.

        A place that ends with the process is refused: what is sealed into it is sealed into nothing.
        """
        try:
            files, root = url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise BadArchive(field=what, value=url, reason=error) from error
        if any(part.startswith(_OF_ONE_PROCESS) for part in url.split("::")):
            reason = "it lies in the memory of one process and is gone when that ends"
            raise BadArchive(field=what, value=url, reason=reason)
        return cls(files, root, url)

    def path(self, name: str) -> str:
        """Return the file's whole path on its file system."""
        return f"{self._root}/{name}"

    def read(self, name: str) -> bytes:
        """Return the file's bytes; raises FileNotFoundError."""
        content: bytes = self._files.cat_file(self.path(name))
        return content

    def read_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of several files, read at the same time where the file system can."""
        wanted = {self.path(name): name for name in names}
        if not wanted:
            return {}
        found: Mapping[str, bytes] = self._files.cat(list(wanted), recursive=False, on_error="raise")
        return {wanted[path]: content for path, content in found.items()}

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes; None if there is no such file."""
        self._files.invalidate_cache()
        try:
            return int(self._files.size(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> list[str]:
        """Return the names of all files in a folder and below, sorted; none if there is no folder."""
        self._files.invalidate_cache()
        begin = len(self.path(""))
        return sorted(str(path)[begin:] for path in self._files.find(self.path(folder)))

    def write(self, name: str, content: bytes) -> None:
        """Write a file, down to the disk with its folders; a crash may leave a part of it.

        Raises OSError, which names the file.
        """
        path = self.path(name)
        folder = path.rpartition("/")[0]
        with _named(path):
            grown = _lacking(folder) if self._is_local else []
            self._files.makedirs(folder, exist_ok=True)
            with self._files.open(path, "wb") as file:
                file.write(content)
                if self._is_local:
                    file.flush()
                    os.fsync(file.fileno())
            if self._is_local:
                for each in (folder, *map(os.path.dirname, grown)):
                    _sync_folder(each)

    def write_whole(self, name: str, content: bytes) -> None:
        """Write a file so that it is there whole or not at all, whatever happens meanwhile."""
        path = self.path(name)
        if not self._is_local:
            # stores of objects show an object when it is complete
            with _named(path):
                self._files.pipe_file(path, content)
            return
        self.write(name + _UNFINISHED, content)
        with _named(path):
            self._files.mv(path + _UNFINISHED, path)
            _sync_folder(path.rpartition("/")[0])

    def move(self, name: str, to: str) -> None:
        """Give a file another name."""
        self._files.makedirs(self.path(to).rpartition("/")[0], exist_ok=True)
        self._files.mv(self.path(name), self.path(to))

    def remove(self, names: Iterable[str]) -> None:
        """Delete files, and the folders below the place that this leaves empty."""
        folders = set()
        for name in names:
            self._files.rm_file(self.path(name))
            folders.add(name.rpartition("/")[0])
        for folder in sorted(folders, reverse=True) if self._is_local else ():
            emptied = folder
            while emptied and os.path.isdir(self.path(emptied)) and not os.listdir(self.path(emptied)):
                os.rmdir(self.path(emptied))
                emptied = emptied.rpartition("/")[0]


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Have what the system refuses name the file: of a full disk it says nothing but that it is full."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise


def _lacking(folder: str) -> list[str]:
    """Return the folder and those above it as far as they are not there, the lowest first."""
    lacking = []
    while folder and not os.path.isdir(folder):
        lacking.append(folder)
        folder = os.path.dirname(folder)
    return lacking


def _sync_folder(folder: str) -> None:
    """Write down to the disk which files a folder has."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def is_unfinished(name: str) -> bool:
    """Tell whether a file is what a crash left of a whole write."""
    return name.endswith(_UNFINISHED)


def finished(name: str) -> str:
    """Return the name that a file has when it is written to its end."""
    return name.removesuffix(_UNFINISHED)
