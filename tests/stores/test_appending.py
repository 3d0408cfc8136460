"""What every store promises to those who append events."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from ledger.events.facts import Fact
from ledger.stores.errors import DuplicateEventId, RecordedAtGoesBack, StoreLocked, StreamConflict
from ledger.stores.locations import open_store
from ledger.stores.log_row import LogRow
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, row, rows


def all_rows(store: Store) -> list[LogRow]:
    """Return the log's rows in order."""
    ids = [json.loads(event.state)["id"] for event in store.recorder.select_notifications(None, 100_000)]
    recorded = store.events_by_id(ids)
    return [recorded[event_id].row for event_id in ids]


class TestInsertEvents:
    def test_gives_back_what_was_appended(self, store: Store) -> None:
        appended = rows(SEATS, 3)
        positions = store.recorder.insert_events(appended)
        assert positions is not None
        assert positions == sorted(positions)
        assert all_rows(store) == appended
        assert store.recorder.select_events(SEATS, gt=1, lte=2) == [
            StoredEvent(SEATS, 2, appended[1].topic, appended[1].state)
        ]
        assert [event.originator_version for event in store.recorder.select_events(SEATS, desc=True)] == [
            3,
            2,
            1,
        ]
        assert store.recorder.max_notification_id() == positions[-1]

    def test_takes_nothing_without_ado(self, store: Store) -> None:
        assert store.recorder.insert_events([]) == []
        assert store.recorder.max_notification_id() is None

    def test_takes_rows_of_the_ledger_only(self, store: Store) -> None:
        with pytest.raises(TypeError, match="LogRow"):
            store.recorder.insert_events([StoredEvent("prices", 1, "T", b"{}")])

    def test_keeps_nulls_unicode_and_large_batches(self, store: Store) -> None:
        many = [
            row("prices", 1, license_id=None, subject=None, fact=Fact.PRICE_PUBLISHED, note="Preis: 20 €"),
            *rows("license/ünïcode", 2_500),
        ]
        assert len(store.recorder.insert_events(many) or ()) == 2_501
        assert all_rows(store) == many

    def test_takes_a_batch_of_megabytes(self, store: Store) -> None:
        many = [row("license/acme/invoices", version, note="x" * 20_000) for version in range(1, 501)]
        assert len(store.recorder.insert_events(many) or ()) == 500

    def test_refuses_a_version_that_is_taken(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 2))
        with pytest.raises(StreamConflict, match=SEATS) as refusal:
            store.recorder.insert_events(
                [row("prices", 1, NOON_US + 9), row(SEATS, 2, NOON_US + 9, event_id="another")]
            )
        assert isinstance(refusal.value, IntegrityError)
        assert refusal.value.exit_code == 4
        assert len(all_rows(store)) == 2

    def test_refuses_an_id_that_stands_for_something_else(self, store: Store) -> None:
        store.recorder.insert_events([row(SEATS, 1, event_id="key")])
        with pytest.raises(DuplicateEventId, match="'key'"):
            store.recorder.insert_events([row(SEATS, 2), row(SEATS, 3, event_id="key", note="other")])
        assert len(all_rows(store)) == 1

    def test_refuses_one_id_twice_in_a_batch(self, store: Store) -> None:
        with pytest.raises(DuplicateEventId):
            store.recorder.insert_events([row(SEATS, 1, event_id="key"), row(SEATS, 2, event_id="key")])
        assert all_rows(store) == []

    def test_refuses_a_batch_of_which_only_a_part_is_known(self, store: Store) -> None:
        store.recorder.insert_events([row(SEATS, 1)])
        with pytest.raises(DuplicateEventId):
            store.recorder.insert_events([row(SEATS, 1), row(SEATS, 2)])
        assert len(all_rows(store)) == 1

    def test_answers_a_repeated_append_as_the_first_time(self, store: Store) -> None:
        first = store.recorder.insert_events(rows(SEATS, 2))
        assert store.recorder.insert_events(rows(SEATS, 2)) == first
        assert len(all_rows(store)) == 2

    def test_never_gives_a_position_twice(self, store_url: str) -> None:
        with open_store(store_url, create=True) as store:
            first = store.recorder.insert_events([row(SEATS, 1)])
            with pytest.raises(StreamConflict):
                store.recorder.insert_events([row(SEATS, 1, event_id="other")])
            second = store.recorder.insert_events([row(SEATS, 2)])
            assert (second or ())[0] > (first or ())[0]

    def test_waits_for_the_lock_no_longer_than_told(self, store_url: str) -> None:
        with (
            open_store(store_url, create=True) as holder,
            open_store(store_url, create=False, lock_timeout_s=1) as waiter,
            holder.writing(),
        ):
            with pytest.raises(StoreLocked) as refusal:
                waiter.recorder.insert_events([row(SEATS, 1)])
            assert refusal.value.exit_code == 4
            with pytest.raises(StoreLocked), waiter.writing():
                pass


class TestRestamping:
    def test_refuses_what_was_recorded_before_the_last(self, store: Store) -> None:
        store.recorder.insert_events([row(SEATS, 1, NOON_US)])
        with pytest.raises(RecordedAtGoesBack, match=r"2024-01-01T12:00:00\.000000Z"):
            store.recorder.insert_events([row(SEATS, 2, NOON_US - 1)])
        with pytest.raises(RecordedAtGoesBack):
            store.recorder.insert_events([row(SEATS, 2, NOON_US + 5), row(SEATS, 3, NOON_US + 4)])
        assert len(all_rows(store)) == 1

    def test_takes_the_instant_of_the_last(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 2))
        store.recorder.insert_events([row(SEATS, 3, NOON_US)], restamp=True)
        stamped = row(SEATS, 3, NOON_US + 1)
        assert all_rows(store)[-1] == replace(stamped, effective_us=NOON_US - 1_000_000)

    def test_restamps_within_the_batch_too(self, store: Store) -> None:
        store.recorder.insert_events([row(SEATS, 1, NOON_US + 9), row(SEATS, 2, NOON_US)], restamp=True)
        assert [one.recorded_us for one in all_rows(store)] == [NOON_US + 9, NOON_US + 9]

    def test_knows_a_restamped_row_again(self, store: Store) -> None:
        store.recorder.insert_events([row("prices", 1, NOON_US + 9)])
        late = row(SEATS, 1, NOON_US)
        first = store.recorder.insert_events([late], restamp=True)
        assert store.recorder.insert_events([late], restamp=True) == first


def run_together(*jobs: Callable[[], None]) -> None:
    """Run the jobs in threads that start together; raises what one of them raised."""
    start = threading.Barrier(len(jobs))

    def job_after_start(job: Callable[[], None]) -> None:
        start.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        for ended in [threads.submit(job_after_start, job) for job in jobs]:
            ended.result()


class TestTwoWriters:
    COUNT = 60

    def test_record_in_one_order_of_time(self, store_url: str) -> None:
        def write(stream: str, step_us: int) -> Callable[[], None]:
            def job() -> None:
                with open_store(store_url, create=False) as store:
                    for version in range(1, self.COUNT + 1):
                        one = row(stream, version, NOON_US + version * step_us)
                        store.recorder.insert_events([one], restamp=True)

            return job

        with open_store(store_url, create=True) as store:
            run_together(write("license/fast", 7), write("license/slow", 1))
            recorded = all_rows(store)
        assert len(recorded) == 2 * self.COUNT
        stamps = [one.recorded_us for one in recorded]
        assert stamps == sorted(stamps)
        for one in recorded:
            assert row(one.originator_id, one.originator_version, one.recorded_us).state == one.state

    def test_show_a_follower_every_event_once_and_in_order(self, store_url: str) -> None:
        streams = ("license/a", "license/b")
        writers_left = threading.Semaphore(0)
        followed: list[int] = []

        def write(stream: str) -> Callable[[], None]:
            def job() -> None:
                try:
                    with open_store(store_url, create=False) as store:
                        for version in range(1, self.COUNT + 1):
                            store.recorder.insert_events([row(stream, version)])
                finally:
                    writers_left.release()

            return job

        def follow() -> None:
            with open_store(store_url, create=False) as store:
                done = 0
                while True:
                    done += sum(writers_left.acquire(blocking=False) for _ in streams)
                    after = followed[-1] if followed else 0
                    news = store.recorder.select_notifications(after, 10, inclusive_of_start=False)
                    followed.extend(notification.id for notification in news)
                    if done == len(streams) and not news:
                        return

        with open_store(store_url, create=True) as store:
            run_together(*(write(stream) for stream in streams), follow)
            everything = [one.id for one in store.recorder.select_notifications(None, 1_000)]
        assert followed == everything
        assert len(everything) == len(streams) * self.COUNT

    def test_let_one_win_each_version(self, store_url: str) -> None:
        outcomes: list[str] = []

        def write(name: str) -> Callable[[], None]:
            def job() -> None:
                with open_store(store_url, create=False) as store:
                    for version in range(1, self.COUNT + 1):
                        try:
                            store.recorder.insert_events([row(SEATS, version, event_id=f"{name}-{version}")])
                            outcomes.append("won")
                        except StreamConflict:
                            outcomes.append("lost")

            return job

        with open_store(store_url, create=True) as store:
            run_together(write("one"), write("two"))
            assert len(all_rows(store)) == self.COUNT
        assert outcomes.count("won") == outcomes.count("lost") == self.COUNT


class TestSubscribe:
    def test_hears_of_news_in_postgresql(self, postgres_url: str) -> None:
        with open_store(postgres_url, create=True) as store:
            store.recorder.insert_events([row(SEATS, 1)])
            with store.recorder.subscribe(gt=0) as subscription:
                assert next(subscription).originator_version == 1
                store.recorder.insert_events([row(SEATS, 2)])
                assert next(subscription).originator_version == 2
