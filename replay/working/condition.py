"""What the worker needs and may lose, such as its database: said once when lost, once when back."""

import threading

from ledger.application.logs import logger


class Condition:
    """Whether something that is needed is there; safe to share between threads."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()
        self.reason: str | None = None

    def is_lost(self, reason: str) -> None:
        """Take down that it is not there, and why."""
        with self._lock:
            before, self.reason = self.reason, reason
        if before is None:
            logger().error(f"{self._what} lost", reason=reason)

    def is_back(self) -> None:
        """Take down that it is there."""
        with self._lock:
            before, self.reason = self.reason, None
        if before is not None:
            logger().warning(f"{self._what} back")
