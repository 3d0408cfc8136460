"""Which partition a licence belongs to, in which order rows stand there, and how they become a file."""

import io
import zlib
from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from ledger.stores.archive.errors import BadPartitions

DEFAULT_PARTITIONS = 64
# Digests of results are made of so many buckets of licences: each must lie in one partition.
MAX_PARTITIONS = 1024
# What a worker holds in less than half a gigabyte: a partition is worked on whole.
ROWS_A_PARTITION = 250_000
# Texts that come again and again; numbers of which each is near the one before it, by their differences.
_IN_DICTIONARIES = ["type", "license_id", "subject", "actor", "role", "fact", "topic"]
_IN_STEPS = dict.fromkeys(("position", "effective_at", "recorded_at"), "DELTA_BINARY_PACKED")
_ORDER = ("license_id", "subject", "effective_at", "position")


def check_partitions(partitions: int) -> int:
    """Return the number; raises BadPartitions unless it is a power of two up to MAX_PARTITIONS."""
    if not 1 <= partitions <= MAX_PARTITIONS or partitions & (partitions - 1):
        reason = f"it is no power of two from 1 to {MAX_PARTITIONS}"
        raise BadPartitions(field="partitions", value=partitions, reason=reason)
    return partitions


def partitions_for(rows: int) -> int:
    """Return how many partitions a new archive of so many rows gets: 64, and more for a long log."""
    needed = -(-rows // ROWS_A_PARTITION)
    return min(max(DEFAULT_PARTITIONS, 1 << max(needed - 1, 0).bit_length()), MAX_PARTITIONS)


def partition_of(license_id: str, partitions: int) -> int:
    """Return the partition of a licence: CRC-32 of its id in UTF-8, modulo their number."""
    return zlib.crc32(license_id.encode()) % partitions


def partitions_of(license_ids: pl.Series, partitions: int) -> pl.Series:
    """Return the partitions of licences, null where there is no licence."""
    distinct = {each: partition_of(each, partitions) for each in license_ids.drop_nulls().unique()}
    if not distinct:
        return pl.Series([None], dtype=pl.Int32).new_from_index(0, len(license_ids))
    return license_ids.replace_strict(distinct, default=None, return_dtype=pl.Int32)


def in_partitions(rows: pl.DataFrame, partitions: int) -> Iterator[tuple[int | None, pl.DataFrame]]:
    """Yield (partition, its rows in the archive's order) for those that have rows, the programme's first.

    A licence's rows stand by subject (those without one first), effective_at and position; the programme's
    by position.
    """
    placed = rows.with_columns(partition=partitions_of(rows["license_id"], partitions)).sort(
        "partition", maintain_order=True
    )
    for part in placed.partition_by("partition", maintain_order=True):
        partition = part["partition"][0]
        yield partition, sorted_rows(part.drop("partition"), partition)


def sorted_rows(rows: pl.DataFrame, partition: int | None) -> pl.DataFrame:
    """Return a partition's rows in the archive's order."""
    return rows.sort("position") if partition is None else rows.sort(_ORDER, nulls_last=False)


def file_name(partition: int | None) -> str:
    """Return the name of a partition's file within its segment."""
    return "programme.parquet" if partition is None else f"part-{partition:04}.parquet"


def parquet(rows: pl.DataFrame) -> bytes:
    """Return the rows as a Parquet file; the same rows give the same bytes."""
    return written(
        rows,
        compression="zstd",
        compression_level=3,
        use_dictionary=_IN_DICTIONARIES,
        column_encoding=_IN_STEPS,
    )


def written(rows: pl.DataFrame, **options: Any) -> bytes:
    """Return the rows as a Parquet file that pyarrow writes with these options."""
    out = io.BytesIO()
    pq.write_table(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), out, **options)
    return out.getvalue()
