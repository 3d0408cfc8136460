"""Read a few events by their places in the log, to cite them."""

from collections.abc import Collection

from ledger.application.ledger import Ledger
from ledger.events.base import LedgerEvent


def cite_events(ledger: Ledger, positions: Collection[int]) -> dict[int, LedgerEvent]:
    """Return the events at those positions; raises UnreadableEvent for one this release cannot read."""
    read = ledger.store.mapper.to_domain_event
    return {at: read(row).event for at, row in ledger.store.rows_at(sorted(positions))}
