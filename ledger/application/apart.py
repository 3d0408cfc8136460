"""Keep what cannot be computed for one licence apart, so that the others are computed all the same."""

from collections.abc import Callable, Sequence

import polars as pl

from ledger.events.catalogue import decode
from ledger.stores.errors import StoreLocked, StoreUnreachable

_OF_THE_STORE = (StoreLocked, StoreUnreachable)


def compute_apart(
    license_ids: Sequence[str], compute_some: Callable[[Sequence[str]], None]
) -> list[tuple[str, Exception]]:
    """Compute all licences at once; if that fails, halve by halve, until those that cannot be are alone.

    Returns those with the reason. Failures of a store are nobody's fault and raised.
    """
    try:
        compute_some(license_ids)
    except _OF_THE_STORE:
        raise
    except Exception as error:
        if len(license_ids) == 1:
            return [(license_ids[0], error)]
        middle = len(license_ids) // 2
        halves = (license_ids[:middle], license_ids[middle:])
        return [failure for half in halves for failure in compute_apart(half, compute_some)]
    return []


def decode_all(programme: pl.DataFrame) -> None:
    """Raise UnreadableEvent if one of the programme's events cannot be read: it bears on everyone."""
    for topic, state in programme.select("topic", "state").iter_rows():
        decode(topic, state)
