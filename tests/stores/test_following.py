"""What a follower asks of the log, and how it waits for more."""

import threading

from ledger.events.facts import Fact
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, row, rows


class TestFollowingQueries:
    def test_say_who_was_touched(self, store: Store) -> None:
        append = store.recorder.append
        first = append([row("license/acme", 1, fact=Fact.LICENSE_CREATED)])[-1].position
        last = append(
            [
                row("license/zett", 1, NOON_US + 5, license_id="zett", fact=Fact.LICENSE_CREATED),
                row("prices", 1, NOON_US + 5, license_id=None, fact=Fact.PRICE_PUBLISHED),
            ]
        )[-1].position
        asked = store.following
        assert asked.touched(0, first) == (frozenset({"acme"}), False)
        assert asked.touched(first, last) == (frozenset({"zett"}), True)
        assert asked.touched(last, last + 9) == (frozenset(), False)
        assert asked.licenses(first) == {"acme"}
        assert asked.licenses(last) == {"acme", "zett"}
        assert asked.last(first) == (first, NOON_US)
        assert asked.last(last + 9) == (last, NOON_US + 5)
        assert asked.last(0) is None
        assert asked.behind(first) == (2, NOON_US + 5)
        assert asked.behind(last) == (0, None)
        found = asked.event_at(first)
        assert found is not None
        assert found.row.event_id == "license/acme#1"
        assert asked.event_at(last + 9) is None


class TestWatch:
    def test_sees_what_is_recorded(self, store: Store) -> None:
        stop = threading.Event()
        with store.watch() as watch:
            assert not watch.wait(0.2, stop)
            store.recorder.insert_events(rows(SEATS, 1))
            assert watch.wait(60, stop)
            with store.writing() as session:
                session.append([row(SEATS, 2)])
            assert watch.wait(60, stop)

    def test_ends_when_told_to(self, store: Store) -> None:
        stop = threading.Event()
        stop.set()
        with store.watch() as watch:
            assert not watch.wait(3600, stop)
