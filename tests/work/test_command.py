"""The command as a service manager runs it: begin, answer, stop."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest

from ledger.application.issued_invoices import issued_invoices
from ledger.application.ledger import Ledger
from replay.sample import sample_history
from tests.application.desk import imported, log_of
from tests.desk.running import run
from tests.desk.test_program import LISTENING
from tests.notices.servers import Manners, serving

PATIENCE_S = 120
FIGURES = (
    "log_position", "log_age_seconds", "log_lag_events", "log_lag_seconds", "notices_due",
    "notice_attempts_failed_total", "licenses_unbilled", "invoices_issued_total", "notices_sent_total",
    'job_last_success_timestamp_seconds{job="bill"}', 'job_behind{job="follow"}', "licenses_parked",
    'data_faults_total{code="missing_price"}', "database_up",
)  # fmt: skip


@pytest.fixture
def store(store_url: str) -> str:
    """Return a store that holds the sample programme, of which everything is due by now."""
    with Ledger.open(store_url, create=True) as ledger:
        imported(ledger, sample_history())
    return store_url


@contextmanager
def working(url: str, config: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a worker, and give it with the address at which it answers."""
    asked = [*LISTENING, "--store", url, "--config", str(config), "work", "--port", "0"]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            line = said(process.stderr, "Working; ")
            yield process, line.split()[6].removesuffix("/health")
        finally:
            process.kill()


def said(lines: IO[str], *all_of: str) -> str:
    """Read on until all of this was said, in whatever order, and give the last line read."""
    missing = set(all_of)
    for line in lines:
        missing -= {what for what in missing if what in line}
        if not missing:
            return line
    raise AssertionError(f"nobody said {missing}")


@pytest.fixture
def config(tmp_path: Path) -> Iterator[Path]:
    """Return a configuration that names a mail server which takes everything."""
    file = tmp_path / "ledger.toml"
    with serving(Manners()) as port:
        file.write_text(f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n')
        yield file


class TestWork:
    @pytest.mark.parametrize(("how", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
    def test_bills_answers_and_stops_when_told(
        self, store: str, config: Path, how: signal.Signals, exit_code: int
    ) -> None:
        with working(store, config) as (process, address):
            assert process.stderr is not None
            said(process.stderr, "event=billed", 'event="read models answer"')
            health = httpx.get(f"{address}/health", timeout=PATIENCE_S)
            figures = httpx.get(f"{address}/metrics", timeout=PATIENCE_S)
            process.send_signal(how)
            out, err = process.communicate(timeout=PATIENCE_S)
            assert (process.returncode, out) == (exit_code, ""), err
            assert 'event="work ends"' in err
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert set(health.json()["jobs"]) == {"bill", "follow", "notify"}
        assert all(f"\nlicense_ledger_{name} " in figures.text for name in FIGURES), figures.text
        with Ledger.open(store, create=False) as ledger:
            count = len(list(issued_invoices(ledger)))
        imported_count = sum("InvoiceIssued" in line for line in sample_history().decode().splitlines())
        assert f"license_ledger_invoices_issued_total {float(count - imported_count)}\n" in figures.text

    def test_done_by_two_at_once_is_done_once(self, store: str, config: Path) -> None:
        with working(store, config) as (one, _), working(store, config) as (other, address):
            assert one.stderr is not None
            said(one.stderr, "event=billed", 'event="read models answer"')
            assert httpx.get(f"{address}/health", timeout=PATIENCE_S).status_code == 200
            for process in (one, other):
                process.send_signal(signal.SIGTERM)
            errors = [process.communicate(timeout=PATIENCE_S)[1] for process in (one, other)]
            assert [one.returncode, other.returncode] == [0, 0], errors
        with Ledger.open(store, create=False) as ledger:
            keys = [
                (line["license_id"], line["billing_date"])
                for line in log_of(ledger)
                if line["type"] == "InvoiceIssued"
            ]
        assert len(keys) == len(set(keys)) > 100

    def test_logs_json_for_those_who_want_it(
        self, sqlite_url: str, config: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LEDGER_LOG_FORMAT", "json")
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, sample_history())
        with working(sqlite_url, config) as (process, _):
            process.send_signal(signal.SIGTERM)
            lines = process.communicate(timeout=PATIENCE_S)[1].splitlines()
        assert json.loads(lines[-1])["event"] == "work ends"

    def test_says_that_the_port_is_taken(self, sqlite_url: str, config: Path) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, sample_history())
        with working(sqlite_url, config) as (_, address):
            ran = run("work", "--port", address.rpartition(":")[2], store=sqlite_url)
        assert ran.exit_code == 1
        assert "address already in use" in ran.err.lower()

    def test_makes_no_store(self, tmp_path: Path) -> None:
        ran = subprocess.run(
            [sys.executable, "-m", "desk.cli.start", "work"], cwd=tmp_path, capture_output=True, check=False
        )
        assert ran.returncode == 3
        assert list(tmp_path.iterdir()) == []
