"""Which licences can have become due for billing since somebody last looked, without the log being read."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast

import polars as pl

from ledger.application.ledger import Ledger
from ledger.events.catalogue import UnreadableEvent
from ledger.events.license import LicenseCreated
from ledger.projections.billing import CALENDAR_SCHEMA, come_between, next_instant


class Candidate(NamedTuple):
    """A licence whose billing date has come; `last_n` is the last one that has, counted from the anchor."""

    license_id: str
    anchor: date
    last_n: int

    def is_settled_by(self, billing_date: date) -> bool:
        """Tell whether the invoice of that date leaves nothing that can still be issued."""
        months = (billing_date.year - self.anchor.year) * 12 + billing_date.month - self.anchor.month
        return months >= self.last_n


class BillingLookout:
    """Remembers the billing anchors of all licences, some 50 bytes each, and up to when it has looked.

    The first look reads every LicenseCreated, in pages, and names all licences with a billing date; each
    later one reads only what was recorded since, and names those with a billing date since. An invoice
    depends on what was known when its date came, so nothing else can make one due. For one thread.
    """

    def __init__(self) -> None:
        """Begin without having looked."""
        self._calendar = pl.DataFrame(schema=CALENDAR_SCHEMA)
        self._position = 0
        self._until_us: int | None = None
        self._again: set[str] = set()
        # licences whose creation cannot be read, with the reason
        self.unreadable: dict[str, str] = {}

    def look(self, ledger: Ledger, until_us: int) -> list[Candidate]:
        """Return the licences that can have become due by an instant, by id.

        The instant of the look before is looked at again, since more may have been recorded at it, and so
        are the licences of `look_again`.
        """
        before = self._calendar.height
        self._read_new(ledger)
        old, new = self._calendar.head(before), self._calendar.slice(before)
        again = old.filter(pl.col("license_id").is_in(list(self._again)))
        found = [
            come_between(old, self._until_us, until_us),
            come_between(pl.concat([new, again]), None, until_us),
        ]
        rows = pl.concat(found).unique("license_id").sort("license_id")
        self._until_us = max(until_us, self._until_us or until_us)
        self._again.clear()
        return [Candidate(*row) for row in rows.iter_rows()]

    def look_again(self, license_ids: Sequence[str]) -> None:
        """Name these licences again at the next look, since they could not be billed."""
        self._again.update(license_ids)

    def next_at(self, after_us: int) -> int | None:
        """Return the first instant behind another at which a date of a licence seen so far comes."""
        return next_instant(self._calendar, after_us)

    def _read_new(self, ledger: Ledger) -> None:
        last = ledger.store.last_recorded()
        if last is None:
            return
        found = [self._calendar]
        for page in ledger.store.billing.created(self._position, last.position):
            rows = []
            for recorded in page:
                try:
                    event = cast(LicenseCreated, ledger.store.mapper.to_domain_event(recorded.row).event)
                    rows.append((event.license_id, event.time_zone, event.billing_anchor))
                except UnreadableEvent as error:
                    self.unreadable[str(recorded.row.license_id)] = str(error)
            found.append(pl.DataFrame(rows, schema=CALENDAR_SCHEMA, orient="row"))
        self._calendar = pl.concat(found)
        self._position = last.position
