"""The inbox in the log's own SQLite file: one copy has both, and they cannot part."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ledger.stores.inbox.statements import CREATE
from ledger.stores.inbox.store import NOTHING, Inbox, Run
from ledger.stores.sqlite import LedgerDatastore

_NAME = "webhook_inbox"
_IS_THERE = f"SELECT 1 FROM sqlite_master WHERE name = '{_NAME}'"
_WORDS = {"{inbox}": _NAME, "{key}": "integer PRIMARY KEY AUTOINCREMENT", "{big}": "integer"}


class SQLiteInbox(Inbox):
    """An inbox in a file; a writer waits for the log's writers, and they for him."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """Hold the file's write lock."""
        with self._datastore.transaction(commit=True) as cursor:

            def run(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
                cursor.execute(_named(statement), parameters)
                return [tuple(row) for row in cursor.fetchall()]

            yield run

    def read(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, none without an inbox."""
        if not self._datastore.read(_IS_THERE, ()):
            return []
        return self._datastore.read(_named(statement), parameters)


def _named(statement: str) -> str:
    for name, word in _WORDS.items():
        statement = statement.replace(name, word)
    return statement


def open_sqlite_inbox(datastore: LedgerDatastore, *, create: bool) -> SQLiteInbox:
    """Open the inbox in a log's file; with `create` make it if it is not there."""
    inbox = SQLiteInbox(datastore)
    if create and not datastore.read(_IS_THERE, ()):
        with inbox.transaction() as run:
            for statement in CREATE:
                run(statement, NOTHING)
    return inbox
