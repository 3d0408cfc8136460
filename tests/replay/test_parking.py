"""A licence with an event that nobody understands waits; the others go on."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.application.ask import Question, ask_seats
from ledger.application.ledger import Ledger
from ledger.events.catalogue import UnreadableEvent
from ledger.events.facts import Fact
from ledger.rules.instants import to_us
from ledger.stores.read_models.catalogue import Parked
from replay.follow import Followed, Follower, Happening
from tests.application.desk import HandClock, a_license
from tests.replay.following import (
    FROM_LOG,
    FROM_READ_MODELS,
    assert_following_changes_no_answer,
    follow,
    models_of,
)
from tests.stores.rows import row

FAR = datetime(2090, 1, 1, tzinfo=UTC)
STREAM = "license/acme/plans"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return a ledger of each kind in turn, with two licences that are followed."""
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        for name in ("acme", "zett"):
            a_license(opened, name)
        follow(opened)
        yield opened


def record(ledger: Ledger, topic: str, state: bytes, license_id: str | None = "acme") -> int:
    """Record an event as a newer release might, or a broken disk; return its position."""
    fact = Fact.PLAN_CHANGED if license_id else Fact.PRICE_PUBLISHED
    stream = STREAM if license_id else "prices"
    one = row(stream, 1, to_us(ledger.now()), fact=fact, license_id=license_id, subject=None)
    return ledger.store.recorder.append([replace(one, topic=topic, state=state)])[0].position


def rewrite(store_url: str, position: int, topic: str, state: bytes) -> None:
    """Put another event in the place of one, as a newer release would read it."""
    if store_url.startswith("sqlite"):
        with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as file, file:
            file.execute(
                "UPDATE stored_events SET topic = ?, state = ? WHERE position = ?", (topic, state, position)
            )
        return
    server, _, schema = store_url.rpartition("schema=")
    statement = SQL("UPDATE {}.stored_events SET topic = %s, state = %s WHERE notification_id = %s")
    with psycopg.connect(server.rstrip("?&")) as connection:
        connection.execute(statement.format(Identifier(schema)), (topic, state, position))


@pytest.mark.parametrize(
    ("topic", "state", "reason"),
    [
        ("PlanPaused@1", b'{"plan":"team"}', "PlanPaused@1"),
        ("PlanChanged@1", b'{"plan":', "PlanChanged@1"),
        ("PlanChanged@1", b"\xff\xfe", "PlanChanged@1"),
        ("PlanChanged@1", b"{}", "PlanChanged@1"),
        ("PlanChanged@1", b'{"plan":7}', "PlanChanged@1"),
    ],
)
class TestParking:
    def test_parks_the_licence_and_goes_on_with_the_others(
        self, ledger: Ledger, clock: HandClock, topic: str, state: bytes, reason: str
    ) -> None:
        position = record(ledger, topic, state)
        a_license(ledger, "late")
        told = follow(ledger)
        parked = models_of(ledger).parked()
        assert [(one.license_id, one.event_id, one.since_us) for one in parked] == [
            ("acme", f"{STREAM}#1", to_us(clock.now))
        ]
        assert parked[0].position == position
        assert reason in parked[0].reason
        assert [one for one in told if isinstance(one, Parked)] == parked
        assert sum(one.licenses for one in told if isinstance(one, Followed)) == 1
        answer = ask_seats(ledger, Question(ledger.now(), FAR, ("zett", "late")))
        assert answer.source.startswith(FROM_READ_MODELS)
        assert len(answer.lines) == 2


class TestAParkedLicence:
    def test_is_tried_again_when_following_begins(self, ledger: Ledger, store_url: str) -> None:
        good = b'{"type":"PlanChanged","id":"x","license_id":"acme","plan":"business",'
        position = record(ledger, "PlanPaused@1", b"{}")
        follow(ledger)
        assert len(models_of(ledger).parked()) == 1
        assert [type(one) for one in follow(ledger)] == [Followed, Parked]
        times = b'"actor":"system","effective_at":"2024-05-01T12:00:00.000000Z","recorded_at":'
        rewrite(store_url, position, "PlanChanged@1", good + times + b'"2024-05-01T12:00:00.000000Z"}')
        assert ask_seats(ledger, Question(ledger.now(), FAR)).source.startswith(FROM_LOG)
        assert_following_changes_no_answer(ledger, Question(ledger.now(), FAR))
        assert models_of(ledger).parked() == []


class TestTheProgramme:
    def test_is_needed_by_everyone(self, ledger: Ledger) -> None:
        record(ledger, "PricePaused@1", b"{}", license_id=None)
        told: list[Happening] = []
        with pytest.raises(UnreadableEvent):
            Follower(ledger, told.append).run(threading.Event(), once=True)
        assert told == []
        assert models_of(ledger).parked() == []
