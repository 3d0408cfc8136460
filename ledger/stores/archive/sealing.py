"""How the archive grows: rows are sealed into segments, and many small segments become a large one.

Data files come first, the manifest that names them last: whoever is cut off leaves files that no manifest
names, and the next run clears them away.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Protocol

import polars as pl

from ledger.stores.archive.errors import AnotherLogsArchive, BadPartitions, UnlikeTheLog
from ledger.stores.archive.manifest import (
    FOLDER,
    SEGMENTS,
    Contents,
    DataFile,
    LogEnds,
    Segment,
    append_manifest,
    is_archived,
    manifest_names,
    read_contents,
    sha256_of,
)
from ledger.stores.archive.partitions import (
    check_partitions,
    file_name,
    in_partitions,
    parquet,
    partitions_for,
    sorted_rows,
)
from ledger.stores.archive.place import Place, finished, is_unfinished
from ledger.stores.archive.rows import ARCHIVE_SCHEMA, archive_rows
from ledger.stores.archive.segments import whole_file
from ledger.stores.log_row import LastRecorded
from ledger.stores.reading_ahead import in_order

SEGMENT_ROWS = 500_000
# A page of whole rows has their JSON in it, some 400 bytes each.
PAGE_ROWS = 25_000
# So many segments at the end may stand as they are before they become one.
FAN_IN = 8

Progress = Callable[[int], None]


class Log(Protocol):
    """What an archive needs of a store."""

    def last_recorded(self) -> LastRecorded | None:
        """Return the log's last position; None for an empty log."""

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Return the positions of those ids that are in the log."""

    def count_rows(self, until_position: int) -> int:
        """Return how many rows the log has up to a position."""

    def read_whole_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return the rows behind one position up to another (WHOLE_SCHEMA), by position."""


def open_or_begin(place: Place, log: Log, partitions: int | None = None) -> Contents:
    """Return what the archive at a place holds, or the contents of a new one.

    A new one gets so many partitions, without a number as many as suit the log's length.

    Raises AnotherLogsArchive if it was made from another log, UnlikeTheLog, UnreadableManifest, BadArchive.
    """
    if not manifest_names(place):
        last = log.last_recorded()
        fitting = partitions_for(last.position if last else 0)
        return Contents(
            url=place.url, partitions=fitting if partitions is None else check_partitions(partitions)
        )
    contents = read_contents(place)
    if partitions is not None and partitions != contents.partitions:
        reason = f"the archive was made with {contents.partitions}, for good"
        raise BadPartitions(field="partitions", value=partitions, reason=reason)
    check_same_log(contents, log)
    return contents


def check_same_log(contents: Contents, log: Log) -> None:
    """Raise AnotherLogsArchive unless the log has the events by which the archive knows it.

    Raises UnlikeTheLog if it has more or fewer rows up to there: where an older manifest was altered, the
    next one says so, but none stands behind the newest.
    """
    ends = contents.log
    if ends is None:
        return
    wanted = {ends.first_event_id: ends.first_position, ends.last_event_id: ends.last_position}
    found = log.positions_of(list(wanted))
    for event_id, position in wanted.items():
        if found.get(event_id) != position:
            raise AnotherLogsArchive(url=contents.url, event_id=event_id, position=position)
    until = contents.until_position
    recorded = log.count_rows(until)
    if recorded != contents.rows:
        raise UnlikeTheLog(url=contents.url, archived=contents.rows, position=until, recorded=recorded)


def extend(
    place: Place,
    contents: Contents,
    log: Log,
    until_position: int,
    *,
    progress: Progress | None = None,
    segment_rows: int = SEGMENT_ROWS,
) -> Contents:
    """Seal the log up to a position, segment by segment, and return the contents then.

    `progress` is told the number of events sealed so far.
    """
    sealed = 0
    after = contents.until_position
    while after < until_position:
        until = min(after + segment_rows, until_position)
        rows = whole_rows(log, after, until)
        # positions have gaps: one that ends in nothing, or is nothing, goes on with what follows
        while rows.is_empty() and until < until_position:
            until = min(until + segment_rows, until_position)
            rows = whole_rows(log, after, until)
        if rows.is_empty():
            return contents
        contents = _sealed(place, contents, rows, after, until)
        sealed += rows.height
        after = until
        if progress is not None:
            progress(sealed)
    return contents


def whole_rows(log: Log, after: int, until: int) -> pl.DataFrame:
    """Return the rows behind one position up to another as ARCHIVE_SCHEMA, by position."""
    spans = pairwise([*range(after, until, PAGE_ROWS), until])

    def page(after: int, until: int) -> pl.DataFrame:
        return _alone(archive_rows(log.read_whole_page(after, until), log.positions_of))

    return pl.concat([pl.DataFrame(schema=ARCHIVE_SCHEMA), *in_order(page, spans)])


def _alone(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in memory of their own: one short text of a page would keep all of it alive."""
    return pl.DataFrame(rows.to_arrow(compat_level=pl.CompatLevel.oldest()))


def _sealed(place: Place, contents: Contents, rows: pl.DataFrame, after: int, until: int) -> Contents:
    ends = LogEnds(
        first_event_id=contents.log.first_event_id if contents.log else rows["event_id"][0],
        first_position=contents.log.first_position if contents.log else rows["position"][0],
        last_event_id=rows["event_id"][-1],
        last_position=rows["position"][-1],
    )
    files = in_partitions(rows, contents.partitions)
    folder = f"{SEGMENTS}/{contents.number + 1:08}"
    segment = write_segment(place, folder, files, after, until)
    return append_manifest(place, contents, ends, segment)


def write_segment(
    place: Place,
    folder: str,
    files: Iterator[tuple[int | None, pl.DataFrame]],
    after: int,
    until: int,
) -> Segment:
    """Write (partition, rows) as the files of a segment, which no manifest names yet."""
    written = [write_file(place, folder, partition, rows) for partition, rows in files]
    return Segment(
        after_position=after, until_position=until, rows=sum(file.rows for file in written), files=written
    )


def write_file(place: Place, folder: str, partition: int | None, rows: pl.DataFrame) -> DataFile:
    """Write a partition's sorted rows as a file and say what it is."""
    content = parquet(rows)
    name = f"{folder}/{file_name(partition)}"
    place.write(name, content)
    return DataFile(
        name=name,
        partition=partition,
        rows=rows.height,
        size_bytes=len(content),
        sha256=sha256_of(content),
    )


def to_merge(segments: Sequence[Segment]) -> Sequence[Segment]:
    """Return the segments at the end that should become one; none where that is not worth it.

    As many as possible, at least FAN_IN, of which none has more rows than all others together: so a row is
    written anew only when its segment at least doubles, and the number of segments stays low.
    """
    for first in range(len(segments) - FAN_IN + 1):
        end = segments[first:]
        rows = [segment.rows for segment in end]
        if 2 * max(rows) <= sum(rows):
            return end
    return ()


def compact(place: Place, contents: Contents) -> Contents:
    """Put one segment in the place of many small ones at the end; one partition is in memory at a time.

    Raises DamagedFile if a file is not what the manifests say. Files that are no longer named stay for
    `clear_away`.
    """
    merged = to_merge(contents.segments)
    if not merged or contents.log is None:
        return contents
    by_partition: dict[int | None, list[DataFile]] = {}
    for file in (file for segment in merged for file in segment.files):
        by_partition.setdefault(file.partition, []).append(file)
    files = (
        (partition, sorted_rows(pl.concat(whole_file(place, file) for file in files), partition))
        for partition, files in sorted(by_partition.items(), key=lambda each: (each[0] is not None, each[0]))
    )
    folder = f"{SEGMENTS}/{contents.number + 1:08}"
    segment = write_segment(place, folder, files, merged[0].after_position, merged[-1].until_position)
    return append_manifest(place, contents, contents.log, segment)


def clear_away(place: Place, contents: Contents) -> list[str]:
    """Delete what no manifest names: leftovers of a run that was cut off, and segments that were merged."""
    named = {file.name for file in contents.files}
    left = [name for name in place.names(SEGMENTS) if name not in named and is_archived(finished(name))]
    left += [name for name in place.names(FOLDER) if is_unfinished(name)]
    place.remove(left)
    return left
