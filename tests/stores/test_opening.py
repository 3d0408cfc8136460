"""What a URL opens, and what is said when it opens nothing."""

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import InfrastructureFactory

from ledger.rules.errors import LedgerError
from ledger.stores.errors import (
    BadStoreUrl,
    NotALedger,
    StoreFolderMissing,
    StoreNotFound,
    StoreUnreachable,
)
from ledger.stores.locations import open_store, shown
from tests.stores.rows import NOON_US, SEATS, row, rows


class TestOpenStore:
    def test_finds_again_what_was_recorded(self, store_url: str) -> None:
        with open_store(store_url, create=True) as store:
            store.recorder.insert_events(rows(SEATS, 2))
        for create in (False, True):
            with open_store(store_url, create=create) as store:
                assert len(store.recorder.select_events(SEATS)) == 2

    def test_makes_a_store_only_when_told(self, store_url: str) -> None:
        with pytest.raises(StoreNotFound) as refusal:
            open_store(store_url, create=False)
        assert refusal.value.exit_code == 3
        with pytest.raises(StoreNotFound):
            open_store(store_url, create=False)

    def test_takes_a_relative_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        name = "a ledger%20 ?#&mode=memory.db"
        open_store(f"sqlite:///{name}", create=True).close()
        assert (tmp_path / name).exists()
        open_store(f"sqlite:///{name}", create=False).close()

    @pytest.mark.parametrize(
        "url", ["", "ledger.db", "sqlite:///", "sqlite://ledger.db", "sqlite:///:memory:", "mysql://host/db"]
    )
    def test_refuses_what_names_no_store(self, url: str) -> None:
        with pytest.raises(BadStoreUrl) as refusal:
            open_store(url, create=True)
        assert refusal.value.exit_code == 2

    @pytest.mark.parametrize("create", [True, False])
    def test_leaves_files_alone_that_hold_something_else(self, tmp_path: Path, create: bool) -> None:
        note = tmp_path / "note.txt"
        note.write_text("buy milk " * 1_000)
        other = tmp_path / "other.db"
        with sqlite3.connect(other) as connection:
            connection.execute("CREATE TABLE stored_events (a)")
        connection.close()
        for path in (note, other):
            with pytest.raises(NotALedger):
                open_store(f"sqlite:///{path}", create=create)
        assert note.read_text() == "buy milk " * 1_000
        assert sorted(tmp_path.iterdir()) == [note, other]
        assert other.read_bytes()[18:20] == b"\x01\x01"  # still with a rollback journal, not WAL

    def test_makes_a_store_of_an_empty_file_only_when_told(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.db"
        path.touch()
        with pytest.raises(StoreNotFound):
            open_store(f"sqlite:///{path}", create=False)
        open_store(f"sqlite:///{path}", create=True).close()

    def test_says_when_a_folder_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(StoreFolderMissing):
            open_store(f"sqlite:///{tmp_path}/missing/ledger.db", create=True)

    def test_refuses_the_schema_of_another_release(
        self, store_url: str, sqlite_url: str, postgres_server: str
    ) -> None:
        open_store(store_url, create=True).close()
        connection: Any
        if store_url == sqlite_url:
            connection = sqlite3.connect(store_url.removeprefix("sqlite:///"))
            connection.execute("UPDATE ledger_meta SET value = '99'")
        else:
            connection = psycopg.connect(postgres_server)
            connection.execute(f"UPDATE {store_url.rpartition('=')[2]}.ledger_meta SET value = '99'")
        connection.commit()
        connection.close()
        for create in (True, False):
            with pytest.raises(NotALedger, match="99"):
                open_store(store_url, create=create)

    def test_leaves_another_programs_tables_alone(self, postgres_server: str, postgres_url: str) -> None:
        schema = postgres_url.rpartition("=")[2]
        with psycopg.connect(postgres_server) as connection:
            connection.execute(f"CREATE SCHEMA {schema}")
            connection.execute(f"CREATE TABLE {schema}.stored_events (a int)")
        with pytest.raises(NotALedger):
            open_store(postgres_url, create=True)

    def test_says_when_the_database_is_missing(self, postgres_server: str) -> None:
        missing = postgres_server.replace("/postgres?", "/no_such_database?")
        with pytest.raises(StoreNotFound):
            open_store(missing, create=False)

    def test_says_when_nobody_answers_and_keeps_the_password(self) -> None:
        with pytest.raises(StoreUnreachable) as refusal:
            open_store("postgresql://ann:s3cret@127.0.0.1:1/db", create=False)
        assert "ann:***@127.0.0.1:1" in str(refusal.value)
        assert "s3cret" not in str(refusal.value.as_dict())

    def test_keeps_schemas_apart(self, postgres_url: str) -> None:
        other_url = f"{postgres_url}_Other-Name"
        with open_store(postgres_url, create=True) as store, open_store(other_url, create=True) as other:
            store.recorder.insert_events(rows(SEATS, 2))
            assert other.recorder.max_notification_id() is None
            other.recorder.insert_events(rows(SEATS, 1))
            with other.writing() as session:
                session.append([row(SEATS, 2, NOON_US)])
            assert len(store.recorder.select_events(SEATS)) == len(other.recorder.select_events(SEATS)) == 2


class TestShown:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("sqlite:///a.db", "sqlite:///a.db"),
            ("postgresql://ann@host/db", "postgresql://ann@host/db"),
            ("postgresql://ann:p%40ss@host:5/db?schema=s", "postgresql://ann:***@host:5/db?schema=s"),
        ],
    )
    def test_has_no_password(self, url: str, expected: str) -> None:
        assert shown(url) == expected


class TestPersistenceModules:
    def test_serve_an_application_in_a_file(self, tmp_path: Path) -> None:
        self.check({"PERSISTENCE_MODULE": "ledger.stores.sqlite", "SQLITE_DBNAME": str(tmp_path / "l.db")})

    def test_serve_an_application_in_postgresql(self, postgres_server: str, postgres_url: str) -> None:
        with psycopg.connect(postgres_server) as connection:
            info = connection.info
            settings = {
                "PERSISTENCE_MODULE": "ledger.stores.postgres",
                "POSTGRES_DBNAME": info.dbname,
                "POSTGRES_HOST": info.host,
                "POSTGRES_PORT": str(info.port),
                "POSTGRES_USER": info.user,
                "POSTGRES_PASSWORD": info.password or "none needed",
                "POSTGRES_SCHEMA": postgres_url.rpartition("=")[2],
            }
        self.check(settings)

    def check(self, settings: dict[str, str]) -> None:
        factory = InfrastructureFactory[Any].construct({**settings, "ORIGINATOR_ID_TYPE": "text"})
        try:
            recorder = factory.application_recorder()
            recorder.insert_events(rows(SEATS, 2))
            assert recorder.max_notification_id() == 2
            assert [one.originator_version for one in recorder.select_notifications(None, 9)] == [1, 2]
        finally:
            factory.close()


class TestRefusals:
    def test_have_codes_of_their_own(self) -> None:
        refusals = [BadStoreUrl, NotALedger, StoreNotFound, StoreUnreachable]
        assert all(issubclass(refusal, LedgerError) for refusal in refusals)
        assert len({refusal.code for refusal in refusals}) == len(refusals)
