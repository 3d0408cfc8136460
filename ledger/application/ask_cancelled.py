"""Say which invoices without a period are of a licence that was cancelled by then: what is still owed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from ledger.application.ask import Question
from ledger.application.ledger import Ledger
from ledger.events.license import LicenseCancelled, LicenseCreated
from ledger.events.streams import license_stream
from ledger.rules.calendar import first_instant


def billed_when_cancelled(
    ledger: Ledger, question: Question, invoices: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield licence and billing date of those invoices, which are an answer's rows, by licence.

    Only licences with an invoice without a period are read again.
    """
    without = (row for row in invoices if row["period_start"] is None)
    for license_id, rows in groupby(without, key=lambda row: str(row["license_id"])):
        end = _cancellation(ledger, license_id, question.known_us)
        if end is None:
            continue
        zone, cancelled_at = end
        for row in rows:
            if cancelled_at <= first_instant(date.fromisoformat(row["billing_date"]), zone):
                yield license_id, row["billing_date"]


def _cancellation(ledger: Ledger, license_id: str, known_us: int) -> tuple[str, datetime] | None:
    """Return the licence's time zone and when it ends, as known then; None if it does not end."""
    read = ledger.store.mapper.to_domain_event
    events = [read(row).event for _, row in ledger.store.rows_under(license_stream(license_id), known_us)]
    ends = [event.effective_at for event in events if isinstance(event, LicenseCancelled)]
    zones = [event.time_zone for event in events if isinstance(event, LicenseCreated)]
    return (zones[0], ends[0]) if zones and ends else None
