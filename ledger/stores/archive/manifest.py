"""What an archive holds: a chain of manifests, each of which adds one segment and may take others away."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.stores.archive.errors import ONE_OF_TWO, ArchiveNotFound, UnreadableManifest
from ledger.stores.archive.partitions import MAX_PARTITIONS, file_name
from ledger.stores.archive.place import Place

SCHEMA_VERSION = 1
FOLDER = "manifests"
SEGMENTS = "segments"
_MANIFESTS = re.compile(rf"{FOLDER}/\d{{8,}}\.json")
_FILES = re.compile(rf"{FOLDER}/\d{{8,}}\.json|{SEGMENTS}/\d{{8,}}/(?:programme|part-\d{{4}})\.parquet")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class DataFile(_Part):
    """A Parquet file: its name from the archive's root; partition is null for the programme's events."""

    name: str
    partition: int | None
    rows: int = Field(ge=1)
    size_bytes: int
    sha256: str


class Segment(_Part):
    """The events behind one position up to another."""

    after_position: int
    until_position: int
    rows: int = Field(ge=1)
    files: list[DataFile]


class LogEnds(_Part):
    """Two events by which a log is known: its first and the last that is archived."""

    first_event_id: str
    first_position: int
    last_event_id: str
    last_position: int


class Manifest(_Part):
    """One step of the archive: `segment` takes the place of all earlier segments within its positions."""

    format: Literal["license-ledger archive"] = "license-ledger archive"
    schema_version: int = SCHEMA_VERSION
    number: int = Field(ge=1)
    previous_sha256: str | None
    partitions: int
    log: LogEnds
    segment: Segment


@dataclass(frozen=True)
class Contents:
    """What the chain adds up to: segments in the order of positions, without gap or overlap.

    They begin behind `after_position`: 0, but for a tail that only goes on where another archive ends.
    """

    url: str
    partitions: int
    after_position: int = 0
    number: int = 0
    last_sha256: str | None = None
    log: LogEnds | None = None
    segments: tuple[Segment, ...] = field(default=())

    @property
    def until_position(self) -> int:
        """Return the last sealed position."""
        return self.segments[-1].until_position if self.segments else self.after_position

    @property
    def rows(self) -> int:
        """Return the number of events."""
        return sum(segment.rows for segment in self.segments)

    @property
    def files(self) -> list[DataFile]:
        """Return all files that are in force."""
        return [file for segment in self.segments for file in segment.files]

    def rows_by_partition(self) -> dict[int | None, int]:
        """Return the number of rows of each partition that has any; the programme's under None."""
        rows: dict[int | None, int] = {}
        for file in self.files:
            rows[file.partition] = rows.get(file.partition, 0) + file.rows
        return rows

    def with_segment(self, manifest: Manifest, sha256: str) -> "Contents":
        """Return the contents after one more manifest; raises UnreadableManifest if it does not follow."""
        name = manifest_name(manifest.number)
        new = manifest.segment
        if manifest.schema_version != SCHEMA_VERSION:
            raise UnreadableManifest(name=name, reason=f"its schema version is {manifest.schema_version}")
        if manifest.number != self.number + 1 or manifest.previous_sha256 != self.last_sha256:
            broken = UnreadableManifest(name=name, reason="it does not follow the one before it")
            broken.hint = ONE_OF_TWO
            raise broken
        kept = [
            each
            for each in self.segments
            if each.until_position <= new.after_position or each.after_position >= new.until_position
        ]
        after = Contents(
            url=self.url,
            partitions=manifest.partitions,
            after_position=self.after_position,
            number=manifest.number,
            last_sha256=sha256,
            log=manifest.log,
            segments=tuple(sorted([*kept, new], key=lambda each: each.after_position)),
        )
        for reason in (*_at_odds(manifest), *_at_odds_with(self, manifest, after.segments)):
            raise UnreadableManifest(name=name, reason=reason)
        return after


def _at_odds(manifest: Manifest) -> Iterator[str]:
    """Yield what figures of a manifest do not agree with each other."""
    segment, log, partitions = manifest.segment, manifest.log, manifest.partitions
    in_files = sum(file.rows for file in segment.files)
    if segment.rows != in_files:
        yield f"segment.rows is {segment.rows}, and its files have {in_files}"
    places = segment.until_position - segment.after_position
    if segment.rows > places:
        yield f"segment.rows is {segment.rows}, and its positions have room for {places}"
    if not 1 <= partitions <= MAX_PARTITIONS or partitions & (partitions - 1):
        yield f"partitions is {partitions}, which is no power of two up to {MAX_PARTITIONS}"
    for file in segment.files:
        if file.partition is not None and not 0 <= file.partition < partitions:
            yield f"a file's partition is {file.partition}, of {partitions}"
        if not is_archived(file.name) or file.name.rpartition("/")[2] != file_name(file.partition):
            yield f"the file of partition {file.partition} is called {file.name}"
    if len({file.partition for file in segment.files}) != len(segment.files):
        yield "a partition has two files"
    if log.first_position > log.last_position:
        yield f"log.first_position is {log.first_position}, and log.last_position {log.last_position}"


def _at_odds_with(before: Contents, manifest: Manifest, segments: Sequence[Segment]) -> Iterator[str]:
    """Yield what figures do not agree with the manifests before; `segments` are then those in force."""
    new, log = manifest.segment, manifest.log
    if before.log is not None:
        if manifest.partitions != before.partitions:
            yield f"partitions is {manifest.partitions}, and was {before.partitions}"
        if (log.first_event_id, log.first_position) != (
            before.log.first_event_id,
            before.log.first_position,
        ):
            yield "log.first_event_id or log.first_position is not as before"
    ends = [before.after_position, *(each.until_position for each in segments)]
    for each, end in zip(segments, ends, strict=False):
        if each.after_position != end:
            yield f"its positions do not join those of the others: {end} and {each.after_position}"
    if not segments[0].after_position < log.first_position <= segments[0].until_position:
        yield f"log.first_position is {log.first_position}, outside the first segment"
    if not segments[-1].after_position < log.last_position <= segments[-1].until_position:
        yield f"log.last_position is {log.last_position}, outside the last segment"
    replaced = [each for each in before.segments if each not in segments]
    if replaced and new.until_position != replaced[-1].until_position:
        yield f"segment.until_position is {new.until_position}, and was {replaced[-1].until_position}"
    rows = sum(each.rows for each in replaced)
    if replaced and new.rows != rows:
        yield f"segment.rows is {new.rows}, and those that it takes the place of have {rows}"


def manifest_name(number: int) -> str:
    """Return a manifest's file name; names sort as numbers do."""
    return f"{FOLDER}/{number:08}.json"


def is_archived(name: str) -> bool:
    """Tell whether a file is named as an archive names its own, in force or left over."""
    return _FILES.fullmatch(name) is not None


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def manifest_names(place: Place) -> list[str]:
    """Return the names of the manifests there are, in order; other people's files are none."""
    return [name for name in place.names(FOLDER) if _MANIFESTS.fullmatch(name)]


def manifest_of(place: Place, file: DataFile) -> str:
    """Return the name of the newest manifest that names a file; raises LookupError if none does."""
    for name in reversed(manifest_names(place)):
        if file in Manifest.model_validate_json(place.read(name)).segment.files:
            return name
    raise LookupError(f"no manifest names {file.name}")


def read_contents(place: Place) -> Contents:
    """Return what the archive holds; raises ArchiveNotFound and UnreadableManifest."""
    names = manifest_names(place)
    if not names:
        raise ArchiveNotFound(what="archive", name=place.url, url=place.url)
    return fold(place.url, place.read_many(names).items())


def fold(url: str, manifests: Iterable[tuple[str, bytes]]) -> Contents:
    """Add up manifests, given as (name, bytes)."""
    contents = Contents(url=url, partitions=0)
    for name, content in sorted(manifests):
        try:
            manifest = Manifest.model_validate_json(content)
        except ValidationError as error:
            raise UnreadableManifest(name=name, reason=_in_words(error)) from error
        if name != manifest_name(manifest.number):
            raise UnreadableManifest(name=name, reason=f"number is {manifest.number}")
        contents = contents.with_segment(manifest, sha256_of(content))
    return contents


def _in_words(error: ValidationError) -> str:
    """Say what is wrong with the first of the fields that are wrong."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(step) for step in first["loc"])
    message = first["msg"][:1].lower() + first["msg"][1:]
    return f"{field}: {message}" if field else message


def append_manifest(place: Place, contents: Contents, log: LogEnds, segment: Segment) -> Contents:
    """Write the manifest that puts a segment in force, and return the contents with it."""
    manifest = Manifest(
        number=contents.number + 1,
        previous_sha256=contents.last_sha256,
        partitions=contents.partitions,
        log=log,
        segment=segment,
    )
    content = manifest.model_dump_json(indent=1).encode() + b"\n"
    after = contents.with_segment(manifest, sha256_of(content))
    place.write_whole(manifest_name(manifest.number), content)
    return after
