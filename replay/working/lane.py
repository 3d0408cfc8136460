"""The turns of one job: when the next one is, and what happens when one goes wrong."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ledger.application.logs import logger
from ledger.rules.clock import Clock
from ledger.rules.errors import LedgerError
from ledger.stores.errors import AlreadyUnderWay, StoreUnreachable
from replay.working.job import Done, Job, Stopped
from replay.working.pauses import Pauses

_AT_ONCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Standing:
    """How a job stands.

    `seen` is the log's end when the last turn began, `next_at` when it is wanted even if nothing is
    recorded. `behind_since` is since when something was due that is not done, None if all is.
    """

    seen: int = -1
    next_at: datetime = _AT_ONCE
    began_at: datetime | None = None
    succeeded_at: datetime | None = None
    behind_since: datetime | None = None
    trouble: str | None = None
    code: str | None = None
    turns: int = 0
    failures: int = 0


class Lane:
    """Gives one job its turns, one at a time; whatever a turn raises, there is a next one."""

    def __init__(self, job: Job, clock: Clock, woken: threading.Event) -> None:
        self.job = job
        self.standing = Standing()
        self._clock = clock
        self._woken = woken
        self._pauses = Pauses()
        self._said: str | None = None
        self._turn: Future[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Tell whether a turn is under way."""
        return self._turn is not None and not self._turn.done()

    def consider(self, position: int, threads: Executor, stop: threading.Event) -> None:
        """Begin a turn if there is something to do and none is under way."""
        now, standing = self._clock(), self.standing
        if self.is_busy or now < self.wakes_at(position):
            return
        self.standing = replace(
            standing, began_at=now, seen=position, behind_since=standing.behind_since or now
        )
        self._turn = threads.submit(self._take, stop)

    def wakes_at(self, position: int) -> datetime:
        """Return when the next turn is, if the log ends at a position."""
        standing = self.standing
        if standing.trouble is None and standing.seen != position:
            calm = timedelta() if standing.began_at is None else self.job.calm
            return min(standing.next_at, (standing.began_at or _AT_ONCE) + calm)
        return standing.next_at

    def try_at_once(self) -> None:
        """Let what failed be tried again now, since the database is back."""
        if self.standing.code == StoreUnreachable.code:
            self.standing = replace(self.standing, next_at=_AT_ONCE)

    def wait(self) -> None:
        """Wait for the turn that is under way."""
        if self._turn is not None:
            self._turn.result()

    def _take(self, stop: threading.Event) -> None:
        try:
            done = self.job.run(stop)
        except Stopped:
            pass
        except AlreadyUnderWay as error:
            # another worker does it; whether it got to the end is seen then
            self._fail(error, say=logger().info)
        except StoreUnreachable as error:
            # the loop says that the database is lost; a job does if it goes on failing though it is there
            may_be_gone = type(error) is StoreUnreachable and self.standing.code is None
            self._fail(error, say=None if may_be_gone else logger().error)
        except LedgerError as error:
            self._fail(error, say=logger().error)
        except Exception as error:
            self._fail(error, say=logger().exception)
        else:
            self._succeed(done)
        finally:
            self._woken.set()

    def _succeed(self, done: Done) -> None:
        now, before = self._clock(), self.standing
        if self._said is not None:
            logger().info("job goes on", job=self.job.name, after=self._said)
            self._said = None
        self._pauses.begin_anew()
        standing = replace(
            before, next_at=done.next_at, trouble=done.trouble, code=None, turns=before.turns + 1
        )
        if done.trouble is None:
            standing = replace(standing, succeeded_at=now, behind_since=None)
        self.standing = standing

    def _fail(self, error: Exception, say: Callable[..., object] | None) -> None:
        before, code = self.standing, getattr(error, "code", type(error).__name__)
        reason = str(error) or type(error).__name__
        if say is not None and self._said != code:
            say("job does not go on", job=self.job.name, code=code, reason=reason)
            self._said = code
        self.standing = replace(
            before,
            next_at=self._clock() + self._pauses.next(),
            trouble=reason,
            code=code,
            turns=before.turns + 1,
            failures=before.failures + 1,
        )
