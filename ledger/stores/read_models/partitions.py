"""Which partition a licence's rows and checkpoint belong to, the same on every machine."""

from collections.abc import Iterable

from ledger.stores.archive.partitions import partition_of

DEFAULT_PARTITIONS = 16


def in_partitions(license_ids: Iterable[str], chosen: Iterable[int], partitions: int) -> list[str]:
    """Return those of the licences that belong to the chosen partitions, sorted."""
    wanted = frozenset(chosen)
    return sorted(one for one in license_ids if partition_of(one, partitions) in wanted)
