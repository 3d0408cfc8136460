"""Bunches of a long write on their way to the database in a thread, while the next one is decided on."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ledger.stores.log_row import PlacedRow


class WritingBehind:
    """One bunch at most under way; whatever else is asked of its connection must wait for it (`settle`).

    The drivers do their work without Python's lock, so both threads get on.
    """

    def __init__(self, insert: Callable[[Sequence[PlacedRow]], None]) -> None:
        self._insert = insert
        self._thread: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    def begin(self, rows: Sequence[PlacedRow]) -> None:
        """Send a bunch on its way; nothing else may be."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="writing")
        self._under_way = self._thread.submit(self._insert, rows)

    def settle(self) -> None:
        """Wait for what is under way, if anything is; raises what became of it."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def close(self) -> None:
        """Wait until the thread is done, whatever became of its bunch.

        An interruption meanwhile is raised when it is: a connection must not be closed, or roll back, under
        who writes with it.
        """
        interrupted: BaseException | None = None
        while self._thread is not None:
            try:
                self._thread.shutdown(wait=True)
                self._thread = None
            except BaseException as error:
                interrupted = error
        if interrupted is not None:
            raise interrupted
