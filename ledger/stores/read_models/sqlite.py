"""Read models in an SQLite file of their own beside the log: a long load never holds the log's lock."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any
from urllib.parse import quote

import polars as pl

from ledger.stores.errors import StoreLocked, StoreUnreachable
from ledger.stores.read_models.errors import BuildUnderWay, ReadModelsDamaged
from ledger.stores.read_models.opening import PARKED_TABLE, is_current, make_catalogue
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.read_models.transactions import NOTHING, Transaction
from ledger.stores.sqlite import DEFAULT_LOCK_TIMEOUT_S, is_locked

SUFFIX = ".read-models"
_LOCK_SUFFIX = ".lock"
# Not the file of the lock: a process that closes a file loses all that SQLite has locked in it.
_MAKING_SUFFIX = ".making"
_CACHE_KIB = 64 * 1024
# A table or column that is not there, a malformed file, one that cannot be opened, one that is none.
_PRIMARY, _CANNOT_OPEN = 0xFF, 14
_DAMAGED = frozenset({1, 11, _CANNOT_OPEN, 26})
# To SQLite it is an INTEGER; it tells a view what the column holds, also one that this release does not know.
_INSTANT = "INTEGER_US"
_TYPES = {
    pl.String: "TEXT",
    pl.Int64: "INTEGER",
    pl.Date: "TEXT",
    pl.Datetime: _INSTANT,
    pl.Boolean: "INTEGER",
}


class SQLiteReadModels(ReadModelStore):
    """Read models in a file: instants are µs since 1970 in tables and RFC 3339 in views, dates are text."""

    def __init__(self, url: str, path: Path, lock_timeout_s: int = DEFAULT_LOCK_TIMEOUT_S) -> None:
        super().__init__(url)
        self.path = path
        self._lock_timeout_s = lock_timeout_s
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()

    @contextmanager
    def transaction(self, *, writing: bool) -> Iterator[Transaction]:
        """Open a transaction; a writer takes the write lock at once: later it could not wait for it."""
        try:
            connection = self._connection()
            try:
                connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                yield _SQLiteTransaction(connection)
                connection.execute("COMMIT")
            except BaseException:
                connection.rollback()
                connection.close()
                raise
            self._idle.put(connection)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _is_damage(self, error: sqlite3.Error) -> bool:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:
            # Python's own, of a text that is no UTF-8
            return isinstance(error, sqlite3.OperationalError)
        # who may not open a file that is one lacks a permission
        return code & _PRIMARY in _DAMAGED and not (code & _PRIMARY == _CANNOT_OPEN and self.path.is_file())

    def damaged(self, reason: object) -> ReadModelsDamaged:
        """Build the refusal of tables that are not as they were made."""
        return ReadModelsDamaged(url=self.url + SUFFIX, reason=reason, way=f"delete {self.path}")

    def prepare(self) -> None:
        """Make the file if it is not there, and let readers go on while somebody writes."""
        try:
            with closing(_connected(self.path, "rwc", self._lock_timeout_s)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _connection(self) -> sqlite3.Connection:
        with suppress(Empty):
            return self._idle.get_nowait()
        connection = _connected(self.path, "rw", self._lock_timeout_s)
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        # what a power cut takes is made again from the log
        connection.execute("PRAGMA synchronous=NORMAL")
        return connection

    def _failure(self, error: sqlite3.Error) -> StoreLocked | StoreUnreachable | ReadModelsDamaged:
        if is_locked(error):
            return StoreLocked(url=self.url + SUFFIX, waited_s=self._lock_timeout_s)
        if self._is_damage(error):
            return self.damaged(error)
        return StoreUnreachable(url=self.url + SUFFIX, reason=error)

    @contextmanager
    def build_lock(self) -> Iterator[None]:
        """Hold the write lock of a file that has nothing else to do."""
        with closing(_connected(Path(f"{self.path}{_LOCK_SUFFIX}"), "rwc", 0)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if not is_locked(error):
                    raise self._failure(error) from error
                raise BuildUnderWay(url=self.url) from error
            try:
                yield
            finally:
                connection.rollback()

    def close(self) -> None:
        """Close the connections."""
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()


def _connected(path: Path, mode: str, timeout_s: int) -> sqlite3.Connection:
    location = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(
        location, uri=True, isolation_level=None, timeout=timeout_s, check_same_thread=False
    )


class _SQLiteTransaction(Transaction):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        return self._connection.execute(self.named(statement), parameters).fetchall()

    def alone(self) -> None:
        """Do nothing: a writer has been alone since the transaction began."""

    def for_indexes(self) -> None:
        """Do nothing: a connection's cache is all there is."""

    def largest_first(self, tables: Sequence[str]) -> list[str]:
        """Return them as they are: one is written after the other anyway."""
        return list(tables)

    def read(self, statement: str, parameters: Mapping[str, Any], schema: pl.Schema) -> pl.DataFrame:
        rows = self._connection.execute(statement, parameters).fetchall()
        if not rows:
            return pl.DataFrame(schema=schema)
        stored = {name: _stored(dtype) for name, dtype in schema.items()}
        columns = dict(zip(schema, zip(*rows, strict=True), strict=True))
        return pl.DataFrame(columns, schema=stored).select(
            _as_kept(name, dtype) for name, dtype in schema.items()
        )

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        rows = frame.select(_as_stored(name, dtype) for name, dtype in frame.schema.items())
        marks = ",".join("?" * frame.width)
        self._connection.executemany(
            f"INSERT INTO {self.qualified(table)} VALUES ({marks})", rows.iter_rows()
        )

    def qualified(self, table: str) -> str:
        return f'"{table}"'

    def type_name(self, dtype: pl.DataType) -> str:
        return _TYPES[dtype.base_type()]

    def among(self, license_ids: Sequence[str]) -> tuple[str, Any]:
        return "IN (SELECT value FROM json_each(:ids))", json.dumps(list(license_ids))

    def contains(self, column: str) -> str:
        return f"{column} LIKE :text ESCAPE '!'"

    def instant(self, us: int) -> Any:
        return us

    def columns(self, name: str) -> list[tuple[str, str]]:
        return [
            (*row,) for row in self.run("SELECT name, type FROM pragma_table_info(:name)", {"name": name})
        ]

    def show(self, view: str, table: str, schema: pl.Schema) -> None:
        # tables of earlier releases had INTEGER for instants
        instants = {name for name, dtype in schema.items() if dtype.base_type() is pl.Datetime}
        columns = ", ".join(
            _shown(name, is_instant=kind == _INSTANT or name in instants)
            for name, kind in self.columns(table)
        )
        self.run(f"DROP VIEW IF EXISTS {self.qualified(view)}")
        self.run(f"CREATE VIEW {self.qualified(view)} AS SELECT {columns} FROM {self.qualified(table)}")


def _stored(dtype: pl.DataType) -> pl.DataType:
    if dtype == pl.Date:
        return pl.String()
    return pl.Int64() if dtype.base_type() in (pl.Datetime, pl.Boolean) else dtype


def _as_stored(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    return column.dt.epoch("us") if dtype.base_type() is pl.Datetime else column.cast(_stored(dtype))


def _as_kept(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        return column.cast(pl.Datetime("us")).dt.replace_time_zone(dtype.time_zone)
    return column.str.to_date("%Y-%m-%d") if dtype == pl.Date else column.cast(dtype)


def _shown(name: str, *, is_instant: bool) -> str:
    if not is_instant:
        return f'"{name}"'
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', \"{name}\" / 1000000, 'unixepoch')"
    return f'{seconds} || printf(\'.%06dZ\', "{name}" % 1000000) AS "{name}"'


def open_sqlite_read_models(url: str, log: Path, *, create: bool) -> SQLiteReadModels | None:
    """Open the file beside a log; None if there is none that can be read, unless it is to be made."""
    path = log.with_name(log.name + SUFFIX)
    if not path.exists() and not create:
        return None
    models = SQLiteReadModels(url, path)
    if create:
        with _one_maker(path):
            models.prepare()
            with models.transaction(writing=True) as work:
                make_catalogue(work, text="TEXT", big="INTEGER")
        return models
    with models.transaction(writing=False) as work:
        readable = is_current([name for name, _ in work.columns(PARKED_TABLE)])
    if not readable:
        models.close()
    return models if readable else None


@contextmanager
def _one_maker(path: Path) -> Iterator[None]:
    """Let one at a time make the file: SQLite does not wait for the lock that a change of journal needs."""
    with Path(f"{path}{_MAKING_SUFFIX}").open("ab") as file:
        flock(file, LOCK_EX)
        yield
