"""One file of a segment, read for what it is and checked against what its manifest says."""

import io
from collections.abc import Iterable, Sequence

import polars as pl

from ledger.stores.archive.errors import DamagedFile
from ledger.stores.archive.manifest import DataFile, sha256_of
from ledger.stores.archive.place import Place
from ledger.stores.archive.rows import ARCHIVE_SCHEMA


def fault_of(place: Place, file: DataFile, *, thoroughly: bool) -> str | None:
    """Return what is wrong: it is missing, its size, or (`thoroughly`) its SHA-256; None if it is fine."""
    size = place.size(file.name)
    if size is None:
        return "it is missing"
    if size != file.size_bytes:
        return f"it has {size} bytes, not {file.size_bytes}"
    if thoroughly and sha256_of(place.read(file.name)) != file.sha256:
        return "its SHA-256 is another"
    return None


def whole_file(place: Place, file: DataFile) -> pl.DataFrame:
    """Return all columns of a file whose bytes were checked; raises DamagedFile."""
    fault = fault_of(place, file, thoroughly=True)
    if fault is not None:
        raise DamagedFile(name=file.name, reason=fault)
    return read_files(place, [file.name], ARCHIVE_SCHEMA.names())


def read_files(place: Place, names: Sequence[str], columns: Iterable[str]) -> pl.DataFrame:
    """Return some columns of files, one below the other; raises DamagedFile."""
    columns = list(columns)
    at_once = _read_at_once(place, names, columns)
    if at_once is not None:
        return at_once
    frames = [read_parquet(place, name, columns) for name in names]
    if not frames:
        return pl.DataFrame(schema={name: ARCHIVE_SCHEMA[name] for name in columns})
    return pl.concat(frames)


def _read_at_once(place: Place, names: Sequence[str], columns: list[str]) -> pl.DataFrame | None:
    """Return the columns of several files that lie on this machine; None if that is not so, or fails.

    Half the time of reading one by one, which only tells which of them it is that cannot be read.
    """
    paths = [path for name in names if (path := place.local_path(name)) is not None]
    if not paths or len(paths) < len(names):
        return None
    try:
        return pl.read_parquet(paths, columns=columns, glob=False)
    except (FileNotFoundError, pl.exceptions.PolarsError):
        return None


def read_parquet(place: Place, name: str, columns: list[str] | None = None) -> pl.DataFrame:
    """Return some or all columns of a Parquet file; raises DamagedFile.

    A file on this machine is read as it lies there, one elsewhere is fetched whole: it is small, and one
    request.
    """
    local = place.local_path(name)
    try:
        source = local if local is not None else io.BytesIO(place.read(name))
        return pl.read_parquet(source, columns=columns, glob=False)
    except FileNotFoundError as error:
        raise DamagedFile(name=name, reason="it is missing") from error
    except pl.exceptions.PolarsError as error:
        raise DamagedFile(name=name, reason=" ".join(str(error).split())) from error
