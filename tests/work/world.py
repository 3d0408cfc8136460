"""The sample programme as it happens: a clock that jumps to what comes next, and a worker on it."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.configuration import Configuration, Mail
from desk.mail.smtp import SmtpMailer
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.application.notice_posting import Post
from ledger.application.run_billing import DEFAULT_SERIES
from replay.sample import sample_history
from replay.working.tally import Tally
from replay.working.worker import Worker
from replay.working.working import jobs_of
from tests.application.desk import HandClock, history
from tests.notices.world import never_slept

BEGIN = datetime(2024, 5, 1, tzinfo=UTC)
END = datetime(2024, 12, 31, 12, tzinfo=UTC)
CALM = {"follow": timedelta(days=7), "notify": timedelta(hours=1)}
PAPER = ("InvoiceIssued", "NoticeSent", "NoticeFailed")

Line = dict[str, Any]


def story() -> list[Line]:
    """Give the sample programme without what bills and notifies."""
    lines = map(json.loads, sample_history().splitlines())
    return [line for line in lines if line["type"] not in PAPER]


def at(line: Line) -> datetime:
    return datetime.fromisoformat(line["recorded_at"])


def record(ledger: Ledger, lines: list[Line]) -> None:
    """Record lines as they stand; those that are recorded already change nothing."""
    if lines:
        import_history(ledger, io.BytesIO(history(*lines)))


class AtOnce(Executor):
    """Does what it is given before it answers, so that a worker on a clock of hand is the same every time."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args, **named))
        return done


class Walk:
    """A way of waiting: the clock jumps to what comes next, and what the story tells by then is recorded."""

    def __init__(self, ledger: Ledger, clock: HandClock, until: datetime = END) -> None:
        self._ledger = ledger
        self._clock = clock
        self._until = until
        self._lines = story()
        self.came_to: Callable[[datetime], None] = lambda _: None
        self.tell()

    def tell(self) -> None:
        """Record what the story tells up to the clock's instant."""
        come = [line for line in self._lines if at(line) <= self._clock.now]
        record(self._ledger, come)
        self._lines = self._lines[len(come) :]

    def wait(self, until: datetime, woken: threading.Event, stop: threading.Event) -> None:
        if woken.is_set():
            return
        coming = min([until, *(at(line) for line in self._lines[:1])])
        if coming > self._until:
            stop.set()
            return
        self._clock.now = max(self._clock.now, coming)
        self.came_to(self._clock.now)
        self.tell()


def mail_settings(port: int) -> Configuration:
    return Configuration(
        mail=Mail(host="127.0.0.1", port=port, security="none", sender="billing@chat.example")
    )


@contextmanager
def post(port: int) -> Iterator[Post]:
    """Hand mail to a server on this machine."""
    with SmtpMailer(mail_settings(port)) as mailer:
        yield Post(mailer, lambda _: None, sleep=never_slept)


def worker(ledger: Ledger, port: int) -> Worker:
    """Make a worker with all jobs, which does them at once.

    Two of them are calmer than in production, so that a year is walked in a minute.
    """
    jobs = jobs_of(ledger, Tally(), lambda: post(port), DEFAULT_SERIES)
    for job in jobs:
        if job.name != "bill":
            job.calm, job.at_least_every = CALM[job.name], timedelta(days=7)
    return Worker(ledger, jobs, AtOnce())
