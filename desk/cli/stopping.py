"""How what runs until it is told to stop comes to its end: with what is under way done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Stopping:
    """Whether somebody wants it to end, and by which signal."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.by: int | None = None

    def __call__(self, signum: int, _frame: Any) -> None:
        """Take note of a signal."""
        self.by = signum
        self.stop.set()


@contextmanager
def until_told_to_stop() -> Iterator[Stopping]:
    """Let what is under way come to its end when SIGTERM or SIGINT comes."""
    stopping = Stopping()
    before = {each: signal.signal(each, stopping) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopping
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
