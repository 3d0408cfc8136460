"""Bill: issue the invoices whose billing dates have come, each once, with numbers that have no gap."""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ledger.application.ask import DataFault
from ledger.application.billing_lookout import BillingLookout, Candidate
from ledger.application.invoice_drafts import Drafting, Drafts, unreadable
from ledger.application.issuing_invoices import IssuedNow, Outcome, issue_drafts
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import format_instant, to_us

DEFAULT_SERIES: Final = "INV"
# Computed together, without a lock; more at once is hardly faster.
LICENSES_AT_ONCE: Final = 1_000
# What one transaction records; the lock is held for as long as that takes, some 200 ms.
INVOICES_AT_ONCE: Final = 1_000
# A licence of which something is recorded that often while it is drafted is drafted under the lock.
_ATTEMPTS = 3

Progress = Callable[[int, int], None]
OnIssued = Callable[[Sequence[IssuedNow]], None]


class BilledAhead(InvalidValue):
    """Raised for a run up to an instant that has not come."""

    code = "billed_ahead"
    template = "{value} has not come yet: it is {now}. Only what is due is billed."
    hint = "Leave the time out to bill what is due now; `invoices --as-of` shows what is to come."


@dataclass
class Total:
    """What was issued in a currency: how many invoices and credit notes, and their sums in minor units."""

    invoices: int = 0
    invoiced_minor: int = 0
    credit_notes: int = 0
    credited_minor: int = 0

    def add(self, amount_minor: int) -> None:
        """Count an invoice of a total; a negative one is a credit note."""
        if amount_minor < 0:
            self.credit_notes += 1
            self.credited_minor += amount_minor
        else:
            self.invoices += 1
            self.invoiced_minor += amount_minor


@dataclass
class BillingReport:
    """What a run up to `until` did.

    `licenses` were looked at, `switched` models were recorded for cutovers, `totals` are by currency.
    `faults` keep something from being billed; of the licences in `failed` nothing could be.
    """

    until: datetime
    licenses: int = 0
    switched: int = 0
    totals: dict[str, Total] = field(default_factory=dict)
    faults: list[DataFault] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def issued(self) -> int:
        """Return how many invoices and credit notes were issued."""
        return sum(total.invoices + total.credit_notes for total in self.totals.values())


def run_billing(
    ledger: Ledger,
    *,
    series: str = DEFAULT_SERIES,
    until: datetime | None = None,
    lookout: BillingLookout | None = None,
    on_issued: OnIssued | None = None,
    progress: Progress | None = None,
) -> BillingReport:
    """Issue every invoice whose billing date has come by `until` (now) and that is not issued.

    Numbered `SERIES-YYYY-000001` by the year of issue. Some hundred licences at a time, in one transaction:
    what was committed stays, whatever becomes of the run, and running it again issues nothing twice. Others
    may bill at the same time. `lookout` keeps from one run to the next who can have become due.
    `on_issued` is told what was committed, `progress` how many licences of how many are done.

    A data fault, or a licence that cannot be read, is reported, and the run goes on. Raises BilledAhead,
    StoreLocked, StoreUnreachable, UnreadableEvent for an event of the programme.
    """
    now = ledger.now()
    until = until or now
    if until > now:
        raise BilledAhead(field="until", value=format_instant(until), now=format_instant(now))
    run = _Run(ledger, series, BillingReport(until), lookout or BillingLookout(), on_issued)
    run.bill(progress)
    report = run.report
    say = logger().info if report.licenses else logger().debug
    say(
        "billed", issued=report.issued, switched=report.switched, faults=len(report.faults),
        failed=len(report.failed),
    )  # fmt: skip
    return report


class _Run:
    def __init__(
        self,
        ledger: Ledger,
        series: str,
        report: BillingReport,
        lookout: BillingLookout,
        on_issued: OnIssued | None,
    ) -> None:
        self._ledger = ledger
        self._series = series
        self._lookout = lookout
        self._on_issued = on_issued
        self._drafting = Drafting(ledger, to_us(report.until))
        self.report = report

    def bill(self, progress: Progress | None) -> None:
        report = self.report
        candidates = self._lookout.look(self._ledger, to_us(report.until))
        report.licenses = len(candidates)
        waiting = deque(
            (candidates[start : start + LICENSES_AT_ONCE], 1)
            for start in range(0, len(candidates), LICENSES_AT_ONCE)
        )
        try:
            self._bill_all(waiting, len(candidates), progress)
        except BaseException:
            self._lookout.look_again([one.license_id for one in candidates])
            raise
        for license_id, reason in self._lookout.unreadable.items():
            report.faults.append(unreadable(license_id, reason))
            report.failed.append(license_id)
        self._lookout.look_again(report.failed)

    def _bill_all(
        self, waiting: deque[tuple[list[Candidate], int]], total: int, progress: Progress | None
    ) -> None:
        done = 0
        while waiting:
            some, attempt = waiting.popleft()
            contested = self._bill_some(some, attempt) if attempt < _ATTEMPTS else self._bill_alone(some)
            again = [one for one in some if one.license_id in contested]
            if again:
                waiting.append((again, attempt + 1))
            done += len(some) - len(again)
            if progress is not None:
                progress(done, total)

    def _bill_some(self, candidates: Sequence[Candidate], attempt: int) -> frozenset[str]:
        """Draft without the lock, and take it only to record; return whom somebody else was busy with."""
        drafts = self._drafting.draft(candidates)
        contested: set[str] = set()
        for license_ids in drafts.bunches(INVOICES_AT_ONCE):
            with self._ledger.store.writing() as session:
                outcome = issue_drafts(self._ledger, session, drafts, license_ids, self._series)
            self._take_in(outcome)
            contested.update(outcome.contested)
        if contested:
            logger().info("drafting again", licenses=len(contested), attempt=attempt)
        self._report(drafts, contested)
        return frozenset(contested)

    def _bill_alone(self, candidates: Sequence[Candidate]) -> frozenset[str]:
        """Draft and record under the lock: nobody can come in between."""
        outcomes = []
        with self._ledger.store.writing() as session:
            drafts = self._drafting.draft(candidates)
            for license_ids in drafts.bunches(INVOICES_AT_ONCE):
                outcomes.append(issue_drafts(self._ledger, session, drafts, license_ids, self._series))
        for outcome in outcomes:
            self._take_in(outcome)
        self._report(drafts, ())
        return frozenset()

    def _take_in(self, outcome: Outcome) -> None:
        """Count what was committed, and tell of it."""
        report = self.report
        report.switched += outcome.switched
        report.faults += outcome.faults
        for issued, _, currency in outcome.issued:
            report.totals.setdefault(currency, Total()).add(issued.event.total)
        if outcome.issued:
            self._ledger.has_recorded(outcome.issued[-1].issued.event.recorded_at)
            if self._on_issued is not None:
                self._on_issued(outcome.issued)

    def _report(self, drafts: Drafts, contested: Collection[str]) -> None:
        """Report what is off, of those contested only when they are drafted again."""
        self.report.failed += drafts.failed
        self.report.faults += [fault for name, fault in drafts.faults if name not in contested]
