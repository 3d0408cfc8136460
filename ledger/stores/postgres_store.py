"""A ledger in PostgreSQL: reading it in columns, writing it at length, opening it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Any

import adbc_driver_manager
import polars as pl
import psycopg
from adbc_driver_postgresql import dbapi as adbc  # type: ignore[import-untyped]  # it has no stubs
from psycopg.sql import SQL

from ledger.stores.bulk import LongWrite
from ledger.stores.columns import WHOLE_SCHEMA, log_of_packed
from ledger.stores.errors import (
    AlreadyUnderWay,
    DuplicateEventId,
    NotALedger,
    StoreNotFound,
    StoreUnreachable,
    StreamConflict,
)
from ledger.stores.issuing import IssuedQueries
from ledger.stores.log_row import PlacedRow
from ledger.stores.postgres import (
    DEFAULT_LOCK_TIMEOUT_S,
    LedgerApplicationRecorder,
    LedgerDatastore,
    sql,
)
from ledger.stores.postgres_sql import (
    COPY_ROWS,
    COPY_TYPES,
    END_ALONE,
    EXPORT_PAGE,
    GIVE_POSITIONS,
    INDEXES,
    INDEXES_FOUND,
    LAST_GIVEN_POSITION,
    LEDGER_ID,
    NEW_LEDGER_ID,
    ONE_MAKER,
    PACKED_PAGE,
    SCHEMA_VERSION,
    SCHEMA_VERSION_FOUND,
    TABLES,
    TRY_ALONE,
    WHOLE_PAGE,
    dialect,
    quoted,
)
from ledger.stores.queries import LogQueries
from ledger.stores.store import ExportPage, Store, in_parts
from ledger.stores.watching import STEP_S, Watch


class PostgresStore(Store):
    """A log in a schema of a database: psycopg for rows and few of them, ADBC for many columns."""

    def __init__(self, url: str, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        self._packed_page = PACKED_PAGE.format(log=datastore.log)
        self._columnar: LifoQueue[adbc.Connection] = LifoQueue()
        super().__init__(url, LedgerApplicationRecorder(datastore), datastore.read, dialect(datastore.log))

    def ledger_id(self, *, create: bool) -> str | None:
        """Return what tells this log from every other."""
        statement = self._datastore.fill(LEDGER_ID).as_string()
        found = self._datastore.read(statement, {})
        if not found and create:
            with self._datastore.transaction(commit=True) as cursor:
                cursor.execute(self._datastore.fill(NEW_LEDGER_ID))
            found = self._datastore.read(statement, {})
        return found[0][0] if found else None

    def watch(self) -> Watch:
        """Begin to look out for what is recorded from now on."""
        return PostgresWatch(self._datastore)

    def read_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return the columns of the rows behind one position up to another, by position."""

        def page(after: int, until: int) -> pl.DataFrame:
            return log_of_packed(self._datastore.read(self._packed_page, {"after": after, "until": until}))

        return pl.concat(in_parts(page, after_position, until_position))

    def read_whole_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return all that the rows behind one position up to another say, by position."""
        return self._columns(WHOLE_PAGE, after_position, until_position).cast(WHOLE_SCHEMA)

    def _columns(self, page: str, after: int, until: int) -> pl.DataFrame:
        statement = page.format(log=self._datastore.log, after=int(after), until=int(until))
        try:
            return self._fetched(statement)
        except adbc_driver_manager.OperationalError as error:
            # the connections kept may be those to a server that has been away
            if not self._datastore.has_recovered():
                raise self._datastore.unreachable(error) from error
        self._close_columnar()
        try:
            return self._fetched(statement)
        except adbc_driver_manager.OperationalError as error:
            raise self._datastore.unreachable(error) from error

    def _fetched(self, statement: str) -> pl.DataFrame:
        with self._columnar_connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return pl.DataFrame(cursor.fetch_arrow_table())

    @contextmanager
    def alone(self, work: str) -> Iterator[None]:
        """Keep others from the same work, by an advisory lock of a connection of its own."""
        try:
            connection = psycopg.connect(self._datastore.conninfo, connect_timeout=5, autocommit=True)
        except psycopg.OperationalError as error:
            raise self._datastore.unreachable(error) from error
        with connection:
            asked = {"work": work, "schema": self._datastore.schema}
            if connection.execute(TRY_ALONE, asked).fetchone() != (True,):
                raise AlreadyUnderWay(stream=self.url, work=work, url=self.url)
            try:
                yield
            finally:
                # left to itself the server would end the session a moment later
                with suppress(psycopg.OperationalError):
                    connection.execute(END_ALONE, asked)

    @property
    def datastore(self) -> LedgerDatastore:
        """Return what read models in the same schema connect by."""
        return self._datastore

    @contextmanager
    def _columnar_connection(self) -> Iterator[adbc.Connection]:
        try:
            connection = self._columnar.get_nowait()
        except Empty:
            connection = adbc.connect(self._datastore.conninfo, autocommit=True)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._columnar.put(connection)

    def export_page(self, after_position: int, until_position: int) -> ExportPage:
        """Return the history lines of the rows behind one position up to another, by position."""
        page = {"after": after_position, "until": until_position}
        statement = EXPORT_PAGE.format(log=self._datastore.log)
        count, lines = self._datastore.read(statement, page)[0]
        return ExportPage(lines or b"", count)

    def _qualified(self, table: str) -> str:
        return f"{quoted(self._datastore.schema)}.{quoted(table)}"

    def _has_table(self, table: str) -> bool:
        return (table,) in self._datastore.read(TABLES, {"schema": self._datastore.schema})

    def _write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        self._datastore.write(statement, parameters)

    def _long_write(self) -> LongWrite:
        return _LongWrite(self._datastore)

    def close(self) -> None:
        """Close the connections."""
        self._close_columnar()
        self._datastore.close()

    def _close_columnar(self) -> None:
        with suppress(Empty):
            while True:
                self._columnar.get_nowait().close()


class PostgresWatch(Watch):
    """Listens to what every writer of the log notifies."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        try:
            self._connection = psycopg.connect(datastore.conninfo, autocommit=True)
            self._connection.execute("LISTEN stored_events")
        except psycopg.OperationalError as error:
            raise datastore.unreachable(error) from error

    def look(self, stop: threading.Event) -> bool:
        """Wait a step for a notification."""
        del stop
        try:
            return any(True for _ in self._connection.notifies(timeout=STEP_S, stop_after=1))
        except psycopg.OperationalError as error:
            raise self._datastore.unreachable(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class _LongWrite:
    """A session's connection; the table's lock keeps every other writer out."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        try:
            self._connection = psycopg.connect(datastore.conninfo, connect_timeout=5)
        except psycopg.OperationalError as error:
            raise datastore.unreachable(error) from error
        self._copy_rows = datastore.fill(COPY_ROWS)
        self._give_positions = datastore.fill(GIVE_POSITIONS)
        self.queries = LogQueries(self._run, dialect(datastore.log))
        self.issued = IssuedQueries(self._run, dialect(datastore.log))

    def _run(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with self._telling(), self._connection.cursor(binary=True) as cursor:
            return cursor.execute(sql(statement), parameters, prepare=True).fetchall()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.LockNotAvailable as error:
            raise self._datastore.locked() from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise self._datastore.unreachable(error) from error

    def begin(self) -> int:
        with self._telling(), self._connection.cursor() as cursor:
            # an import may wait for its input as long as it likes
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute(SQL("SET LOCAL lock_timeout = '{}s'").format(self._datastore.lock_timeout))
            cursor.execute(self._datastore.fill("LOCK TABLE {log} IN EXCLUSIVE MODE"))
            cursor.execute("NOTIFY stored_events")
            given = cursor.execute(self._datastore.fill(LAST_GIVEN_POSITION)).fetchone()
        return int(given[0]) if given else 0

    def insert(self, rows: Sequence[PlacedRow]) -> None:
        with self._telling(), self._connection.cursor() as cursor:
            cursor.execute(self._give_positions, {"last": rows[-1][0]})
            try:
                with cursor.copy(self._copy_rows) as copy:
                    copy.set_types(COPY_TYPES)
                    for row in rows:
                        copy.write_row(row)
            except psycopg.errors.UniqueViolation as error:
                raise _clash(error, rows) from error

    def commit(self) -> None:
        with self._telling():
            self._connection.commit()

    def close(self) -> None:
        # closing rolls back; a rollback of its own could fail on a broken connection
        self._connection.close()


def _clash(
    error: psycopg.errors.UniqueViolation, rows: Sequence[PlacedRow]
) -> DuplicateEventId | StreamConflict:
    """Tell which row the database refused, from its message: the transaction can be asked no more."""
    detail = error.diag.message_detail or ""
    _, first_stream, _, first_id, *_ = rows[0]
    if "event_id" in (error.diag.constraint_name or ""):
        taken = (event_id for _, _, _, event_id, *_ in rows if f"({event_id})" in detail)
        return DuplicateEventId(event_id=next(taken, first_id))
    streams = (stream for _, stream, version, *_ in rows if f"({stream}, {version})" in detail)
    return StreamConflict(stream=next(streams, first_stream))


def open_postgres(
    url: str,
    conninfo: str,
    schema: str,
    *,
    create: bool,
    lock_timeout_s: int = DEFAULT_LOCK_TIMEOUT_S,
) -> PostgresStore:
    """Open the ledger in a schema; with `create` make schema and tables if they are absent.

    `url` is what is shown to people. Raises StoreNotFound, NotALedger, StoreUnreachable.
    """
    datastore = LedgerDatastore(conninfo, schema, url=url, lock_timeout=lock_timeout_s)
    try:
        with psycopg.connect(conninfo, connect_timeout=5, autocommit=True) as connection:
            tables = {row[0] for row in connection.execute(TABLES, {"schema": datastore.schema})}
        if not tables & {"stored_events", "ledger_meta"}:
            if not create:
                raise StoreNotFound(url=url, what="ledger", name=url)
            LedgerApplicationRecorder(datastore).create_table()
        elif "ledger_meta" not in tables:
            raise NotALedger(url=url, reason="its stored_events are another program's")
        version = datastore.read(datastore.fill(SCHEMA_VERSION_FOUND).as_string(), {})
        if version != [(SCHEMA_VERSION,)]:
            found = version[0][0] if version else "unknown"
            raise NotALedger(url=url, reason=f"its schema is version {found}, not {SCHEMA_VERSION}")
        _add_indexes(datastore)
    except psycopg.OperationalError as error:
        datastore.close()
        raise _unopened(url, error) from error
    except BaseException:
        datastore.close()
        raise
    return PostgresStore(url, datastore)


def _add_indexes(datastore: LedgerDatastore) -> None:
    """Make the indexes that an earlier release did not; whoever may not or cannot now, reads without."""
    found = datastore.read(INDEXES_FOUND, {"schema": datastore.schema})
    missing = INDEXES.keys() - {name for (name,) in found}
    may_not = (psycopg.errors.InsufficientPrivilege, psycopg.errors.LockNotAvailable)
    if missing:
        with suppress(*may_not), psycopg.connect(datastore.conninfo, connect_timeout=5) as connection:
            connection.execute(SQL("SET LOCAL lock_timeout = '{}s'").format(datastore.lock_timeout))
            connection.execute(datastore.fill(ONE_MAKER))
            for name in sorted(missing):
                connection.execute(datastore.fill(INDEXES[name]))


def _unopened(url: str, error: psycopg.OperationalError) -> StoreNotFound | StoreUnreachable:
    reason = " ".join(str(error).split())
    if error.sqlstate == psycopg.errors.InvalidCatalogName.sqlstate or (
        'database "' in reason and "does not exist" in reason
    ):
        return StoreNotFound(url=url, what="ledger", name=url)
    return StoreUnreachable(url=url, reason=reason)
