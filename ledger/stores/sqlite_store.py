"""A ledger in an SQLite file: reading it in columns, writing it at length, opening it.

Columns come through Python's own SQLite and not through ADBC's: two copies of SQLite in one process break
each other's locks on a file (closing one copy's file drops the other's lock, by POSIX).
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl

from ledger.stores.bulk import LongWrite
from ledger.stores.columns import log_of_packed, whole_of_packed
from ledger.stores.errors import (
    AlreadyUnderWay,
    DuplicateEventId,
    NotALedger,
    StoreLocked,
    StoreNotFound,
    StoreUnreachable,
    StreamConflict,
    store_failure,
)
from ledger.stores.issuing import IssuedQueries
from ledger.stores.log_row import PlacedRow
from ledger.stores.queries import LogQueries
from ledger.stores.sqlite import (
    DEFAULT_LOCK_TIMEOUT_S,
    LedgerApplicationRecorder,
    LedgerDatastore,
    is_locked,
)
from ledger.stores.sqlite_sql import (
    COLUMN_COUNT,
    DIALECT,
    EXPORT_PAGE,
    INDEXES,
    INDEXES_FOUND,
    INSERT_ROW,
    LAST_GIVEN_POSITION,
    LEDGER_ID,
    NEW_LEDGER_ID,
    PACKED_PAGE,
    PACKED_WHOLE_PAGE,
    SCHEMA_VERSION,
    SCHEMA_VERSION_FOUND,
    TABLES,
    insert_rows,
)
from ledger.stores.store import ExportPage, Store, in_parts
from ledger.stores.watching import SQLiteWatch, Watch

# The indexes of event ids and streams are hit all over; what does not fit is written and read again.
_WRITE_CACHE_KIB = 256 * 1024
_ROWS_A_STATEMENT = 2_500


class SQLiteStore(Store):
    """A log in a file."""

    def __init__(self, url: str, datastore: LedgerDatastore, path: Path) -> None:
        self._datastore = datastore
        self.path = path.absolute()
        super().__init__(url, LedgerApplicationRecorder(datastore), datastore.read, DIALECT)

    @property
    def datastore(self) -> LedgerDatastore:
        """Return what an inbox in the same file connects by."""
        return self._datastore

    def ledger_id(self, *, create: bool) -> str | None:
        """Return what tells this log from every other."""
        found = self._datastore.read(LEDGER_ID, ())
        if not found and create:
            with self._datastore.transaction(commit=True) as cursor:
                cursor.execute(NEW_LEDGER_ID)
            found = self._datastore.read(LEDGER_ID, ())
        return found[0][0] if found else None

    def watch(self) -> Watch:
        """Begin to look out for what is recorded from now on."""
        return SQLiteWatch(self.path)

    def read_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return the columns of the rows behind one position up to another, by position."""

        def page(after: int, until: int) -> pl.DataFrame:
            return log_of_packed(self._datastore.read(PACKED_PAGE, {"after": after, "until": until}))

        return pl.concat(in_parts(page, after_position, until_position))

    def read_whole_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return all that the rows behind one position up to another say, by position."""

        def page(after: int, until: int) -> pl.DataFrame:
            asked = {"after": after, "until": until}
            return whole_of_packed(self._datastore.read(PACKED_WHOLE_PAGE, asked)[0])

        return pl.concat(in_parts(page, after_position, until_position))

    @contextmanager
    def alone(self, work: str) -> Iterator[None]:
        """Keep others from the same work, by a lock on a file beside the ledger's that stays there."""
        with self.path.with_name(f"{self.path.name}.{work}.lock").open("ab") as file:
            try:
                flock(file, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyUnderWay(stream=self.url, work=work, url=self.url) from error
            yield

    def export_page(self, after_position: int, until_position: int) -> ExportPage:
        """Return the history lines of the rows behind one position up to another, by position."""
        page = {"after": after_position, "until": until_position}
        count, lines = self._datastore.read(EXPORT_PAGE, page)[0]
        return ExportPage(lines or b"", count)

    def _qualified(self, table: str) -> str:
        return table

    def _has_table(self, table: str) -> bool:
        return (table,) in self._datastore.read(TABLES, ())

    def _write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        with self._datastore.transaction(commit=True) as cursor:
            cursor.execute(statement, parameters)

    def _long_write(self) -> LongWrite:
        return _LongWrite(self._datastore)

    def close(self) -> None:
        """Close the connections."""
        self._datastore.close()


class _LongWrite:
    """A session's connection: the file's write lock and this process's."""

    def __init__(self, datastore: LedgerDatastore) -> None:
        self._datastore = datastore
        self._locks = ExitStack()
        pool = datastore.pool
        self._connection = sqlite3.connect(
            pool.db_name,
            uri=True,
            isolation_level=None,
            timeout=datastore.lock_timeout_s,
            # a session's bunches are written by a thread of its own, never two at a time
            check_same_thread=False,
            factory=pool.sqlite_connection_class,
        )
        self._connection.execute(f"PRAGMA cache_size=-{_WRITE_CACHE_KIB}")
        # nothing is deleted from a log, so there is nothing to overwrite with zeros
        self._connection.execute("PRAGMA secure_delete=OFF")
        parameters = self._connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        self._rows_a_statement = min(parameters // COLUMN_COUNT, _ROWS_A_STATEMENT)
        self._insert_rows = insert_rows(self._rows_a_statement)
        self.queries = LogQueries(self._run, DIALECT)
        self.issued = IssuedQueries(self._run, DIALECT)

    def _run(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with self._telling():
            rows: list[tuple[Any, ...]] = self._connection.execute(statement, parameters).fetchall()
        return rows

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Raise StoreLocked or StoreUnreachable for what the driver raises; clashes of rows pass."""
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as error:
            raise self._failure(error) from error

    def begin(self) -> int:
        self._locks.enter_context(self._datastore.write_lock())
        with self._telling():
            self._connection.execute("BEGIN IMMEDIATE")
            given = self._connection.execute(LAST_GIVEN_POSITION).fetchone()
        return int(given[0]) if given else 0

    def insert(self, rows: Sequence[PlacedRow]) -> None:
        whole = len(rows) - len(rows) % self._rows_a_statement
        with self._telling():
            for start in range(0, whole, self._rows_a_statement):
                self._insert_many(rows[start : start + self._rows_a_statement], rows)
            self._insert_each(rows[whole:], rows)

    def _insert_many(self, some: Sequence[PlacedRow], rows: Sequence[PlacedRow]) -> None:
        """Insert by one statement: other threads run until it is done, not only until the next row."""
        try:
            self._connection.execute(self._insert_rows, [*chain.from_iterable(some)])
        except sqlite3.IntegrityError:
            # nothing of the statement is in; one by one the row shows itself
            self._insert_each(some, rows)

    def _insert_each(self, some: Sequence[PlacedRow], rows: Sequence[PlacedRow]) -> None:
        try:
            self._connection.executemany(INSERT_ROW, some)
        except sqlite3.IntegrityError as error:
            raise self._clash(rows) from error

    def _clash(self, rows: Sequence[PlacedRow]) -> DuplicateEventId | StreamConflict:
        # rows before the one that failed are in the transaction: those ids are the rows' own
        first_position = rows[0][0]
        positions = self.queries.positions_of([event_id for _, _, _, event_id, *_ in rows])
        for _, _, _, event_id, *_ in rows:
            if positions.get(event_id, first_position) < first_position:
                return DuplicateEventId(event_id=event_id)
        failed = next(
            (stream for _, stream, _, event_id, *_ in rows if event_id not in positions), rows[0][1]
        )
        return StreamConflict(stream=failed)

    def commit(self) -> None:
        with self._telling():
            self._connection.commit()
        self._locks.close()

    def _failure(self, error: sqlite3.DatabaseError) -> StoreLocked | StoreUnreachable:
        if is_locked(error):
            return self._datastore.locked()
        return store_failure(self._datastore.url, error)

    def close(self) -> None:
        try:
            self._connection.rollback()
            self._connection.close()
        finally:
            self._locks.close()


def open_sqlite(
    url: str, path: Path, *, create: bool, lock_timeout_s: int = DEFAULT_LOCK_TIMEOUT_S
) -> SQLiteStore:
    """Open the ledger in a file; with `create` make it if the file is absent or empty.

    Raises StoreNotFound, NotALedger, StoreLocked, StoreUnreachable.
    """
    location = f"file:{quote(str(path.absolute()))}?mode="
    is_there = path.exists() and _holds_ledger(url, location + "rw", lock_timeout_s)
    if not is_there and not create:
        raise StoreNotFound(url=url, what="ledger", name=url)
    datastore = LedgerDatastore(
        location + ("rw" if is_there else "rwc"), url=url, lock_timeout=lock_timeout_s
    )
    if not is_there:
        try:
            LedgerApplicationRecorder(datastore).create_table()
        except BaseException:
            datastore.close()
            raise
    else:
        _add_indexes(datastore)
    return SQLiteStore(url, datastore, path)


def _add_indexes(datastore: LedgerDatastore) -> None:
    """Make the indexes that an earlier release did not; whoever may not or cannot now, reads without."""
    missing = INDEXES.keys() - {name for (name,) in datastore.read(INDEXES_FOUND, ())}
    with suppress(StoreLocked, StoreUnreachable):
        for name in sorted(missing):
            with datastore.transaction(commit=True) as cursor:
                cursor.execute(INDEXES[name])


def _holds_ledger(url: str, location: str, lock_timeout_s: int) -> bool:
    """Tell whether a file holds a ledger of this release, without touching it; False if it is empty."""
    try:
        with closing(sqlite3.connect(location, uri=True, timeout=lock_timeout_s)) as connection:
            tables = {row[0] for row in connection.execute(TABLES)}
            if not tables:
                return False
            if "ledger_meta" not in tables:
                raise NotALedger(url=url, reason="its tables are another program's")
            version = connection.execute(SCHEMA_VERSION_FOUND).fetchone()
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise StoreLocked(url=url, waited_s=lock_timeout_s) from error
        raise store_failure(url, error) from error
    except sqlite3.DatabaseError as error:
        raise NotALedger(url=url, reason=error) from error
    if version != (SCHEMA_VERSION,):
        found = version[0] if version else "unknown"
        raise NotALedger(url=url, reason=f"its schema is version {found}, not {SCHEMA_VERSION}")
    return True
