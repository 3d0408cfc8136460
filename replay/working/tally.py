"""What a worker has done since it began, and what is left of the last time, for those who watch it."""

import threading
from collections import Counter
from collections.abc import Iterable

from ledger.application.ask import DataFault
from ledger.application.logs import logger


class Tally:
    """Counts, by name; `faults` by code, each fault once. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[DataFault] = set()
        self.invoices_issued = 0
        self.notices_sent = 0
        self.attempts_failed = 0
        self.faults: Counter[str] = Counter()
        # as the last turn of the job left them
        self.licenses_unbilled = 0
        self.notices_due = 0
        self.licenses_parked = 0

    def issued(self, count: int) -> None:
        """Count invoices and credit notes."""
        with self._lock:
            self.invoices_issued += count

    def notified(self, *, sent: int, failed: int, due: int) -> None:
        """Count notices that went out and attempts that failed; `due` are those that are still to go out."""
        with self._lock:
            self.notices_sent += sent
            self.attempts_failed += failed
            self.notices_due = due

    def met(self, faults: Iterable[DataFault]) -> None:
        """Count data faults and log them, each the first time that it is met."""
        for fault in faults:
            with self._lock:
                if fault in self._known:
                    continue
                self._known.add(fault)
                self.faults[fault.code] += 1
            logger().warning("data fault", code=fault.code, reason=fault.message, way_out=fault.mend)
