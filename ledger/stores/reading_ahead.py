"""Pages of the log on their way while others are worked on, handed out in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

# While one page is worked on, two others are on their way: the database and Polars each have a core then.
_PAGES_AHEAD = 2
Page = TypeVar("Page")


def in_order(read: Callable[[int, int], Page], spans: Iterable[tuple[int, int]]) -> Iterator[Page]:
    """Yield what `read` gives for each (after, until) of the spans, in their order; it runs in threads.

    What `read` raises is raised in its place; spans that have not begun by then are given up.
    """
    with ThreadPoolExecutor(_PAGES_AHEAD, thread_name_prefix="read-log") as readers:
        ahead: deque[Future[Page]] = deque()
        try:
            for after, until in spans:
                ahead.append(readers.submit(read, after, until))
                if len(ahead) > _PAGES_AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()
