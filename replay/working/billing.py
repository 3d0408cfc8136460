"""Bill as billing dates come."""

import threading
from datetime import timedelta

from ledger.application.billing_lookout import BillingLookout
from ledger.application.ledger import Ledger
from ledger.application.run_billing import DEFAULT_SERIES, run_billing
from ledger.rules.instants import MICROSECOND, from_us, to_us
from replay.working.job import A_DAY, Done, ends_if
from replay.working.tally import Tally

# A licence that could not be read is tried again so much later.
_UNREADABLE_AGAIN = timedelta(minutes=15)


class BillingJob:
    """Issues what is due; the next time is the next billing date's instant, or what was recorded since."""

    name = "bill"
    calm = timedelta(seconds=1)
    at_least_every = A_DAY

    def __init__(self, ledger: Ledger, tally: Tally, series: str = DEFAULT_SERIES) -> None:
        self._ledger = ledger
        self._tally = tally
        self._series = series
        self._lookout = BillingLookout()

    def run(self, stop: threading.Event) -> Done:
        """Issue every invoice that is due now; left in the middle, what was committed stays."""
        # what is recorded at a date's very instant belongs to its invoice, and may still be recorded in it
        until = self._ledger.now() - MICROSECOND
        report = run_billing(
            self._ledger,
            series=self._series,
            until=until,
            lookout=self._lookout,
            on_issued=lambda some: self._tally.issued(len(some)),
            progress=lambda done, total: ends_if(stop) if done < total else None,
        )
        self._tally.met(report.faults)
        self._tally.licenses_unbilled = len(report.failed)
        following_us = self._lookout.next_at(to_us(until))
        next_at = until + (_UNREADABLE_AGAIN if report.failed else self.at_least_every)
        return Done(next_at if following_us is None else min(next_at, from_us(following_us) + MICROSECOND))

    def close(self) -> None:
        """Hold nothing."""
