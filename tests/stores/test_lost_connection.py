"""A connection that breaks around COMMIT: a conflict it is not, and what was not committed is made again."""

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest

from ledger.stores.errors import StoreUnreachable, StreamConflict
from ledger.stores.locations import open_store
from ledger.stores.sqlite import LedgerConnectionPool
from ledger.stores.store import Store
from tests.stores.cutting_proxy import CuttingProxy, cutting_proxy
from tests.stores.rows import NOON_US, SEATS, row, rows


@pytest.fixture
def proxy(postgres_server: str) -> Iterator[CuttingProxy]:
    with cutting_proxy(postgres_server) as opened:
        yield opened


@pytest.fixture
def wired(proxy: CuttingProxy, postgres_url: str) -> Iterator[Store]:
    """Return a store in PostgreSQL behind the wire."""
    schema = postgres_url.rpartition("schema=")[2]
    with open_store(f"{proxy.url}&schema={schema}", create=True) as store:
        store.recorder.insert_events([row("prices", 1)])
        yield store


def versions(store: Store) -> list[int]:
    return [one.originator_version for one in store.recorder.select_events(SEATS)]


class TestPostgreSQL:
    def test_gives_the_positions_of_what_was_committed(self, proxy: CuttingProxy, wired: Store) -> None:
        proxy.cut_behind_commit()
        positions = wired.recorder.insert_events(rows(SEATS, 2))
        assert proxy.cuts == 1
        assert versions(wired) == [1, 2]
        recorded = wired.positions_of([f"{SEATS}#1", f"{SEATS}#2"])
        assert positions == list(recorded.values())

    def test_knows_what_was_committed_though_it_was_restamped(
        self, proxy: CuttingProxy, wired: Store
    ) -> None:
        proxy.cut_behind_commit()
        wired.recorder.insert_events([row(SEATS, 1, NOON_US - 5)], restamp=True)
        assert proxy.cuts == 1
        assert versions(wired) == [1]

    def test_makes_again_what_was_not_committed(self, proxy: CuttingProxy, wired: Store) -> None:
        proxy.cut_before_commit()
        wired.recorder.insert_events(rows(SEATS, 2))
        assert proxy.cuts == 1
        assert versions(wired) == [1, 2]

    def test_still_tells_a_conflict(self, proxy: CuttingProxy, wired: Store) -> None:
        wired.recorder.insert_events(rows(SEATS, 1))
        proxy.cut_behind_commit()
        wired.recorder.insert_events([row("license/b", 1)])
        with pytest.raises(StreamConflict):
            wired.recorder.insert_events([row(SEATS, 1, event_id="other")])

    def test_settles_a_long_write(self, proxy: CuttingProxy, wired: Store) -> None:
        with wired.writing() as session:
            session.append(rows(SEATS, 2))
            proxy.cut_behind_commit()
        assert proxy.cuts == 1
        assert versions(wired) == [1, 2]

    def test_refuses_a_long_write_that_was_not_committed(self, proxy: CuttingProxy, wired: Store) -> None:
        def write() -> None:
            with wired.writing() as session:
                session.append(rows(SEATS, 2))
                proxy.cut_before_commit()

        with pytest.raises(StoreUnreachable):
            write()
        assert proxy.cuts == 1
        assert versions(wired) == []

    def test_asks_again_on_another_connection(self, postgres_server: str, postgres_url: str) -> None:
        name = postgres_url.rpartition("schema=")[2]
        with open_store(f"{postgres_url}&application_name={name}", create=True) as store:
            store.recorder.insert_events(rows(SEATS, 1))
            # sessions say who they are by name: what an idle one asked last may be anything
            with psycopg.connect(postgres_server, autocommit=True) as admin:
                ended = admin.execute(
                    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                    "WHERE application_name = %s",
                    [name],
                ).fetchone()
            assert ended is not None
            assert ended[0] >= 1
            assert store.positions_of([f"{SEATS}#1"])

    def test_says_so_when_the_server_is_gone(self, postgres_server: str, postgres_url: str) -> None:
        schema = postgres_url.rpartition("schema=")[2]
        with cutting_proxy(postgres_server) as proxy:
            store = open_store(f"{proxy.url}&schema={schema}", create=True)
            store.close()
            url = proxy.url
        with pytest.raises(StoreUnreachable) as refusal:
            open_store(f"{url}&schema={schema}", create=False)
        assert refusal.value.exit_code == 1


class BreaksBehindCommit(sqlite3.Connection):
    """A connection whose COMMIT succeeds but does not come back, once it is armed."""

    armed = False

    def commit(self) -> None:
        super().commit()
        if type(self).armed:
            type(self).armed = False
            raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def breaking(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(LedgerConnectionPool, "sqlite_connection_class", BreaksBehindCommit)
    with open_store(sqlite_url, create=True) as store:
        yield store


class TestSQLite:
    def test_gives_the_positions_of_what_was_committed(self, breaking: Store) -> None:
        BreaksBehindCommit.armed = True
        assert breaking.recorder.insert_events(rows(SEATS, 2)) == [1, 2]
        assert not BreaksBehindCommit.armed
        assert versions(breaking) == [1, 2]

    def test_settles_a_long_write(self, breaking: Store) -> None:
        with breaking.writing() as session:
            session.append(rows(SEATS, 2))
            BreaksBehindCommit.armed = True
        assert not BreaksBehindCommit.armed
        assert versions(breaking) == [1, 2]
