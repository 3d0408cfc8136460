"""A stored event as a row of the log: the library's four fields and the columns that projections read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias, TypedDict, Unpack

from eventsourcing.persistence import StoredEvent

from ledger.rules.instants import format_instant, from_us
from ledger.stores.errors import DuplicateEventId, RecordedAtGoesBack

# The state ends with its recorded_at, always as wide as this, so that a store can restamp it.
_STAMP_WIDTH = len('1970-01-01T00:00:00.000000Z"}')


# The table's columns behind stream and version, in its order: what an event says wherever it stands.
# event_id, license_id, subject, fact, effective_us, recorded_us, topic, state
Content: TypeAlias = tuple[str, str | None, str | None, int, int, int, str, bytes]
# A whole row in the table's order: position, originator_id, originator_version, and the content.
PlacedRow: TypeAlias = tuple[int, str, int, str, str | None, str | None, int, int, int, str, bytes]


@dataclass(frozen=True)
class LogRow(StoredEvent):
    """One row of the log but for its position, which the store gives when it is written."""

    originator_id: str
    event_id: str
    license_id: str | None
    subject: str | None
    fact: int
    effective_us: int
    recorded_us: int


class RowFields(TypedDict):
    """What a LogRow is made of."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes
    event_id: str
    license_id: str | None
    subject: str | None
    fact: int
    effective_us: int
    recorded_us: int


def new_row(**fields: Unpack[RowFields]) -> LogRow:
    """Return `LogRow(**fields)` in a third of the time, which is for each event of an import.

    A frozen dataclass sets its fields one by one, by a call each, to get past its own refusal.
    """
    row = object.__new__(LogRow)
    row.__dict__.update(fields)
    return row


def content_of(row: LogRow) -> Content:
    """Return what a row says, without its place."""
    return (
        row.event_id,
        row.license_id,
        row.subject,
        row.fact,
        row.effective_us,
        row.recorded_us,
        row.topic,
        row.state,
    )


def row_of(stream: str, version: int, content: Content) -> LogRow:
    """Return the row of a place in a stream and what stands there."""
    event_id, license_id, subject, fact, effective_us, recorded_us, topic, state = content
    return new_row(
        originator_id=stream,
        originator_version=version,
        topic=topic,
        state=state,
        event_id=event_id,
        license_id=license_id,
        subject=subject,
        fact=fact,
        effective_us=effective_us,
        recorded_us=recorded_us,
    )


class Recorded(NamedTuple):
    """A row and its place in the log."""

    position: int
    row: LogRow


class LastRecorded(NamedTuple):
    """Where the log ends; recorded_us in microseconds since 1970 UTC."""

    position: int
    recorded_us: int


def restamped(row: LogRow, recorded_us: int) -> LogRow:
    """Return the row with another instant of recording, in its column and at the end of its state."""
    stamp = format_instant(from_us(recorded_us)).encode()
    return replace(row, recorded_us=recorded_us, state=row.state[:-_STAMP_WIDTH] + stamp + b'"}')


def in_order(rows: Sequence[LogRow], last_recorded_us: int | None, *, restamp: bool) -> Sequence[LogRow]:
    """Return the rows with recorded_us never going back, neither among them nor behind the log's last.

    A row that is earlier than its predecessor is restamped to it if `restamp`, else RecordedAtGoesBack is
    raised. Rows in order come back as they are.
    """
    floor_us = rows[0].recorded_us if last_recorded_us is None else last_recorded_us
    kept: list[LogRow] = []
    for row in rows:
        if row.recorded_us >= floor_us:
            floor_us = row.recorded_us
            kept.append(row)
        elif restamp:
            kept.append(restamped(row, floor_us))
        else:
            raise goes_back(row.event_id, row.recorded_us, floor_us)
    return kept


def goes_back(event_id: str, recorded_us: int, last_recorded_us: int) -> RecordedAtGoesBack:
    """Build the refusal of a row that is recorded before the last one."""
    return RecordedAtGoesBack(
        event_id=event_id,
        recorded_at=format_instant(from_us(recorded_us)),
        last_recorded_at=format_instant(from_us(last_recorded_us)),
    )


def log_rows(stored_events: Sequence[StoredEvent]) -> list[LogRow]:
    """Return the stored events as the rows they have to be; two with one id raise DuplicateEventId."""
    rows: list[LogRow] = []
    seen: set[str] = set()
    for stored_event in stored_events:
        if not isinstance(stored_event, LogRow):
            raise TypeError(f"the log takes LogRow, as the ledger's mapper makes them, not {stored_event!r}")
        if stored_event.event_id in seen:
            raise DuplicateEventId(event_id=stored_event.event_id)
        seen.add(stored_event.event_id)
        rows.append(stored_event)
    return rows


def same_record(wanted: LogRow, found: LogRow, *, restamp: bool) -> bool:
    """Tell whether two rows are one: they say the same in the same place of the same stream.

    The instant of recording does not count if it may be restamped. The place counts: who decided on another
    one has not seen the event, and what else is built on that would be wrong.
    """
    if restamp:
        found = restamped(found, wanted.recorded_us)
    return (wanted.originator_id, wanted.originator_version, wanted.topic, wanted.state) == (
        found.originator_id,
        found.originator_version,
        found.topic,
        found.state,
    )
