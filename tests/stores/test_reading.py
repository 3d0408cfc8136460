"""What every store hands to projections: columns, complete, in order, and as known at an instant."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ledger.events.facts import SEAT_FACTS_END, Fact
from ledger.stores.columns import LOG_SCHEMA
from ledger.stores.errors import AnswerTooLong
from ledger.stores.locations import open_store
from ledger.stores.log_row import LogRow
from ledger.stores.reading import export_pages, read_license, read_log_pages, read_programme, read_question
from ledger.stores.sqlite import LedgerConnectionPool
from ledger.stores.store import Store
from tests.stores.rows import NOON_US, give_up, row, rows

FACTS = list(Fact)


def mixed_log() -> list[LogRow]:
    """Return rows of licences whose names resemble each other, mixed with the programme's."""
    streams = [
        ("license/a", "a", None),
        ("prices", None, "team"),
        ("license/a/seats/ann/2024-01", "a", "ann"),
        ("license/a-1", "a-1", "Zoë"),
        ("license/a%2Fb", "a/b", "100%"),
        ("partner/p", None, "p"),
        ("license/a%2Fb/seats/x/2024-01", "a/b", "x"),
        ("partner/p2", None, "p2"),
        ("license/a/invoices", "a", None),
        ("cutover/c", None, "c"),
        ("license/a0", "a0", "ann"),
    ]
    return [
        row(
            stream,
            version,
            NOON_US + 100 * version + at,
            license_id=license_id,
            subject=subject,
            fact=FACTS[(version + at) % len(FACTS)],
            note='comma, "quote" and\nline',
            # recorded late, as it happened, ahead
            late_by_us=(version + at) % 3 * 1_000 - 1_000,
        )
        for version in range(1, 8)
        for at, (stream, license_id, subject) in enumerate(streams)
    ]


def expected(recorded: list[LogRow], store: Store) -> pl.DataFrame:
    """Return the columns of the rows, made one by one."""
    positions = store.positions_of([each.event_id for each in recorded])
    return pl.DataFrame(
        [
            (
                positions[each.event_id],
                each.license_id,
                each.subject,
                each.fact,
                each.effective_us,
                each.recorded_us,
                each.topic if each.fact >= SEAT_FACTS_END else None,
                each.state.decode() if each.fact >= SEAT_FACTS_END else None,
            )
            for each in recorded
        ],
        schema=LOG_SCHEMA,
        orient="row",
    )


@pytest.fixture
def recorded(store: Store) -> list[LogRow]:
    log = mixed_log()
    store.recorder.insert_events(log)
    return log


class TestReadLicense:
    @pytest.mark.parametrize("ids", [["a"], ["a/b"], ["a-1", "a"], ["a", "a", "nobody"], ["a0", "a/b", "a"]])
    def test_is_all_of_the_licences_and_nothing_else(
        self, store: Store, recorded: list[LogRow], ids: list[str]
    ) -> None:
        wanted = [each for each in recorded if each.license_id in ids]
        assert read_license(store, ids, None).equals(expected(wanted, store))

    def test_knows_what_was_recorded_by_the_instant(self, store: Store, recorded: list[LogRow]) -> None:
        known_us = NOON_US + 300
        wanted = [each for each in recorded if each.license_id == "a" and each.recorded_us <= known_us]
        assert read_license(store, ["a"], known_us).equals(expected(wanted, store))
        assert len(wanted) == 7  # three streams; the first of the third round was recorded at that instant
        assert read_license(store, ["a"], NOON_US).equals(pl.DataFrame(schema=LOG_SCHEMA))

    def test_takes_any_number_of_licences(self, store: Store) -> None:
        many = [row(f"license/{n}", 1, license_id=str(n)) for n in range(700)]
        store.recorder.insert_events(many)
        log = read_license(store, [str(n) for n in range(1_000)], None)
        assert log["license_id"].to_list() == [str(n) for n in range(700)]

    def test_has_no_rows_for_no_licence(self, store: Store) -> None:
        empty = read_license(store, [], None)
        assert empty.schema == LOG_SCHEMA
        assert empty.height == 0


class TestReadProgramme:
    def test_is_prices_partners_and_cutovers(self, store: Store, recorded: list[LogRow]) -> None:
        wanted = [each for each in recorded if each.license_id is None]
        assert read_programme(store, None).equals(expected(wanted, store))
        early = [each for each in wanted if each.recorded_us <= NOON_US + 250]
        assert read_programme(store, NOON_US + 250).equals(expected(early, store))

    def test_is_of_the_partners_that_are_named(self, store: Store, recorded: list[LogRow]) -> None:
        wanted = [each for each in recorded if each.originator_id in {"prices", "cutover/c", "partner/p2"}]
        assert read_programme(store, None, ["p2", "nobody"]).equals(expected(wanted, store))

    def test_comes_with_a_licence_in_one_reading(self, store: Store, recorded: list[LogRow]) -> None:
        licences, programme = read_question(store, ["a", "a0"], NOON_US + 500)
        assert licences.equals(read_license(store, ["a", "a0"], NOON_US + 500))
        assert programme.equals(read_programme(store, NOON_US + 500))
        assert recorded


class TestAnAnswerTooLongForOneText:
    """SQLite takes texts of 10^9 bytes; here it takes 4,000."""

    @pytest.fixture
    def narrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
        url = f"sqlite:///{tmp_path / 'ledger.db'}"
        with open_store(url, create=True) as store:
            store.recorder.insert_events(mixed_log())

        class Narrow(sqlite3.Connection):
            def __init__(self, *args: Any, **options: Any) -> None:
                super().__init__(*args, **options)
                self.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4_000)

        monkeypatch.setattr(LedgerConnectionPool, "sqlite_connection_class", Narrow)
        with open_store(url, create=False) as store:
            yield store

    def test_is_read_in_parts(self, narrow: Store) -> None:
        whole = pl.concat(read_log_pages(narrow, page_size=5))
        assert whole.height == len(mixed_log())
        assert pl.concat(read_log_pages(narrow)).equals(whole)
        everyone = whole["license_id"].drop_nulls().unique().to_list()
        licences, programme = read_question(narrow, everyone, None)
        assert licences.equals(whole.filter(pl.col("license_id").is_not_null()))
        assert programme.equals(whole.filter(pl.col("license_id").is_null()))

    def test_is_refused_if_one_event_is(self, narrow: Store, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            connection.execute(
                "UPDATE stored_events SET state = zeroblob(5000) WHERE license_id = 'a' AND fact >= ?",
                (SEAT_FACTS_END,),
            )
        connection.close()
        with pytest.raises(AnswerTooLong):
            list(read_log_pages(narrow))
        with pytest.raises(AnswerTooLong):
            read_license(narrow, ["a"], None)


class TestReadLogPages:
    @pytest.mark.parametrize("page_size", [1, 7, 77, 78, 1_000])
    def test_add_up_to_the_log(self, store: Store, recorded: list[LogRow], page_size: int) -> None:
        pages = list(read_log_pages(store, page_size=page_size))
        assert all(1 <= page.height <= page_size for page in pages)
        assert pl.concat(pages).equals(expected(recorded, store))

    def test_begin_and_end_where_told(self, store: Store, recorded: list[LogRow]) -> None:
        after = store.positions_of([recorded[9].event_id])[recorded[9].event_id]
        until_us = recorded[50].recorded_us
        pages = list(read_log_pages(store, after, until_us, page_size=8))
        assert pl.concat(pages).equals(expected(recorded[10:51], store))

    @pytest.mark.parametrize("fact", [Fact.SEAT_TAKEN, Fact.PLAN_CHANGED])
    def test_hold_facts_of_one_kind_too(self, store: Store, fact: Fact) -> None:
        alike = [row("license/a", version, fact=fact, subject=None) for version in range(1, 6)]
        store.recorder.insert_events(alike)
        assert pl.concat(read_log_pages(store, page_size=2)).equals(expected(alike, store))

    def test_are_none_for_an_empty_log(self, store: Store) -> None:
        assert list(read_log_pages(store)) == []
        assert list(export_pages(store)) == []

    def test_skip_what_was_given_up(self, store: Store) -> None:
        with pytest.raises(KeyboardInterrupt):
            give_up(store, rows("license/a", 60), why=KeyboardInterrupt)
        store.recorder.insert_events([row("license/a", 1)])
        assert [page.height for page in read_log_pages(store, page_size=3)] == [1]

    def test_may_be_left_early(self, store: Store, recorded: list[LogRow]) -> None:
        pages = read_log_pages(store, page_size=2)
        assert next(pages).height == 2
        pages.close()  # type: ignore[attr-defined]  # it is a generator
        assert recorded


class TestExportPages:
    def test_are_the_states_in_order(self, store: Store, recorded: list[LogRow]) -> None:
        pages = list(export_pages(store, page_size=10))
        assert all(page.row_count == page.lines.count(b"\n") <= 10 for page in pages)
        assert b"".join(page.lines for page in pages).split(b"\n") == [
            *(each.state for each in recorded),
            b"",
        ]


class TestReadingWhileAnotherWrites:
    def test_sees_what_was_committed(self, store_url: str) -> None:
        with open_store(store_url, create=True) as writer, open_store(store_url, create=False) as reader:
            with writer.writing() as session:
                session.append([row("license/a", 1, license_id="a")])
                session.flush()
                assert read_license(reader, ["a"], None).height == 0
                assert list(read_log_pages(reader)) == []
            assert read_license(reader, ["a"], None).height == 1
            assert [page.height for page in read_log_pages(reader)] == [1]

    def test_sees_a_beginning_of_the_log_each_time(self, store_url: str) -> None:
        ended = threading.Event()

        def write() -> None:
            try:
                with open_store(store_url, create=False) as store:
                    for at in range(0, 200, 5):
                        store.recorder.insert_events([row("license/a", at + n) for n in range(1, 6)])
            finally:
                ended.set()

        with open_store(store_url, create=True) as store, ThreadPoolExecutor(1) as threads:
            writing = threads.submit(write)
            heights = [0]
            while True:
                last_round = ended.is_set()
                pages = list(read_log_pages(store, page_size=37))
                heights.append(sum(page.height for page in pages))
                if last_round:
                    break
            writing.result()
        assert all(height % 5 == 0 for height in heights)
        assert all(earlier <= later for earlier, later in pairwise(heights))
        assert heights[-1] == 200

    def test_leaves_the_file_locked_for_other_processes(self, sqlite_url: str) -> None:
        # a second copy of SQLite in this process (a columnar driver's) would drop the lock on closing
        attempt = (
            "import sqlite3, sys\n"
            "connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)\n"
            "try:\n    connection.execute('BEGIN IMMEDIATE')\n"
            "except sqlite3.OperationalError as error:\n    print(error)\n"
        )
        with open_store(sqlite_url, create=True) as store:
            store.recorder.insert_events([row("license/a", 1)])
            with store.writing() as session:
                session.append([row("license/a", 2)])
                assert [page.height for page in read_log_pages(store)] == [1]
                path = sqlite_url.removeprefix("sqlite:///")
                other = subprocess.run(
                    [sys.executable, "-c", attempt, path], capture_output=True, text=True, check=True
                )
        assert other.stdout.strip() == "database is locked"
