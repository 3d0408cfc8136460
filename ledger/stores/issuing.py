"""Issued invoices as rows of the log: in its order, by their number, and the last number of a series."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.events.facts import Fact
from ledger.events.streams import invoices_stream
from ledger.stores.log_row import Recorded
from ledger.stores.queries import ROW, Dialect, Run, recorded

ROWS_A_PAGE: Final = 1_000
# A number ends with at least so many digits, and with more only when those are used up.
NUMBER_DIGITS: Final = 6
_MOST_DIGITS = 12

# The fact is spelt out: only then is the index of such rows alone used (CREATE_TABLES of both databases).
_IS_ISSUED = f"fact = {int(Fact.INVOICE_ISSUED)}"
# The rows of the whole log come by position out of an index, those of some streams are sorted: the plus keeps
# the planner from looking through everyone's invoices for a few licences'.
_IN_ORDER = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE {_IS_ISSUED} AND {{position}} > {{after}} AND {{position}} <= {{until}}
ORDER BY {{position}} LIMIT {{count}}
"""
_IN_ORDER_OF_STREAMS = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE originator_id {{among_names}} AND {_IS_ISSUED}
    AND +{{position}} > {{after}} AND +{{position}} <= {{until}}
ORDER BY +{{position}} LIMIT {{count}}
"""
_LAST = f"""
SELECT {{position}}, {ROW} FROM {{log}} WHERE {_IS_ISSUED} ORDER BY {{position}} DESC LIMIT 1
"""
_LICENSES = f"""
SELECT license_id, COUNT(*) FROM {{log}}
WHERE {_IS_ISSUED} AND {{position}} > {{after}} AND {{position}} <= {{until}} GROUP BY license_id
"""
# From and to, not equal: SQLite would put an equal into the length as well, and no longer see the index.
_BY_NUMBER = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE {_IS_ISSUED} AND length(subject) = {{width}} AND subject >= {{number}} AND subject <= {{number}}
ORDER BY +{{position}} LIMIT 1
"""
_LAST_NUMBER = f"""
SELECT subject FROM {{log}}
WHERE {_IS_ISSUED} AND length(subject) = {{width}} AND subject >= {{first}} AND subject < {{until}}
ORDER BY subject DESC LIMIT 1
"""


class IssuedQueries:
    """Ask for InvoiceIssued rows, through a pool or within a transaction; no state is read."""

    def __init__(self, run: Run, dialect: Dialect) -> None:
        self._run = run
        self._dialect = dialect
        self._in_order = dialect.fill(_IN_ORDER, "after", "until", "count")
        self._of_streams = dialect.fill(_IN_ORDER_OF_STREAMS, "after", "until", "count", among_names="names")
        self._licenses = dialect.fill(_LICENSES, "after", "until")
        self._last = dialect.fill(_LAST)
        self._by_number = dialect.fill(_BY_NUMBER, "number", "width")
        self._last_number = dialect.fill(_LAST_NUMBER, "width", "first", "until")

    def pages(
        self, after_position: int, until_position: int, license_ids: Sequence[str] = ()
    ) -> Iterator[list[Recorded]]:
        """Yield the rows behind one position up to another by position, a thousand at a time.

        Of all licences, or of those that are named; licences without invoices have no rows.
        """
        statement, names = self._in_order, {}
        if license_ids:
            statement = self._of_streams
            names = {"names": self._dialect.list_value([*map(invoices_stream, license_ids)])}
        while True:
            asked = {"after": after_position, "until": until_position, "count": ROWS_A_PAGE, **names}
            page = [recorded(row) for row in self._run(statement, asked)]
            if page:
                yield page
            if len(page) < ROWS_A_PAGE:
                return
            after_position = page[-1].position

    def licenses(self, after_position: int, until_position: int) -> dict[str, int]:
        """Return how many rows behind one position up to another there are, by licence."""
        rows = self._run(self._licenses, {"after": after_position, "until": until_position})
        return {row[0]: row[1] for row in rows}

    def last(self) -> Recorded | None:
        """Return the row of the invoice that was issued last; None if there is none."""
        rows = self._run(self._last, {})
        return recorded(rows[0]) if rows else None

    def by_number(self, number: str) -> Recorded | None:
        """Return the row of the invoice of that number, of several the first one; None if there is none."""
        rows = self._run(self._by_number, {"number": number, "width": len(number)})
        return recorded(rows[0]) if rows else None

    def last_number(self, prefix: str) -> int:
        """Return the highest number issued behind a prefix, 0 if there is none.

        Numbers are the prefix and digits, NUMBER_DIGITS with zeros or more without; nothing else counts.
        """
        for digits in range(_MOST_DIGITS, NUMBER_DIGITS - 1, -1):
            until = prefix + ":"  # the character after the digits
            while True:
                asked = {"width": len(prefix) + digits, "first": prefix + "0", "until": until}
                rows = self._run(self._last_number, asked)
                if not rows:
                    break
                until = rows[0][0]
                tail = until.removeprefix(prefix)
                if tail.isascii() and tail.isdecimal() and tail == f"{int(tail):0{NUMBER_DIGITS}}":
                    return int(tail)
        return 0
