"""An open ledger: its store, its clock and its aggregates, handed to every use case."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import polars as pl

from ledger.application.borrowing import LendingRepository
from ledger.projections.decoding import decode_terms
from ledger.projections.programme import Programme
from ledger.rules.clock import Clock, system_clock
from ledger.rules.instants import from_us
from ledger.stores.closing import Closing
from ledger.stores.locations import open_store
from ledger.stores.read_models.locations import open_read_models
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.store import Store


def random_id() -> str:
    """Return an id that nobody has used: for events whose command came without a key."""
    return uuid4().hex


class Ledger(Closing):
    """A store that is open for recording and asking. Close it, or use it in a with statement.

    Safe to share between threads.
    """

    def __init__(
        self, store: Store, clock: Clock = system_clock, new_id: Callable[[], str] = random_id
    ) -> None:
        self.store = store
        self.clock = clock
        self.new_id = new_id
        self.repository = LendingRepository(store.event_store)
        self._last_recorded_at: datetime | None = None
        self._read_models: ReadModelStore | None = None
        self._programme: tuple[pl.DataFrame, pl.Series, Programme] | None = None

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool,
        clock: Clock = system_clock,
        new_id: Callable[[], str] = random_id,
    ) -> "Ledger":
        """Open the store that a URL names; see `open_store` for what it raises."""
        return cls(open_store(url, create=create), clock, new_id)

    def now(self) -> datetime:
        """Return the clock's instant, but never one before what this ledger knows to be recorded.

        The log's end is read once; what others record later, the store sees to when it saves.
        """
        now = self.clock()
        if self._last_recorded_at is None:
            last = self.store.last_recorded()
            self._last_recorded_at = now if last is None else from_us(last.recorded_us)
        return max(now, self._last_recorded_at)

    def all_known(self, at: datetime) -> datetime:
        """Return an instant by which all that the log holds was recorded: `at`, or the last event's if later.

        What others recorded ahead of this clock is known as well.
        """
        last = self.store.last_recorded()
        return at if last is None else max(at, from_us(last.recorded_us))

    def read_models(self, *, create: bool = False) -> ReadModelStore | None:
        """Return the read models beside the log; None if nobody made any, or they are another log's.

        With `create` they are made if they are not there; then another log's raise OfAnotherLog.
        """
        if self._read_models is None or create:
            opened = self._read_models or open_read_models(self.store, create=create)
            if opened is not None and create:
                opened.bind(self.store.ledger_id(create=True))
            if opened is not None and opened.ledger_id() != self.store.ledger_id(create=False):
                opened.close()
                return None
            self._read_models = opened
        return self._read_models

    def has_recorded(self, recorded_at: datetime) -> None:
        """Remember the instant of what was recorded last."""
        if self._last_recorded_at is None or self._last_recorded_at < recorded_at:
            self._last_recorded_at = recorded_at

    def programme(self, rows: pl.DataFrame, issued_us: pl.Series) -> Programme:
        """Return the programme's terms prepared from its rows, kept until other rows come.

        One licence after another is asked about the same programme; preparing its terms costs more than
        reading them. Of the instants at which invoices were issued only those matter that are also a row's.
        """
        ties = issued_us.filter(issued_us.is_in(rows["recorded_us"].implode())).unique().sort()
        kept = self._programme
        if kept is None or not (kept[0].equals(rows) and kept[1].equals(ties)):
            kept = self._programme = rows, ties, Programme.of(decode_terms(rows), ties)
        return kept[2]

    def close(self) -> None:
        """Give back the store's connections."""
        if self._read_models is not None:
            self._read_models.close()
        self.store.close()
