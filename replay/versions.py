"""Which versions of the read models are followed, and which of them nobody goes on with."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.stores.read_models.catalogue import State, TableVersion
from ledger.stores.read_models.store import ReadModelStore

BUILDER = "follow"


@dataclass(frozen=True)
class FollowedVersions:
    """What followers of this release keep up: live versions, and one that they make of what is missing.

    `missing` are the tables of which no version of this release is live.
    """

    live: frozenset[int]
    in_the_making: int | None
    missing: tuple[str, ...]


def followed(versions: Sequence[TableVersion]) -> FollowedVersions:
    """Tell what is followed; what a rebuild makes, and what another release made, is not."""
    current = [one for one in versions if one.schema_version == schema_version()]
    live = {one.table: one.version for one in current if one.state is State.LIVE}
    missing = tuple(table for table in SCHEMAS if table not in live)
    begun = [one.version for one in current if one.state is State.BUILDING and one.builder == BUILDER]
    return FollowedVersions(
        live=frozenset(live.values()),
        in_the_making=max(begun, default=None) if missing else None,
        missing=missing,
    )


def drop_leftovers(models: ReadModelStore) -> None:
    """Drop what is older than the previous version, and what was begun and is not gone on with.

    For whoever has switched to a version and still holds the build lock: no rebuild is at work, and of
    what followers make only that is kept which they still follow.
    """
    models.drop_older()
    versions = models.table_versions()
    begun = {one.version for one in versions if one.state is State.BUILDING}
    for version in sorted(begun - {followed(versions).in_the_making}):
        models.drop(version)
