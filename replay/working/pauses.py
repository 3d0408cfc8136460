"""Pauses that grow from one failure to the next."""

from datetime import timedelta

from tenacity import RetryCallState, Retrying, wait_exponential


class Pauses:
    """Twice as long each time, up to the longest."""

    def __init__(self, *, first_s: float = 1, longest_s: float = 60) -> None:
        self._wait = wait_exponential(multiplier=first_s, max=longest_s)
        self._state = RetryCallState(Retrying(), None, (), {})
        self.begin_anew()

    def next(self) -> timedelta:
        """Return the pause after one more failure."""
        self._state.attempt_number += 1
        return timedelta(seconds=self._wait(self._state))

    def begin_anew(self) -> None:
        """Let the next pause be the first again, since it worked."""
        self._state.attempt_number = 0
