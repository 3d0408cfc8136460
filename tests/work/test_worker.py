"""One loop: each job has its turn when it is due or when the log grew, and one that fails stops no other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest

from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.rules.errors import LedgerError
from ledger.stores.errors import AlreadyUnderWay, StoreLocked
from replay.working.health import health_of
from replay.working.job import Stopped
from replay.working.waiting import StoreWaiting
from replay.working.worker import Worker
from tests.application.desk import HandClock, a_license, meta
from tests.work.hands import NOON, Chore, Jumping
from tests.work.world import AtOnce

HOUR = NOON + timedelta(hours=1)


@pytest.fixture
def ledger(sqlite_ledger: Ledger) -> Ledger:
    a_license(sqlite_ledger)
    return sqlite_ledger


def hire(ledger: Ledger, name: str) -> None:
    create_agent(ledger, license_id="acme", agent_id=name, meta=meta())


class TestWorker:
    def test_gives_each_job_its_turn_when_it_is_due(self, ledger: Ledger, clock: HandClock) -> None:
        often, seldom = Chore("often", clock), Chore("seldom", clock)
        often.next_at = lambda: clock.now + timedelta(minutes=20)
        Worker(ledger, [often, seldom], AtOnce()).run(threading.Event(), Jumping(clock, HOUR))
        assert often.after_s() == [0, 1200, 2400, 3600]
        assert seldom.after_s() == [0]
        assert often.is_closed

    def test_gives_turns_when_something_was_recorded(self, ledger: Ledger, clock: HandClock) -> None:
        quick, calm = Chore("quick", clock), Chore("calm", clock, calm=timedelta(seconds=30))
        recorded = [
            (NOON + timedelta(seconds=after), lambda after=after: hire(ledger, f"a{after}"))
            for after in (10, 20, 300)
        ]
        Worker(ledger, [quick, calm], AtOnce()).run(threading.Event(), Jumping(clock, HOUR, recorded))
        assert quick.after_s() == [0, 10, 20, 300]
        # what was recorded in between is seen at the end of the calm
        assert calm.after_s() == [0, 30, 300]

    def test_lets_a_job_that_fails_stop_no_other(
        self, ledger: Ledger, clock: HandClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        failing, other = Chore("failing", clock), Chore("other", clock)
        failing.fails(RuntimeError("odd"), RuntimeError("odd"), StoreLocked(url="u", waited_s=1))
        worker = Worker(ledger, [failing, other], AtOnce())
        with caplog.at_level("INFO", "ledger"):
            worker.run(threading.Event(), Jumping(clock, HOUR))
        # pauses of 1, 2 and 4 seconds
        assert failing.after_s() == [0, 1, 3, 7]
        assert other.after_s() == [0]
        said = [record.msg["event"] for record in caplog.records if "job" in record.msg]  # type: ignore[index]  # structlog says it in a mapping
        assert said == ["job does not go on", "job does not go on", "job goes on"]
        assert worker.watched().jobs["failing"].failures == 3

    def test_lets_pauses_grow_to_a_minute(self, ledger: Ledger, clock: HandClock) -> None:
        failing = Chore("failing", clock).fails(*[RuntimeError("odd")] * 40)
        Worker(ledger, [failing], AtOnce()).run(
            threading.Event(), Jumping(clock, NOON + timedelta(minutes=10))
        )
        after = failing.after_s()
        assert [later - earlier for earlier, later in pairwise(after)] == [
            1, 2, 4, 8, 16, 32, *[60] * 8,
        ]  # fmt: skip

    def test_comes_back_to_what_another_worker_has(self, ledger: Ledger, clock: HandClock) -> None:
        shared = Chore("shared", clock).fails(AlreadyUnderWay(stream="s", work="w", url="u"))
        Worker(ledger, [shared], AtOnce()).run(threading.Event(), Jumping(clock, HOUR))
        assert shared.after_s() == [0, 1]

    def test_keeps_billing_while_mail_hangs(self, ledger: Ledger, clock: HandClock) -> None:
        """The turn of a job that hangs ends with the test; the other has three meanwhile."""
        stop, released, billed = threading.Event(), threading.Event(), threading.Semaphore(0)

        class Hanging(Chore):
            def run(self, stop: threading.Event):  # type: ignore[no-untyped-def]  # as the method it stands in for
                assert released.wait(60)
                raise Stopped

        class Billing(Chore):
            def run(self, stop: threading.Event):  # type: ignore[no-untyped-def]  # as the method it stands in for
                billed.release()
                return super().run(stop)

        hanging, billing = Hanging("hanging", clock), Billing("billing", clock)
        billing.next_at = lambda: clock.now
        with ThreadPoolExecutor(2) as threads, StoreWaiting(ledger) as waiting:
            worker = Worker(ledger, [hanging, billing], threads)
            loop = threading.Thread(target=worker.run, args=(stop, waiting))
            loop.start()
            assert all(billed.acquire(timeout=60) for _ in range(3))
            clock.pass_by(minutes=10)
            reasons = health_of(worker.watched(), clock.now).reasons
            released.set()
            stop.set()
            loop.join(60)
        assert any(reason.startswith("hanging is behind since 2024-05-01T12:00") for reason in reasons)
        assert hanging.is_closed

    def test_ends_though_the_loop_itself_fails(self, ledger: Ledger, clock: HandClock) -> None:
        class Broken:
            def wait(self, *_: object) -> None:
                raise LedgerError

        stop = threading.Event()
        with pytest.raises(LedgerError):
            Worker(ledger, [Chore("one", clock)], AtOnce()).run(stop, Broken())
        assert stop.is_set()


class TestHealth:
    def test_is_good_however_long_ago_there_was_something_to_do(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        worker = Worker(ledger, [Chore("one", clock)], AtOnce())
        worker.run(threading.Event(), Jumping(clock, HOUR))
        clock.now = HOUR
        worker.turn(threading.Event())
        found = health_of(worker.watched(), clock.now)
        assert found.reasons == ()
        assert found.as_dict()["jobs"]["one"] == {
            "succeeded_at": "2024-05-01T12:00:00.000000Z", "behind_since": None, "trouble": None,
        }  # fmt: skip

    def test_names_what_has_been_behind_for_too_long(self, ledger: Ledger, clock: HandClock) -> None:
        troubled = Chore("troubled", clock)
        troubled.trouble = "the mail server takes nothing"
        troubled.next_at = lambda: clock.now + timedelta(minutes=1)
        worker = Worker(ledger, [troubled], AtOnce())
        worker.run(threading.Event(), Jumping(clock, NOON + timedelta(minutes=5)))
        assert health_of(worker.watched(), clock.now).reasons == ()
        clock.pass_by(minutes=2)
        worker.turn(threading.Event())
        assert health_of(worker.watched(), clock.now).reasons == (
            "troubled is behind since 2024-05-01T12:00:00.000000Z: the mail server takes nothing",
        )
        troubled.trouble = None
        clock.pass_by(minutes=2)
        worker.turn(threading.Event())
        assert health_of(worker.watched(), clock.now).reasons == ()

    def test_tells_that_the_loop_stands_still(self, ledger: Ledger, clock: HandClock) -> None:
        worker = Worker(ledger, [], AtOnce())
        clock.pass_by(minutes=6)
        assert health_of(worker.watched(), clock.now).reasons == ("The log was looked at never.",)
        worker.turn(threading.Event())
        assert health_of(worker.watched(), clock.now).reasons == ()
