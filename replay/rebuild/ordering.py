"""From what somebody asks for to an order: which tables, from which files, on which machines."""

import os
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from ledger.application.archive_log import default_archive
from ledger.stores.archive.errors import ArchiveNotFound, BadArchive
from ledger.stores.archive.manifest import manifest_names
from ledger.stores.archive.place import Place
from replay.rebuild.rebuilding import Order, tables_of
from replay.rebuild.running import in_a_pool, on_a_cluster

_SQLITE = "sqlite:///"


def new_order(
    store_url: str,
    *,
    projections: Sequence[str],
    archive_url: str | None,
    from_archive: bool | None,
    staging_url: str | None,
    workers: int,
    cluster: str | None,
) -> Order:
    """Return the order; without a place for the results they wait beside the archive or the store.

    The archive is read that is named, or that lies beside the store; if nobody says whether (`from_archive`
    None), a store without one is read alone. Places on this machine are named from its root, for workers may
    stand elsewhere. Raises ArchiveNotFound for one that is named or wanted and is not there, BadArchive.
    """
    archive = _archive(store_url, archive_url, from_archive)
    # one worker is a process of its own as well: what it needs in memory is then what a task needs
    runner = in_a_pool(workers) if cluster is None else on_a_cluster(cluster)
    staging = _from_the_root(staging_url) if staging_url else _staging(store_url, archive)
    return Order(tables_of(projections), staging, archive, runner)


def _archive(store_url: str, archive_url: str | None, wanted: bool | None) -> str | None:
    if wanted is False:
        return None
    try:
        url = _from_the_root(default_archive(store_url, archive_url))
    except BadArchive:
        if wanted:
            raise
        return None
    if manifest_names(Place.at(url)):
        return url
    if wanted or archive_url:
        raise ArchiveNotFound(url=url)
    return None


def _from_the_root(url: str) -> str:
    return url if "://" in url else str(Path(url).absolute())


def _staging(store_url: str, archive: str | None) -> str:
    if store_url.startswith(_SQLITE):
        return _from_the_root(store_url.removeprefix(_SQLITE) + ".rebuild")
    if archive is not None:
        return archive.rstrip("/") + ".rebuild"
    return _in_the_temporary_folder(store_url)


def _in_the_temporary_folder(store_url: str) -> str:
    """Return a folder for one user's eyes, the same for the same store, so that what was cut off is found."""
    folder = Path(tempfile.gettempdir()) / f"license-ledger-{zlib.crc32(store_url.encode()):08x}.rebuild"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise BadArchive(field="staging", value=str(folder), reason="it belongs to somebody else")
    return str(folder)
