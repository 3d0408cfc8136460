"""What is not as the manifests say is put aside and written anew from the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from ledger.stores.archive.errors import DamagedFile
from ledger.stores.archive.manifest import SEGMENTS, Contents, DataFile, Segment, append_manifest
from ledger.stores.archive.partitions import partitions_of, sorted_rows
from ledger.stores.archive.place import Place
from ledger.stores.archive.sealing import PAGE_ROWS, Log, whole_rows, write_file
from ledger.stores.archive.segments import MISSING, fault_of

QUARANTINE = "quarantine"


@dataclass(frozen=True)
class Damage:
    """A file that is not what its manifest says, and why."""

    name: str
    reason: str

    @property
    def is_missing(self) -> bool:
        """Tell whether there is nothing to put aside."""
        return self.reason == MISSING


def find_damage(
    place: Place, contents: Contents, *, thoroughly: bool, progress: Callable[[int, int], None] | None = None
) -> list[Damage]:
    """Return the files that are missing, have another size or (`thoroughly`) another SHA-256.

    `progress` is told how many files have been looked at so far, and of how many. Raises UnreadableManifest
    if (`thoroughly`) a file that is as it was written has other rows than its manifest says.
    """
    damages = []
    files = contents.files
    for count, file in enumerate(files, start=1):
        reason = fault_of(place, file, contents.partitions if thoroughly else None)
        if reason is not None:
            damages.append(Damage(file.name, reason))
        if progress is not None:
            progress(count, len(files))
    return damages


def mend(place: Place, contents: Contents, log: Log, damages: Sequence[Damage]) -> Contents:
    """Move damaged files to quarantine/ and write them anew from the log; return the contents then.

    The same library gives the same bytes, and the manifests stay as they are; if another release of it does
    not, a new manifest names the new file. Raises DamagedFile if the log has other rows than were archived.
    """
    names = {damage.name for damage in damages}
    for segment in contents.segments:
        damaged = [file for file in segment.files if file.name in names]
        if damaged:
            contents = _mend_segment(place, contents, log, segment, damaged)
    return contents


def _mend_segment(
    place: Place, contents: Contents, log: Log, segment: Segment, damaged: Sequence[DataFile]
) -> Contents:
    rows = _rows_from_log(log, segment, {file.partition for file in damaged}, contents.partitions)
    renewed: dict[str, DataFile] = {}
    for file in damaged:
        of_file = sorted_rows(rows[file.partition], file.partition)
        if of_file.height != file.rows:
            raise DamagedFile(
                name=file.name, reason=f"the log has {of_file.height} rows for it, not {file.rows}"
            )
        if place.size(file.name) is not None:
            place.move(file.name, _free_name(place, file.name))
        folder = file.name.rpartition("/")[0]
        again = write_file(place, folder, file.partition, of_file)
        if again != file:
            place.remove([again.name])
            folder = f"{SEGMENTS}/{contents.number + 1:08}"
            renewed[file.name] = write_file(place, folder, file.partition, of_file)
    if not renewed or contents.log is None:
        return contents
    files = [renewed.get(file.name, file) for file in segment.files]
    return append_manifest(place, contents, contents.log, segment.model_copy(update={"files": files}))


def _rows_from_log(
    log: Log, segment: Segment, wanted: set[int | None], partitions: int
) -> dict[int | None, pl.DataFrame]:
    """Return the segment's rows of some partitions, reading the log page by page."""
    parts: dict[int | None, list[pl.DataFrame]] = {partition: [] for partition in wanted}
    for after in range(segment.after_position, segment.until_position, PAGE_ROWS):
        page = whole_rows(log, after, min(after + PAGE_ROWS, segment.until_position))
        partition = partitions_of(page["license_id"], partitions)
        for number, kept in parts.items():
            kept.append(page.filter(partition.is_null() if number is None else partition == number))
    return {number: pl.concat(kept) for number, kept in parts.items()}


def _free_name(place: Place, name: str) -> str:
    flat = f"{QUARANTINE}/{name.removeprefix(SEGMENTS + '/').replace('/', '-')}"
    taken = set(place.names(QUARANTINE))
    return next(
        free for free in (f"{flat}.{count}" for count in range(1, len(taken) + 2)) if free not in taken
    )
