"""The one face of a ledger's store, whichever database is behind it."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, NamedTuple, TypeVar

import polars as pl

from ledger.stores.billing import BillingQueries
from ledger.stores.bulk import LongWrite, WritingSession
from ledger.stores.closing import Closing
from ledger.stores.columns import log_of_packed
from ledger.stores.deliveries import TABLE, Deliveries
from ledger.stores.errors import AnswerTooLong
from ledger.stores.event_store import LedgerEventStore
from ledger.stores.following import FollowingQueries
from ledger.stores.issuing import IssuedQueries
from ledger.stores.log_row import LastRecorded, Recorded
from ledger.stores.mapper import LedgerMapper
from ledger.stores.noticing import NoticeQueries
from ledger.stores.queries import LAST_POSITION, Dialect, LogQueries, Run
from ledger.stores.ranges import Streams
from ledger.stores.recorder import LogRecorder
from ledger.stores.watching import Watch

# SQLite takes at most 500 SELECTs in one statement; a licence needs one and a list of names another.
_SPANS_AT_ONCE = 200
_Answer = TypeVar("_Answer")


class ExportPage(NamedTuple):
    """Some rows of the log as history lines, each with its line end."""

    lines: bytes
    row_count: int


def in_parts(read: Callable[[int, int], _Answer], after: int, until: int) -> list[_Answer]:
    """Return what is read of a span of positions, of its halves where a text cannot hold it (10^9 bytes)."""
    try:
        return [read(after, until)]
    except AnswerTooLong:
        if until - after <= 1:
            raise
    middle = (after + until) // 2
    return [*in_parts(read, after, middle), *in_parts(read, middle, until)]


class Store(Closing):
    """A log that is open: to the library through `recorder`, to questions through the rest.

    Safe to share between threads. Close it, or use it in a with statement.
    """

    def __init__(self, url: str, recorder: LogRecorder, read: Run, dialect: Dialect) -> None:
        self.url = url
        self.recorder = recorder
        self.mapper = LedgerMapper()
        self.event_store = LedgerEventStore(self.mapper, recorder)
        self._read = read
        self._dialect = dialect
        self._queries = LogQueries(read, dialect)
        self.following = FollowingQueries(read, dialect)
        self.issued = IssuedQueries(read, dialect)
        self.billing = BillingQueries(read, dialect)
        self.noticing = NoticeQueries(read, dialect)
        self.deliveries = Deliveries(
            dialect,
            table=self._qualified(TABLE),
            read=read,
            write=self._write,
            is_there=lambda: self._has_table(TABLE),
        )

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Return the positions of those ids that are in the log."""
        return self._queries.positions_of(event_ids)

    def events_by_id(self, event_ids: Sequence[str]) -> dict[str, Recorded]:
        """Return the rows of those ids that are in the log, with their positions."""
        return self._queries.events_by_id(event_ids)

    def event_by_id(self, event_id: str) -> Recorded | None:
        """Return the row of an id, with its position; None if the log does not hold it."""
        return self.events_by_id([event_id]).get(event_id)

    def rows_at(self, positions: Sequence[int]) -> list[Recorded]:
        """Return the rows at those positions that the log has, in no order."""
        return self._queries.rows_at(positions)

    def count_rows(self, until_position: int) -> int:
        """Return how many rows the log has up to a position; reads an index of all of them."""
        return self._queries.count_rows(until_position)

    def last_recorded(self) -> LastRecorded | None:
        """Return the log's last position and its instant of recording; None for an empty log."""
        return self._queries.last_recorded()

    def last_position_recorded_by(self, recorded_us: int) -> int | None:
        """Return the last position recorded at or before the instant; None if there is none."""
        return self._queries.last_position_recorded_by(recorded_us)

    def neighbouring_stream(
        self, prefix: str, *, before: str | None = None, after: str | None = None
    ) -> str | None:
        """Return the stream next to a name, by code points, among those that begin with the prefix."""
        return self._queries.neighbouring_stream(prefix, before=before, after=after)

    def streams_under(self, prefix: str) -> list[str]:
        """Return the names of the streams that begin with the prefix, sorted by code points."""
        return self._queries.streams_under(prefix)

    def rows_under(self, stream_id: str, known_us: int | None) -> list[Recorded]:
        """Return the rows of a stream and of those below it, recorded by an instant, by position."""
        return self._queries.rows_under(stream_id, known_us)

    def read_streams(self, streams: Streams, known_us: int | None) -> pl.DataFrame:
        """Return the columns (LOG_SCHEMA) of some streams' rows by position.

        As of one moment for up to 200 spans of names; more are read one bunch after the other.
        """
        packed = [part for bunch in streams.bunches(_SPANS_AT_ONCE) for part in self._packed(bunch, known_us)]
        return log_of_packed(packed)

    def _packed(self, streams: Streams, known_us: int | None) -> Sequence[Sequence[str | None]]:
        """Return the streams as texts, in as many parts as it takes."""

        def between(after: int, until: int) -> Sequence[Sequence[str | None]]:
            return self._read(*self._dialect.streams_statement(streams, known_us, after, until))

        try:
            return between(0, LAST_POSITION)
        except AnswerTooLong:
            last = self.last_recorded()
        return [text for part in in_parts(between, 0, last.position if last else 0) for text in part]

    @abstractmethod
    def ledger_id(self, *, create: bool) -> str | None:
        """Return what tells this log from every other; with `create`, a log that has none gets one.

        So read models notice that another log was put in the place of theirs.
        """

    @abstractmethod
    def watch(self) -> Watch:
        """Begin to look out for what is recorded from now on."""

    @abstractmethod
    def read_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return the columns (LOG_SCHEMA) of the rows behind one position up to another, by position."""

    @abstractmethod
    def read_whole_page(self, after_position: int, until_position: int) -> pl.DataFrame:
        """Return all that the rows behind one position up to another say (WHOLE_SCHEMA), by position."""

    @abstractmethod
    def alone(self, work: str) -> AbstractContextManager[None]:
        """Keep others from doing the same work on this log at the same time, whatever becomes of us.

        Raises AlreadyUnderWay if somebody does it now.
        """

    @abstractmethod
    def export_page(self, after_position: int, until_position: int) -> ExportPage:
        """Return the history lines of the rows behind one position up to another, by position."""

    @abstractmethod
    def _qualified(self, table: str) -> str:
        """Return a table's name as it stands in SQL."""

    @abstractmethod
    def _has_table(self, table: str) -> bool:
        """Tell whether the table is there beside the log."""

    @abstractmethod
    def _write(self, statement: str, parameters: Mapping[str, Any]) -> None:
        """Run a statement in a transaction of its own; raises StoreLocked, StoreUnreachable."""

    @abstractmethod
    def _long_write(self) -> LongWrite:
        """Return what a writing session works on."""

    @contextmanager
    def writing(self) -> Iterator[WritingSession]:
        """Hold the write lock for one long transaction; commit at the end, roll back on any exception.

        Raises StoreLocked if another writer does not end in time.
        """
        with (
            closing(self._long_write()) as long_write,
            closing(WritingSession(long_write, self._queries)) as session,
        ):
            yield session
            session.commit()

    @abstractmethod
    def close(self) -> None:
        """Give back the connections; the store cannot be used afterwards."""
