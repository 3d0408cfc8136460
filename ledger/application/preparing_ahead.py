"""Batches of lines prepared ahead in other processes, handed on in their order."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from ledger.application.history_lines import Batch
from ledger.application.preparing import Prepared, prepare, prepare_packed, unpacked
from ledger.application.serving import serve_parent
from ledger.events.plain_lines import PlainLines
from ledger.rules.errors import LedgerError

# A history that is shorter is done before another process has begun.
BATCHES_ALONE = 10
# Batches in memory at once, of some 2,000 lines each: what bounds memory.
_BATCHES_AHEAD_OF_A_PROCESS = 4


class PreparingBroke(LedgerError):
    """Raised when a process that reads lines for an import is gone; nothing since the last commit stays."""

    code = "preparing_broke"
    template = "A process that was reading lines for this import has died."
    hint = "Was it killed, or memory short? Import again, or with one process only."


class _Ahead(NamedTuple):
    batch: Batch
    packed: Future[bytes]


def preparing(batches: Iterator[Batch], processes: int) -> Iterator[tuple[Batch, list[Prepared]]]:
    """Yield each batch with its lines prepared, in order.

    Starts other processes only for a long history, and goes on alone until they are there. Raises
    PreparingBroke if one of them dies.
    """
    plain = PlainLines()
    if processes > 1:
        for batch in islice(batches, BATCHES_ALONE):
            yield batch, prepare(batch, plain)
        following = next(batches, None)
        if following is not None:
            with _helpers(processes - 1) as helpers:
                yield from _with_helpers(_and_then(following, batches), plain, helpers, processes - 1)
        return
    for batch in batches:
        yield batch, prepare(batch, plain)


def _and_then(first: Batch, others: Iterator[Batch]) -> Iterator[Batch]:
    yield first
    yield from others


def _with_helpers(
    batches: Iterator[Batch], plain: PlainLines, helpers: ProcessPoolExecutor, count: int
) -> Iterator[tuple[Batch, list[Prepared]]]:
    ahead: deque[_Ahead] = deque()
    try:
        first_sign = helpers.submit(os.getpid)
        while not _has_come(first_sign):
            batch = next(batches, None)
            if batch is None:
                return
            yield batch, prepare(batch, plain)
        while True:
            for batch in islice(batches, _BATCHES_AHEAD_OF_A_PROCESS * count - len(ahead)):
                ahead.append(_Ahead(batch, helpers.submit(prepare_packed, batch)))
            if not ahead:
                return
            batch, packed = ahead.popleft()
            if packed.cancel():
                yield batch, prepare(batch, plain)
            else:
                yield batch, unpacked(packed.result(), batch)
    except BrokenProcessPool as error:
        raise PreparingBroke from error


def _has_come(first_sign: Future[int]) -> bool:
    """Tell whether the helpers have begun; raises BrokenProcessPool if they never will."""
    return first_sign.done() and first_sign.result() > 0


@contextmanager
def _helpers(count: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=serve_parent)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
