"""What the worker does over and over: jobs, each done now and again from when on it says."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ledger.rules.errors import LedgerError

A_DAY = timedelta(days=1)


class Stopped(LedgerError):
    """Raised in the middle of a job, at a place where it may be left, since the worker is to end."""

    code = "stopped"
    template = "The worker was told to stop."


@dataclass(frozen=True)
class Done:
    """How a job stands: from when on it is wanted again, and what keeps part of it from being done."""

    next_at: datetime
    trouble: str | None = None


class Job(Protocol):
    """One of the things that the worker does.

    `calm` is how long at least lies between two beginnings that only what was recorded asks for; without
    anything to do it is done `at_least_every` so often, in case it knows wrongly what it waits for.
    """

    name: str
    calm: timedelta
    at_least_every: timedelta

    def run(self, stop: threading.Event) -> Done:
        """Do what is due now. Raises Stopped if `stop` was set before all of it was done."""

    def close(self) -> None:
        """Give back what the job holds; what is unreachable is left."""


def ends_if(stop: threading.Event) -> None:
    """Raise Stopped if the worker is to end."""
    if stop.is_set():
        raise Stopped
