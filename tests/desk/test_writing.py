"""What a command writes replaces what stands there only when it is whole, and never what it reads."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from desk.cli.writing import CannotWrite, written
from replay.sample import sample_history
from tests.desk.running import AS_OF, done, run
from tests.desk.test_program import LISTENING, process

PRICE = (
    b'{"type":"PricePublished","plan":"%s","billing_cycle":"monthly","currency":"USD","unit_amount":2200,'
    b'"effective_at":"2024-01-01T00:00:00Z","recorded_at":"%s","actor":"system"}\n'
)
EARLY = b"2024-01-01T00:00:00Z"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Return a history file with one line that cannot be and one that can."""
    file = tmp_path / "history.jsonl"
    file.write_bytes(PRICE % (b" ", EARLY) + PRICE % (b"team", EARLY))
    return file


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return the URL of a store in the folder, which holds one licence."""
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    done("create-license", "northwind", "--plan", "team", store=url)
    return url


class TestRefusedLines:
    @pytest.mark.parametrize("name", ["history.jsonl", "./history.jsonl", "linked", "hard"])
    def test_never_replace_the_file_that_is_imported(
        self, history: Path, tmp_path: Path, sqlite_url: str, name: str
    ) -> None:
        before = history.read_bytes()
        (tmp_path / "linked").symlink_to(history)
        (tmp_path / "hard").hardlink_to(history)
        target = f"{tmp_path}/{name}"
        ran = run("import", str(history), "--keep-going", "--refused", target, store=sqlite_url)
        assert ran.exit_code == 2
        assert "is the file that is imported; name another file" in ran.err
        assert history.read_bytes() == before

    @pytest.mark.parametrize(
        "name", ["kept.db", "kept.db-wal", "kept.db.read-models", "kept.db.archive/x", "linked"]
    )
    def test_never_replace_the_store(self, history: Path, tmp_path: Path, store: str, name: str) -> None:
        (tmp_path / "kept.db.archive").mkdir()
        (tmp_path / "linked").symlink_to(tmp_path / "kept.db")
        target = str(tmp_path / name)
        ran = run("import", str(history), "--keep-going", "--refused", target, store=store)
        assert ran.exit_code == 2
        assert "is the store itself; name another file" in ran.err
        assert done("export", store=store).count("\n") == 1

    def test_never_become_the_store_that_is_not_there_yet(self, history: Path, tmp_path: Path) -> None:
        new = tmp_path / "new.db"
        ran = run("import", str(history), "--keep-going", "--refused", str(new), store=f"sqlite:///{new}")
        assert ran.exit_code == 2
        assert not new.exists()

    def test_leave_a_file_alone_when_none_was_left_out(self, tmp_path: Path, sqlite_url: str) -> None:
        good, kept = tmp_path / "good.jsonl", tmp_path / "good.jsonl.refused.jsonl"
        good.write_bytes(PRICE % (b"team", EARLY))
        kept.write_text("of an earlier run")
        ran = run("import", str(good), "--keep-going", store=sqlite_url)
        assert ran.exit_code == 0
        assert ran.err == f"No line was left out. {kept} was there before and stays as it was.\n"
        assert kept.read_text() == "of an earlier run"

    def test_leave_a_file_alone_when_the_import_fails(self, history: Path, tmp_path: Path) -> None:
        kept = tmp_path / "out.jsonl"
        kept.write_text("old")
        ran = run("import", str(history), "--keep-going", "--refused", str(kept), store="sqlite:////no/x.db")
        assert ran.exit_code != 0
        assert kept.read_text() == "old"
        assert sorted(os.listdir(tmp_path)) == ["history.jsonl", "out.jsonl"]

    def test_say_that_they_took_the_place_of_others(self, history: Path, sqlite_url: str) -> None:
        kept = history.with_name("history.jsonl.refused.jsonl")
        kept.write_text("of an earlier run")
        ran = run("import", str(history), "--keep-going", store=sqlite_url)
        assert ran.exit_code == 1
        assert ran.err.endswith("What the file held before is gone.\n")
        assert json.loads(kept.read_text())["line"] == 1


class TestExport:
    def test_does_not_replace_the_store_that_it_reads(self, tmp_path: Path, store: str) -> None:
        ran = run("export", "--out", str(tmp_path / "kept.db"), store=store)
        assert ran.exit_code == 2
        assert "is the store itself" in ran.err
        assert done("export", store=store).count("\n") == 1


class TestSimulate:
    def test_does_not_replace_the_store(self, tmp_path: Path, store: str) -> None:
        asked = ("simulate", "--licenses", "1", "--until", "2024-12-31")
        assert run(*asked, "--out", str(tmp_path / "kept.db"), store=store).exit_code == 2
        assert done("export", store=store).count("\n") == 1

    def test_leaves_the_old_file_when_it_is_interrupted(self, tmp_path: Path) -> None:
        kept = tmp_path / "kept.jsonl"
        kept.write_text("old")
        simulating = subprocess.Popen(
            [*LISTENING, "simulate", "--licenses", "5000000", "--until", "2024-12-31", "--out", str(kept)],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
        )
        # the file beside it is there once the story has begun
        while simulating.poll() is None and not list(tmp_path.glob("*.part")):
            pass
        simulating.send_signal(signal.SIGINT)
        _, err = simulating.communicate()
        assert simulating.returncode == 130
        assert err == b"Interrupted.\n"
        assert kept.read_text() == "old"
        assert os.listdir(tmp_path) == ["kept.jsonl"]


class TestNewFiles:
    def test_replace_the_file_behind_a_link_and_keep_its_mode(self, tmp_path: Path) -> None:
        behind, link = tmp_path / "behind", tmp_path / "link"
        behind.write_text("old")
        behind.chmod(0o640)
        link.symlink_to(behind)
        with written(link, "--out") as file:
            file.write(b"new")
        assert link.is_symlink()
        assert (behind.read_text(), behind.stat().st_mode & 0o777) == ("new", 0o640)

    def test_write_to_a_device_and_say_when_it_is_full(self) -> None:
        with written(Path(os.devnull), "--out") as file:
            file.write(b"new")
        assert Path(os.devnull).is_char_device()
        with (
            pytest.raises(CannotWrite, match="/dev/full: no space is left"),
            written(Path("/dev/full"), "x") as file,
        ):
            file.write(b"new")

    @pytest.mark.parametrize(
        ("name", "reason"),
        [("none/x", "there is no folder {}/none"), ("good.jsonl/x", "{}/good.jsonl is a file, not a folder")],
    )
    def test_name_the_folder_that_is_not_one(
        self, tmp_path: Path, store: str, name: str, reason: str
    ) -> None:
        good, other = tmp_path / "good.jsonl", tmp_path / "other.jsonl"
        for file in (good, other):
            file.write_bytes(sample_history())
        target = str(tmp_path / name)
        for command in (
            ("export", "--out", target),
            ("simulate", "--licenses", "1", "--until", "2024-12-31", "--out", target),
            ("import", str(other), "--keep-going", "--refused", target),
        ):
            ran = run(*command, store=store)
            assert ran.exit_code == 2
            assert reason.format(tmp_path) in ran.err


class TestTheClock:
    def test_is_compared_with_the_lines_of_an_import(self, tmp_path: Path, sqlite_url: str) -> None:
        file = tmp_path / "future.jsonl"
        times = (EARLY, b"2090-01-01T00:00:00+02:00", b"2090-01-01T00:00:00Z")
        file.write_bytes(b"".join(PRICE % (b"plan%d" % n, time) for n, time in enumerate(times)))
        ran = run("import", str(file), store=sqlite_url)
        assert ran.exit_code == 0
        assert ran.err.count("\n") == 1
        assert ran.err.startswith(
            "Line 2 says that it was recorded later than this machine's clock shows (20"
        )
        assert "2 lines in all say so" in ran.err
        assert "counts as recorded at 2090-01-01T00:00:00.000000Z" in ran.err
        early = tmp_path / "early.jsonl"
        early.write_bytes(PRICE % (b"team", EARLY))
        assert run("import", str(early), store=f"sqlite:///{tmp_path / 'other.db'}").err == ""

    def test_is_compared_with_what_is_recorded(self, tmp_path: Path, sqlite_url: str) -> None:
        assert run("create-license", "now", "--plan", "team", store=sqlite_url).err == ""
        file = tmp_path / "future.jsonl"
        file.write_bytes(PRICE % (b"team", b"2090-01-01T00:00:00Z"))
        run("import", str(file), store=sqlite_url)
        command = ("create-license", "then", "--plan", "team", "--key", "k")
        ran = run(*command, store=sqlite_url)
        assert ran.err.startswith(
            "Recorded as of 2090-01-01T00:00:00.000000Z: the log's last event is from then, this machine's "
            "clock shows 20"
        )
        assert run(*command, store=sqlite_url).err == ""


class TestStreams:
    @staticmethod
    def ended(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
        script = f'exec "$0" -c "from desk.cli.start import main; main()" {command}'
        return subprocess.run(
            ["bash", "-c", script, LISTENING[0]], cwd=folder, capture_output=True, check=False
        )

    def test_that_are_full_or_closed_are_named(self, tmp_path: Path) -> None:
        for command in (
            "create-license a --plan team",
            "seats",
            "seats --format csv",
            "export",
            "--help",
            "seats --help",
        ):
            ran = self.ended(f"{command} >/dev/full", tmp_path)
            assert ran.returncode == 1, command
            assert b"Cannot write to standard output: no space is left." in ran.stderr
            assert b"unexpected" not in ran.stderr
        assert process("export", cwd=tmp_path).stdout.count(b"\n") == 1

    def test_say_what_was_recorded_all_the_same(self, tmp_path: Path) -> None:
        ran = self.ended("create-license a --plan team >/dev/full", tmp_path)
        assert b"The event is recorded all the same, at position 1." in ran.stderr

    def test_of_an_import_may_not_be_closed(self, tmp_path: Path) -> None:
        ran = self.ended("import - <&-", tmp_path)
        assert ran.returncode == 2
        assert b"Standard input is closed." in ran.stderr

    def test_that_are_closed_stop_a_command_before_it_records(self, tmp_path: Path) -> None:
        ran = self.ended("create-license a --plan team >&-", tmp_path)
        assert ran.returncode == 1
        assert b"Cannot write to standard output: it is closed." in ran.stderr
        assert os.listdir(tmp_path) == []

    @pytest.mark.parametrize("lost", ["2>&-", "2>/dev/full"])
    def test_for_what_is_said_beside_may_be_lost(self, tmp_path: Path, lost: str) -> None:
        process("create-license", "a", "--plan", "team", cwd=tmp_path)
        assert self.ended(f"seats --license b {lost}", tmp_path).returncode == 3
        assert self.ended(f"seats --lizenz b {lost}", tmp_path).returncode == 2
        found = self.ended(f"seats --license a --format csv --digest {lost}", tmp_path)
        assert (found.returncode, found.stdout.count(b"\n")) == (0, 2)

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    @pytest.mark.parametrize("form", ["table", "jsonl"])
    def test_end_the_program_with_141_when_the_reader_has_enough(
        self, sample_store: str, tmp_path: Path, form: str, unbuffered: str
    ) -> None:
        asking = subprocess.Popen(
            [*LISTENING, "--store", sample_store, "invoices", "--as-of", AS_OF, "--format", form],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=4096,
        )
        assert asking.stdout is not None
        assert len(os.read(asking.stdout.fileno(), 10)) == 10
        asking.stdout.close()
        assert asking.wait() == 141

    @pytest.mark.parametrize("unbuffered", ["", "1"])
    @pytest.mark.parametrize(
        "command", ["seats", "seats --format csv", "--help", "simulate --licenses 200 --until 2023-12-31"]
    )
    def test_end_the_program_with_141_when_nobody_reads(
        self, tmp_path: Path, command: str, unbuffered: str
    ) -> None:
        process("create-license", "a", "--plan", "team", cwd=tmp_path)
        reading, writing = os.pipe()
        os.close(reading)
        ran = subprocess.run(
            [*LISTENING, *command.split()],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=writing,
            stderr=subprocess.PIPE,
            check=False,
        )
        os.close(writing)
        assert (ran.returncode, ran.stderr) == (141, b"")
