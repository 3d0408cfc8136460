"""What goes out comes in again, byte for byte, whichever store it went through."""

import io
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from ledger.application.export_history import export_history
from ledger.application.ledger import Ledger
from ledger.application.simulation import simulate
from replay.sample import sample_history
from tests.application.desk import exported, history, imported
from tests.schemas import drop_schemas
from tests.second_opinion.histories import History, histories


def simulated() -> bytes:
    out = io.BytesIO()
    simulate(30, 7, date(2023, 6, 30), out)
    return out.getvalue()


def through(url: str, lines: bytes) -> bytes:
    """Return what a new store gives back of a history."""
    with Ledger.open(url, create=True) as ledger:
        report = imported(ledger, lines)
        assert report.refused == 0
        return exported(ledger)


class TestExport:
    @pytest.mark.parametrize("lines", [sample_history(), simulated()], ids=["sample", "simulated"])
    def test_is_the_same_from_either_store_and_again(
        self, sqlite_url: str, postgres_url: str, tmp_path: Path, lines: bytes
    ) -> None:
        first = through(sqlite_url, lines)
        assert first == through(postgres_url, lines)
        assert first == through(f"sqlite:///{tmp_path / 'again.db'}", first)
        assert first.count(b"\n") == len(set(lines.splitlines()))

    @given(histories())
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_of_any_legal_history_imports_again(self, tmp_path: Path, told: History) -> None:
        lines = history(*told)
        first = through(f"sqlite:///{tmp_path / uuid4().hex}.db", lines)
        assert first.count(b"\n") == len(told)
        assert through(f"sqlite:///{tmp_path / uuid4().hex}.db", first) == first

    @given(histories())
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_of_any_legal_history_is_the_same_from_postgresql(
        self, postgres_server: str, tmp_path: Path, told: History
    ) -> None:
        lines = history(*told)
        mark, schema = "&" if "?" in postgres_server else "?", f"test_{uuid4().hex}"
        first = through(f"sqlite:///{tmp_path / uuid4().hex}.db", lines)
        try:
            assert through(f"{postgres_server}{mark}schema={schema}", lines) == first
        finally:
            drop_schemas(postgres_server, schema)

    def test_tells_how_far_it_is(self, sqlite_ledger: Ledger) -> None:
        imported(sqlite_ledger, sample_history())
        told: list[int] = []
        out = io.BytesIO()
        assert export_history(sqlite_ledger, out, told.append) == 415
        assert told == [415]

    def test_of_an_empty_log_is_empty(self, ledger: Ledger) -> None:
        assert exported(ledger) == b""
