"""Read models in the log's schema of a PostgreSQL database, written and read in columns by ADBC."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Any

import adbc_driver_manager
import polars as pl
import psycopg
from adbc_driver_postgresql import dbapi as adbc  # type: ignore[import-untyped]  # it has no stubs
from psycopg.sql import Literal

from ledger.rules.instants import from_us
from ledger.stores.errors import StoreLocked, StoreUnreachable
from ledger.stores.postgres import LedgerDatastore
from ledger.stores.postgres_sql import quoted
from ledger.stores.read_models.errors import BuildUnderWay, ReadModelsDamaged
from ledger.stores.read_models.opening import NEW_COLUMN, PARKED_TABLE, make_catalogue
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.read_models.transactions import NOTHING, Transaction, substituted

_TYPES = {
    pl.String: 'text COLLATE "C"',
    pl.Int64: "bigint",
    pl.Date: "date",
    pl.Datetime: "timestamptz",
    pl.Boolean: "boolean",
}
# Somebody else holds a lock, or two would wait for each other.
_LOCKED = frozenset({"55P03", "40P01"})
# A table, column or schema that is not there, or data that the server cannot read.
_DAMAGED = frozenset({"42P01", "42703", "3F000", "XX001", "XX002"})
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('license-ledger read models'), hashtext(:schema))"
_BUILD_LOCK = "SELECT pg_try_advisory_lock(hashtext('license-ledger build'), hashtext(%s))"
_BUILD_UNLOCK = "SELECT pg_advisory_unlock(hashtext('license-ledger build'), hashtext(%s))"
_IS_CURRENT = (
    "SELECT count(*) FROM information_schema.columns "
    "WHERE table_schema = %(schema)s AND table_name = %(table)s AND column_name = %(column)s"
)
_COLUMNS = (
    "SELECT column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = :schema AND table_name = :name ORDER BY ordinal_position"
)
_SIZE = "SELECT pg_relation_size(CAST(:name AS regclass))"

# A statement has one processor of the server; two keep a small one busy, and few tasks in memory here.
_WRITERS = 2
# For the sorting of an index, instead of the server's 64 MB or so.
_INDEX_MEMORY = "256MB"


class PostgresReadModels(ReadModelStore):
    """Read models in a schema: instants are timestamptz, dates are date, text is compared by its bytes."""

    _writers = _WRITERS

    def __init__(self, url: str, datastore: LedgerDatastore) -> None:
        super().__init__(url)
        self._datastore = datastore
        self._idle: LifoQueue[adbc.Connection] = LifoQueue()

    @contextmanager
    def transaction(self, *, writing: bool) -> Iterator[Transaction]:
        """Open a transaction; a reader sees one moment, a writer what is committed when it asks."""
        try:
            connection = self._connection()
            try:
                work = _PostgresTransaction(connection, self._datastore.schema)
                if writing:
                    work.run("BEGIN")
                    work.run(f"SET LOCAL lock_timeout = '{int(self._datastore.lock_timeout)}s'")
                else:
                    work.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                yield work
                work.run("COMMIT")
            except BaseException:
                connection.close()
                raise
            self._idle.put(connection)
        except adbc_driver_manager.Error as error:
            failure = self._failure(error)
            if isinstance(failure, StoreUnreachable):
                # what was idle meanwhile is lost as well, and would fail one by one when all is well again
                self.close()
            raise failure from error

    def _connection(self) -> adbc.Connection:
        with suppress(Empty):
            return self._idle.get_nowait()
        # without autocommit the driver would begin the next transaction at once and idle in it
        return adbc.connect(self._datastore.conninfo, autocommit=True)

    def _failure(
        self, error: adbc_driver_manager.Error
    ) -> StoreLocked | StoreUnreachable | ReadModelsDamaged:
        if error.sqlstate in _LOCKED:
            return self._datastore.locked()
        if error.sqlstate in _DAMAGED:
            # what follows is the whole statement
            return self.damaged(str(error).partition("\nQuery:")[0].splitlines()[0])
        return self._datastore.unreachable(error)

    def damaged(self, reason: object) -> ReadModelsDamaged:
        """Build the refusal of tables that are not as they were made."""
        way = f"drop the tables and views of read models in the schema {self._datastore.schema}"
        return ReadModelsDamaged(url=self._datastore.url, reason=reason, way=way)

    @contextmanager
    def build_lock(self) -> Iterator[None]:
        """Hold an advisory lock in a session of its own; the server frees it when the session ends."""
        try:
            with psycopg.connect(self._datastore.conninfo, autocommit=True) as connection:
                taken = connection.execute(_BUILD_LOCK, (self._datastore.schema,)).fetchone()
                if taken != (True,):
                    raise BuildUnderWay(url=self.url)
                try:
                    yield
                finally:
                    # the server would come to it as well, but a moment after the session has ended
                    connection.execute(_BUILD_UNLOCK, (self._datastore.schema,))
        except psycopg.OperationalError as error:
            raise self._datastore.unreachable(error) from error

    def close(self) -> None:
        """Close the connections."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()


class _PostgresTransaction(Transaction):
    def __init__(self, connection: adbc.Connection, schema: str) -> None:
        self._connection = connection
        self._schema = schema

    def run(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(_filled(self.named(statement), parameters))
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def alone(self) -> None:
        self.run(_ALONE, {"schema": self._schema})

    def for_indexes(self) -> None:
        self.run(f"SET LOCAL maintenance_work_mem = '{_INDEX_MEMORY}'")

    def largest_first(self, tables: Sequence[str]) -> list[str]:
        sizes = {table: self.run(_SIZE, {"name": self.qualified(table)})[0][0] for table in tables}
        return sorted(tables, key=sizes.__getitem__, reverse=True)

    def read(self, statement: str, parameters: Mapping[str, Any], schema: pl.Schema) -> pl.DataFrame:
        with self._connection.cursor() as cursor:
            cursor.execute(_filled(statement, parameters))
            return pl.DataFrame(cursor.fetch_arrow_table()).cast(schema)

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="append", db_schema_name=self._schema)

    def qualified(self, table: str) -> str:
        return f"{quoted(self._schema)}.{quoted(table)}"

    def type_name(self, dtype: pl.DataType) -> str:
        return _TYPES[dtype.base_type()]

    def among(self, license_ids: Sequence[str]) -> tuple[str, Any]:
        return "= ANY(:ids)", list(license_ids)

    def contains(self, column: str) -> str:
        return f"{column} ILIKE :text ESCAPE '!'"

    def instant(self, us: int) -> Any:
        return from_us(us)

    def columns(self, name: str) -> list[tuple[str, str]]:
        return [(*row,) for row in self.run(_COLUMNS, {"schema": self._schema, "name": name})]

    def show(self, view: str, table: str, schema: pl.Schema) -> None:
        del schema
        name, columns = self.qualified(view), self.columns(table)
        if self.columns(view) != columns:
            self.run(f"DROP VIEW IF EXISTS {name}")
        # replaced and not made anew, where that can be done: who may read it, may still
        listed = ", ".join(quoted(column) for column, _ in columns)
        self.run(f"CREATE OR REPLACE VIEW {name} AS SELECT {listed} FROM {self.qualified(table)}")


def _filled(statement: str, parameters: Mapping[str, Any]) -> str:
    """Return a statement with its values in it: ADBC reads one without parameters by COPY."""
    return substituted(statement, lambda name: Literal(parameters[name]).as_string())


def open_postgres_read_models(
    url: str, datastore: LedgerDatastore, *, create: bool
) -> PostgresReadModels | None:
    """Open the read models in a log's schema; None if none can be read, unless they are to be made."""
    known = {"schema": datastore.schema, "table": PARKED_TABLE, "column": NEW_COLUMN}
    if not create and datastore.read(_IS_CURRENT, known) != [(1,)]:
        return None
    models = PostgresReadModels(url, datastore)
    if create:
        with models.transaction(writing=True) as work:
            # two that make the same tables at once would fail on each other's CREATE … IF NOT EXISTS
            work.alone()
            make_catalogue(work, text='text COLLATE "C"', big="bigint")
    return models
