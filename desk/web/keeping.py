"""Answers that take long are kept for a while: a few, and only while they are what would be said anew."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from ledger.application.ledger import Ledger
from ledger.application.list_licenses import SHORT_LOG
from ledger.rules.instants import from_us

Answer = TypeVar("Answer")

# An answer about the present is up to so old; the page says which moment it shows.
FRESH: Final = timedelta(seconds=30)
# Of a long log, which takes long to read, it may be older, and need not know what was recorded since.
FRESH_OF_LONG_LOG: Final = timedelta(minutes=2)
_MOST: Final = 8


@dataclass(frozen=True)
class Moment:
    """The two instants that an answer is computed at, and what it may be kept under.

    `log` is the position of the log's last event; 0 where what is known at that time cannot change any more,
    or where something newer need not be known.
    """

    as_of: datetime
    known_at: datetime
    is_present: bool
    log: int
    fresh: timedelta = FRESH


def moment_of(ledger: Ledger, as_of: datetime, known_at: datetime, *, is_present: bool) -> Moment:
    """Return when to ask. What was recorded by a past instant stays as it is; else the log's end tells."""
    last = ledger.store.last_recorded()
    if last is None:
        return Moment(as_of, known_at, is_present=is_present, log=0)
    if is_present and last.position > SHORT_LOG:
        return Moment(as_of, known_at, is_present=True, log=0, fresh=FRESH_OF_LONG_LOG)
    is_over = known_at < from_us(last.recorded_us)
    return Moment(as_of, known_at, is_present=is_present, log=0 if is_over else last.position)


@dataclass
class _Place:
    """Where one answer stands; whoever computes it holds the lock, and others wait for the same answer."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    moment: Moment | None = None
    answer: object = None

    def holds(self, moment: Moment) -> bool:
        """Tell whether what is here answers at a moment."""
        kept = self.moment
        if kept is None or not moment.is_present:
            return kept is not None
        return timedelta(0) <= moment.as_of - kept.as_of < moment.fresh


def _full(key: Hashable, moment: Moment) -> Hashable:
    return key, moment.log, None if moment.is_present else (moment.as_of, moment.known_at)


class Kept:
    """The answers given last, at most _MOST of them; each is computed once for all who ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: OrderedDict[Hashable, _Place] = OrderedDict()

    def answer(
        self, key: Hashable, moment: Moment, compute: Callable[[Moment], Answer]
    ) -> tuple[Moment, Answer]:
        """Return the kept answer and the moment it is of, or compute it; a failure is not kept."""
        place = self._place(_full(key, moment))
        with place.lock:
            if not place.holds(moment):
                place.answer = compute(moment)
                place.moment = moment
            found: Answer = place.answer  # type: ignore[assignment]  # what `compute` of this key returned
            return place.moment or moment, found

    def has(self, key: Hashable, moment: Moment) -> bool:
        """Tell whether the answer is there, so that nobody would have to wait for it."""
        with self._lock:
            place = self._places.get(_full(key, moment))
        return place is not None and place.holds(moment)

    def _place(self, key: Hashable) -> _Place:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            while len(self._places) > _MOST:
                self._places.popitem(last=False)
            return place
