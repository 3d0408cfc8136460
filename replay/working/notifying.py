"""Send notices as they fall due, try again what failed, take back what applies no more."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from ledger.application.ledger import Ledger
from ledger.application.notice_outcomes import NoticesRun, Outcome, Result
from ledger.application.notice_posting import Post
from ledger.application.run_notices import run_notices
from ledger.rules.words import Channel
from replay.working.condition import Condition
from replay.working.job import A_DAY, Done, ends_if
from replay.working.pauses import Pauses
from replay.working.tally import Tally

OpenPost = Callable[[], AbstractContextManager[Post]]

_STILL_DUE = (Result.FAILED, Result.WAITING, Result.GIVEN_UP, Result.NO_RECIPIENT)


class NotifyingJob:
    """Sends what is due; the next time is the next notice's due instant, the next attempt's, or a change.

    A mail server that takes nothing is left alone for growing pauses, so that no attempts are spent on it;
    in-app notices do not wait for it.
    """

    name = "notify"
    # the question is about all licences
    calm = timedelta(seconds=30)
    at_least_every = A_DAY

    def __init__(self, ledger: Ledger, tally: Tally, open_post: OpenPost) -> None:
        self._ledger = ledger
        self._tally = tally
        self._open_post = open_post
        self._pauses = Pauses(first_s=60, longest_s=900)
        self._server = Condition("mail server")

    def run(self, stop: threading.Event) -> Done:
        """Send every notice that is due now; left in the middle, what was sent is recorded."""
        with self._open_post() as post:
            run = run_notices(self._ledger, post, progress=lambda *_: ends_if(stop))
        self._tally.met(run.faults)
        self._tally.notified(
            sent=run.count(Result.SENT, Result.RECOVERED),
            failed=run.count(Result.FAILED),
            due=run.count(*_STILL_DUE),
        )
        self._learn(run)
        now = self._ledger.now()
        wanted = [one.next_at for one in run.outcomes if one.next_at is not None]
        if run.server_fault is not None:
            wanted = [now + self._pauses.next()]
        if run.next_due_at is not None:
            wanted.append(run.next_due_at)
        lost = self._server.reason if run.count(*_STILL_DUE) else None
        trouble = None if lost is None else f"the mail server takes nothing: {lost}"
        return Done(min([now + self.at_least_every, *wanted]), trouble)

    def _learn(self, run: NoticesRun) -> None:
        """Take down whether the server is there; a run in which every letter waits does not tell."""
        if run.server_fault is not None:
            self._server.is_lost(run.server_fault)
        elif any(_was_answered(one) for one in run.outcomes):
            self._server.is_back()
            self._pauses.begin_anew()

    def close(self) -> None:
        """Hold nothing."""


def _was_answered(outcome: Outcome) -> bool:
    return outcome.subject.channel is Channel.EMAIL and outcome.result in (Result.SENT, Result.FAILED)
