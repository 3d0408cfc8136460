"""The log in PostgreSQL, as a persistence module of the `eventsourcing` library."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from eventsourcing import postgres as library
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    StoredEvent,
)
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg.sql import SQL, Composed, Literal

from ledger.stores.errors import (
    AnswerTooLong,
    DamagedRow,
    RecordedAtGoesBack,
    StoreLocked,
    StoreUnreachable,
    StreamConflict,
)
from ledger.stores.log_row import LogRow, Recorded, content_of, in_order, log_rows
from ledger.stores.postgres_sql import (
    CREATE_TABLES,
    INSERT_ROWS,
    LAST_RECORDED_US,
    LAST_VERSION,
    ONE_MAKER,
    dialect,
    quoted,
)
from ledger.stores.queries import LogQueries
from ledger.stores.recorder import UNCHANGED, LogRecorder
from ledger.stores.settling import settled, taken_stream

DEFAULT_LOCK_TIMEOUT_S = 5
_CONNECT_TIMEOUT_S = 5
# A command's transaction that says nothing for so long is given up by the server, and its lock with it.
_IDLE_TIMEOUT_S = 5
_ROWS_A_STATEMENT = 1_000
_ATTEMPTS = 3
_LOST = (OperationalError, InterfaceError)


def sql(text: str) -> SQL:
    """Return a statement built from this package's constants and quoted names."""
    return SQL(text)


def is_locked(error: BaseException) -> bool:
    """Tell whether PostgreSQL gave up because someone else held the lock."""
    return isinstance(error.__cause__, psycopg.errors.LockNotAvailable) or isinstance(
        error, psycopg.errors.LockNotAvailable
    )


class LedgerDatastore(library.PostgresDatastore):
    """The library's datastore for a connection string of PostgreSQL's own and one schema."""

    def __init__(
        self,
        conninfo: str,
        schema: str,
        *,
        url: str | None = None,
        lock_timeout: int = DEFAULT_LOCK_TIMEOUT_S,
        connect_timeout: float = _CONNECT_TIMEOUT_S,
    ) -> None:
        super().__init__(
            dbname="",
            host="",
            port="",
            user="",
            password="",
            idle_in_transaction_session_timeout=_IDLE_TIMEOUT_S,
            lock_timeout=lock_timeout,
            schema=schema,
            originator_id_type="text",
        )
        self.conninfo = conninfo
        self.url = url or f"schema {schema}"
        self.log = f"{quoted(self.schema)}.{quoted('stored_events')}"
        self.pool = library.ConnectionPool(
            conninfo,
            connection_class=psycopg.Connection[DictRow],
            kwargs={"row_factory": dict_row, "connect_timeout": _CONNECT_TIMEOUT_S},
            min_size=1,
            max_size=10,
            open=False,
            configure=self.after_connect_func(),
            timeout=connect_timeout,
            max_lifetime=60 * 60.0,
        )

    def register_type_adapters(self) -> None:
        """Do nothing: rows go over as arrays of columns, without a composite type."""

    def fill(self, template: str, **others: str) -> SQL:
        """Return the statement of a template for this datastore's schema."""
        schema = quoted(self.schema)
        return sql(
            template.format(
                schema=schema,
                log=self.log,
                schema_name=Literal(self.schema).as_string(),
                log_name=Literal(self.log).as_string(),
                **others,
            )
        )

    @contextmanager
    def asking(self) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """Lend a cursor outside of a transaction; its rows are tuples."""
        with (
            self.get_connection() as connection,
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            yield cursor

    def read(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of one SELECT; asked again if the connection broke; raises StoreUnreachable."""
        for attempt in range(_ATTEMPTS):
            try:
                with self.asking() as cursor:
                    return cursor.execute(sql(statement), parameters, prepare=True).fetchall()
            except psycopg.errors.CharacterNotInRepertoire as error:
                raise DamagedRow(url=self.url, reason=error) from error
            except psycopg.errors.ProgramLimitExceeded as error:
                raise AnswerTooLong(url=self.url, reason=error) from error
            except _LOST as error:
                if attempt + 1 == _ATTEMPTS or not self.has_recovered():
                    raise self.unreachable(error) from error
        raise AssertionError("the last attempt returns or raises")

    def write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement that may be run twice; again if the connection broke; raises StoreUnreachable."""
        for attempt in range(_ATTEMPTS):
            try:
                with self.asking() as cursor:
                    cursor.execute(sql(statement), parameters)
                return
            except psycopg.errors.LockNotAvailable as error:
                raise self.locked() from error
            except _LOST as error:
                if attempt + 1 == _ATTEMPTS or not self.has_recovered():
                    raise self.unreachable(error) from error

    def has_recovered(self) -> bool:
        """Replace broken connections in the pool; False if the server cannot be reached at all."""
        try:
            with psycopg.connect(self.conninfo, connect_timeout=_CONNECT_TIMEOUT_S):
                pass
        except psycopg.Error:
            return False
        self.pool.check()
        return True

    def unreachable(self, error: BaseException) -> StoreUnreachable:
        """Build the refusal of a store that does not answer."""
        return StoreUnreachable(url=self.url, reason=" ".join(str(error).split()))

    def locked(self) -> StoreLocked:
        """Build the refusal of a writer who waited in vain."""
        return StoreLocked(url=self.url, waited_s=self.lock_timeout)


class LedgerApplicationRecorder(library.PostgresApplicationRecorder, LogRecorder):
    """The library's recorder with the ledger's columns, order of recording and settling of conflicts."""

    datastore: LedgerDatastore

    def __init__(self, datastore: LedgerDatastore, *, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.queries = LogQueries(datastore.read, dialect(datastore.log))
        # the table's statements alone: neither composite types nor functions (these would insert unlocked)
        self.sql_create_statements = [Composed([datastore.fill(text)]) for text in CREATE_TABLES]
        self.select_events_statement = Composed(
            [
                datastore.fill(
                    "SELECT originator_id, originator_version, topic, state FROM {log} "
                    "WHERE originator_id = %s"
                )
            ]
        )
        self._last_recorded = datastore.fill(LAST_RECORDED_US)
        self._last_version = datastore.fill(LAST_VERSION)
        self._insert_rows = datastore.fill(INSERT_ROWS)

    def create_table(self) -> None:
        """Make an empty log where there is none."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self.datastore.fill(ONE_MAKER))
            self._create_table(cursor)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, restamp: bool = False, **_: Any
    ) -> Sequence[int]:
        """Append rows and return their positions, or those they have if the log holds them already.

        With `restamp`, rows recorded before the log's last are stamped with its instant; without, they
        raise RecordedAtGoesBack. A connection that breaks is settled by the rows' ids and the append made
        again if the log does not hold them. Raises StreamConflict, DuplicateEventId, StoreLocked,
        StoreUnreachable.
        """
        return [one.position for one in self.append(log_rows(stored_events), restamp=restamp)]

    def append(
        self, rows: Sequence[LogRow], *, restamp: bool = False, unchanged: Mapping[str, int] = UNCHANGED
    ) -> list[Recorded]:
        """Append rows as `insert_events` does and return them as they are recorded, with their positions.

        `unchanged` gives streams and the versions that they must still have; another one is a
        StreamConflict, as a version that is taken.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._append(rows, restamp=restamp, unchanged=unchanged) if rows else []
            except (IntegrityError, RecordedAtGoesBack) as error:
                recorded = self._settled(rows, restamp=restamp)
                if recorded is not None:
                    return recorded
                if isinstance(error, StreamConflict | RecordedAtGoesBack):
                    raise
                raise StreamConflict(stream=taken_stream(rows, self.queries)) from error
            except _LOST as error:
                if is_locked(error):
                    raise self.datastore.locked() from error
                if not self.datastore.has_recovered():
                    raise self.datastore.unreachable(error) from error
                recorded = self._settled(rows, restamp=restamp)
                if recorded is not None:
                    return recorded
                if attempt + 1 == _ATTEMPTS:
                    raise self.datastore.unreachable(error) from error
        raise AssertionError("the last attempt returns or raises")

    def _settled(self, rows: Sequence[LogRow], *, restamp: bool) -> list[Recorded] | None:
        return settled(rows, self.queries.events_by_id([row.event_id for row in rows]), restamp=restamp)

    def _append(
        self, rows: Sequence[LogRow], *, restamp: bool, unchanged: Mapping[str, int]
    ) -> list[Recorded]:
        """Append in one transaction: one exchange to lock and look, one for each thousand rows, COMMIT."""
        with self.datastore.get_connection() as connection:
            try:
                cursor = connection.cursor(row_factory=tuple_row)
                last_us = self._lock_and_look(connection, cursor, unchanged)
                placed = in_order(rows, last_us, restamp=restamp)
                positions: list[int] = []
                for start in range(0, len(placed), _ROWS_A_STATEMENT):
                    columns = _columns_of(placed[start : start + _ROWS_A_STATEMENT])
                    cursor.execute(self._insert_rows, columns, prepare=True)
                    positions.extend(position for (position,) in cursor.fetchall())
                connection.commit()
            except BaseException:
                if not connection.closed:
                    connection.rollback()
                raise
        return [Recorded(*one) for one in zip(positions, placed, strict=True)]

    def _lock_and_look(
        self,
        connection: psycopg.Connection[DictRow],
        cursor: psycopg.Cursor[tuple[Any, ...]],
        unchanged: Mapping[str, int],
    ) -> int | None:
        """Begin, take the lock, and return the log's last recorded_us, all in one exchange.

        Only these few words go through a pipeline: with some 0.6 MB of rows in one both ends would wait
        for the other to read.
        """
        with connection.pipeline():
            cursor.execute("BEGIN")
            self._lock_table(cast(Any, cursor))
            self._notify_channel(cast(Any, cursor))
            streams = [
                (stream, connection.cursor(row_factory=tuple_row).execute(self._last_version, (stream,)))
                for stream in unchanged
            ]
            last = cursor.execute(self._last_recorded, prepare=True).fetchone()
            for stream, version in streams:
                if version.fetchone() != (unchanged[stream],):
                    raise StreamConflict(stream=stream)
        return last[0] if last else None


def _columns_of(rows: Sequence[LogRow]) -> list[list[Any]]:
    placed = [(row.originator_id, row.originator_version, *content_of(row)) for row in rows]
    return [list(column) for column in zip(*placed, strict=True)]


class LedgerFactory(library.PostgresFactory):
    """Make the ledger's recorders from the library's POSTGRES_… settings."""

    application_recorder_class: type[library.PostgresApplicationRecorder] = LedgerApplicationRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        made = self.datastore
        settings = {
            name: value
            for name, value in cast(Mapping[str, Any], made.pool.kwargs).items()
            if name != "row_factory" and value not in ("", None)
        }
        self.datastore = LedgerDatastore(
            psycopg.conninfo.make_conninfo(**settings), made.schema, lock_timeout=made.lock_timeout
        )
