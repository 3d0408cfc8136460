"""A connection that breaks around a COMMIT: the command finds out what became of it."""

from collections.abc import Iterator

import pytest

from ledger.application.activate_agent import activate_agent
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.ledger import Ledger
from ledger.application.suspend_agent import suspend_agent
from ledger.stores.sqlite import LedgerConnectionPool
from tests.application.desk import ANN, HandClock, a_license, log_of, meta
from tests.stores.cutting_proxy import CuttingProxy, cutting_proxy
from tests.stores.test_lost_connection import BreaksBehindCommit


@pytest.fixture
def proxy(postgres_server: str) -> Iterator[CuttingProxy]:
    with cutting_proxy(postgres_server) as opened:
        yield opened


@pytest.fixture
def wired(proxy: CuttingProxy, postgres_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return a ledger in PostgreSQL behind a wire that can be cut."""
    schema = postgres_url.rpartition("schema=")[2]
    with Ledger.open(f"{proxy.url}&schema={schema}", create=True, clock=clock) as ledger:
        a_license(ledger)
        yield ledger


class TestAConnectionLost:
    def test_behind_commit_is_no_conflict(self, proxy: CuttingProxy, wired: Ledger) -> None:
        proxy.cut_behind_commit()
        recorded = suspend_agent(wired, license_id="acme", agent_id=ANN, meta=meta())
        assert proxy.cuts == 1
        assert not recorded.already_known
        assert wired.store.positions_of([recorded.event.id]) == {recorded.event.id: recorded.position}
        activate_agent(wired, license_id="acme", agent_id=ANN, meta=meta())

    def test_before_commit_is_made_good(self, proxy: CuttingProxy, wired: Ledger) -> None:
        proxy.cut_before_commit()
        suspend_agent(wired, license_id="acme", agent_id=ANN, meta=meta(key="k"))
        assert proxy.cuts == 1
        assert [line["type"] for line in log_of(wired)].count("AgentSuspended") == 1

    def test_behind_the_commit_of_a_decision_under_the_lock_is_no_failure(
        self, proxy: CuttingProxy, wired: Ledger
    ) -> None:
        proxy.cut_behind_commit()
        recorded = change_billing_cycle(wired, license_id="acme", billing_cycle="annual", meta=meta(key="k"))
        assert proxy.cuts == 1
        assert wired.store.positions_of(["k"]) == {"k": recorded.position}

    def test_behind_commit_in_sqlite_is_no_conflict(
        self, sqlite_url: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(LedgerConnectionPool, "sqlite_connection_class", BreaksBehindCommit)
        with Ledger.open(sqlite_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            BreaksBehindCommit.armed = True
            suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
            assert not BreaksBehindCommit.armed
            activate_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
            assert len(log_of(ledger)) == 5
