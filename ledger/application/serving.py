"""How a process that computes for another behaves: it leaves interruptions to it, and never outlives it."""

import multiprocessing
import os
import signal
import threading


def serve_parent() -> None:
    """Leave interruptions to the parent, and end when it ends, however that comes about.

    For a pool's initializer: a worker whose parent was killed would wait for work for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
