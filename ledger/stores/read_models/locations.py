"""From a log to its read models."""

from ledger.stores.read_models.sqlite import open_sqlite_read_models
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.sqlite_store import SQLiteStore
from ledger.stores.store import Store


def open_read_models(store: Store, *, create: bool) -> ReadModelStore | None:
    """Open the read models beside a log; None if nobody made any, unless they are to be made.

    SQLite: in `….read-models` beside the log's file. PostgreSQL: in the log's schema. Raises StoreUnreachable
    and StoreLocked.
    """
    if isinstance(store, SQLiteStore):
        return open_sqlite_read_models(store.url, store.path, create=create)
    # PostgreSQL's drivers cost half a second to load; a command on a SQLite file does without them.
    from ledger.stores.postgres_store import PostgresStore  # noqa: PLC0415 - see above
    from ledger.stores.read_models.postgres import open_postgres_read_models  # noqa: PLC0415 - see above

    if not isinstance(store, PostgresStore):
        raise TypeError(f"{type(store).__name__} is a log without a place for read models")
    return open_postgres_read_models(store.url, store.datastore, create=create)
