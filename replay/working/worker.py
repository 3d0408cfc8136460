"""The worker: jobs that are done as time passes and as the log grows, until somebody says stop."""

import threading
from collections.abc import Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.rules.errors import LedgerError
from ledger.stores.errors import StoreLocked, StoreUnreachable
from replay.working.condition import Condition
from replay.working.job import Job
from replay.working.lane import Lane, Standing
from replay.working.pauses import Pauses


class Waiting(Protocol):
    """How the worker waits."""

    def wait(self, until: datetime, woken: threading.Event, stop: threading.Event) -> None:
        """Return at an instant, when something may have been recorded, or when one of the events is set.

        May return earlier, and must after a while, whatever is waited for.
        """


@dataclass(frozen=True)
class Watched:
    """How a worker stands: when it looked at the log last, what it found, and each job by name."""

    began_at: datetime
    looked_at: datetime | None
    position: int | None
    database_lost: str | None
    jobs: dict[str, Standing]


class Worker:
    """Does its jobs, each in a thread of its own, so that one that hangs or fails leaves the others alone.

    One loop: look where the log ends, give a turn to each job that is wanted, wait until the next one is.
    Clock, threads and the way of waiting are given to it. Several workers may work on one log.
    """

    def __init__(self, ledger: Ledger, jobs: Sequence[Job], threads: Executor) -> None:
        """Take jobs; `threads` has room for all of them at once."""
        self._ledger = ledger
        self._threads = threads
        self._woken = threading.Event()
        self._database = Condition("database")
        self._pauses = Pauses()
        self._lanes = [Lane(job, ledger.clock, self._woken) for job in jobs]
        self._began_at = ledger.clock()
        self._looked_at: datetime | None = None
        self._position: int | None = None

    def run(self, stop: threading.Event, waiting: Waiting) -> None:
        """Work until told to stop, then let what is under way come to its end."""
        logger().info("work begins", jobs=" ".join(lane.job.name for lane in self._lanes))
        try:
            while not stop.is_set():
                self._woken.clear()
                waiting.wait(self.turn(stop), self._woken, stop)
        finally:
            stop.set()
            for lane in self._lanes:
                lane.wait()
        for lane in self._lanes:
            with suppress(LedgerError):
                lane.job.close()
        logger().info("work ends")

    def turn(self, stop: threading.Event) -> datetime:
        """Begin what is wanted now, and return when the next thing is."""
        now = self._ledger.clock()
        position = self._look()
        if position is None:
            return now + self._pauses.next()
        for lane in self._lanes:
            lane.consider(position, self._threads, stop)
        # a turn that is under way wakes the loop at its end
        idle = [lane.wakes_at(position) for lane in self._lanes if not lane.is_busy]
        return min(idle, default=datetime.max.replace(tzinfo=now.tzinfo))

    def watched(self) -> Watched:
        """Return how the worker stands."""
        return Watched(
            self._began_at,
            self._looked_at,
            self._position,
            self._database.reason,
            {lane.job.name: lane.standing for lane in self._lanes},
        )

    def _look(self) -> int | None:
        """Return where the log ends; None if the database does not say."""
        try:
            last = self._ledger.store.last_recorded()
        except (StoreUnreachable, StoreLocked) as error:
            self._database.is_lost(str(error))
            return None
        if self._database.reason is not None:
            self._database.is_back()
            for lane in self._lanes:
                lane.try_at_once()
        self._pauses.begin_anew()
        self._looked_at = self._ledger.clock()
        self._position = 0 if last is None else last.position
        return self._position
