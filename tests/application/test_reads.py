"""A command reads the end of short streams, however much was recorded: counted in rows, not in seconds."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

import pytest

from ledger.application.ledger import Ledger
from ledger.application.release_seat import release_seat
from ledger.application.suspend_agent import suspend_agent
from ledger.application.take_seat import take_seat
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import decode
from ledger.stores import mapper
from ledger.stores.sqlite import LedgerConnectionPool
from tests.application.desk import ANN, NOON, HandClock, a_license, history, imported, meta

UNCOUNTED = LedgerConnectionPool.sqlite_connection_class


class CountingConnection(sqlite3.Connection):
    """A connection that counts the steps of SQLite's machine, some for every row it looks at."""

    steps = 0

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed on as they come
        self.set_progress_handler(self.count, 1)

    @classmethod
    def count(cls) -> int:
        CountingConnection.steps += 1
        return 0


@pytest.fixture
def counted(sqlite_url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Return a ledger whose connections count."""
    monkeypatch.setattr(LedgerConnectionPool, "sqlite_connection_class", CountingConnection)
    with Ledger.open(sqlite_url, create=True, clock=clock) as ledger:
        a_license(ledger)
        yield ledger


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the topic of every event that is made from a row."""
    topics: list[str] = []

    def noting(topic: str, state: bytes) -> LedgerEvent:
        topics.append(topic)
        return decode(topic, state)

    monkeypatch.setattr(mapper, "decode", noting)
    return topics


def seats(pairs: int, clock: HandClock) -> bytes:
    """Return a history in which an agent takes and leaves a seat so many times, hundreds a month."""
    lines = []
    for number in range(pairs):
        for kind in ("SeatTaken", "SeatReleased"):
            at = clock.pass_by(hours=2).isoformat()
            lines.append(
                {
                    "id": f"{kind}{number}",
                    "type": kind,
                    "license_id": "acme",
                    "agent_id": ANN,
                    "actor": "system",
                    "effective_at": at,
                    "recorded_at": at,
                }
            )
    return history(*lines)


def cost_of_a_day(ledger: Ledger, clock: HandClock) -> int:
    """Return the steps of the database for three commands, each by a ledger that remembers nothing."""
    before = CountingConnection.steps
    for command in (take_seat, release_seat, suspend_agent):
        clock.pass_by(minutes=1)
        command(Ledger(ledger.store, clock), license_id="acme", agent_id=ANN, meta=meta())
    return CountingConnection.steps - before


class TestACommand:
    def test_costs_as_much_after_a_hundred_thousand_seat_events_as_after_ten(
        self, counted: Ledger, clock: HandClock, decoded: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        imported(counted, seats(5, clock))
        clock.now = NOON + timedelta(days=31)
        few = cost_of_a_day(counted, clock)
        few_read = len(decoded)
        url = counted.store.url + ".many"
        with monkeypatch.context() as uncounted:
            uncounted.setattr(LedgerConnectionPool, "sqlite_connection_class", UNCOUNTED)
            with Ledger.open(url, create=True, clock=clock) as many:
                clock.now = NOON
                a_license(many)
                imported(many, seats(50_000, clock))
        clock.now += timedelta(days=31)
        decoded.clear()
        with Ledger.open(url, create=False, clock=clock) as many:
            much = cost_of_a_day(many, clock)
        # the month before has more facts, and the B-trees are one or two levels deeper
        assert len(decoded) <= few_read + 400
        assert 0 < much < few + 40 * 400

    def test_reads_only_what_is_new_when_it_comes_again(
        self, counted: Ledger, clock: HandClock, decoded: list[str]
    ) -> None:
        clock.pass_by(minutes=1)
        take_seat(counted, license_id="acme", agent_id=ANN, meta=meta())
        clock.pass_by(minutes=1)
        release_seat(counted, license_id="acme", agent_id=ANN, meta=meta())
        decoded.clear()
        for command in (take_seat, release_seat) * 5:
            clock.pass_by(minutes=1)
            command(counted, license_id="acme", agent_id=ANN, meta=meta())
        assert decoded == []
