"""Following as an operator does it: build, ask, watch it catch up, stop it."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from ledger.application.ledger import Ledger
from tests.application.desk import a_license
from tests.desk.running import AS_OF, done, run
from tests.desk.test_program import LISTENING, process
from tests.stores.cutting_proxy import cutting_proxy

KNOWN_LATER = ("--as-of", AS_OF, "--known-at", "2090-01-01T00:00:00Z")


@pytest.fixture
def store(sample_store: str, tmp_path: Path) -> str:
    """Return the URL of a copy of the sample programme, for a test of its own."""
    shutil.copy(sample_store.removeprefix("sqlite:///"), tmp_path / "copy.db")
    return f"sqlite:///{tmp_path / 'copy.db'}"


def follower_that_is_live(store: str, folder: Path) -> subprocess.Popen[str]:
    """Start a follower in a process of its own, and return it when its tables answer."""
    following = subprocess.Popen(
        [*LISTENING, "--store", store, "follow"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    assert following.stderr is not None
    for line in following.stderr:
        if line.startswith("Version 1 answers"):
            break
    return following


class TestFollow:
    def test_makes_questions_answer_from_the_read_models(self, store: str) -> None:
        asked = ("invoices", *KNOWN_LATER, "--format", "jsonl", "--digest")
        before = run("-v", *asked, store=store)
        assert before.err.startswith("Answered from the log: there are no read models.\n")
        followed = run("follow", "--once", store=store)
        assert followed.exit_code == 0
        assert followed.out == ""
        assert followed.err.endswith("Version 1 answers from now on.\n")
        after = run("-v", *asked, store=store)
        assert after.err.startswith("Answered from the read models, version 1.\n")
        assert after.out == before.out
        assert after.err.partition("\n")[2] == before.err.partition("\n")[2]

    def test_says_nothing_of_it_unless_asked(self, store: str) -> None:
        run("follow", "--once", store=store)
        assert "Answered" not in run("seats", *KNOWN_LATER, store=store).err

    @pytest.mark.parametrize(("how", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
    def test_stops_when_told_and_gives_its_partitions_back(
        self, store: str, tmp_path: Path, how: signal.Signals, exit_code: int
    ) -> None:
        following = follower_that_is_live(store, tmp_path)
        owners = {
            part["owner"]
            for one in json.loads(done("status", "--format", "json", store=store))["projections"]
            for part in one["checkpoints"]
        }
        assert len(owners - {None}) == 1
        following.send_signal(how)
        rest = following.communicate(timeout=60)[1]
        assert following.returncode == exit_code, rest
        status = json.loads(done("status", "--format", "json", store=store))
        assert {part["owner"] for one in status["projections"] for part in one["checkpoints"]} == {None}

    def test_once_does_not_say_that_all_is_well_while_another_holds_what_is_left(
        self, store: str, tmp_path: Path
    ) -> None:
        following = follower_that_is_live(store, tmp_path)
        following.kill()
        following.communicate(timeout=60)
        with Ledger.open(store, create=False) as ledger:
            a_license(ledger)
        ran = run("follow", "--once", store=store)
        assert ran.exit_code == 4
        assert " partitions are behind the log, and another follower holds them." in ran.err

    def test_waits_for_a_database_that_is_lost(
        self, postgres_server: str, postgres_url: str, tmp_path: Path
    ) -> None:
        with cutting_proxy(postgres_server) as proxy:
            url = f"{proxy.url}&schema={postgres_url.rpartition('schema=')[2]}"
            with Ledger.open(postgres_url, create=True) as ledger:
                a_license(ledger)
            following = subprocess.Popen(
                [*LISTENING, "--store", url, "follow"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
            )
            assert following.stderr is not None
            said: list[str] = []
            happenings = [
                ("Version 1 answers from now on.", proxy.refuse),
                ("It goes on when the database is back.", proxy.let_in),
                ("The database is back.", following.terminate),
            ]
            for line in following.stderr:
                said.append(line.strip())
                if line.strip().endswith(happenings[0][0]):
                    happenings.pop(0)[1]()
                    if not happenings:
                        break
            following.communicate(timeout=60)
        assert (following.returncode, happenings) == (0, []), said
        assert sum("cannot be reached" in line for line in said) == 1

    def test_makes_no_store(self, tmp_path: Path) -> None:
        ran = process("follow", "--once", cwd=tmp_path)
        assert ran.returncode == 3
        assert os.listdir(tmp_path) == []


class TestStatus:
    def test_says_how_far_behind_the_read_models_are(self, store: str) -> None:
        assert "There are no read models" in done("status", store=store)
        run("follow", "--once", store=store)
        end = json.loads(done("status", "--format", "json", store=store))["log"]["position"]
        done("add-chatbot", "signup-late-hire", "helper", store=store)
        status = json.loads(done("status", "--format", "json", store=store))
        assert status["log"]["position"] == end + 1
        for one in status["projections"]:
            assert (one["state"], one["stale"], one["position"], one["lag_events"]) == ("live", False, end, 1)
            assert 0 <= one["lag_seconds"] < 600
            assert len(one["checkpoints"]) == 16
        assert status["parked"] == []

    def test_shows_it_as_a_table(self, store: str) -> None:
        run("follow", "--once", store=store)
        shown = done("status", store=store)
        assert "\nseat_step           1  live " in shown
        assert shown.endswith("0 licences parked.\n")
