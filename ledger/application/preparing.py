"""What can be done with a line of a history before the log is asked: read it, and write what its row says.

Nothing here depends on another line, so it may be done ahead and in another process; from there come back the
lines that are plain, as columns, and any other is read where it is decided on.
"""

import marshal
from collections.abc import Sequence
from typing import TypeAlias, cast

from ledger.application.history_lines import Batch, FileCutOff, Line
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import parse_line
from ledger.events.license import LicenseDraft
from ledger.events.looks import Look
from ledger.events.plain_lines import Alike, PlainLines, events_of
from ledger.events.refusals import NotJson, NotUtf8
from ledger.rules.errors import LedgerError
from ledger.stores.log_row import Content
from ledger.stores.mapper import content_of_event, contents_of_alike

# an event and what its row will say; no content yet if the aggregate completes the event
Ready: TypeAlias = tuple[LedgerEvent, Content | None]
# either a line's event, or why the line holds none
Prepared: TypeAlias = Ready | LedgerError


def prepare(batch: Batch, reader: PlainLines) -> list[Prepared]:
    """Return each line's event with the content of its row, or its fault."""
    return _prepared(batch, _plain_lines(batch, reader))


def _plain_lines(batch: Batch, reader: PlainLines) -> list[Alike]:
    # a line of which only the beginning was kept is not what it seems to be
    return reader.read(batch.raw) if not batch.lengths else []


def _prepared(batch: Batch, plain: Sequence[Alike]) -> list[Prepared]:
    prepared: list[Prepared | None] = [None] * len(batch.raw)
    for alike in plain:
        events = events_of(alike)
        for place, one in zip(
            alike.places, zip(events, contents_of_alike(alike, events), strict=True), strict=True
        ):
            prepared[place] = one
    for place, found in enumerate(prepared):
        if found is None:
            prepared[place] = _alone(batch.line(place))
    return cast(list[Prepared], prepared)


def _alone(line: Line) -> Prepared:
    try:
        event = event_in(line)
    except LedgerError as fault:
        return fault
    return event, None if isinstance(event, LicenseDraft) else content_of_event(event)


def event_in(line: Line) -> LedgerEvent:
    """Return the event that a line holds; raises a BadLine that says why it holds none."""
    if line.fault is not None:
        raise line.fault
    try:
        return parse_line(line.text)
    except (NotJson, NotUtf8) as fault:
        if line.is_ended:
            raise
        raise FileCutOff(field="line", value=None, reason=str(fault.fields["reason"])) from fault


# of a process that reads for one import
_reader = PlainLines()


def prepare_packed(batch: Batch) -> bytes:
    """Prepare a batch in another process; `unpacked` takes what comes back."""
    plain = _plain_lines(batch, _reader)
    return marshal.dumps([(alike.event_type, tuple(alike.look), *alike[2:-1]) for alike in plain], 2)


def unpacked(packed: bytes, batch: Batch) -> list[Prepared]:
    """Return what `prepare` returns for the batch, made from what another process packed."""
    told = marshal.loads(packed)  # noqa: S302 - written by a process of our own
    return _prepared(batch, [Alike(name, Look(*look), *columns) for name, look, *columns in told])
