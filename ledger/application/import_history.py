"""Import a history file: every line decided on as a command is, thousands of lines in one transaction."""

import gc
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import TextIOBase
from typing import BinaryIO, TextIO, cast

from ledger.application.deciding import decide
from ledger.application.history_lines import Batch, Line, Progress, batches_of_lines
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.marked_names import MarkedNames
from ledger.application.preparing import Prepared
from ledger.application.preparing_ahead import preparing
from ledger.application.recording import refuse_other_content
from ledger.application.remembering import EVENTS_KEPT, SessionPast
from ledger.events.base import LedgerEvent
from ledger.rules.errors import LedgerError
from ledger.rules.instants import format_instant, from_us
from ledger.stores.bulk import WritingSession
from ledger.stores.errors import NotALedger, RecordedAtGoesBack, StoreLocked, StoreUnreachable
from ledger.stores.log_row import Content, Recorded
from ledger.stores.mapper import LedgerMapper, content_of_event

# With --keep-going: so many recorded events are committed together, and other writers get their turn.
EVENTS_A_CHECKPOINT = 50_000
# How much of the log stays in memory: what deciding needs is read again if it was forgotten.
EVENTS_REMEMBERED = EVENTS_KEPT
# These are no fault of a line.
_OF_THE_STORE = (NotALedger, StoreLocked, StoreUnreachable)
_OBJECTS_A_COLLECTION = 500_000
_COLLECTIONS_BETWEEN_WIDER_ONES = 1_000


class LineRefused(LedgerError):
    """Raised for a line that cannot be recorded; code, fields and way out are those of `cause`."""

    template = "Line {line}: {message}"

    def __init__(self, line: Line, cause: LedgerError) -> None:
        """Say which line, and what is wrong with it."""
        super().__init__(line=line.number, message=str(cause), **cause.fields)
        self.cause = cause
        self.code = cause.code
        self.hint = cause.hint


@dataclass(frozen=True)
class ImportReport:
    """What became of the lines; the positions are those of the first and last event recorded, if any."""

    recorded: int
    already_known: int
    refused: int
    first_position: int | None
    last_position: int | None


def import_history(
    ledger: Ledger,
    source: BinaryIO,
    *,
    keep_going: bool = False,
    refused: TextIO | BinaryIO | None = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> ImportReport:
    """Record the lines of a history file in their order, all or none of them.

    A line whose id is recorded already with the same content is passed over. With `keep_going`, lines that
    are refused go to `refused`, as JSON lines of line, reason, code and text, and the rest is recorded, with
    a commit every 50,000 events. `progress` is called with the number of bytes read so far. Memory does not
    grow with the file.

    With more than one of `processes`, lines of a long history are read in others, started by `spawn` (so a
    program's main module must be importable), while this one decides and records; what comes out is the same.

    Raises LineRefused for the first line that cannot be recorded (not with `keep_going`), StoreLocked,
    StoreUnreachable, and PreparingBroke if one of the processes died. Whatever is raised, KeyboardInterrupt
    too, nothing since the last commit stays.
    """
    with _calm_collector(), ledger.store.writing() as session:
        work = _Import(session, _Refusals(refused) if keep_going else None)
        for batch, prepared in preparing(batches_of_lines(source, progress), processes):
            work.take(batch, prepared)
        last = session.last_recorded()
    if last is not None:
        ledger.has_recorded(from_us(last.recorded_us))
    report = work.report()
    logger().info("imported", recorded=report.recorded, known=report.already_known, refused=report.refused)
    return report


@contextmanager
def _calm_collector() -> Iterator[None]:
    """Let Python look for garbage in circles less often: an import makes none, and many objects that stay."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_A_COLLECTION, _COLLECTIONS_BETWEEN_WIDER_ONES, _COLLECTIONS_BETWEEN_WIDER_ONES)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Refusals:
    """Where refused lines go when the import keeps going."""

    def __init__(self, out: TextIO | BinaryIO | None) -> None:
        self._out = out
        self.count = 0

    def add(self, line: Line, cause: LedgerError) -> None:
        self.count += 1
        logger().info("line refused", line=line.number, code=cause.code, reason=str(cause))
        if self._out is None:
            return
        text = line.text.decode("utf-8", "backslashreplace")
        told = {"line": line.number, "reason": str(cause), "code": cause.code, "text": text}
        written = json.dumps(told, ensure_ascii=False) + "\n"
        if isinstance(self._out, TextIOBase):
            self._out.write(written)
        else:
            cast(BinaryIO, self._out).write(written.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        if self._out is not None:
            self._out.flush()


class _Import:
    """The lines taken so far, and what the next one is judged by."""

    def __init__(self, session: WritingSession, refusals: _Refusals | None) -> None:
        self._session = session
        self._refusals = refusals
        self._past = SessionPast(session, EVENTS_REMEMBERED)
        self._mapper = LedgerMapper()
        # of the batch at hand: what the log held before it, and the ids of that and of what it has added
        self._known: dict[str, Recorded] = {}
        self._taken: set[str] = set()
        self._last_recorded_at = _end_of(session)
        # the log holds nothing but what this import has recorded, of which the ids are marked
        self._is_alone = self._last_recorded_at is None
        self._ids = MarkedNames()
        self._uncommitted = 0
        self._recorded = self._already_known = 0
        self._first: int | None = None
        self._last: int | None = None

    def take(self, batch: Batch, prepared: Sequence[Prepared]) -> None:
        """Record a batch of lines, looking up all their ids at once."""
        self._known = self._known_of([one[0].id for one in prepared if not isinstance(one, LedgerError)])
        self._taken = {*self._known}
        before = self._recorded
        for place, one in enumerate(prepared):
            try:
                if isinstance(one, LedgerError):
                    raise one
                self._record(*one)
            except _OF_THE_STORE:
                raise
            except LedgerError as cause:
                if self._refusals is None:
                    raise LineRefused(batch.line(place), cause) from cause
                self._refusals.add(batch.line(place), cause)
        self._ids.mark(self._taken)
        self._past.grow(self._recorded - before)
        self._uncommitted += self._recorded - before
        if self._refusals is not None and self._uncommitted >= EVENTS_A_CHECKPOINT:
            self._refusals.flush()
            self._checkpoint()

    def _known_of(self, event_ids: list[str]) -> dict[str, Recorded]:
        """Return what is recorded under the ids; behind an empty log only what this import has recorded."""
        asked = self._ids.perhaps(event_ids) if self._is_alone else event_ids
        return self._session.events_by_id(asked) if asked else {}

    def _record(self, event: LedgerEvent, content: Content | None) -> None:
        event_id, recorded_at = event.id, event.recorded_at
        if event_id in self._taken:
            self._pass_over(event)
            return
        if self._last_recorded_at is not None and recorded_at < self._last_recorded_at:
            raise _going_back(event, self._last_recorded_at)
        stream, version, recorded = decide(event, self._past)
        if content is None or recorded is not event:
            content = content_of_event(recorded)
        self._last = self._session.place(stream, version, content)
        self._last_recorded_at = recorded_at
        self._taken.add(event_id)
        self._recorded += 1
        if self._first is None:
            self._first = self._last

    def _pass_over(self, event: LedgerEvent) -> None:
        """Count an event that is recorded already; raises IdMeansSomethingElse if that is another one."""
        known = self._known.get(event.id)
        if known is None:
            known = self._session.events_by_id([event.id])[event.id]
        refuse_other_content(event, self._mapper.to_domain_event(known.row).event, known.position)
        self._already_known += 1

    def _checkpoint(self) -> None:
        before = self._session.last_recorded()
        self._session.checkpoint()
        self._uncommitted = 0
        if self._session.last_recorded() != before:
            self._past.forget()
            self._is_alone = False
            self._last_recorded_at = _end_of(self._session)

    def report(self) -> ImportReport:
        refused = self._refusals.count if self._refusals is not None else 0
        return ImportReport(self._recorded, self._already_known, refused, self._first, self._last)


def _end_of(session: WritingSession) -> datetime | None:
    last = session.last_recorded()
    return from_us(last.recorded_us) if last is not None else None


def _going_back(event: LedgerEvent, last_recorded_at: datetime) -> RecordedAtGoesBack:
    """Build the refusal of what the session would refuse too, but before the aggregate has taken it in."""
    return RecordedAtGoesBack(
        event_id=event.id,
        field="recorded_at",
        value=format_instant(event.recorded_at),
        recorded_at=format_instant(event.recorded_at),
        last_recorded_at=format_instant(last_recorded_at),
    )
