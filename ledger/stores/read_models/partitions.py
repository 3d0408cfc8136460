"""Which partition a licence's rows and checkpoint belong to, the same on every machine."""

import zlib
from collections.abc import Iterable

DEFAULT_PARTITIONS = 16


def partition_of(license_id: str, partitions: int) -> int:
    """Return the partition of a licence: CRC-32 of its id in UTF-8, modulo their number."""
    return zlib.crc32(license_id.encode()) % partitions


def in_partitions(license_ids: Iterable[str], chosen: Iterable[int], partitions: int) -> list[str]:
    """Return those of the licences that belong to the chosen partitions, sorted."""
    wanted = frozenset(chosen)
    return sorted(one for one in license_ids if partition_of(one, partitions) in wanted)
