"""One long write, for imports: a transaction with the write lock that sees what it has not yet written."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, Protocol, cast

from eventsourcing.persistence import StoredEvent

from ledger.rules.errors import LedgerError
from ledger.stores.errors import DuplicateEventId, StoreUnreachable
from ledger.stores.issuing import IssuedQueries
from ledger.stores.log_row import (
    Content,
    LastRecorded,
    LogRow,
    PlacedRow,
    Recorded,
    content_of,
    goes_back,
    row_of,
)
from ledger.stores.queries import LogQueries
from ledger.stores.ranges import under
from ledger.stores.writing_behind import WritingBehind

# Rows kept before they are written: enough to make a write cheap, few enough to be no burden (some 10 MB).
ROWS_AT_ONCE = 20_000
_BEFORE_ALL_US = -(2**63)
# So many new names are put into their places one by one; more are sorted in with all others.
_FEW = 16
# where these stand in a PlacedRow
_STREAM: Final = 1
_EVENT_ID: Final = 3
_RECORDED_US: Final = 8


class LongWrite(Protocol):
    """What a database does for a session: one connection of its own, outside of any pool."""

    queries: LogQueries
    issued: IssuedQueries

    def begin(self) -> int:
        """Begin a transaction with the write lock and return the last position ever given."""

    def insert(self, rows: Sequence[PlacedRow]) -> None:
        """Write rows, their positions consecutive; raises StreamConflict or DuplicateEventId."""

    def commit(self) -> None:
        """Commit; raises StoreUnreachable if the answer did not come."""

    def close(self) -> None:
        """Roll back what was not committed and give the lock and the connection back."""


class WritingSession:
    """Append rows in their order and ask about the log with them in it; use it as the store's `writing()`.

    Rows are kept back and written in bunches, by another thread while the next bunch is collected: a refusal
    by the database comes with the bunch after it, or sooner if something is asked, and whatever was appended
    since the last checkpoint is then rolled back.
    """

    def __init__(self, long_write: LongWrite, outside: LogQueries) -> None:
        self._long_write = long_write
        self._behind = WritingBehind(long_write.insert)
        self._outside = outside
        # once a bunch was refused nothing of the transaction may stay, whoever caught the refusal
        self._failure: LedgerError | None = None
        self._begin()

    @property
    def _written(self) -> LogQueries:
        """Return the questions to the database, with all in it that is not pending."""
        self._settle()
        return self._long_write.queries

    def _begin(self) -> None:
        self._last_given = self._long_write.begin()
        self._last_committed = self._written.last_recorded()
        self._last_us = _BEFORE_ALL_US if self._last_committed is None else self._last_committed.recorded_us
        self._given_before = self._last_given
        self._last_appended: str | None = None
        self._forget_pending()

    def _forget_pending(self) -> None:
        self._pending: list[PlacedRow] = []
        # by place among those pending
        self._by_id: dict[str, int] = {}
        # of the first so many of those pending, made when somebody asks
        self._with_stream = 0
        self._by_stream: dict[str, list[int]] = {}
        self._streams: list[str] = []
        self._unsorted: list[str] = []

    def append(self, rows: Sequence[LogRow]) -> range:
        """Append rows, whose versions the caller has given them, and return their positions.

        Raises RecordedAtGoesBack, DuplicateEventId, and what writing a full bunch raises.
        """
        first = self._last_given + 1
        for row in rows:
            self.place(row.originator_id, row.originator_version, content_of(row))
        return range(first, self._last_given + 1)

    def place(self, stream: str, version: int, content: Content) -> int:
        """Append one row by its parts, as `append` does, and return its position."""
        event_id, recorded_us = content[0], content[5]
        if recorded_us < self._last_us:
            raise goes_back(event_id, recorded_us, self._last_us)
        pending = self._pending
        if event_id in self._by_id:
            raise DuplicateEventId(event_id=event_id)
        self._by_id[event_id] = len(pending)
        self._last_us = recorded_us
        self._last_given = position = self._last_given + 1
        pending.append((position, stream, version, *content))
        if len(pending) >= ROWS_AT_ONCE:
            self._settle()
            self._behind.begin(pending)
            self._forget_written()
        return position

    def _pending_streams(self) -> dict[str, list[int]]:
        """Return the places of the pending rows by stream."""
        by_stream = self._by_stream
        pending = self._pending
        for place in range(self._with_stream, len(pending)):
            stream = pending[place][_STREAM]
            of_stream = by_stream.get(stream)
            if of_stream is None:
                by_stream[stream] = [place]
                self._unsorted.append(stream)
            else:
                of_stream.append(place)
        self._with_stream = len(pending)
        return by_stream

    def _pending_row(self, place: int) -> LogRow:
        _, stream, version, *content = self._pending[place]
        return row_of(stream, version, cast(Content, content))

    def flush(self) -> None:
        """Write what is pending; nobody else sees it before it is committed."""
        self._settle()
        if self._pending:
            try:
                self._long_write.insert(self._pending)
            except LedgerError as error:
                self._failure = error
                raise
            self._forget_written()

    def _forget_written(self) -> None:
        self._last_appended = self._pending[-1][_EVENT_ID]
        self._forget_pending()

    def _settle(self) -> None:
        """Wait for the bunch that is being written; raises its refusal, again and again."""
        if self._failure is not None:
            raise self._failure
        try:
            self._behind.settle()
        except LedgerError as error:
            self._failure = error
            raise

    def select_events(self, stream_id: str, gt: int | None = None) -> Sequence[StoredEvent]:
        """Return a stream's events in order, those behind version `gt` only if it is given."""
        written: list[StoredEvent] = self._written.select_events(stream_id, gt)
        pending = map(self._pending_row, self._pending_streams().get(stream_id, ()))
        return written + [row for row in pending if gt is None or row.originator_version > gt]

    def last_recorded(self) -> LastRecorded | None:
        """Return the log's last position and its instant of recording; None for an empty log."""
        if self._last_given == self._given_before:
            return self._last_committed
        return LastRecorded(self._last_given, self._last_us)

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Return the positions of those ids that are in the log."""
        pending, others = self._split(event_ids)
        positions = self._written.positions_of(others) if others else {}
        return positions | {event_id: one.position for event_id, one in pending.items()}

    def events_by_id(self, event_ids: Sequence[str]) -> dict[str, Recorded]:
        """Return the rows of those ids that are in the log, with their positions."""
        pending, others = self._split(event_ids)
        return (self._written.events_by_id(others) if others else {}) | pending

    def _split(self, event_ids: Sequence[str]) -> tuple[dict[str, Recorded], Sequence[str]]:
        by_id = self._by_id
        pending = {
            event_id: Recorded(self._pending[by_id[event_id]][0], self._pending_row(by_id[event_id]))
            for event_id in event_ids
            if event_id in by_id
        }
        if not pending:
            return pending, event_ids
        return pending, [event_id for event_id in event_ids if event_id not in pending]

    def last_position_recorded_by(self, recorded_us: int) -> int | None:
        """Return the last position recorded at or before the instant; None if there is none."""
        if self._pending and self._pending[0][_RECORDED_US] <= recorded_us:
            in_time = bisect_right(self._pending, recorded_us, key=itemgetter(_RECORDED_US))
            return self._last_given - len(self._pending) + in_time
        return self._written.last_position_recorded_by(recorded_us)

    def neighbouring_stream(
        self, prefix: str, *, before: str | None = None, after: str | None = None
    ) -> str | None:
        """Return the stream next to a name, by code points, among those that begin with the prefix."""
        written = self._written.neighbouring_stream(prefix, before=before, after=after)
        pending = self._pending_neighbour(prefix, before, after)
        if written is None or pending is None:
            return pending if written is None else written
        return min(written, pending) if before is None else max(written, pending)

    def _sorted_streams(self) -> list[str]:
        """Return the names of the streams with pending rows, sorted by code points."""
        self._pending_streams()
        if len(self._unsorted) <= _FEW:
            for name in self._unsorted:
                insort(self._streams, name)
        else:
            self._streams = sorted(self._streams + self._unsorted)
        self._unsorted.clear()
        return self._streams

    def _pending_neighbour(self, prefix: str, before: str | None, after: str | None) -> str | None:
        first, end = under(prefix)
        streams = self._sorted_streams()
        if before is None:
            place = max(bisect_left(streams, first), bisect_right(streams, after) if after else 0)
            return streams[place] if place < len(streams) and streams[place] < end else None
        place = bisect_left(streams, min(before, end)) - 1
        return streams[place] if place >= 0 and streams[place] >= first else None

    def streams_under(self, prefix: str) -> list[str]:
        """Return the names of the streams that begin with the prefix, sorted by code points."""
        first, end = under(prefix)
        streams = self._sorted_streams()
        pending = streams[bisect_left(streams, first) : bisect_left(streams, end)]
        return sorted({*self._written.streams_under(prefix), *pending})

    def event_id_at(self, position: int) -> str:
        """Return the id of the event at a position; raises LookupError if none is there."""
        before_pending = self._last_given - len(self._pending)
        if position > before_pending:
            return self._pending[position - before_pending - 1][_EVENT_ID]
        return self._written.event_id_at(position)

    def last_invoice_number(self, prefix: str) -> int:
        """Return the highest invoice number behind a prefix, 0 if there is none; writes what is pending."""
        self.flush()
        return self._long_write.issued.last_number(prefix)

    def checkpoint(self) -> None:
        """Commit what was appended so far and go on; other writers may come in between.

        What was asked before may no longer hold: ask again.
        """
        self.commit()
        self._begin()

    def commit(self) -> None:
        """Write what is pending and commit; a broken connection is settled by the last event's id."""
        self.flush()
        try:
            self._long_write.commit()
        except StoreUnreachable:
            if self._last_appended is None or not self._outside.positions_of([self._last_appended]):
                raise

    def close(self) -> None:
        """Wait for the thread that writes; nothing is committed by that."""
        self._behind.close()
