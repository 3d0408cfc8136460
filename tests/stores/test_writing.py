"""What every store promises to a long write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.stores import writing_behind
from ledger.stores.bulk import ROWS_AT_ONCE
from ledger.stores.errors import DuplicateEventId, RecordedAtGoesBack, StreamConflict
from ledger.stores.locations import open_store
from ledger.stores.reading import export_pages
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, give_up, row, rows


def lines(store: Store) -> list[bytes]:
    """Return the log's lines."""
    return b"".join(page.lines for page in export_pages(store)).splitlines()


class TestWritingSession:
    def test_writes_all_at_the_end(self, store: Store) -> None:
        many = rows(SEATS, ROWS_AT_ONCE + 10)
        with store.writing() as session:
            positions = session.append(many)
            assert lines(store) == []
            assert [one.originator_version for one in session.select_events(SEATS)] == [
                one.originator_version for one in many
            ]
            tail = session.select_events(SEATS, gt=ROWS_AT_ONCE - 1)
            assert [one.state for one in tail] == [one.state for one in many[ROWS_AT_ONCE - 1 :]]
        assert lines(store) == [one.state for one in many]
        assert store.positions_of([many[0].event_id, many[-1].event_id]) == {
            many[0].event_id: positions[0],
            many[-1].event_id: positions[-1],
        }

    def test_goes_on_behind_what_is_there(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 2))
        with store.writing() as session:
            session.append([row(SEATS, 3, NOON_US + 1)])
        store.recorder.insert_events([row(SEATS, 4, NOON_US + 1)])
        assert [one.originator_version for one in store.recorder.select_events(SEATS)] == [1, 2, 3, 4]
        notifications = store.recorder.select_notifications(None, 10)
        assert [one.originator_version for one in notifications] == [1, 2, 3, 4]

    @pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
    def test_leaves_nothing_behind_when_it_is_interrupted(
        self, store: Store, interruption: type[BaseException]
    ) -> None:
        with pytest.raises(interruption):
            give_up(store, rows(SEATS, ROWS_AT_ONCE + 1), why=interruption)
        assert lines(store) == []
        store.recorder.insert_events(rows(SEATS, 1))

    def test_keeps_what_was_checkpointed(self, store_url: str) -> None:
        with open_store(store_url, create=True) as store, open_store(store_url, create=False) as other:
            with pytest.raises(KeyboardInterrupt):
                give_up(store, rows(SEATS, 2), checkpoint=True, why=KeyboardInterrupt)
            assert lines(other) == [one.state for one in rows(SEATS, 2)]
            with store.writing() as session:
                session.append([row(SEATS, 3, NOON_US + 1)])
                session.checkpoint()
                assert len(lines(other)) == 3
                assert [one.originator_version for one in session.select_events(SEATS)] == [1, 2, 3]
                session.append([row(SEATS, 4, NOON_US + 1)])
            assert len(lines(other)) == 4

    def test_refuses_an_instant_that_goes_back(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 2))
        with pytest.raises(RecordedAtGoesBack), store.writing() as session:
            session.append([row(SEATS, 3, NOON_US)])
        with pytest.raises(RecordedAtGoesBack), store.writing() as session:
            session.append([row(SEATS, 3, NOON_US + 9), row(SEATS, 4, NOON_US + 8)])
        assert len(lines(store)) == 2

    def test_refuses_an_id_that_waits_to_be_written(self, store: Store) -> None:
        with pytest.raises(DuplicateEventId, match="'key'"), store.writing() as session:
            session.append([row(SEATS, 1, event_id="key"), row(SEATS, 2, event_id="key")])
        assert lines(store) == []

    def test_refuses_an_id_that_is_in_the_log(self, store: Store) -> None:
        store.recorder.insert_events([row(SEATS, 1, event_id="key")])
        with pytest.raises(DuplicateEventId, match="'key'"), store.writing() as session:
            session.append([row(SEATS, 2), row(SEATS, 3, event_id="key")])
        assert len(lines(store)) == 1

    def test_refuses_a_version_that_is_taken(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 1))
        with pytest.raises(StreamConflict, match=SEATS), store.writing() as session:
            session.append([row("prices", 1), row(SEATS, 1, event_id="other")])
        assert len(lines(store)) == 1

    def test_finds_the_row_that_is_refused_in_the_middle_of_many(self, store: Store) -> None:
        store.recorder.insert_events([row("prices", 1), row(SEATS, 1, event_id="key")])
        many = rows("license/b", ROWS_AT_ONCE)
        middle = len(many) // 2 + 7
        at = many[middle].recorded_us
        for refused, error, named in (
            (row("prices", 1, at, event_id="x"), StreamConflict, "prices"),
            (row("prices", 2, at, event_id="key"), DuplicateEventId, "'key'"),
        ):
            with pytest.raises(error, match=named), store.writing() as session:
                session.append([*many[:middle], refused, *many[middle:]])
        assert len(lines(store)) == 2

    def test_leaves_no_thread_behind(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt):
            give_up(store, rows(SEATS, ROWS_AT_ONCE + 1), why=KeyboardInterrupt)
        with store.writing() as session:
            session.append(rows(SEATS, ROWS_AT_ONCE + 1))
        assert not [one for one in threading.enumerate() if one.name.startswith("writing")]

    def test_waits_for_its_thread_however_often_it_is_interrupted(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        again = [KeyboardInterrupt, KeyboardInterrupt]

        class Interrupted(ThreadPoolExecutor):
            def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
                if again:
                    raise again.pop()
                super().shutdown(wait, cancel_futures=cancel_futures)

        monkeypatch.setattr(writing_behind, "ThreadPoolExecutor", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            give_up(store, rows(SEATS, ROWS_AT_ONCE + 1), why=ValueError)
        assert not [one for one in threading.enumerate() if one.name.startswith("writing")]
        assert lines(store) == []
        store.recorder.insert_events(rows(SEATS, 1))

    def test_commits_nothing_once_it_was_refused(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 1))
        refused = [row("prices", 1), row(SEATS, 1, event_id="x"), *rows("license/b", ROWS_AT_ONCE)]

        def go_on_regardless() -> None:
            with store.writing() as session:
                session.append(refused)
                with pytest.raises(StreamConflict):
                    session.flush()
                session.append([row("license/c", 1, NOON_US + ROWS_AT_ONCE)])

        with pytest.raises(StreamConflict):
            go_on_regardless()
        assert len(lines(store)) == 1
