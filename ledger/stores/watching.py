"""Waiting until something may have been recorded."""

import sqlite3
import threading
from abc import abstractmethod
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from ledger.stores.closing import Closing

# How long at most a stop goes unnoticed, and on SQLite a write.
STEP_S = 0.2


class Watch(Closing):
    """A look-out for what others record, from the moment on at which it was made. Close it."""

    def wait(self, timeout_s: float, stop: threading.Event) -> bool:
        """Wait until something may have been recorded since the last look; False if not, or at a stop."""
        for _ in range(max(1, round(timeout_s / STEP_S))):
            if stop.is_set():
                return False
            if self.look(stop):
                return True
        return False

    @abstractmethod
    def look(self, stop: threading.Event) -> bool:
        """Tell whether something was recorded since the last look; wait for it for STEP_S or until a stop."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the look-out needs."""


class SQLiteWatch(Watch):
    """Looks whether another connection, of whichever process, has changed the file."""

    def __init__(self, path: Path) -> None:
        location = f"file:{quote(str(path))}?mode=ro"
        self._connection = sqlite3.connect(location, uri=True, isolation_level=None, check_same_thread=False)
        self._seen = self._version()

    def look(self, stop: threading.Event) -> bool:
        """Ask for the file's version, wait a step if it is the one seen before."""
        before, self._seen = self._seen, self._version()
        if before != self._seen:
            return True
        stop.wait(STEP_S)
        return False

    def _version(self) -> int:
        with closing(self._connection.execute("PRAGMA data_version")) as cursor:
            return int(cursor.fetchone()[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
