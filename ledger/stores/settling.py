"""What became of an append that failed: the ids of its events tell whether the log holds them."""

from collections.abc import Mapping, Sequence

from ledger.stores.errors import DuplicateEventId
from ledger.stores.log_row import LogRow, Recorded, same_record
from ledger.stores.queries import LogQueries


def settled(rows: Sequence[LogRow], found: Mapping[str, Recorded], *, restamp: bool) -> list[Recorded] | None:
    """Return what is recorded if the log holds all rows as they are wanted; None if it holds none of them.

    So a connection that broke behind COMMIT is not mistaken for a conflict, and the same append made twice
    is one. Raises DuplicateEventId if an id stands for something else, or only some of the rows are there.
    """
    if not found:
        return None
    for row in rows:
        recorded = found.get(row.event_id)
        if recorded is not None and not same_record(row, recorded.row, restamp=restamp):
            raise DuplicateEventId(event_id=row.event_id)
    if len(found) < len(rows):
        raise DuplicateEventId(event_id=next(row.event_id for row in rows if row.event_id in found))
    return [found[row.event_id] for row in rows]


def taken_stream(rows: Sequence[LogRow], queries: LogQueries) -> str:
    """Return the stream in which another writer took one of the rows' versions."""
    for row in rows:
        if queries.select_events(row.originator_id, gt=row.originator_version - 1):
            return row.originator_id
    return rows[0].originator_id
