"""Export the log as a history file."""

from typing import BinaryIO

from ledger.application.history_lines import Progress
from ledger.application.ledger import Ledger
from ledger.stores.reading import export_pages


def export_history(ledger: Ledger, out: BinaryIO, progress: Progress | None = None) -> int:
    """Write the log as it is now, one event a line in the order of recording; importing it makes it again.

    `progress` is called with the number of lines written so far. Returns that number; an empty log gives
    no line. Raises StoreUnreachable.
    """
    line_count = 0
    for page in export_pages(ledger.store):
        out.write(page.lines)
        line_count += page.row_count
        if progress is not None:
            progress(line_count)
    return line_count
