"""What a follower asks of a log: who was touched since, how far it goes, and how far behind one is."""

from typing import NamedTuple

from ledger.events.facts import Fact
from ledger.stores.log_row import LastRecorded, Recorded
from ledger.stores.queries import ROW, Dialect, Run, recorded

_TOUCHED = "SELECT DISTINCT license_id FROM {log} WHERE {position} > {after} AND {position} <= {until}"
_CREATED = (
    f"SELECT DISTINCT license_id FROM {{log}} WHERE fact = {int(Fact.LICENSE_CREATED)} "
    "AND {position} <= {until}"
)
_LAST = (
    "SELECT {position}, recorded_us FROM {log} WHERE {position} <= {until} ORDER BY {position} DESC LIMIT 1"
)
_BEHIND = "SELECT COUNT(*), MIN(recorded_us) FROM {log} WHERE {position} > {after}"
_AT = f"SELECT {{position}}, {ROW} FROM {{log}} WHERE {{position}} = {{at}}"


class Touched(NamedTuple):
    """The licences that events are about, and whether some of the events are the programme's."""

    license_ids: frozenset[str]
    programme: bool


class Behind(NamedTuple):
    """How many events stand behind a position, and when the first of them was recorded (null: none)."""

    events: int
    first_recorded_us: int | None


class FollowingQueries:
    """Answer a follower; no state of an event is read, so that a broken one does no harm."""

    def __init__(self, run: Run, dialect: Dialect) -> None:
        self._run = run
        self._touched = dialect.fill(_TOUCHED, "after", "until")
        self._created = dialect.fill(_CREATED, "until")
        self._last = dialect.fill(_LAST, "until")
        self._behind = dialect.fill(_BEHIND, "after")
        self._at = dialect.fill(_AT, "at")

    def touched(self, after_position: int, until_position: int) -> Touched:
        """Return whom the events behind one position up to another are about."""
        rows = self._run(self._touched, {"after": after_position, "until": until_position})
        found = {row[0] for row in rows}
        return Touched(frozenset(found - {None}), None in found)

    def licenses(self, until_position: int) -> frozenset[str]:
        """Return the licences created up to a position; reads the whole log."""
        return frozenset(row[0] for row in self._run(self._created, {"until": until_position}))

    def last(self, until_position: int) -> LastRecorded | None:
        """Return the last event at or before a position, and when it was recorded; None if there is none."""
        rows = self._run(self._last, {"until": until_position})
        return LastRecorded(*rows[0]) if rows else None

    def behind(self, position: int) -> Behind:
        """Return what stands behind a position."""
        return Behind(*self._run(self._behind, {"after": position})[0])

    def event_at(self, position: int) -> Recorded | None:
        """Return the row at a position."""
        rows = self._run(self._at, {"at": position})
        return recorded(rows[0]) if rows else None
