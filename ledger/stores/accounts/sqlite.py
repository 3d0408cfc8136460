"""Accounts in an SQLite file of their own beside the log: signing in never waits for who records."""

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import quote

from ledger.stores.accounts import statements as sql
from ledger.stores.accounts.store import AccountStore
from ledger.stores.errors import StoreLocked, StoreUnreachable, store_failure
from ledger.stores.sqlite import DEFAULT_LOCK_TIMEOUT_S, is_locked

SUFFIX = ".accounts"
_OWNER_ONLY = 0o600


class SQLiteAccounts(AccountStore):
    """Accounts in a file."""

    def __init__(self, url: str, path: Path, lock_timeout_s: int = DEFAULT_LOCK_TIMEOUT_S) -> None:
        self.url = url + SUFFIX
        self.path = path
        self._lock_timeout_s = lock_timeout_s
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()

    def make(self) -> None:
        """Make the file and its tables, readable for its owner alone, if they are not there."""
        if not self.path.exists():
            self.path.touch(_OWNER_ONLY)
        self._execute("PRAGMA journal_mode=WAL", {})
        words = {"{text}": "TEXT", "{big}": "INTEGER", "{serial}": "INTEGER PRIMARY KEY AUTOINCREMENT"}
        for statement in sql.CREATE:
            for word, spelt in words.items():
                statement = statement.replace(word, spelt)  # noqa: PLW2901 - spelt word by word
            self._run(statement)

    def _execute(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        try:
            connection = self._connection()
            try:
                rows: list[tuple[Any, ...]] = connection.execute(statement, parameters).fetchall()
            except BaseException:
                connection.close()
                raise
            self._idle.put(connection)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return rows

    def _qualified(self, table: str) -> str:
        return f'"{table}"'

    def _connection(self) -> sqlite3.Connection:
        with suppress(Empty):
            return self._idle.get_nowait()
        return sqlite3.connect(
            f"file:{quote(str(self.path.absolute()))}?mode=rw",
            uri=True,
            isolation_level=None,
            timeout=self._lock_timeout_s,
            check_same_thread=False,
        )

    def _failure(self, error: sqlite3.Error) -> StoreLocked | StoreUnreachable:
        if is_locked(error):
            return StoreLocked(url=self.url, waited_s=self._lock_timeout_s)
        return store_failure(self.url, error)

    def close(self) -> None:
        """Close the connections."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()


def open_sqlite_accounts(url: str, log: Path, *, create: bool) -> SQLiteAccounts | None:
    """Open the file beside a log; None if it is not there, unless it is to be made."""
    path = log.with_name(log.name + SUFFIX)
    if not path.exists() and not create:
        return None
    accounts = SQLiteAccounts(url, path)
    if create:
        accounts.make()
    return accounts
