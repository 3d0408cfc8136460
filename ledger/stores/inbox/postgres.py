"""The inbox in the log's schema of a PostgreSQL database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError
from psycopg.rows import tuple_row

from ledger.stores.inbox.statements import CREATE
from ledger.stores.inbox.store import NOTHING, Inbox, Run
from ledger.stores.postgres import LedgerDatastore, is_locked, sql
from ledger.stores.postgres_sql import ONE_MAKER, quoted
from ledger.stores.read_models.transactions import substituted

_IS_THERE = "SELECT 1 WHERE to_regclass(%(name)s) IS NOT NULL"
_TURN = "SELECT pg_advisory_xact_lock(hashtext('license-ledger inbox'), hashtext({schema_name}))"
_WORDS = {"{key}": "bigserial PRIMARY KEY", "{big}": "bigint"}


class PostgresInbox(Inbox):
    """An inbox in a schema; receivers take turns by an advisory lock, which the log's writers do not need."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        self._name = f"{quoted(datastore.schema)}.webhook_inbox"

    @contextmanager
    def transaction(self, turn: str = _TURN) -> Iterator[Run]:
        """Hold the inbox's lock."""
        try:
            with (
                self._datastore.get_connection() as connection,
                connection.transaction(),
                connection.cursor(row_factory=tuple_row) as cursor,
            ):
                cursor.execute(self._datastore.fill("SET LOCAL lock_timeout = '{wait}s'", wait=self._wait()))
                cursor.execute(self._datastore.fill(turn))

                def run(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
                    cursor.execute(sql(self._named(statement)), parameters)
                    return cursor.fetchall() if cursor.description else []

                yield run
        except (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError) as error:
            if is_locked(error):
                raise self._datastore.locked() from error
            # broken connections leave the pool, so that the sender's next try finds whole ones
            self._datastore.has_recovered()
            raise self._datastore.unreachable(error) from error

    def _wait(self) -> str:
        return str(int(self._datastore.lock_timeout))

    def read(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT, none without an inbox."""
        if not self.is_there():
            return []
        return self._datastore.read(self._named(statement), parameters)

    def is_there(self) -> bool:
        """Tell whether somebody made the inbox."""
        return bool(self._datastore.read(_IS_THERE, {"name": self._name}))

    def _named(self, statement: str) -> str:
        return substituted(statement.replace("{inbox}", self._name), lambda name: f"%({name})s")


def open_postgres_inbox(datastore: LedgerDatastore, *, create: bool) -> PostgresInbox:
    """Open the inbox in a log's schema; with `create` make it if it is not there."""
    inbox = PostgresInbox(datastore)
    if create and not inbox.is_there():
        with inbox.transaction(ONE_MAKER) as run:
            for statement in CREATE:
                for name, word in _WORDS.items():
                    statement = statement.replace(name, word)  # noqa: PLW2901 - one word after the other
                run(statement, NOTHING)
    return inbox
