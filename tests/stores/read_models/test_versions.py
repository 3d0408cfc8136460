"""Versions of read models: built beside the live one, switched in one go, kept for a way back."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.rules.instants import to_us
from ledger.stores.locations import open_store
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.errors import (
    BuildUnderWay,
    NameTaken,
    NoSuchVersion,
    NothingToRollBack,
    OfAnotherLog,
)
from ledger.stores.read_models.locations import open_read_models
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.store import Store
from tests.stores.read_models.frames import DAY_US, END, SCHEMAS, START, VERSION, frames, fresh, held

AS_OF_US = to_us(START)


def build(models: ReadModelStore, *license_ids: str, ppa: int = 7, partitions: int = 2) -> int:
    """Make a version that knows the log up to END."""
    version = models.create_version(
        SCHEMAS,
        VERSION,
        builder="test",
        through_us=AS_OF_US + 9 * DAY_US,
        created_us=0,
        partitions=partitions,
    )
    with models.moving(
        version,
        dict.fromkeys(range(partitions), 0),
        position=END.position,
        recorded_us=END.recorded_us,
        through_us=AS_OF_US + 9 * DAY_US,
    ) as change:
        change.load(frames(license_ids, ppa))
    models.build_indexes(version)
    return version


def ppa(models: ReadModelStore) -> list[int]:
    """Give what is answered of all licences at START."""
    rows = fresh(models, AS_OF_US)
    return rows.frames["seat_step"].sort("license_id")["ppa"].to_list()


def states(models: ReadModelStore) -> dict[int, set[State]]:
    found: dict[int, set[State]] = {}
    for one in models.table_versions():
        found.setdefault(one.version, set()).add(one.state)
    return found


class TestAVersion:
    def test_gives_back_what_was_loaded(self, models: ReadModelStore) -> None:
        models.switch(build(models, "acme", "zett", "Ümläut"), SCHEMAS)
        rows = fresh(models, AS_OF_US + 3 * DAY_US, ("acme", "Ümläut"))
        for name, frame in frames(("acme", "Ümläut")).items():
            expected = frame if name != "seat_step" else frame.filter(frame["valid_to"].is_null())
            assert rows.frames[name].sort("license_id").equals(expected)
            assert rows.frames[name].schema == SCHEMAS[name]

    def test_gives_what_is_in_force_at_an_instant(self, models: ReadModelStore) -> None:
        models.switch(build(models, "acme"), SCHEMAS)
        found = []
        for as_of_us in (AS_OF_US - 1, AS_OF_US, AS_OF_US + DAY_US - 1, AS_OF_US + DAY_US):
            rows = fresh(models, as_of_us)
            found.append((rows.frames["seat_step"]["ppa"].to_list(), rows.frames["invoice"].height))
        assert found == [([], 0), ([7], 1), ([7], 1), ([8], 1)]

    def test_names_who_is_not_known(self, models: ReadModelStore) -> None:
        models.switch(build(models, "acme"), SCHEMAS)
        rows = fresh(models, AS_OF_US - 1, ("acme", "nobody"))
        assert rows.unknown == {"nobody"}

    def test_is_not_live_before_the_switch(self, models: ReadModelStore) -> None:
        build(models, "acme")
        assert held(models, AS_OF_US) == NotFresh("seat_step is not built")

    def test_gets_a_number_of_its_own(self, models: ReadModelStore) -> None:
        first = build(models)
        models.drop(first)
        assert build(models) == first + 1

    def test_that_nobody_made_is_refused(self, models: ReadModelStore) -> None:
        with pytest.raises(NoSuchVersion):
            models.switch(7, SCHEMAS)


class TestFreshness:
    @pytest.mark.parametrize(
        ("version", "last", "as_of_us", "reason"),
        [
            ("2-abc", END, AS_OF_US, "another release"),
            (VERSION, LastRecorded(11, 1_000), AS_OF_US, "end of the log"),
            (VERSION, LastRecorded(10, 1_001), AS_OF_US, "end of the log"),
            (VERSION, END, AS_OF_US + 9 * DAY_US + 1, "horizon"),
        ],
    )
    def test_says_why_it_is_not_given(
        self, models: ReadModelStore, version: str, last: LastRecorded, as_of_us: int, reason: str
    ) -> None:
        models.switch(build(models, "acme"), SCHEMAS)
        found = held(models, as_of_us, version=version, last=last)
        assert isinstance(found, NotFresh)
        assert reason in found.reason


class TestSwitch:
    def test_keeps_the_previous_version_and_goes_back_to_it(self, models: ReadModelStore) -> None:
        first, second = build(models, "acme", ppa=1), build(models, "acme", ppa=2)
        models.switch(first, SCHEMAS)
        assert ppa(models) == [1]
        for _ in range(2):
            models.switch(second, SCHEMAS)
        assert ppa(models) == [2]
        assert states(models) == {first: {State.PREVIOUS}, second: {State.LIVE}}
        models.roll_back(SCHEMAS)
        assert ppa(models) == [1]
        assert states(models) == {first: {State.LIVE}, second: {State.PREVIOUS}}

    def test_leaves_what_is_older_to_be_dropped(self, models: ReadModelStore) -> None:
        versions = [build(models, "acme", ppa=number) for number in range(3)]
        for version in versions:
            models.switch(version, SCHEMAS)
        assert models.drop_older() == versions[:1]
        assert models.drop_older() == []
        assert states(models) == {versions[1]: {State.PREVIOUS}, versions[2]: {State.LIVE}}
        assert {one.version for one in models.checkpoints()} == set(versions[1:])

    def test_takes_some_tables_alone(self, models: ReadModelStore) -> None:
        whole = build(models, "acme", ppa=1)
        models.switch(whole, SCHEMAS)
        some = models.create_version(
            {"seat_step": SCHEMAS["seat_step"]}, VERSION, builder="test", through_us=0, created_us=0
        )
        models.switch(some, SCHEMAS)
        assert {(one.table, one.version) for one in models.table_versions() if one.state is State.LIVE} == {
            ("seat_step", some),
            ("invoice", whole),
            ("notice", whole),
        }

    def test_has_nothing_to_go_back_to_at_first(self, models: ReadModelStore) -> None:
        models.switch(build(models, "acme"), SCHEMAS)
        with pytest.raises(NothingToRollBack):
            models.roll_back(SCHEMAS)


class TestBuildLock:
    def test_keeps_a_second_builder_out(self, store: Store, models: ReadModelStore) -> None:
        other = open_read_models(store, create=False)
        assert other is not None
        with other:
            with models.build_lock(), pytest.raises(BuildUnderWay) as refusal, other.build_lock():
                pass
            assert refusal.value.exit_code == 4
            with other.build_lock():
                pass


class TestOpening:
    def test_finds_nothing_where_nobody_made_any(self, store: Store) -> None:
        assert open_read_models(store, create=False) is None

    def test_finds_again_what_was_made(self, store: Store, models: ReadModelStore) -> None:
        version = build(models, "acme")
        for create in (False, True):
            other = open_read_models(store, create=create)
            assert other is not None
            with other:
                assert {one.version for one in other.table_versions()} == {version}

    def test_is_bound_to_one_log(self, store: Store, models: ReadModelStore) -> None:
        assert store.ledger_id(create=False) is None
        mine = store.ledger_id(create=True)
        assert store.ledger_id(create=False) == mine
        models.bind(mine)
        models.bind(mine)
        assert models.ledger_id() == mine
        with pytest.raises(OfAnotherLog):
            models.bind("another")

    def test_keeps_out_of_the_log_s_file(self, sqlite_url: str, tmp_path: Path) -> None:
        with open_store(sqlite_url, create=True) as store:
            opened = open_read_models(store, create=True)
            assert opened is not None
            opened.close()
        assert (tmp_path / "ledger.db.read-models").exists()
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'read_model%'")
            assert tables.fetchall() == []
        connection.close()


class TestIndexes:
    def test_are_by_licence_and_by_instant(self, sqlite_url: str, tmp_path: Path) -> None:
        with open_store(sqlite_url, create=True) as store:
            models = open_read_models(store, create=True)
            assert models is not None
            with models:
                models.switch(build(models, *(f"licence-{number}" for number in range(1_000))), SCHEMAS)
        with closing(sqlite3.connect(tmp_path / "ledger.db.read-models")) as connection:
            asked = "EXPLAIN QUERY PLAN SELECT * FROM seat_step WHERE license_id = 'licence-7'"
            assert "seat_step_1_one" in connection.execute(asked).fetchall()[0][3]
            columns = connection.execute("SELECT name FROM pragma_index_info('seat_step_1_at')").fetchall()
            assert columns == [("valid_to",)]


class TestNames:
    def test_of_others_are_left_alone(self, postgres_url: str, postgres_server: str) -> None:
        with open_store(postgres_url, create=True) as store:
            models = open_read_models(store, create=True)
            assert models is not None
            schema = Identifier(postgres_url.rpartition("schema=")[2])
            with models, psycopg.connect(postgres_server, autocommit=True) as connection:
                connection.execute(SQL("CREATE VIEW {}.invoice AS SELECT 'mine'").format(schema))
                with pytest.raises(NameTaken):
                    build(models, "acme")
                kept = connection.execute(SQL("SELECT * FROM {}.invoice").format(schema))
                assert kept.fetchall() == [("mine",)]
                assert models.table_versions() == []


class TestConnections:
    def test_idle_outside_of_transactions(self, postgres_url: str, postgres_server: str) -> None:
        with open_store(postgres_url, create=True) as store:
            models = open_read_models(store, create=True)
            assert models is not None
            with models, psycopg.connect(postgres_server) as connection:
                build(models, "acme")
                assert models.checkpoints()
                asked = "SELECT query FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                assert connection.execute(asked).fetchall() == []
