"""Logs to archive, and file systems that fail."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fsspec import register_implementation  # type: ignore[import-untyped]  # it has no stubs
from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # as above
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]  # as above

from ledger.application.export_history import export_history
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.stores.archive.manifest import Contents
from ledger.stores.archive.place import Place
from ledger.stores.archive.sealing import extend, open_or_begin

SAMPLE = Path(__file__).parents[2] / "replay" / "sample" / "programme.jsonl"
# one of them stands there twice, to be recorded once
LINES = list(dict.fromkeys(SAMPLE.read_bytes().splitlines(keepends=True)))
_ACME = '"license_id":"acme-hotel-annual"'
_TIMES = '"effective_at":"2024-12-20T00:00:00Z","recorded_at":"2024-12-20T00:00:00Z"'
# names and actors that need care on their way through JSON and back
ODD_LINES = [
    line.encode()
    for line in (
        f'{{"id":"odd\\"1\\\\","type":"AgentCreated",{_ACME},"agent_id":"w\\\\ho\\" €","role":"owner",'
        f'"complimentary":true,{_TIMES},"actor":"system"}}\n',
        f'{{"id":"odd2","type":"ChatBotAdded",{_ACME},"bot_id":"b,\\"actor\\":\\"o\\\\t é",'
        f'{_TIMES},"actor":"w\\\\ho\\" €"}}\n',
    )
]


class Objects(MemoryFileSystem):  # type: ignore[misc]  # as above
    """A store of objects, as far as an archive can tell: objects://name."""

    protocol = "objects"

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return super()._strip_protocol(str(path).removeprefix("objects://"))


register_implementation("objects", Objects, clobber=True)


def import_lines(ledger: Ledger, lines: list[bytes]) -> None:
    import_history(ledger, io.BytesIO(b"".join(lines)))


def exported(ledger: Ledger) -> bytes:
    out = io.BytesIO()
    export_history(ledger, out)
    return out.getvalue()


def seal(place: Place, ledger: Ledger, until: int, *, partitions: int = 4, rows: int = 1_000_000) -> Contents:
    """Extend an archive up to a position, in segments of so many positions."""
    contents = open_or_begin(place, ledger.store, partitions)
    return extend(place, contents, ledger.store, until, segment_rows=rows)


class PulledPlug(Exception):
    """The machine has stopped."""


class FailingFiles:
    """A file system of fsspec's that stops before or in the middle of its n-th change."""

    def __init__(self, url: str, changes_left: int) -> None:
        self._files, self.root = url_to_fs(url)
        self._left = changes_left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def _change(self) -> None:
        if self._left <= 0:
            raise PulledPlug
        self._left -= 1

    @contextmanager
    def open(self, path: str, mode: str) -> Iterator[Any]:
        with self._files.open(path, mode) as file:
            try:
                self._change()
            except PulledPlug:
                file.write(b"PAR1 torn")
                raise
            yield file

    def pipe_file(self, path: str, content: bytes) -> None:
        self._change()
        self._files.pipe_file(path, content)

    def mv(self, path: str, to: str) -> None:
        self._change()
        self._files.mv(path, to)

    def rm_file(self, path: str) -> None:
        self._change()
        self._files.rm_file(path)

    def place(self) -> Place:
        return Place(self, self.root, self.root)
