"""From a store's URL to the store."""

from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ledger.stores.errors import BadStoreUrl, StoreFolderMissing
from ledger.stores.sqlite import DEFAULT_LOCK_TIMEOUT_S
from ledger.stores.sqlite_store import open_sqlite
from ledger.stores.store import Store

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")
DEFAULT_SCHEMA = "public"


def open_store(url: str, *, create: bool, lock_timeout_s: int = DEFAULT_LOCK_TIMEOUT_S) -> Store:
    """Open the store that a URL names; with `create`, make it if it is not there.

    sqlite:///relative.db, sqlite:////absolute.db, postgresql://… (as PostgreSQL's own programs take it, and
    optionally ?schema=name). A writer waits `lock_timeout_s` for another. Raises BadStoreUrl, StoreNotFound,
    StoreFolderMissing, NotALedger, StoreUnreachable, StoreLocked.
    """
    if url.startswith(_SQLITE):
        path = url.removeprefix(_SQLITE)
        if not path or ":memory:" in path:
            raise BadStoreUrl(field="store", url=url, reason="it names no file")
        _refuse_no_place(url, Path(path), create=create)
        return open_sqlite(url, Path(path), create=create, lock_timeout_s=lock_timeout_s)
    if url.startswith(_POSTGRES):
        # PostgreSQL's drivers cost half a second to load; a command on a SQLite file does without them.
        from ledger.stores.postgres_store import open_postgres  # noqa: PLC0415 - see above

        conninfo, schema = _without_schema(url)
        return open_postgres(shown(url), conninfo, schema, create=create, lock_timeout_s=lock_timeout_s)
    raise BadStoreUrl(field="store", url=url, reason="it begins with none of sqlite:///, postgresql://")


def _refuse_no_place(url: str, path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise BadStoreUrl(field="store", url=url, reason="it is a folder, and a store is a file in one")
    if create and not path.parent.is_dir():
        raise StoreFolderMissing(
            url=url, what="folder", name=str(path.parent), folder=str(path.parent.absolute())
        )


def shown(url: str) -> str:
    """Return the URL as it may be printed and logged: without its password."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}:***@{host}"))


def _without_schema(url: str) -> tuple[str, str]:
    """Return the URL without its schema, which is the ledger's own word and not PostgreSQL's."""
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((value for name, value in options if name == "schema"), DEFAULT_SCHEMA)
    if not schema.strip():
        raise BadStoreUrl(field="store", url=url, reason="its schema has no name")
    others = urlencode([(name, value) for name, value in options if name != "schema"], quote_via=quote)
    return urlunsplit(parts._replace(query=others)), schema
