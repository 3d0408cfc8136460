"""What a billing run asks of a log in bulk: new licences, and where some streams end."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.events.facts import Fact
from ledger.stores.log_row import Recorded
from ledger.stores.queries import ROW, Dialect, Run, recorded

ROWS_A_PAGE: Final = 5_000
_CREATED = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE fact = {int(Fact.LICENSE_CREATED)} AND {{position}} > {{after}} AND {{position}} <= {{until}}
ORDER BY {{position}} LIMIT {{count}}
"""
_LAST_OF_STREAMS = f"""
SELECT {{position}}, {ROW} FROM {{log}} WHERE (originator_id, originator_version) IN (
    SELECT originator_id, MAX(originator_version) FROM {{log}}
    WHERE originator_id {{among_names}} GROUP BY originator_id
)
"""
_FIRST_OF_STREAMS = f"""
SELECT {{position}}, {ROW} FROM {{log}} WHERE originator_id {{among_names}} AND originator_version = 1
"""


class BillingQueries:
    """Answer a billing run, through a pool."""

    def __init__(self, run: Run, dialect: Dialect) -> None:
        self._run = run
        self._list = dialect.list_value
        self._created = dialect.fill(_CREATED, "after", "until", "count")
        self._last = dialect.fill(_LAST_OF_STREAMS, among_names="names")
        self._first = dialect.fill(_FIRST_OF_STREAMS, among_names="names")

    def created(self, after_position: int, until_position: int) -> Iterator[list[Recorded]]:
        """Yield the LicenseCreated rows behind one position up to another, in pages by position."""
        while True:
            asked = {"after": after_position, "until": until_position, "count": ROWS_A_PAGE}
            page = [recorded(row) for row in self._run(self._created, asked)]
            if page:
                yield page
            if len(page) < ROWS_A_PAGE:
                return
            after_position = page[-1].position

    def last_of(self, stream_ids: Sequence[str]) -> dict[str, Recorded]:
        """Return the last row of each stream; empty streams have none."""
        return self._by_stream(self._last, stream_ids)

    def first_of(self, stream_ids: Sequence[str]) -> dict[str, Recorded]:
        """Return the first row of each stream; empty streams have none."""
        return self._by_stream(self._first, stream_ids)

    def _by_stream(self, statement: str, stream_ids: Sequence[str]) -> dict[str, Recorded]:
        rows = self._run(statement, {"names": self._list(stream_ids)})
        return {one.row.originator_id: one for one in map(recorded, rows)}
