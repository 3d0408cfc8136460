"""Followers keep the read models as the log is: whatever the batches, whoever shares the work."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.application.ask import Question, ask_seats
from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.rules.instants import to_us
from ledger.stores.read_models.errors import OfAnotherLog
from replay.follow import HORIZON, Followed, Follower, Happening, WentLive
from replay.sample import sample_history
from tests.application.desk import HandClock, a_license, imported, meta
from tests.replay.following import (
    FROM_LOG,
    FROM_READ_MODELS,
    PARTITIONS,
    answers,
    assert_following_changes_no_answer,
    follow,
    live,
    live_checkpoints,
    models_of,
    sources,
)

FAR = datetime(2090, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)
SUMMER = datetime(2024, 8, 24, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return an empty ledger on each kind of store in turn."""
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        yield opened


def licenses_done(told: list[Happening]) -> int:
    return sum(one.licenses for one in told if isinstance(one, Followed))


class TestFollow:
    def test_builds_what_nobody_built(self, ledger: Ledger) -> None:
        imported(ledger, sample_history())
        ids = ("acme-bakery-peak", "signup-late-hire")
        told = assert_following_changes_no_answer(
            ledger,
            Question(ledger.now(), FAR),
            Question(ledger.now(), FAR, ids),
            Question(SUMMER, FAR),
            Question(LONG_AGO, FAR),
        )
        assert WentLive(1) in told
        assert follow(ledger) == []

    def test_says_the_same_after_each_batch(self, ledger: Ledger, clock: HandClock) -> None:
        clock.now = datetime(2024, 12, 20, tzinfo=UTC)
        lines = sample_history().splitlines(keepends=True)
        for start in range(0, len(lines), 1 + len(lines) // 6):
            imported(ledger, b"".join(lines[start : start + 1 + len(lines) // 6]))
            assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR), Question(SUMMER, FAR))

    def test_computes_only_those_who_were_touched(self, ledger: Ledger) -> None:
        for name in ("acme", "zett"):
            a_license(ledger, name)
        assert licenses_done(follow(ledger)) == 2
        create_agent(ledger, license_id="acme", agent_id="bob", meta=meta())
        assert licenses_done(assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR))) == 1
        publish_price(
            ledger, plan="team", billing_cycle="monthly", currency="USD", unit_amount_minor=4100, meta=meta()
        )
        assert licenses_done(assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR))) == 2

    def test_follows_an_empty_log(self, ledger: Ledger) -> None:
        assert follow(ledger) == [WentLive(1)]
        a_license(ledger)
        assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR))
        assert live(ledger) == {1}

    def test_makes_invoices_further_ahead_when_a_week_is_left(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger, billing_anchor="2024-05-15")
        follow(ledger)
        known_through = {one.through_us for one in live_checkpoints(ledger)}
        assert known_through == {to_us(clock.now + HORIZON)}
        beyond = Question(clock.now + HORIZON + timedelta(days=1), FAR)
        assert all(source.startswith(FROM_LOG) for source in sources(answers(ledger, beyond)))
        clock.pass_by(days=38)
        assert follow(ledger) == []
        clock.pass_by(seconds=1)
        assert_following_changes_no_answer(ledger, beyond)
        assert {one.through_us for one in live_checkpoints(ledger)} == {to_us(clock.now + HORIZON)}

    def test_leaves_the_read_models_of_another_log_alone(
        self, sqlite_url: str, clock: HandClock, tmp_path: Path
    ) -> None:
        with Ledger.open(sqlite_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            follow(ledger)
        (tmp_path / "ledger.db").unlink()
        with Ledger.open(sqlite_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            assert ask_seats(ledger, Question(clock.now)).source.startswith(FROM_LOG)
            with pytest.raises(OfAnotherLog):
                follow(ledger)


class TestQuestions:
    def test_ask_the_log_for_what_was_known_before(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        before = clock.now
        clock.pass_by(days=1)
        create_agent(ledger, license_id="acme", agent_id="bob", meta=meta())
        follow(ledger)
        assert ask_seats(ledger, Question(before)).source.startswith(FROM_LOG)
        assert ask_seats(ledger, Question(before, clock.now)).source.startswith(FROM_READ_MODELS)
        assert ask_seats(ledger, Question(clock.now)).source.startswith(FROM_READ_MODELS)


class TestSeveralFollowers:
    def test_share_the_work_while_others_record(self, store_url: str, clock: HandClock) -> None:
        stop = threading.Event()
        told: list[list[Happening]] = [[], []]
        failures: list[BaseException] = []

        def run(into: list[Happening]) -> None:
            try:
                with Ledger.open(store_url, create=True, clock=clock) as ledger:
                    Follower(ledger, into.append, partitions=PARTITIONS).run(stop, once=False)
            except BaseException as error:
                failures.append(error)

        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            followers = [threading.Thread(target=run, args=(into,)) for into in told]
            for one in followers:
                one.start()
            for number in range(12):
                a_license(ledger, f"licence-{number}")
            end = ledger.store.last_recorded()
            assert end is not None
            arrived = threading.Event()
            for _ in range(300):
                # the followers make the tables when they come to it
                made = ledger.read_models() is not None
                if made and {one.position for one in live_checkpoints(ledger)} == {end.position}:
                    break
                arrived.wait(0.1)
            stop.set()
            for one in followers:
                one.join(timeout=60)
            assert not failures
            assert {one.position for one in live_checkpoints(ledger)} == {end.position}
            assert {one.owner for one in models_of(ledger).checkpoints()} == {None}
            held = answers(ledger, Question(clock.now, FAR))
        with Ledger.open(store_url, create=False, clock=clock) as ledger:
            a_license(ledger, "one-more")
            rest = answers(ledger, Question(clock.now, FAR))
        assert all(source.startswith(FROM_READ_MODELS) for source in sources(held))
        assert [one.lines for one in held] == [
            [line for line in one.lines if "one-more" not in line] for one in rest
        ]
