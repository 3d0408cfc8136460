"""The log in an SQLite file, as a persistence module of the `eventsourcing` library."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eventsourcing import sqlite as library
from eventsourcing.persistence import (
    DatabaseError,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
)

from ledger.stores.errors import (
    AnswerTooLong,
    DamagedRow,
    RecordedAtGoesBack,
    StoreLocked,
    StoreUnreachable,
    StreamConflict,
    store_failure,
)
from ledger.stores.log_row import LogRow, Recorded, content_of, in_order, log_rows
from ledger.stores.queries import LogQueries
from ledger.stores.recorder import UNCHANGED, LogRecorder
from ledger.stores.settling import settled, taken_stream
from ledger.stores.sqlite_sql import CREATE_TABLES, DIALECT, INSERT_ROW, LAST_RECORDED_US, LAST_VERSION

DEFAULT_LOCK_TIMEOUT_S = 5
# What a reader may keep of the file: a licence's rows lie all over the log.
_READ_CACHE_KIB = 32 * 1024
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_locked(error: BaseException | None) -> bool:
    """Tell whether SQLite gave up because someone else held the lock."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _LOCKED


class LedgerConnection(library.SQLiteConnection):
    """A connection whose writing transactions take the write lock when they begin."""

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[library.SQLiteCursor]:
        """Run a transaction; a reader's is rolled back at the end."""
        transaction = _Transaction(self, commit=commit)
        with transaction as cursor, cursor:
            yield cursor


class _Transaction(library.SQLiteTransaction):
    # A writer that begins as a reader could not wait for the lock: SQLite refuses it at once if another
    # has written since.
    def __enter__(self) -> library.SQLiteCursor:
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        return cursor

    def __exit__(self, *exc_info: Any) -> None:
        try:
            super().__exit__(*exc_info)
        finally:
            # a COMMIT that failed leaves its transaction open, and the connection goes back to the pool
            self.connection.rollback()


class LedgerConnectionPool(library.SQLiteConnectionPool):
    """Connections to the file, set up for the ledger."""

    sqlite_connection_class: type[sqlite3.Connection] = sqlite3.Connection

    def _create_connection(self) -> LedgerConnection:
        try:
            connection = sqlite3.connect(
                self.db_name,
                uri=True,
                check_same_thread=False,
                isolation_level=None,
                timeout=self.lock_timeout or DEFAULT_LOCK_TIMEOUT_S,
                factory=self.sqlite_connection_class,
            )
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA cache_size=-{_READ_CACHE_KIB}")
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        connection.row_factory = sqlite3.Row
        return LedgerConnection(connection, max_age=self.max_age)


class LedgerDatastore(library.SQLiteDatastore):
    """The library's datastore with one writer at a time, who waits for the others and not for readers."""

    def __init__(self, db_name: str, *, url: str | None = None, lock_timeout: int | None = None) -> None:
        self.url = url or db_name
        self.lock_timeout_s = lock_timeout or DEFAULT_LOCK_TIMEOUT_S
        self._writing = threading.Lock()
        super().__init__(db_name, lock_timeout=self.lock_timeout_s, originator_id_type="text")
        self.pool: LedgerConnectionPool = LedgerConnectionPool(
            db_name=db_name, lock_timeout=self.lock_timeout_s
        )

    @contextmanager
    def write_lock(self) -> Iterator[None]:
        """Keep other writers of this process out; raises StoreLocked if one stays in for too long.

        SQLite's own lock has no queue: its waiters poll, and with many threads some would wait for ever.
        """
        if not self._writing.acquire(timeout=self.lock_timeout_s):
            raise self.locked()
        try:
            yield
        finally:
            self._writing.release()

    def locked(self) -> StoreLocked:
        """Build the refusal of a writer who waited in vain."""
        return StoreLocked(url=self.url, waited_s=self.lock_timeout_s)

    @contextmanager
    def get_connection(self, *, commit: bool) -> Iterator[library.SQLiteConnection]:
        """Lend a connection; in WAL mode readers and the writer need not wait for one another."""
        del commit
        connection = self.pool.get_connection()
        try:
            yield connection
        finally:
            self.pool.put_connection(connection)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[library.SQLiteCursor]:
        """Run a transaction; raises StoreLocked, StoreUnreachable, or the library's IntegrityError."""
        try:
            if commit:
                with self.write_lock(), super().transaction(commit=True) as cursor:
                    yield cursor
            else:
                with super().transaction(commit=False) as cursor:
                    yield cursor
        except (sqlite3.OperationalError, OperationalError) as error:
            if is_locked(error) or is_locked(error.__cause__):
                raise self.locked() from error
            raise store_failure(self.url, error) from error

    def read(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT as plain tuples."""
        try:
            with self.get_connection(commit=False) as connection, connection.cursor() as cursor:
                cursor.row_factory = None
                return cursor.execute(statement, parameters).fetchall()
        except (sqlite3.DatabaseError, DatabaseError) as error:
            if is_locked(error):
                raise self.locked() from error
            if isinstance(error, sqlite3.DataError):
                raise AnswerTooLong(url=self.url, reason=error) from error
            # Python's driver says so by a message only
            if "decode to UTF-8" in str(error):
                raise DamagedRow(url=self.url, reason=error) from error
            raise store_failure(self.url, error) from error


class LedgerApplicationRecorder(library.SQLiteApplicationRecorder, LogRecorder):
    """The library's recorder with the ledger's columns, order of recording and settling of conflicts."""

    datastore: LedgerDatastore

    def __init__(self, datastore: LedgerDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self.queries = LogQueries(datastore.read, DIALECT)
        self.select_events_statement = (
            "SELECT originator_id, originator_version, topic, state "
            f"FROM {events_table_name} WHERE originator_id=? "
        )
        self.select_max_notification_id_statement = f"SELECT MAX(position) FROM {events_table_name}"

    def construct_create_table_statements(self) -> list[str]:
        """Return the statements that make an empty log."""
        return list(CREATE_TABLES)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, restamp: bool = False, **_: Any
    ) -> Sequence[int]:
        """Append rows and return their positions, or those they have if the log holds them already.

        With `restamp`, rows recorded before the log's last are stamped with its instant; without, they
        raise RecordedAtGoesBack. Raises StreamConflict, DuplicateEventId, StoreLocked, StoreUnreachable.
        """
        return [one.position for one in self.append(log_rows(stored_events), restamp=restamp)]

    def append(
        self, rows: Sequence[LogRow], *, restamp: bool = False, unchanged: Mapping[str, int] = UNCHANGED
    ) -> list[Recorded]:
        """Append rows as `insert_events` does and return them as they are recorded, with their positions.

        `unchanged` gives streams and the versions that they must still have; another one is a
        StreamConflict, as a version that is taken.
        """
        if not rows:
            return []
        try:
            with self.datastore.transaction(commit=True) as cursor:
                return self._append(cursor, rows, restamp=restamp, unchanged=unchanged)
        except (IntegrityError, RecordedAtGoesBack, StoreUnreachable) as error:
            found = self.queries.events_by_id([row.event_id for row in rows])
            recorded = settled(rows, found, restamp=restamp)
            if recorded is not None:
                return recorded
            if isinstance(error, StreamConflict) or not isinstance(error, IntegrityError):
                raise
            raise StreamConflict(stream=taken_stream(rows, self.queries)) from error

    def _append(
        self,
        cursor: library.SQLiteCursor,
        rows: Sequence[LogRow],
        *,
        restamp: bool,
        unchanged: Mapping[str, int],
    ) -> list[Recorded]:
        for stream, version in unchanged.items():
            cursor.execute(LAST_VERSION, (stream,))
            if cursor.fetchone()[0] != version:
                raise StreamConflict(stream=stream)
        cursor.execute(LAST_RECORDED_US)
        last = cursor.fetchone()
        recorded: list[Recorded] = []
        for row in in_order(rows, last[0] if last else None, restamp=restamp):
            cursor.execute(INSERT_ROW, (None, row.originator_id, row.originator_version, *content_of(row)))
            recorded.append(Recorded(cursor.lastrowid, row))
        return recorded

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return notifications from `start` to `stop`, of some topics, at most `limit`."""
        conditions, parameters = ["1"], list[int | str]()
        if start is not None:
            conditions.append("position >= ?" if inclusive_of_start else "position > ?")
            parameters.append(start)
        if stop is not None:
            conditions.append("position <= ?")
            parameters.append(stop)
        if topics:
            conditions.append(f"topic IN ({','.join('?' * len(topics))})")
            parameters.extend(topics)
        statement = (
            "SELECT originator_id, originator_version, topic, state, position "
            f"FROM {self.events_table_name} WHERE {' AND '.join(conditions)} ORDER BY position LIMIT ?"
        )
        return [Notification(*row) for row in self.datastore.read(statement, [*parameters, limit])]


class LedgerFactory(library.SQLiteFactory):
    """Make the ledger's recorders from SQLITE_DBNAME and SQLITE_LOCK_TIMEOUT, as the library does."""

    application_recorder_class: type[library.SQLiteApplicationRecorder] = LedgerApplicationRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        made = self.datastore
        made.close()
        self.datastore = LedgerDatastore(made.pool.db_name, lock_timeout=made.pool.lock_timeout)
