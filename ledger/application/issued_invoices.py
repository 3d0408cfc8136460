"""Read the invoices that were issued, in the order of the log or by number."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from ledger.application.ledger import Ledger
from ledger.events.paper import InvoiceIssued
from ledger.rules.errors import NotFound
from ledger.rules.instants import to_us
from ledger.stores.log_row import Recorded


class InvoiceNotFound(NotFound):
    """Raised for a number under which no invoice was issued."""

    code = "invoice_not_found"
    template = "No invoice {name!r} was issued."
    hint = "`license-ledger invoices` shows the numbers; an invoice without one is not issued yet."


class Issued(NamedTuple):
    """An invoice as it was issued, and its place in the log."""

    event: InvoiceIssued
    position: int


def issued_invoices(
    ledger: Ledger,
    *,
    license_ids: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    known_at: datetime | None = None,
) -> Iterator[Issued]:
    """Yield issued invoices in the order of the log, a thousand in memory at a time.

    Of all licences, or of those that are named (also unknown ones: they have none). Recorded at or after
    `since`, before `until`, and by `known_at`. What is recorded meanwhile is left out. Raises UnreadableEvent
    for one that this release cannot read.
    """
    after, last = _span(ledger, since, until, known_at)
    for page in ledger.store.issued.pages(after, last, license_ids):
        for recorded in page:
            yield _issued(ledger, recorded)


def issued_invoice(ledger: Ledger, number: str) -> Issued:
    """Return the invoice of a number; of several, which only an import can make, the one recorded first.

    Raises InvoiceNotFound, UnreadableEvent.
    """
    recorded = ledger.store.issued.by_number(number)
    if recorded is None:
        raise InvoiceNotFound(what="invoice", name=number)
    return _issued(ledger, recorded)


def last_issued(ledger: Ledger) -> Issued | None:
    """Return the invoice that was issued last; None if there is none yet. Raises UnreadableEvent."""
    recorded = ledger.store.issued.last()
    return None if recorded is None else _issued(ledger, recorded)


def _issued(ledger: Ledger, recorded: Recorded) -> Issued:
    event = ledger.store.mapper.to_domain_event(recorded.row).event
    return Issued(cast(InvoiceIssued, event), recorded.position)


def _span(
    ledger: Ledger, since: datetime | None, until: datetime | None, known_at: datetime | None
) -> tuple[int, int]:
    """Return the position behind which and the one up to which invoices count."""
    store = ledger.store
    ends_us = [to_us(known_at)] if known_at is not None else []
    if until is not None:
        ends_us.append(to_us(until) - 1)
    after = 0 if since is None else store.last_position_recorded_by(to_us(since) - 1) or 0
    if ends_us:
        return after, store.last_position_recorded_by(min(ends_us)) or 0
    last = store.last_recorded()
    return after, 0 if last is None else last.position
