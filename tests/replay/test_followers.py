"""Followers share the partitions: nothing is done twice, by whom it may be, also when one is killed."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ledger.application.ask import Question
from ledger.application.ledger import Ledger
from ledger.rules.clock import system_clock
from ledger.rules.instants import to_us
from replay.follow import LEASE, Followed, Follower, Happening
from tests.application.desk import HandClock, a_license
from tests.replay.following import FROM_READ_MODELS, PARTITIONS, answers, live_checkpoints, models_of, sources

FAR = datetime(2090, 1, 1, tzinfo=UTC)
NAMES = [f"licence-{number}" for number in range(12)]
# Says how many licences it did, and stops for good after its second partition.
FOLLOW_HALF = f"""
import sys, threading
import replay.follow as following
from ledger.application.ledger import Ledger
following._FEW_POSITIONS = 0
said = []
def tell(happening):
    said.append(happening)
    print(happening.licenses, flush=True)
    if len(said) == 2:
        threading.Event().wait()
with Ledger.open(sys.argv[1], create=False) as ledger:
    following.Follower(ledger, tell, partitions={PARTITIONS}).run(threading.Event(), once=False)
"""


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.now = system_clock()
    return clock


@pytest.fixture
def ledger(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return a ledger of each kind in turn, with licences that nobody follows yet."""
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        for name in NAMES:
            a_license(opened, name)
        yield opened


class Told(list[Happening]):
    """A follower, and what it told."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.follower = Follower(ledger, self.append, partitions=PARTITIONS)

    @property
    def licenses(self) -> int:
        return sum(one.licenses for one in self if isinstance(one, Followed))

    def advance(self) -> bool:
        return self.follower.advance(threading.Event())


def assert_all_is_there(ledger: Ledger) -> None:
    end = ledger.store.last_recorded()
    assert end is not None
    assert {one.position for one in live_checkpoints(ledger)} == {end.position}
    assert all(
        one.startswith(FROM_READ_MODELS) for one in sources(answers(ledger, Question(ledger.now(), FAR)))
    )


class TestSeveralFollowers:
    def test_do_nothing_twice(self, ledger: Ledger) -> None:
        first, second = Told(ledger), Told(ledger)
        assert first.advance()
        assert second.advance()
        assert (first.licenses, second.licenses) == (len(NAMES), 0)
        # the first gives some back when it hears of the second, who takes them
        for told in (first, second):
            told.clear()
            told.advance()
        owners = [one.owner for one in live_checkpoints(ledger)]
        assert sorted(owners.count(owner) for owner in set(owners)) == [PARTITIONS // 2] * 2
        for name in NAMES:
            a_license(ledger, f"late-{name}")
        assert not first.advance()
        assert second.advance()
        assert min(first.licenses, second.licenses) > 0
        assert first.licenses + second.licenses == len(NAMES)
        assert_all_is_there(ledger)

    def test_take_over_from_one_that_was_killed(
        self, store_url: str, ledger: Ledger, clock: HandClock
    ) -> None:
        killed = subprocess.Popen([sys.executable, "-c", FOLLOW_HALF, store_url], stdout=subprocess.PIPE)
        assert killed.stdout is not None
        done = sum(int(killed.stdout.readline()) for _ in range(2))
        second = Told(ledger)
        assert not second.advance()
        killed.kill()
        killed.communicate()
        assert not second.advance()
        assert second.licenses == 0
        clock.now = system_clock() + LEASE
        assert second.advance()
        assert 0 < second.licenses == len(NAMES) - done
        assert_all_is_there(ledger)


class TestALease:
    def test_lasts_as_long_as_the_work_does(
        self, ledger: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each partition takes most of a lease; another follower looks in each time and finds none free."""
        monkeypatch.setattr("replay.follow._FEW_POSITIONS", 0)
        monkeypatch.setattr("replay.follow._RENEWED_EVERY_S", 0.01)
        other, told = Told(ledger), []

        def tell(happening: Happening) -> None:
            told.append(happening)
            if isinstance(happening, Followed):
                clock.pass_by(seconds=(LEASE - timedelta(seconds=1)).total_seconds())
                wait_for_a_lease_until(ledger, to_us(clock.now + LEASE))
                other.advance()

        first = Follower(ledger, tell, partitions=PARTITIONS)
        first.advance(threading.Event())
        steps = [one for one in told if isinstance(one, Followed)]
        assert len(steps) == PARTITIONS
        assert other.licenses == 0
        assert sum(one.licenses for one in steps) == len(NAMES)


def wait_for_a_lease_until(ledger: Ledger, until_us: int) -> None:
    for _ in range(3_000):
        with models_of(ledger).transaction(writing=False) as work:
            if (until_us,) in work.run("SELECT until_us FROM {read_model_follower}"):
                return
        threading.Event().wait(0.01)
    raise AssertionError("nobody renews the leases")
