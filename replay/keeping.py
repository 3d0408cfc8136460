"""Do something again and again beside what takes long, so that nobody thinks it has died."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ledger.rules.errors import LedgerError


@contextmanager
def keeping(renew: Callable[[], None], every_s: float) -> Iterator[None]:
    """Renew in a thread of its own as long as the block runs; what fails once is tried the next time.

    It ends with the process, however that ends.
    """
    over = threading.Event()

    def keep() -> None:
        while not over.wait(every_s):
            with suppress(LedgerError):
                renew()

    thread = threading.Thread(target=keep, name="keeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
