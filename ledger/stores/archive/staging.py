"""Where results of a long computation wait: files of each piece of work, and a note that it is done."""

import re
from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

import polars as pl
from pydantic import BaseModel, ConfigDict

from ledger.stores.archive.manifest import is_archived, sha256_of
from ledger.stores.archive.partitions import written
from ledger.stores.archive.place import Place, finished, is_unfinished
from ledger.stores.archive.segments import is_whole, read_result

_PLAN = "plan.json"
_DONE = "done"
_RESULTS = "results"
TAIL = "tail"
# The place is named by a person, who may have other files there.
_OURS = re.compile(
    rf"{_PLAN}|{_DONE}/\d{{6}}\.json|{_RESULTS}/\d{{6}}-[0-9a-f]{{32}}/\w+\.parquet|{TAIL}-[^/]+/(?P<archived>.+)"
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ResultFile(_Part):
    """A frame of results in a file."""

    table: str
    name: str
    rows: int
    size_bytes: int
    sha256: str


class NotComputed(_Part):
    """A licence of which nothing could be computed, and the position of what cannot be understood."""

    license_id: str
    position: int
    reason: str


class Done(_Part):
    """What a piece of work left: its files, the digests of their rows, and what it took."""

    number: int
    rows_read: int
    peak_bytes: int
    files: list[ResultFile]
    digests: dict[str, str]
    parked: list[NotComputed] = []


class Staging:
    """A place for one computation at a time. What no note names is what a crash left."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @classmethod
    def at(cls, url: str) -> "Staging":
        """Return the staging at a path or URL; raises BadArchive."""
        return cls(Place.at(url, what="staging"))

    def read_plan(self) -> bytes | None:
        """Return the plan that is under way; None if there is none."""
        return self._place.read(_PLAN) if self._place.size(_PLAN) is not None else None

    def write_plan(self, plan: bytes) -> None:
        """Keep a plan, which is what makes the place taken."""
        self._place.write_whole(_PLAN, plan)

    def write_done(
        self,
        number: int,
        frames: Mapping[str, pl.DataFrame],
        digests: Mapping[str, str],
        parked: Sequence[NotComputed] = (),
        **took: int,
    ) -> Done:
        """Write the results of a piece of work, and last the note that says so.

        Two that do the same work write files of their own; one of the notes stays, and both say the same.
        """
        folder = f"{_RESULTS}/{number:06}-{uuid4().hex}"
        files = []
        for table, frame in frames.items():
            content = result_file(frame)
            name = f"{folder}/{table}.parquet"
            self._place.write(name, content)
            files.append(
                ResultFile(
                    table=table,
                    name=name,
                    rows=frame.height,
                    size_bytes=len(content),
                    sha256=sha256_of(content),
                )
            )
        done = Done(number=number, files=files, digests=dict(digests), parked=list(parked), **took)
        self._place.write_whole(_note(number), done.model_dump_json().encode())
        return done

    def read_done(self) -> dict[int, Done]:
        """Return what is done, by the number of the piece of work."""
        names = [name for name in self._place.names(_DONE) if not is_unfinished(name)]
        notes = (Done.model_validate_json(content) for content in self._place.read_many(names).values())
        return {done.number: done for done in notes}

    def forget_damaged(self) -> list[str]:
        """Take back the notes of work whose results are not as they were written; return those files' names.

        Every file of what is done is read, which only a run that goes on has to do.
        """
        damaged: list[str] = []
        for number, done in self.read_done().items():
            files = [file.name for file in done.files if not is_whole(self._place, file.name, file.sha256)]
            if files:
                self._place.remove([_note(number)])
                damaged += files
        return damaged

    def frames(self, done: Done) -> dict[str, pl.DataFrame]:
        """Return the results of a piece of work by table; raises DamagedFile."""
        return {file.table: read_result(self._place, file.name, file.sha256) for file in done.files}

    def all_frames(self) -> Iterator[dict[str, pl.DataFrame]]:
        """Yield the results of one piece of work after another."""
        for _, done in sorted(self.read_done().items()):
            yield self.frames(done)

    def clear(self) -> None:
        """Give the place back: the plan goes first, so that nobody goes on with half of it."""
        if self._place.size(_PLAN) is not None:
            self._place.remove([_PLAN])
        self._place.remove(name for name in self._place.names("") if _is_ours(name))


def _is_ours(name: str) -> bool:
    found = _OURS.fullmatch(finished(name))
    return found is not None and (found["archived"] is None or is_archived(found["archived"]))


def result_file(frame: pl.DataFrame) -> bytes:
    """Return results as a Parquet file; it is read once and thrown away, so it is written fast."""
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    return written(frame, compression="lz4", use_dictionary=texts)


def _note(number: int) -> str:
    return f"{_DONE}/{number:06}.json"
