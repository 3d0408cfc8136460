"""What is asked of a log about notices of all licences at once: the attempts at them, by position."""

from collections.abc import Iterator
from typing import Final

from ledger.events.facts import Fact
from ledger.stores.log_row import Recorded
from ledger.stores.queries import ROW, Dialect, Run, recorded

ROWS_A_PAGE: Final = 5_000
_ATTEMPTS = f"""
SELECT {{position}}, {ROW} FROM {{log}}
WHERE fact IN ({int(Fact.NOTICE_SENT)}, {int(Fact.NOTICE_FAILED)})
    AND {{position}} > {{after}} AND {{position}} <= {{until}}
ORDER BY {{position}} LIMIT {{count}}
"""


class NoticeQueries:
    """Ask for NoticeSent and NoticeFailed rows, through a pool."""

    def __init__(self, run: Run, dialect: Dialect) -> None:
        self._run = run
        self._attempts = dialect.fill(_ATTEMPTS, "after", "until", "count")

    def attempts(self, after_position: int, until_position: int) -> Iterator[list[Recorded]]:
        """Yield the rows behind one position up to another, in pages by position."""
        while True:
            asked = {"after": after_position, "until": until_position, "count": ROWS_A_PAGE}
            page = [recorded(row) for row in self._run(self._attempts, asked)]
            if page:
                yield page
            if len(page) < ROWS_A_PAGE:
                return
            after_position = page[-1].position
