"""Wait for the log to grow, in production: by the store's watch, with a poll behind it."""

import threading
from contextlib import suppress
from datetime import datetime

from ledger.application.ledger import Ledger
from ledger.rules.errors import LedgerError
from ledger.stores.closing import Closing
from ledger.stores.errors import StoreUnreachable
from ledger.stores.watching import STEP_S, Watch

DEFAULT_POLL_S = 5.0


class StoreWaiting(Closing):
    """Waits by the ledger's clock; without a database it waits all the same. Close it."""

    def __init__(self, ledger: Ledger, poll_s: float = DEFAULT_POLL_S) -> None:
        self._ledger = ledger
        self._poll_s = poll_s
        self._watch: Watch | None = None

    def wait(self, until: datetime, woken: threading.Event, stop: threading.Event) -> None:
        """Return at the instant, a poll later, when something may have been recorded, or at an event."""
        now = self._ledger.clock()
        wait_s = min(self._poll_s, max(0.0, (until - now).total_seconds()))
        if self._watch is None and self._opened() and wait_s:
            # what was recorded before the watch began is seen by looking once more
            return
        for _ in range(int(wait_s / STEP_S)):
            if stop.is_set() or woken.is_set() or self._heard(stop):
                return
        if not woken.is_set():
            stop.wait(wait_s % STEP_S)

    def _opened(self) -> bool:
        with suppress(StoreUnreachable):
            self._watch = self._ledger.store.watch()
        return self._watch is not None

    def _heard(self, stop: threading.Event) -> bool:
        if self._watch is not None:
            try:
                return self._watch.look(stop)
            except StoreUnreachable:
                self.close()
        stop.wait(STEP_S)
        return False

    def close(self) -> None:
        """Give back the watch."""
        watch, self._watch = self._watch, None
        if watch is not None:
            with suppress(LedgerError):
                watch.close()
