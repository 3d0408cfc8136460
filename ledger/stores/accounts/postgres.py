"""Accounts in a schema of their own beside the log's: rights on the log give none on them."""

from collections.abc import Mapping
from typing import Any

import psycopg

from ledger.stores.accounts import statements as sql
from ledger.stores.accounts.store import AccountStore
from ledger.stores.errors import StoreLocked, StoreUnreachable
from ledger.stores.postgres import LedgerDatastore, is_locked
from ledger.stores.postgres import sql as statement_of
from ledger.stores.postgres_sql import quoted
from ledger.stores.read_models.transactions import substituted

SUFFIX = "_accounts"
_WORDS = {
    "{text}": 'text COLLATE "C"',
    "{big}": "bigint",
    "{serial}": "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
_ONE_MAKER = "SELECT pg_advisory_xact_lock(hashtext('license-ledger accounts'), hashtext(%(schema)s))"
_IS_THERE = "SELECT to_regclass(%(name)s) IS NOT NULL"


class PostgresAccounts(AccountStore):
    """Accounts in a schema."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        self.schema = datastore.schema + SUFFIX

    def is_there(self) -> bool:
        """Tell whether somebody made the tables."""
        return self._execute(_IS_THERE, {"name": self._qualified("account_secret")}) == [(True,)]

    def make(self) -> None:
        """Make schema and tables where there are none."""
        with self._datastore.transaction(commit=True) as cursor:
            # two that make the same tables at once would fail on each other's CREATE … IF NOT EXISTS
            cursor.execute(statement_of(_ONE_MAKER), {"schema": self.schema})
            cursor.execute(statement_of(f"CREATE SCHEMA IF NOT EXISTS {quoted(self.schema)}"))
            for text in sql.CREATE:
                statement = text
                for word, spelt in _WORDS.items():
                    statement = statement.replace(word, spelt)
                for table in sql.TABLES:
                    statement = statement.replace(f"{{{table}}}", self._qualified(table))
                cursor.execute(statement_of(statement))

    def _execute(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        spelt = substituted(statement, lambda name: f"%({name})s")
        if spelt.startswith("SELECT"):
            return self._datastore.read(spelt, parameters)
        try:
            with self._datastore.asking() as cursor:
                cursor.execute(statement_of(spelt), parameters)
                return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: psycopg.Error) -> StoreLocked | StoreUnreachable:
        return self._datastore.locked() if is_locked(error) else self._datastore.unreachable(error)

    def _qualified(self, table: str) -> str:
        return f"{quoted(self.schema)}.{quoted(table)}"

    def close(self) -> None:
        """Do nothing: the connections are the log's."""


def open_postgres_accounts(datastore: LedgerDatastore, *, create: bool) -> PostgresAccounts | None:
    """Open the accounts beside a log's schema; None if there are none, unless they are to be made."""
    accounts = PostgresAccounts(datastore)
    if create:
        accounts.make()
    return accounts if create or accounts.is_there() else None
