"""Read models that were damaged cost nobody an answer: the log has it, and they are made again from it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.application.ask import Question
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import list_licenses
from ledger.application.list_partners import list_partners
from ledger.application.show_status import show_status
from ledger.application.unbilled import billing_standing
from ledger.stores.read_models.errors import ReadModelsDamaged
from replay.follow import Follower
from tests.application.desk import HandClock, a_license
from tests.replay.following import answers, follow, sources

FAR = datetime(2090, 1, 1, tzinfo=UTC)
# what somebody may have done to a database by hand
STATEMENTS = ["DROP TABLE {}.read_model_checkpoint", "DROP TABLE {}.read_model_table"]


def overwrite(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"not a database at all" * 1_000),
    overwrite,
    put_a_folder,
]


def answered(ledger: Ledger) -> list[tuple[object, object]]:
    found = answers(ledger, Question(ledger.now() + timedelta(days=40), FAR))
    return [(one.lines, one.faults) for one in found]


def assert_the_log_answers(ledger: Ledger, expected: list[tuple[object, object]]) -> None:
    found = answers(ledger, Question(ledger.now() + timedelta(days=40), FAR))
    assert set(sources(found)) == {"Answered from the log: the read models are damaged."}
    assert [(one.lines, one.faults) for one in found] == expected


@pytest.fixture
def expected(store_url: str) -> list[tuple[object, object]]:
    """Make read models that are whole in a file or schema, and return what they answer."""
    with Ledger.open(store_url, create=True, clock=HandClock()) as ledger:
        a_license(ledger)
        follow(ledger)
        return answered(ledger)


class TestAFile:
    @pytest.fixture
    def store_url(self, sqlite_url: str) -> str:
        return sqlite_url

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_is_passed_over_by_questions_and_made_again_when_it_is_deleted(
        self,
        store_url: str,
        expected: list[tuple[object, object]],
        damage: Callable[[Path], object],
    ) -> None:
        path = Path(store_url.removeprefix("sqlite:///") + ".read-models")
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA journal_mode=DELETE")
        damage(path)
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            assert_the_log_answers(ledger, expected)
            assert [one.license_id for one in list_licenses(ledger, as_of=ledger.now()).licenses] == ["acme"]
            assert list_partners(ledger, ledger.now()) == []
            assert billing_standing(ledger, ledger.now()).unbilled is not None
            with pytest.raises(ReadModelsDamaged):
                show_status(ledger)
            with pytest.raises(ReadModelsDamaged) as refused:
                Follower(ledger, lambda _: None)
            assert f"delete {path}" in str(refused.value.hint)
        path.rmdir() if path.is_dir() else path.unlink()
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            follow(ledger)
            assert answered(ledger) == expected

    def test_with_a_text_that_is_none_is_damaged(
        self, store_url: str, expected: list[tuple[object, object]]
    ) -> None:
        path = Path(store_url.removeprefix("sqlite:///") + ".read-models")
        with closing(sqlite3.connect(path)) as file, file:
            for table in ("seat_step_1", "invoice_1", "notice_1"):
                file.execute(f"UPDATE {table} SET license_id = CAST(x'ff41' AS TEXT)")
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            found = answers(ledger, Question(ledger.now() + timedelta(days=40), FAR))
            assert [(one.lines, one.faults) for one in found] == expected

    def test_that_is_empty_is_as_none(self, store_url: str, expected: list[tuple[object, object]]) -> None:
        path = Path(store_url.removeprefix("sqlite:///") + ".read-models")
        path.write_bytes(b"")
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            assert answered(ledger) == expected
            follow(ledger)
            assert answered(ledger) == expected


class TestTables:
    @pytest.mark.parametrize("statement", STATEMENTS)
    def test_are_passed_over_by_questions(
        self, store_url: str, expected: list[tuple[object, object]], statement: str
    ) -> None:
        server, _, schema = store_url.rpartition("schema=")
        with psycopg.connect(server.rstrip("?&")) as connection:
            connection.execute(SQL(statement).format(Identifier(schema)))
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            assert_the_log_answers(ledger, expected)

    @pytest.fixture
    def store_url(self, postgres_url: str) -> str:
        return postgres_url

    def test_without_checkpoints_are_no_riddle(
        self, store_url: str, expected: list[tuple[object, object]]
    ) -> None:
        server, _, schema = store_url.rpartition("schema=")
        with psycopg.connect(server.rstrip("?&")) as connection:
            connection.execute(SQL("DELETE FROM {}.read_model_checkpoint").format(Identifier(schema)))
        with Ledger.open(store_url, create=False, clock=HandClock()) as ledger:
            with pytest.raises(ReadModelsDamaged, match="have no checkpoints"):
                show_status(ledger)
            found = answers(ledger, Question(ledger.now() + timedelta(days=40), FAR))
            assert set(sources(found)) == {"Answered from the log: they have no checkpoints."}
            assert [(one.lines, one.faults) for one in found] == expected
