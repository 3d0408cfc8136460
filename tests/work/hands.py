"""A worker in the test's hands: jobs that do as they are told, and a clock that jumps to the next turn."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from replay.working.job import A_DAY, Done
from tests.application.desk import HandClock

Happening = tuple[datetime, Callable[[], object]]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Chore:
    """A job that keeps when it was done, and fails as often as it was told to."""

    at_least_every = A_DAY

    def __init__(self, name: str, clock: HandClock, *, calm: timedelta = timedelta()) -> None:
        self.name = name
        self.calm = calm
        self.next_at: Callable[[], datetime] = lambda: clock.now + A_DAY
        self.done_at: list[datetime] = []
        self.failing: list[BaseException] = []
        self.trouble: str | None = None
        self.is_closed = False
        self._clock = clock

    def run(self, stop: threading.Event) -> Done:
        self.done_at.append(self._clock.now)
        if self.failing:
            raise self.failing.pop(0)
        return Done(self.next_at(), self.trouble)

    def close(self) -> None:
        self.is_closed = True

    def fails(self, *errors: BaseException) -> "Chore":
        self.failing += errors
        return self

    def after_s(self) -> list[float]:
        """Give how many seconds after noon it was done."""
        return [(at - NOON).total_seconds() for at in self.done_at]


class Jumping:
    """A way of waiting: the clock jumps to the next turn, or to the next of what is to happen meanwhile."""

    def __init__(
        self,
        clock: HandClock,
        until: datetime,
        happenings: Sequence[Happening] = (),
    ) -> None:
        self._clock = clock
        self._until = until
        self._happenings = sorted(happenings, key=lambda one: one[0])

    def wait(self, until: datetime, woken: threading.Event, stop: threading.Event) -> None:
        if woken.is_set():
            return
        coming = min([until, *(at for at, _ in self._happenings[:1])])
        if coming > self._until:
            stop.set()
            return
        self._clock.now = max(self._clock.now, coming)
        while self._happenings and self._happenings[0][0] <= self._clock.now:
            self._happenings.pop(0)[1]()
