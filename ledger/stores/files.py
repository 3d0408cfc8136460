"""Where a store keeps itself on the disk, so that nobody writes over it."""

from pathlib import Path

_SQLITE = "sqlite:///"
# SQLite's own companions, the read models with theirs, and the archive's folder.
_BESIDE = ("", "-wal", "-shm", "-journal", ".read-models", ".read-models-wal", ".read-models-shm", ".archive")


def files_of(url: str) -> tuple[Path, ...]:
    """Return what a store keeps in files and folders: its own file, those beside it; none for a database."""
    if not url.startswith(_SQLITE):
        return ()
    named = Path(url.removeprefix(_SQLITE))
    # behind a link SQLite keeps its companions beside the file itself
    return tuple(path.with_name(path.name + end) for path in (named, named.resolve()) for end in _BESIDE)
