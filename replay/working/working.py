"""Put a worker together, with all its jobs and a thread for each."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ledger.application.ledger import Ledger
from replay.working.billing import BillingJob
from replay.working.following import FollowingJob
from replay.working.job import Job
from replay.working.notifying import NotifyingJob, OpenPost
from replay.working.tally import Tally
from replay.working.waiting import DEFAULT_POLL_S, StoreWaiting
from replay.working.worker import Worker


def jobs_of(ledger: Ledger, tally: Tally, open_post: OpenPost, series: str) -> list[Job]:
    """Return what a worker does: bill, follow, notify."""
    return [
        BillingJob(ledger, tally, series),
        FollowingJob(ledger, tally),
        NotifyingJob(ledger, tally, open_post),
    ]


@contextmanager
def worker_of(ledger: Ledger, tally: Tally, open_post: OpenPost, series: str) -> Iterator[Worker]:
    """Give a worker and end with its threads."""
    jobs = jobs_of(ledger, tally, open_post, series)
    with ThreadPoolExecutor(len(jobs), thread_name_prefix="work") as threads:
        yield Worker(ledger, jobs, threads)


def run_worker(ledger: Ledger, worker: Worker, stop: threading.Event, poll_s: float = DEFAULT_POLL_S) -> None:
    """Let a worker work until told to stop, as time passes and as its log grows."""
    with StoreWaiting(ledger, poll_s) as waiting:
        worker.run(stop, waiting)
