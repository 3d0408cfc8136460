"""Opening read models: a catalogue of an earlier release is taken over, and no lock is lost by it."""

import sqlite3
import subprocess
import sys

import polars as pl

from ledger.stores.locations import open_store
from ledger.stores.read_models.catalogue import Parked
from ledger.stores.read_models.locations import open_read_models
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.store import Store
from tests.stores.read_models.frames import SCHEMAS
from tests.stores.read_models.test_versions import build

# as the first catalogues had it: one row for a licence, whatever the versions
OF_BEFORE = (
    "DROP TABLE {read_model_parked}",
    "CREATE TABLE {read_model_parked} (license_id text PRIMARY KEY, position bigint NOT NULL, "
    "event_id text NOT NULL, reason text NOT NULL, since_us bigint NOT NULL)",
    "ALTER TABLE {read_model_checkpoint} ADD COLUMN lease_until_us bigint",
    "INSERT INTO {read_model_parked} VALUES ('acme', 10, 'an-id', 'a reason', 5)",
)
# says whether another process gets the lock
TRY = """
import sys
from ledger.stores.locations import open_store
from ledger.stores.read_models.locations import open_read_models
from ledger.rules.errors import LedgerError
with open_store(sys.argv[1], create=False) as store, open_read_models(store, create=False) as models:
    try:
        with models.build_lock():
            print("taken")
    except LedgerError as error:
        print(error.code)
"""


def make_older(models: ReadModelStore) -> None:
    with models.transaction(writing=True) as work:
        for statement in OF_BEFORE:
            work.run(statement)


class TestACatalogueOfAnEarlierRelease:
    def test_is_not_read(self, store: Store, models: ReadModelStore) -> None:
        make_older(models)
        assert open_read_models(store, create=False) is None

    def test_is_taken_over_by_who_writes(self, store: Store, models: ReadModelStore) -> None:
        versions = [build(models, "acme", "zett") for _ in range(3)]
        models.switch(versions[0], SCHEMAS)
        models.drop(versions[1])
        make_older(models)
        for _ in range(2):
            opened = open_read_models(store, create=True)
            assert opened is not None
            with opened:
                assert opened.parked() == [Parked("acme", 10, "an-id", "a reason", 5)]
                assert opened.parked_by_version() == {
                    version: {"acme"} for version in (versions[0], versions[2])
                }
                assert len(opened.checkpoints()) == 4
        again = open_read_models(store, create=False)
        assert again is not None
        again.close()

    def test_is_remade_where_it_was_not_finished(self, sqlite_url: str) -> None:
        with open_store(sqlite_url, create=True) as store:
            path = f"{sqlite_url.removeprefix('sqlite:///')}.read-models"
            sqlite3.connect(path).close()
            assert open_read_models(store, create=False) is None
            opened = open_read_models(store, create=True)
            assert opened is not None
            with opened:
                assert opened.table_versions() == []


class TestTheBuildLock:
    def test_outlives_others_that_open_and_close_in_the_same_process(
        self, store_url: str, store: Store, models: ReadModelStore
    ) -> None:
        with models.build_lock():
            for create in (True, False):
                with open_store(store_url, create=False) as second:
                    other = open_read_models(second, create=create)
                    assert other is not None
                    other.close()
            tried = subprocess.run(
                [sys.executable, "-c", TRY, store.url], capture_output=True, text=True, check=True
            )
        assert tried.stdout.strip() == "build_under_way"


class TestAView:
    def test_shows_the_columns_that_a_table_of_another_release_has(self, models: ReadModelStore) -> None:
        before = {
            **SCHEMAS,
            "seat_step": pl.Schema(
                {"license_id": pl.String(), "began_at": pl.Datetime("us", "UTC"), "ppa": pl.String()}
            ),
        }
        old = models.create_version(before, "0-old", builder="test", through_us=0, created_us=0)
        models.switch(old, before)
        with models.changing(old) as change:
            change.load(
                {table: pl.DataFrame(schema=schema) for table, schema in before.items()}
                | {
                    "seat_step": pl.DataFrame(
                        {"license_id": ["acme"], "began_at": [0], "ppa": ["7"]}
                    ).cast({"began_at": pl.Datetime("us", "UTC")})
                }
            )  # fmt: skip
        new = build(models, "acme")
        models.switch(new, SCHEMAS)
        assert seen(models) == list(SCHEMAS["seat_step"])
        models.roll_back(SCHEMAS)
        assert seen(models) == ["license_id", "began_at", "ppa"]
        with models.transaction(writing=False) as work:
            name = work.qualified("seat_step")
            [row] = work.run(f"SELECT license_id, CAST(began_at AS text), ppa FROM {name}")
        assert row[0] == "acme"
        assert row[1].startswith("1970-01-01")
        assert row[2] == "7"
        models.roll_back(SCHEMAS)
        assert seen(models) == list(SCHEMAS["seat_step"])

    def test_shows_a_column_that_has_become_another_type(self, models: ReadModelStore) -> None:
        step = SCHEMAS["seat_step"]
        before = {**SCHEMAS, "seat_step": pl.Schema({**step, "ppa": pl.String()})}
        old = models.create_version(before, "0-old", builder="test", through_us=0, created_us=0)
        models.switch(old, before)
        models.switch(build(models, "acme"), SCHEMAS)
        assert seen(models) == list(step)


def seen(models: ReadModelStore) -> list[str]:
    with models.transaction(writing=False) as work:
        return [name for name, _ in work.columns("seat_step")]
