"""From a log to the inbox beside it."""

from ledger.stores.inbox.sqlite import open_sqlite_inbox
from ledger.stores.inbox.store import Inbox
from ledger.stores.sqlite_store import SQLiteStore
from ledger.stores.store import Store


def open_inbox(store: Store, *, create: bool) -> Inbox:
    """Open a log's inbox; one that nobody made is empty, and with `create` it is made.

    It lives by the store's connections and closes with the store. Raises StoreUnreachable, StoreLocked.
    """
    if isinstance(store, SQLiteStore):
        return open_sqlite_inbox(store.datastore, create=create)
    # PostgreSQL's drivers cost half a second to load; a command on a SQLite file does without them.
    from ledger.stores.inbox.postgres import open_postgres_inbox  # noqa: PLC0415 - see above
    from ledger.stores.postgres_store import PostgresStore  # noqa: PLC0415 - see above

    if not isinstance(store, PostgresStore):
        raise TypeError(f"{type(store).__name__} is a log without a place for an inbox")
    return open_postgres_inbox(store.datastore, create=create)
