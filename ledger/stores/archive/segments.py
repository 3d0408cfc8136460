"""One file of a segment, read for what it is and checked against what its manifest says."""

import io
from collections.abc import Mapping, Sequence
from typing import IO

import polars as pl

from ledger.stores.archive.errors import DamagedFile, UnreadableManifest
from ledger.stores.archive.manifest import DataFile, manifest_of, sha256_of
from ledger.stores.archive.partitions import partitions_of
from ledger.stores.archive.place import Place
from ledger.stores.archive.rows import ARCHIVE_SCHEMA

MISSING = "it is missing"


def fault_of(place: Place, file: DataFile, partitions: int | None) -> str | None:
    """Return what is wrong: it is missing, its size, its SHA-256; None if it is fine.

    With the number of `partitions` the file is read, and raises UnreadableManifest if it is as it was written
    but has not the rows, or not the licences, that the manifest says.
    """
    size = place.size(file.name)
    if size is None:
        return MISSING
    if size != file.size_bytes:
        return f"it has {size} bytes, not {file.size_bytes}"
    if partitions is None:
        return None
    content = place.read(file.name)
    if sha256_of(content) != file.sha256:
        return "its SHA-256 is another"
    licenses = pl.read_parquet(io.BytesIO(content), columns=["license_id"]).to_series()
    if len(licenses) != file.rows:
        said = f"it says {file.rows} rows for {file.name}, which has {len(licenses)}"
    elif partitions_of(licenses, partitions).unique().to_list() != [file.partition]:
        said = f"{file.name} has licences of another than number {file.partition} of {partitions} partitions"
    else:
        return None
    raise UnreadableManifest(name=manifest_of(place, file), reason=said)


def whole_file(place: Place, file: DataFile) -> pl.DataFrame:
    """Return all columns of a file; raises DamagedFile."""
    return read_files(place, {file.name: file.sha256}, ARCHIVE_SCHEMA.names())


def read_files(place: Place, files: Mapping[str, str], columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of files, one below the other, if their bytes are what they should be.

    `files` says the SHA-256 of each by its name. Raises DamagedFile. To digest a file costs a fiftieth of
    what is computed from it.
    """
    if not files:
        return pl.DataFrame(schema={name: ARCHIVE_SCHEMA[name] for name in columns})
    return pl.read_parquet(_sources(place, files), columns=list(columns))


def read_result(place: Place, name: str, sha256: str) -> pl.DataFrame:
    """Return all columns of one file of any shape; raises DamagedFile."""
    return pl.read_parquet(_sources(place, {name: sha256}))


def is_whole(place: Place, name: str, sha256: str) -> bool:
    """Tell whether a file is there as it was written."""
    try:
        _sources(place, {name: sha256})
    except DamagedFile:
        return False
    return True


def _sources(place: Place, files: Mapping[str, str]) -> list[IO[bytes]]:
    try:
        contents = place.read_many(files)
    except FileNotFoundError as error:
        missing = next((name for name in files if place.size(name) is None), next(iter(files)))
        raise DamagedFile(name=missing, reason=MISSING) from error
    for name, sha256 in files.items():
        if sha256_of(contents[name]) != sha256:
            raise DamagedFile(name=name, reason="its SHA-256 is another")
    return [io.BytesIO(contents[name]) for name in files]
