"""Archive the log: columns in files of an open format, extended from where the last run ended."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ledger.application.ledger import Ledger
from ledger.stores.archive.errors import ArchiveNotFound, BadArchive, DamagedFile
from ledger.stores.archive.manifest import read_contents
from ledger.stores.archive.mending import Damage, find_damage, mend
from ledger.stores.archive.place import Place
from ledger.stores.archive.sealing import clear_away, compact, extend, open_or_begin

_SQLITE = "sqlite:///"
# The name of the lock that keeps a second archiver out, and whoever reads the files for long.
WORK = "archive"

Progress = Callable[[int], None]


@dataclass(frozen=True)
class ArchiveReport:
    """What a run did, and what the archive holds now. `damages` are the files that were written anew."""

    url: str
    sealed: int
    until_position: int
    rows: int
    segments: int
    damages: list[Damage] = field(default_factory=list)


def default_archive(store_url: str, archive_url: str | None) -> str:
    """Return the archive's URL: the one that is given, or the folder beside an SQLite store's file.

    Raises BadArchive where there is neither.
    """
    if archive_url:
        return archive_url
    if store_url.startswith(_SQLITE):
        return store_url.removeprefix(_SQLITE) + ".archive"
    raise BadArchive(field="archive", value="", reason="a store in a database needs one that is named")


def archive_log(
    ledger: Ledger,
    url: str,
    *,
    partitions: int | None = None,
    verify: bool = False,
    progress: Progress | None = None,
    checking: Callable[[int, int], None] | None = None,
) -> ArchiveReport:
    """Seal the log as it is now; `partitions` (by default 64, more for a long log) is fixed when it is made.

    Files that are missing or have another size are written anew, with `verify` those with another SHA-256
    too. `progress` is told the number of events sealed so far, `checking` how many files were
    looked at, and of how many. Raises
    AlreadyUnderWay, AnotherLogsArchive, UnlikeTheLog, UnreadableManifest, DamagedFile, BadArchive.
    """
    place, store = Place.at(url), ledger.store
    with store.alone(WORK):
        contents = open_or_begin(place, store, partitions)
        clear_away(place, contents)
        damages = find_damage(place, contents, thoroughly=verify, progress=checking)
        contents = mend(place, contents, store, damages)
        before = contents.rows
        if progress is not None:
            progress(0)
        last = store.last_recorded()
        if last is not None:
            contents = extend(place, contents, store, last.position, progress=progress)
        try:
            contents = compact(place, contents)
        except DamagedFile:
            damages += find_damage(place, contents, thoroughly=True)
            contents = compact(place, mend(place, contents, store, damages))
        clear_away(place, contents)
    return ArchiveReport(
        url=url,
        sealed=contents.rows - before,
        until_position=contents.until_position,
        rows=contents.rows,
        segments=len(contents.segments),
        damages=damages,
    )


def mend_archive(ledger: Ledger, url: str) -> list[Damage]:
    """Look into every file, put damaged ones aside and write them anew from the log; return which.

    The caller holds the lock of WORK. Raises what `archive_log` does.
    """
    place = Place.at(url)
    contents = open_or_begin(place, ledger.store)
    damages = find_damage(place, contents, thoroughly=True)
    mend(place, contents, ledger.store, damages)
    return damages


def events_to_seal(ledger: Ledger, url: str) -> int:
    """Return how many events a run would seal at most, for a progress bar; raises what reading does."""
    last = ledger.store.last_recorded()
    try:
        sealed = read_contents(Place.at(url)).until_position
    except ArchiveNotFound:
        sealed = 0
    return 0 if last is None else max(0, last.position - sealed)
