"""What is asked of a log besides its columns, in SQL that both databases share but for three words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eventsourcing.persistence import StoredEvent

from ledger.events.facts import SEAT_FACTS_END
from ledger.stores.columns import FACTS, SEPARATOR
from ledger.stores.log_row import LastRecorded, LogRow, Recorded
from ledger.stores.ranges import Streams, under

LAST_US = LAST_POSITION = 2**63 - 1
_IDS_AT_ONCE = 10_000

ROW = (
    "originator_id, originator_version, topic, state, "
    "event_id, license_id, subject, fact, effective_us, recorded_us"
)

_POSITIONS_OF = "SELECT event_id, {position} FROM {log} WHERE event_id {among_ids}"

_BY_ID = f"SELECT {{position}}, {ROW} FROM {{log}} WHERE event_id {{among_ids}}"

_AT_POSITIONS = f"SELECT {{position}}, {ROW} FROM {{log}} WHERE {{position}} {{among_positions}}"

_ID_AT = "SELECT event_id FROM {log} WHERE {position} = {at}"

# Databases count all rows in the smallest index; those behind a position are few as a rule.
_COUNT_ROWS = """
SELECT (SELECT COUNT(*) FROM {log}) - (SELECT COUNT(*) FROM {log} WHERE {position} > {until_position})
"""

_LAST_RECORDED = "SELECT {position}, recorded_us FROM {log} ORDER BY {position} DESC LIMIT 1"

# recorded_us never decreases along the log, so the place is found as one finds a word in a dictionary:
# from 0 on, halving the step, and stepping whenever the last row up to there was recorded in time.
# Positions have gaps, hence the last row up to a place and not the row at it.
_LAST_POSITION_RECORDED_BY = """
WITH RECURSIVE search (place, step) AS (
    SELECT CAST(0 AS bigint), CAST(1 AS bigint) << 44
    UNION ALL
    SELECT
        place + CASE WHEN COALESCE(
            (SELECT recorded_us FROM {log} WHERE {position} <= place + step ORDER BY {position} DESC LIMIT 1)
                <= {recorded_us},
            TRUE
        ) THEN step ELSE 0 END,
        step / 2
    FROM search WHERE step > 0
)
SELECT {position} FROM {log} WHERE {position} <= (SELECT MAX(place) FROM search)
ORDER BY {position} DESC LIMIT 1
"""

_STREAM_AFTER = """
SELECT originator_id FROM {log}
WHERE originator_id > {after} AND originator_id >= {first} AND originator_id < {until}
ORDER BY originator_id LIMIT 1
"""

_STREAM_BEFORE = """
SELECT originator_id FROM {log} WHERE originator_id < {before} AND originator_id >= {first}
ORDER BY originator_id DESC LIMIT 1
"""

_STREAMS_UNDER = """
SELECT DISTINCT originator_id FROM {log} WHERE originator_id >= {first} AND originator_id < {until}
ORDER BY originator_id
"""

_SELECT_STREAM = """
SELECT originator_id, originator_version, topic, state FROM {log}
WHERE originator_id = {stream} AND originator_version > {gt} ORDER BY originator_version
"""

_ROWS_UNDER = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE (originator_id = {{stream}} OR (originator_id >= {{first}} AND originator_id < {{until}}))
    AND recorded_us <= {{known_us}}
ORDER BY {{position}}
"""

# A sum is in no index, so that the streams' one is used whatever part of the log is asked for.
_KNOWN_BETWEEN = """
    AND recorded_us <= {known_us}
    AND {position} + 0 > {after_position} AND {position} + 0 <= {until_position}"""

_IN_NAMES = f"""
SELECT {{packed}} FROM {{log}} WHERE originator_id {{among_names}}{_KNOWN_BETWEEN}"""

_IN_SPAN = f"""
SELECT {{packed}} FROM {{log}}
WHERE originator_id >= {{first}} AND originator_id < {{until}}{_KNOWN_BETWEEN}"""


def packed_columns(join: str, position: str, state: str, *, whole: str = "{}", flag: str = "({})") -> str:
    """Return the texts of `log_of_packed`, made by a database that joins texts with the function `join`.

    It joins each column's values itself, so that no row becomes an object on the way; all seven see the rows
    in the same order. `whole` makes a text of a number, `flag` a number of a condition, where that is needed.
    """
    differ = "recorded_us <> effective_us"
    place = f"({position} * {FACTS} + fact) * 2 + {flag.format(differ)}"

    def packed(value: str, where: str = "") -> str:
        return f"{join}({value}, '{SEPARATOR}')" + (f" FILTER (WHERE {where})" if where else "")

    return ", ".join(
        (
            packed(whole.format(f"({place})")),
            packed("coalesce(license_id, '')"),
            packed("coalesce(subject, '')"),
            packed(whole.format("effective_us")),
            packed(whole.format("(recorded_us - effective_us)"), where=differ),
            packed("topic", where=f"fact >= {SEAT_FACTS_END}"),
            packed(state, where=f"fact >= {SEAT_FACTS_END}"),
        )
    )


class Run(Protocol):
    """Execute one statement with named parameters and return its rows."""

    def __call__(self, statement: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Return the rows, each value in the order of the statement's columns."""


@dataclass(frozen=True)
class Dialect:
    """What differs: the table, its column of positions, a parameter, membership in a list, packed columns."""

    log: str
    position: str
    parameter: Callable[[str], str]
    among: Callable[[str], str]
    list_value: Callable[[Sequence[str] | Sequence[int]], Any]
    packed: str

    def fill(self, template: str, *parameters: str, **lists: str) -> str:
        """Return the statement of a template, its parameters spelt in this dialect."""
        named = {name: self.parameter(name) for name in parameters}
        members = {name: self.among(parameter) for name, parameter in lists.items()}
        return template.format(log=self.log, position=self.position, **named, **members)

    def streams_statement(
        self, streams: Streams, known_us: int | None, after_position: int, until_position: int
    ) -> tuple[str, dict[str, Any]]:
        """Return the statement and parameters that read the streams, packed, one row for each SELECT of it.

        Of the log behind one position up to another, recorded by an instant. Each SELECT is packed alone:
        around all of them a row would be copied from one to the other, which takes half as long again.
        """
        parameters: dict[str, Any] = {
            "known_us": LAST_US if known_us is None else known_us,
            "after_position": after_position,
            "until_position": until_position,
        }
        between = {name: self.parameter(name) for name in parameters}
        said = {"packed": self.packed, "log": self.log, "position": self.position, **between}
        arms = []
        if streams.names:
            parameters["names"] = self.list_value(streams.names)
            arms.append(_IN_NAMES.format(among_names=self.among("names"), **said))
        for index, (first, end) in enumerate(streams.spans):
            parameters[f"first_{index}"], parameters[f"until_{index}"] = first, end
            span = {"first": self.parameter(f"first_{index}"), "until": self.parameter(f"until_{index}")}
            arms.append(_IN_SPAN.format(**span, **said))
        return " UNION ALL ".join(arms), parameters


class LogQueries:
    """Answer questions about the log through one way of running statements, a pool's or a transaction's."""

    def __init__(self, run: Run, dialect: Dialect) -> None:
        self._run = run
        self._dialect = dialect
        fill = dialect.fill
        self._positions_of = fill(_POSITIONS_OF, among_ids="ids")
        self._by_id = fill(_BY_ID, among_ids="ids")
        self._at_positions = fill(_AT_POSITIONS, among_positions="ids")
        self._id_at = fill(_ID_AT, "at")
        self._count_rows = fill(_COUNT_ROWS, "until_position")
        self._last_recorded = fill(_LAST_RECORDED)
        self._recorded_by = fill(_LAST_POSITION_RECORDED_BY, "recorded_us")
        self._after = fill(_STREAM_AFTER, "after", "first", "until")
        self._before = fill(_STREAM_BEFORE, "before", "first")
        self._under = fill(_STREAMS_UNDER, "first", "until")
        self._rows_under = fill(_ROWS_UNDER, "stream", "first", "until", "known_us")
        self._select_stream = fill(_SELECT_STREAM, "stream", "gt")

    def positions_of(self, event_ids: Sequence[str]) -> dict[str, int]:
        """Return the positions of those ids that are in the log."""
        return {row[0]: row[1] for row in self._among(self._positions_of, event_ids)}

    def events_by_id(self, event_ids: Sequence[str]) -> dict[str, Recorded]:
        """Return the rows of those ids that are in the log, with their positions."""
        found = (recorded(row) for row in self._among(self._by_id, event_ids))
        return {one.row.event_id: one for one in found}

    def rows_at(self, positions: Sequence[int]) -> list[Recorded]:
        """Return the rows at those positions that the log has, in no order."""
        return [recorded(row) for row in self._among(self._at_positions, positions)]

    def event_id_at(self, position: int) -> str:
        """Return the id of the event at a position; raises LookupError if none is there."""
        rows = self._run(self._id_at, {"at": position})
        if not rows:
            raise LookupError(f"no event is at position {position}")
        event_id: str = rows[0][0]
        return event_id

    def count_rows(self, until_position: int) -> int:
        """Return how many rows the log has up to a position."""
        count: int = self._run(self._count_rows, {"until_position": until_position})[0][0]
        return count

    def last_recorded(self) -> LastRecorded | None:
        """Return the log's last position and its instant of recording; None for an empty log."""
        rows = self._run(self._last_recorded, {})
        return LastRecorded(*rows[0]) if rows else None

    def last_position_recorded_by(self, recorded_us: int) -> int | None:
        """Return the last position recorded at or before the instant; None if there is none."""
        rows = self._run(self._recorded_by, {"recorded_us": recorded_us})
        return rows[0][0] if rows else None

    def neighbouring_stream(
        self, prefix: str, *, before: str | None = None, after: str | None = None
    ) -> str | None:
        """Return the stream next to a name, by code points, among those that begin with the prefix."""
        first, end = under(prefix)
        if after is not None and before is None:
            rows = self._run(self._after, {"after": after, "first": first, "until": end})
        elif before is not None and after is None:
            rows = self._run(self._before, {"before": min(before, end), "first": first})
        else:
            raise TypeError("name either the stream before or the stream after")
        return rows[0][0] if rows else None

    def streams_under(self, prefix: str) -> list[str]:
        """Return the names of the streams that begin with the prefix, sorted by code points."""
        first, end = under(prefix)
        return [row[0] for row in self._run(self._under, {"first": first, "until": end})]

    def rows_under(self, stream_id: str, known_us: int | None) -> list[Recorded]:
        """Return the rows of a stream and of those below it, recorded by an instant, by position."""
        first, end = under(stream_id + "/")
        known_us = LAST_US if known_us is None else known_us
        parameters = {"stream": stream_id, "first": first, "until": end, "known_us": known_us}
        return [recorded(row) for row in self._run(self._rows_under, parameters)]

    def select_events(self, stream_id: str, gt: int | None = None) -> list[StoredEvent]:
        """Return a stream's events in order, those behind version `gt` only if it is given."""
        rows = self._run(self._select_stream, {"stream": stream_id, "gt": -1 if gt is None else gt})
        return [StoredEvent(*row) for row in rows]

    def _among(self, statement: str, ids: Sequence[str] | Sequence[int]) -> list[Sequence[Any]]:
        found: list[Sequence[Any]] = []
        for start in range(0, len(ids), _IDS_AT_ONCE):
            some = self._dialect.list_value(ids[start : start + _IDS_AT_ONCE])
            found.extend(self._run(statement, {"ids": some}))
        return found


def recorded(row: Sequence[Any]) -> Recorded:
    """Return the row of a SELECT of the position and ROW."""
    position, *fields = row
    stream, version, topic, state, event_id, license_id, subject, fact, effective_us, recorded_us = fields
    return Recorded(
        position,
        LogRow(stream, version, topic, state, event_id, license_id, subject, fact, effective_us, recorded_us),
    )
