"""From a log to its accounts."""

from ledger.stores.accounts.sqlite import open_sqlite_accounts
from ledger.stores.accounts.store import AccountStore
from ledger.stores.sqlite_store import SQLiteStore
from ledger.stores.store import Store


def open_accounts(store: Store, *, create: bool) -> AccountStore | None:
    """Open the accounts beside a log; None if nobody made any, unless they are to be made.

    SQLite: in `….accounts` beside the log's file. PostgreSQL: in the schema `…_accounts` beside the log's.
    Raises StoreUnreachable and StoreLocked.
    """
    if isinstance(store, SQLiteStore):
        return open_sqlite_accounts(store.url, store.path, create=create)
    # PostgreSQL's drivers cost half a second to load; a command on a SQLite file does without them.
    from ledger.stores.accounts.postgres import open_postgres_accounts  # noqa: PLC0415 - see above
    from ledger.stores.postgres_store import PostgresStore  # noqa: PLC0415 - see above

    if not isinstance(store, PostgresStore):
        raise TypeError(f"{type(store).__name__} is a log without a place for accounts")
    return open_postgres_accounts(store.datastore, create=create)
