"""What every store answers about its log, and a writing session about what it has not yet written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pytest

from ledger.stores.bulk import WritingSession
from ledger.stores.log_row import LastRecorded, LogRow
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, SEATS, give_up, row, rows

NAMES = [
    "cutover/c",
    "license/a",
    "license/a%2Fb",
    "license/a%2Fb/seats/x@y.z/2024-01",
    "license/a/invoices",
    "license/a/seats/ann/2024-01",
    "license/a/seats/ann/2024-03",
    "license/a/seats/ann/2024-11",
    "license/a/seats/anna/2024-02",
    "license/a/seats/żółw/2024-02",
    "license/a0",
    "license/aa",
    "license/\U0001f600/seats/ann/2024-01",
    "partner/p",
    "prices",
]
ANN = "license/a/seats/ann/"


class Asked(Protocol):
    """What a store and a session answer alike."""

    def positions_of(self, event_ids: list[str]) -> dict[str, int]: ...
    def last_recorded(self) -> LastRecorded | None: ...
    def last_position_recorded_by(self, recorded_us: int) -> int | None: ...
    def streams_under(self, prefix: str) -> list[str]: ...
    def neighbouring_stream(
        self, prefix: str, *, before: str | None = None, after: str | None = None
    ) -> str | None: ...


@contextmanager
def asked(store: Store, recorded: list[LogRow], how: str) -> Iterator[Store | WritingSession]:
    """Give the rows to a store, or to a session that keeps all, half or none of them unwritten."""
    unwritten = {"store": 0, "written": 0, "half": len(recorded) // 2, "pending": len(recorded)}[how]
    store.recorder.insert_events(recorded[: len(recorded) - unwritten])
    if how == "store":
        yield store
        return
    with store.writing() as session:
        session.append(recorded[len(recorded) - unwritten :])
        yield session


@pytest.fixture(params=["store", "written", "half", "pending"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class TestNeighbouringStream:
    @pytest.fixture
    def scrambled(self) -> list[LogRow]:
        # neither the written nor the unwritten half is sorted or in one piece
        return [row(name, 1) for name in (*NAMES[1::2], *NAMES[::-2])]

    @pytest.mark.parametrize(
        "prefix", ["", "license/", "license/a", "license/a/", ANN, "license/a/seats/", "x"]
    )
    def test_is_the_one_that_sorting_all_names_finds(
        self, store: Store, scrambled: list[LogRow], how: str, prefix: str
    ) -> None:
        under = sorted(name for name in NAMES if name.startswith(prefix))
        with asked(store, scrambled, how) as one:
            assert one.streams_under(prefix) == under
            for name in [
                *NAMES,
                "",
                "license/a/seats/ann/2024-02",
                "license/a/seats/ann/",
                "zzz",
                "\U0010ffff",
            ]:
                after = [other for other in under if other > name]
                before = [other for other in under if other < name]
                assert one.neighbouring_stream(prefix, after=name) == (after[0] if after else None), name
                assert one.neighbouring_stream(prefix, before=name) == (before[-1] if before else None), name

    def test_needs_one_side(self, store: Store) -> None:
        with pytest.raises(TypeError, match="either"):
            store.neighbouring_stream("license/")


class TestLastPositionRecordedBy:
    def test_is_the_last_at_or_before_the_instant(self, store: Store, how: str) -> None:
        offsets_us = [0, 0, 3, 3, 3, 10, 11, 11, 500]
        recorded = [row("license/a", at + 1, NOON_US + offset) for at, offset in enumerate(offsets_us)]
        with asked(store, recorded, how) as one:
            positions = one.positions_of([each.event_id for each in recorded])
            for offset_us in (-1, 0, 1, 2, 3, 4, 9, 10, 11, 12, 499, 500, 501, 10**15):
                in_time = [each for each in recorded if each.recorded_us <= NOON_US + offset_us]
                expected = positions[in_time[-1].event_id] if in_time else None
                assert one.last_position_recorded_by(NOON_US + offset_us) == expected, offset_us

    def test_finds_its_way_over_gaps(self, store: Store) -> None:
        expected: dict[int, int] = {}
        for index in range(8):
            with pytest.raises(KeyboardInterrupt):
                give_up(store, rows("license/b", 7 * index + 1, NOON_US + index), why=KeyboardInterrupt)
            (position,) = store.recorder.insert_events([row("license/a", index + 1, NOON_US + index)]) or ()
            expected[NOON_US + index] = position
        assert {us: store.last_position_recorded_by(us) for us in expected} == expected

    def test_is_nothing_in_an_empty_log(self, store: Store) -> None:
        assert store.last_position_recorded_by(NOON_US) is None
        assert store.last_recorded() is None


class TestCountRows:
    def test_counts_up_to_a_position_over_gaps(self, store: Store) -> None:
        assert store.count_rows(100) == 0
        recorded = list(store.recorder.insert_events(rows(SEATS, 3)) or ())
        with pytest.raises(ValueError, match=r"^$"):
            give_up(store, rows("license/b", 7, NOON_US + 9))
        recorded += store.recorder.insert_events([row("license/a", 1, NOON_US + 9)]) or ()
        counts = {place: store.count_rows(place) for place in range(recorded[-1] + 2)}
        assert counts == {place: sum(one <= place for one in recorded) for place in counts}
        assert max(counts.values()) == 4


class TestEventsById:
    def test_are_those_that_are_there(self, store: Store, how: str) -> None:
        recorded = rows(SEATS, 4)
        with asked(store, recorded, how) as one:
            found = one.events_by_id([recorded[3].event_id, "nobody's", recorded[0].event_id])
            assert {key: each.row for key, each in found.items()} == {
                recorded[0].event_id: recorded[0],
                recorded[3].event_id: recorded[3],
            }
            assert one.positions_of(list(found)) == {key: each.position for key, each in found.items()}
            assert one.last_recorded() == (found[recorded[3].event_id].position, recorded[3].recorded_us)

    def test_are_found_one_by_one(self, store: Store) -> None:
        store.recorder.insert_events(rows(SEATS, 1))
        found = store.event_by_id(f"{SEATS}#1")
        assert found is not None
        assert found.row == row(SEATS, 1)
        assert store.event_by_id("nobody's") is None

    def test_are_found_however_many_are_asked_for(self, store: Store) -> None:
        recorded = rows(SEATS, 50)
        store.recorder.insert_events(recorded)
        asked_for = [each.event_id for each in recorded] + [f"nobody's {n}" for n in range(25_000)]
        assert len(store.positions_of(asked_for)) == 50
        assert store.positions_of([]) == {}


class TestRowsAt:
    def test_are_those_that_are_there_with_their_places(self, store: Store) -> None:
        recorded = rows(SEATS, 4)
        positions = list(store.recorder.insert_events(recorded) or ())
        found = store.rows_at([positions[2], positions[0], positions[-1] + 1_000])
        assert sorted((each.position, each.row) for each in found) == [
            (positions[0], recorded[0]),
            (positions[2], recorded[2]),
        ]
        assert store.rows_at([]) == []
