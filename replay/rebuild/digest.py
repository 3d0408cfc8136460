"""The digest of read models: equal whenever the rows are, however they were grouped, stored or ordered."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping

import polars as pl
from polars import selectors as cs

from ledger.stores.archive.partitions import MAX_PARTITIONS
from ledger.stores.read_models.layout import KEYS

# Each bucket of licences lies in one partition, whatever power of two up to this their number is.
BUCKETS = MAX_PARTITIONS
# Ids take no control characters, so this stands for nothing else.
_NULL = "\x1e"
_TIES = {"fault": ("position",)}


def bucket_digests(frames: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Return the SHA-256 of each table's rows by bucket of licences, under "table/bucket".

    Of buckets whose rows are all there; such digests of several groups of licences are simply put together.
    """
    digests = {}
    for table, frame in frames.items():
        ids = frame["license_id"].unique()
        buckets = {each: zlib.crc32(each.encode()) % BUCKETS for each in ids}
        if not buckets:
            continue
        rows = frame.select(
            pl.col("license_id").replace_strict(buckets, return_dtype=pl.Int32).alias("bucket"),
            ~cs.temporal(),
            cs.temporal().to_physical(),
        ).sort("bucket", *KEYS[table], *_TIES.get(table, ()), maintain_order=True)
        for part in rows.partition_by("bucket", maintain_order=True):
            text = part.drop("bucket").write_csv(null_value=_NULL, quote_style="non_numeric")
            digests[f"{table}/{part['bucket'][0]:04}"] = hashlib.sha256(text.encode()).hexdigest()
    return digests


def whole_digest(digests: Iterable[Mapping[str, str]]) -> str:
    """Return the one SHA-256 of all buckets' digests."""
    whole = hashlib.sha256()
    merged = {name: digest for part in digests for name, digest in part.items()}
    for name in sorted(merged):
        whole.update(f"{name} {merged[name]}\n".encode())
    return whole.hexdigest()
