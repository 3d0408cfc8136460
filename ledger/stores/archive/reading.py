"""The archive in the columns that projections take, and as history lines again."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl

from ledger.events.facts import SEAT_FACTS_END
from ledger.stores.archive.manifest import Contents, read_contents
from ledger.stores.archive.place import Place
from ledger.stores.archive.rows import history_lines
from ledger.stores.archive.segments import read_files
from ledger.stores.columns import LOG_SCHEMA

# What the kernel needs of an event.
KERNEL_COLUMNS = (
    "position", "license_id", "subject", "fact", "effective_at", "recorded_at", "topic", "state",
    "known_through_position",
)  # fmt: skip
_LINES_AT_ONCE = 250_000


class Rows(NamedTuple):
    """Rows of a log (LOG_SCHEMA), and where the events stand that its issued invoices knew last.

    `known_through` has position (the invoice's) and known_through_position.
    """

    log: pl.DataFrame
    known_through: pl.DataFrame

    def of(self, license_ids: Sequence[str]) -> "Rows":
        """Return the rows of some licences; what invoices knew last stays whole."""
        return self._replace(log=self.log.filter(pl.col("license_id").is_in(license_ids)))


class Archive:
    """An archive as it was when it was opened."""

    def __init__(self, place: Place, contents: Contents) -> None:
        self.place = place
        self.contents = contents

    @classmethod
    def open(cls, url: str) -> "Archive":
        """Open the archive at a path or URL; raises ArchiveNotFound, UnreadableManifest, BadArchive."""
        place = Place.at(url)
        return cls(place, read_contents(place))

    def files_of(self, partition: int | None) -> list[str]:
        """Return the names of a partition's files in the order of positions; the programme's for None."""
        return [file.name for file in self.contents.files if file.partition == partition]

    def read_partition(self, partition: int, until_position: int | None = None) -> Rows:
        """Return a partition's rows up to a position, sorted within each segment; raises DamagedFile."""
        return read_rows(self.place, self.files_of(partition), until_position)

    def read_programme(self, until_position: int | None = None) -> Rows:
        """Return the programme's rows up to a position."""
        return read_rows(self.place, self.files_of(None), until_position)

    def line_pages(self) -> Iterator[bytes]:
        """Yield the history lines of all events in the order of recording, some at a time."""
        for segment in self.contents.segments:
            names = [file.name for file in segment.files]
            for after in range(segment.after_position, segment.until_position, _LINES_AT_ONCE):
                within = pl.col("position").is_between(after, after + _LINES_AT_ONCE, closed="right")
                parts = [read_files(self.place, [name], _LINE_COLUMNS).filter(within) for name in names]
                page = pl.concat(parts).sort("position")
                yield "".join(line + "\n" for line in history_lines(page)).encode()


_LINE_COLUMNS = (
    "position", "event_id", "type", "license_id", "subject", "effective_at", "recorded_at", "actor", "role",
    "fact", "state", "line",
)  # fmt: skip


def read_rows(place: Place, names: list[str], until_position: int | None = None) -> Rows:
    """Return the rows of some files up to a position, one file's below the other's; raises DamagedFile."""
    rows = read_files(place, names, KERNEL_COLUMNS)
    if until_position is not None:
        rows = rows.filter(pl.col("position") <= until_position)
    log = rows.select(
        "position",
        "license_id",
        "subject",
        "fact",
        pl.col("effective_at").to_physical().alias("effective_us"),
        pl.col("recorded_at").to_physical().alias("recorded_us"),
        "topic",
        "state",
    ).cast(LOG_SCHEMA)
    known = rows.filter(pl.col("known_through_position").is_not_null() & (pl.col("fact") >= SEAT_FACTS_END))
    return Rows(log, known.select("position", "known_through_position"))
