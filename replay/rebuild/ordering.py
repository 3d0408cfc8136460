"""From what somebody asks for to an order: which tables, from which files, on which machines."""

import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from ledger.application.archive_log import default_archive
from ledger.stores.archive.errors import BadArchive
from replay.rebuild.rebuilding import Order, tables_of
from replay.rebuild.running import in_a_pool, in_this_process, on_a_cluster

_SQLITE = "sqlite:///"


def new_order(
    store_url: str,
    *,
    projections: Sequence[str],
    archive_url: str | None,
    from_archive: bool,
    staging_url: str | None,
    workers: int,
    cluster: str | None,
) -> Order:
    """Return the order; without a place for the results they wait beside the archive or the store.

    A store in a database that has no archive is read alone, with the results in the system's temporary
    folder.
    """
    archive = _archive(store_url, archive_url) if from_archive else None
    if cluster is not None:
        runner = on_a_cluster(cluster)
    else:
        runner = in_a_pool(workers) if workers > 1 else in_this_process
    staging = staging_url or _staging(store_url, archive)
    return Order(tables_of(projections), staging, archive, runner)


def _archive(store_url: str, archive_url: str | None) -> str | None:
    try:
        return default_archive(store_url, archive_url)
    except BadArchive:
        return None


def _staging(store_url: str, archive: str | None) -> str:
    if store_url.startswith(_SQLITE):
        return store_url.removeprefix(_SQLITE) + ".rebuild"
    if archive is not None:
        return archive.rstrip("/") + ".rebuild"
    # the same folder for the same store, so that what was cut off is found again
    named = f"license-ledger-{zlib.crc32(store_url.encode()):08x}.rebuild"
    return str(Path(tempfile.gettempdir()) / named)
