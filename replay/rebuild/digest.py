"""The digest of read models: equal whenever the rows are, however they were grouped, stored or ordered."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from itertools import pairwise

import polars as pl
import pyarrow as pa
from polars import selectors as cs

from ledger.projections.runs import gathered, goes_back, runs, stand_together
from ledger.stores.archive.partitions import MAX_PARTITIONS
from ledger.stores.read_models.layout import KEYS

# Each bucket of licences lies in one partition, whatever power of two up to this their number is.
BUCKETS = MAX_PARTITIONS
_TIES = {"fault": ("position",)}


def bucket_digests(frames: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Return the SHA-256 of each table's rows by bucket of licences, under "table/bucket".

    Of buckets whose rows are all there; such digests of several groups of licences are simply put together.
    """
    return {
        f"{table}/{bucket:04}": digest
        for table, frame in frames.items()
        if not frame.is_empty()
        for bucket, digest in _digests(frame, (*KEYS[table][1:], *_TIES.get(table, ())))
    }


def whole_digest(digests: Iterable[Mapping[str, str]]) -> str:
    """Return the one SHA-256 of all buckets' digests."""
    whole = hashlib.sha256()
    merged = {name: digest for part in digests for name, digest in part.items()}
    for name in sorted(merged):
        whole.update(f"{name} {merged[name]}\n".encode())
    return whole.hexdigest()


def _digests(frame: pl.DataFrame, keys: tuple[str, ...]) -> Iterable[tuple[int, str]]:
    """Yield (bucket, SHA-256 of its rows by licence and keys): column after column, in whole bytes."""
    rows, buckets = _in_order(frame, keys)
    nulls = pl.sum_horizontal(
        pl.lit(0, pl.Int64),
        *(
            pl.col(column.name).is_null().cast(pl.Int64) * (1 << at)
            for at, column in enumerate(rows.iter_columns())
            if column.null_count()
        ),
    )
    columns = [_Bytes(column) for column in rows.with_columns(nulls=nulls).iter_columns()]
    for (bucket, first), (_, end) in pairwise([*buckets, (BUCKETS, rows.height)]):
        digest = hashlib.sha256(f"{end - first}\n".encode())
        for column in columns:
            column.add_to(digest, first, end)
        yield bucket, digest.hexdigest()


def _in_order(frame: pl.DataFrame, keys: tuple[str, ...]) -> tuple[pl.DataFrame, list[tuple[int, int]]]:
    """Return the rows by bucket, licence and keys, and (bucket, its first row) of those that there are."""
    rows = frame.with_columns(cs.temporal().to_physical())
    licenses = runs(rows["license_id"])
    if not stand_together(licenses) or _is_out_of_order(rows, keys):
        rows = rows.sort("license_id", *keys, maintain_order=True)
        licenses = runs(rows["license_id"])
    buckets = [zlib.crc32(one.encode()) % BUCKETS for one in licenses["value"]]
    placed = licenses.with_columns(bucket=pl.Series(buckets, dtype=pl.Int32)).sort("bucket", "value")
    height = pl.col("end") - pl.col("first")
    begins = placed.select("bucket", row=height.cum_sum() - height).unique(
        "bucket", keep="first", maintain_order=True
    )
    return gathered(rows, placed).with_columns(cs.boolean().cast(pl.UInt8)), list(begins.iter_rows())


def _is_out_of_order(rows: pl.DataFrame, keys: tuple[str, ...]) -> bool:
    """Tell whether a licence's rows may not stand by keys, as projections make them; a tenth of sorting."""
    same = pl.col("license_id") == pl.col("license_id").shift()
    unsure = pl.any_horizontal(pl.col(name).is_null() for name in keys)
    return bool(rows.select((same & goes_back(keys)).any() | unsure.any()).item())


def _view(buffer: pa.Buffer | None) -> memoryview:
    return memoryview(b"") if buffer is None else memoryview(buffer)


class _Bytes:
    """A column as bytes that depend on its values alone: numbers as they are, texts after their lengths."""

    def __init__(self, column: pl.Series) -> None:
        self._text: memoryview | None = None
        numbers = column
        if column.dtype == pl.String:
            filled = column.fill_null("")
            numbers = filled.str.len_bytes().cast(pl.Int64)
            texts = filled.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
            ends, text = texts.buffers()[1:]
            self._ends = _view(ends).cast("q")[texts.offset :]
            self._text = _view(text)
        values = numbers.fill_null(0).rechunk().to_arrow()
        self._width = values.type.bit_width // 8
        self._numbers = _view(values.buffers()[1])[values.offset * self._width :]

    def add_to(self, digest: "hashlib._Hash", first: int, end: int) -> None:
        """Add the values of some rows to a digest."""
        digest.update(self._numbers[first * self._width : end * self._width])
        if self._text is not None:
            digest.update(self._text[self._ends[first] : self._ends[end]])
