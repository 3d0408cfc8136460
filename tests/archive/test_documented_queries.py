"""What docs/archive.md shows an auditor works in DuckDB as written, and says what the ledger says."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ledger.application.archive_log import archive_log
from ledger.application.ask import Question, ask_seats
from ledger.application.ledger import Ledger
from ledger.stores.archive.place import Place
from tests.archive.world import LINES, import_lines, seal

PAGE = Path(__file__).parents[2] / "docs" / "archive.md"
BLOCKS = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
SET_UP, BY_MONTH, WHO, LATE, SEATS, MISSING = BLOCKS


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """Return the sample programme, an archive beside it, and what a crash left there."""
    monkeypatch.chdir(tmp_path)
    with Ledger.open("sqlite:///sample.db", create=True) as opened:
        import_lines(opened, LINES)
        place = Place.at("sample.db.archive")
        seal(place, opened, 300, partitions=8, rows=30)
        archive_log(opened, "sample.db.archive")
        place.write("segments/99999999/part-0000.parquet", b"PAR1 torn")
        yield opened


@pytest.fixture
def auditor(ledger: Ledger) -> Iterator[duckdb.DuckDBPyConnection]:
    assert ledger.store.last_recorded()
    with duckdb.connect() as connection:
        connection.execute(SET_UP)
        yield connection


def rows(auditor: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = auditor.execute(query).fetchall()
    return found


EVENTS = [json.loads(line) for line in LINES]


class TestDocumentedQueries:
    def test_count_events_by_month(self, auditor: duckdb.DuckDBPyConnection) -> None:
        found = rows(auditor, BY_MONTH)
        assert sum(events for _, _, events in found) == len(LINES)
        months = {(month.strftime("%Y-%m"), kind) for month, kind, _ in found}
        assert months == {(event["recorded_at"][:7], event["type"]) for event in EVENTS}

    def test_tell_who_did_what(self, auditor: duckdb.DuckDBPyConnection) -> None:
        of_licence = [event for event in EVENTS if event.get("license_id") == "acme-bakery-peak"]
        assert [(row[3], row[4]) for row in rows(auditor, WHO)] == [
            (event["actor"], event["type"]) for event in of_licence
        ]

    def test_find_what_came_late(self, auditor: duckdb.DuckDBPyConnection) -> None:
        late = [event for event in EVENTS if event["recorded_at"] > event["effective_at"]]
        assert len(rows(auditor, LATE)) == min(20, len(late)) > 3

    @pytest.mark.parametrize("day", ["2024-02-01", "2024-08-24", "2024-12-01"])
    def test_count_seats_as_the_ledger_does(
        self, auditor: duckdb.DuckDBPyConnection, ledger: Ledger, day: str
    ) -> None:
        at = datetime.fromisoformat(day).replace(tzinfo=UTC)
        asked = SEATS.replace("2024-08-24", day)
        wanted = [json.loads(line) for line in ask_seats(ledger, Question(at)).lines]
        ended = {event["license_id"] for event in EVENTS if event["type"] == "LicenseCancelled"}
        compared = [each for each in wanted if each["license_id"] not in ended]
        for seats in compared:
            found = rows(auditor, asked.replace("acme-bakery-peak", seats["license_id"]))
            assert found == [tuple(list(seats.values())[1:5])], seats["license_id"]
        assert len(compared) > 3

    def test_miss_nothing(self, auditor: duckdb.DuckDBPyConnection) -> None:
        assert rows(auditor, MISSING) == []
        assert rows(auditor, "SELECT count(*), max(position) FROM log") == [(len(LINES), len(LINES))]
