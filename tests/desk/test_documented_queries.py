"""Every query in docs/read-models.md gives the same rows on both stores; every column is told of there."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.projections.read_models import SCHEMAS
from ledger.rules.instants import format_instant
from replay.sample import sample_history
from tests.desk.running import done

PAGE = (Path(__file__).parents[2] / "docs" / "read-models.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("queries") / "history.jsonl"
    path.write_bytes(sample_history())
    return path


@pytest.fixture(scope="module")
def sqlite_file(history: Path) -> Iterator[sqlite3.Connection]:
    url = f"sqlite:///{history.parent / 'ledger.db'}"
    done("import", str(history), store=url)
    done("follow", "--once", store=url)
    with closing(sqlite3.connect(history.parent / "ledger.db.read-models")) as connection:
        yield connection


@pytest.fixture(scope="module")
def postgres_schema(history: Path, postgres_server: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    url = f"{postgres_server}{'&' if '?' in postgres_server else '?'}schema=documented"
    done("import", str(history), store=url)
    done("follow", "--once", store=url)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("SET search_path TO documented")
        yield connection
        connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier("documented")))


def plain(value: object) -> object:
    """Give a value as SQLite has it."""
    if isinstance(value, datetime):
        return format_instant(value.astimezone(UTC))
    return value.isoformat() if isinstance(value, date) else value


class TestTheQueries:
    @pytest.mark.parametrize("query", QUERIES)
    def test_give_the_same_rows_on_both_stores(
        self,
        sqlite_file: sqlite3.Connection,
        postgres_schema: psycopg.Connection[tuple[Any, ...]],
        query: str,
    ) -> None:
        found = sqlite_file.execute(query).fetchall()
        rows = postgres_schema.execute(query.encode()).fetchall()
        assert found
        assert [tuple(plain(value) for value in row) for row in rows] == found

    def test_speak_of_every_table(self) -> None:
        assert all(
            any(f" {table}\n" in query or f" {table} " in query for query in QUERIES) for table in SCHEMAS
        )


class TestTheViews:
    @pytest.mark.parametrize("table", SCHEMAS)
    def test_have_the_columns_that_are_told_of(
        self,
        sqlite_file: sqlite3.Connection,
        postgres_schema: psycopg.Connection[tuple[Any, ...]],
        table: str,
    ) -> None:
        part = PAGE.partition(f"## {table}\n")[2].partition("\n## ")[0]
        told = {
            name for row in re.findall(r"^\| (`.*?`) \|", part, re.MULTILINE) for name in row.split("`")[1::2]
        }
        assert told == set(SCHEMAS[table])
        statement = f"SELECT * FROM {table}"
        found = sqlite_file.execute(statement)
        assert [column[0] for column in found.description] == list(SCHEMAS[table])
        rows = [tuple(plain(value) for value in row) for row in postgres_schema.execute(statement.encode())]
        assert sorted(map(repr, rows)) == sorted(repr(row) for row in _as_told(found.fetchall(), table))


def _as_told(rows: Rows, table: str) -> Rows:
    """Give SQLite's rows with truth values as such."""
    truths = [str(dtype) == "Boolean" for dtype in SCHEMAS[table].values()]
    return [
        tuple(bool(value) if truth else value for value, truth in zip(row, truths, strict=True))
        for row in rows
    ]
