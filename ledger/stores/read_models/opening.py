"""Make the catalogue of read models, or take over the one that an earlier release made."""

from collections.abc import Sequence

from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.transactions import Transaction

PARKED_TABLE, NEW_COLUMN = "read_model_parked", "version"


def is_current(columns_of_parked: Sequence[str]) -> bool:
    """Tell by the columns of the table of parked licences whether this release can read a catalogue."""
    return NEW_COLUMN in columns_of_parked


def make_catalogue(work: Transaction, *, text: str, big: str) -> None:
    """Make what is not there, in the database's words for text and whole numbers of 64 bits.

    Where an earlier release parked licences, they are parked in every version that there is: each of them
    may hold rows of before, and a follower tries them again.
    """
    found = [name for name, _ in work.columns(PARKED_TABLE)]
    before = [] if not found or is_current(found) else work.run(sql.PARKED_OF_ALL)
    if found and not is_current(found):
        work.run(sql.DROP_PARKED)
    for statement in sql.CREATE:
        work.run(statement.replace("{text}", text).replace("{big}", big))
    versions = [row[0] for row in work.run(sql.VERSIONS_WITH_TABLES)] if before else []
    names = ("license_id", "position", "event_id", "reason", "since_us")
    for version in versions:
        for row in before:
            work.run(sql.PARK, {"version": version, **dict(zip(names, row, strict=True))})
