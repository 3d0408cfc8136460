"""The program as a process: exit codes, streams, pipes, interrupts and what nobody foresaw."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desk.cli import lazy
from desk.cli.group import hoisted
from desk.cli.screen import err_console
from tests.desk.running import run

PROGRAM = [sys.executable, "-c", "from desk.cli.start import main; main()"]

# a shell's background jobs are deaf to interrupts, and so would be what they start
LISTENING = [
    *PROGRAM[:2],
    f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {PROGRAM[2]}",
]


def process(*args: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LEDGER_", "COLUMNS"))}
    return subprocess.run(
        [*PROGRAM, *args], cwd=cwd, env=plain | (env or {}), capture_output=True, check=False
    )


class TestProcess:
    def test_records_and_answers_in_the_folder_where_it_runs(self, tmp_path: Path) -> None:
        made = process("create-license", "northwind", "--plan", "team", cwd=tmp_path)
        assert (made.returncode, made.stderr) == (0, b"")
        assert (tmp_path / "license-ledger.db").exists()
        asked = process("seats", "--format", "csv", cwd=tmp_path)
        assert asked.stdout.splitlines()[1] == b"northwind,0,0,0,0,0,0,0"

    def test_ends_with_the_exit_code_of_the_refusal(self, tmp_path: Path) -> None:
        ran = process("seats", cwd=tmp_path)
        assert (ran.returncode, ran.stdout) == (3, b"")
        assert b"\x1b[" not in ran.stderr

    def test_has_colours_only_where_they_are_wanted(self, tmp_path: Path) -> None:
        wanted = process("seats", cwd=tmp_path, env={"FORCE_COLOR": "1", "TERM": "xterm"})
        assert b"\x1b[1;31mNot found" in wanted.stderr
        unwanted = process("seats", cwd=tmp_path, env={"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"})
        assert b"\x1b[31m" not in unwanted.stderr
        assert b"\x1b[1;31m" not in unwanted.stderr

    def test_is_quiet_when_nobody_reads_on(self, sample_store: str, tmp_path: Path) -> None:
        simulated = subprocess.Popen(
            [*PROGRAM, "simulate", "--licenses", "60", "--until", "2023-12-31"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert simulated.stdout is not None
        assert simulated.stderr is not None
        simulated.stdout.close()
        assert simulated.stderr.read() == b""
        simulated.stderr.close()
        assert simulated.wait() == 141

    def test_ends_with_130_when_it_is_interrupted_and_records_nothing(self, tmp_path: Path) -> None:
        importing = subprocess.Popen(
            [*LISTENING, "import", "-"],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert importing.stdin is not None
        price = (
            b'{"type":"PricePublished","plan":"team","billing_cycle":"monthly","currency":"USD","unit_amount":%d,'
            b'"effective_at":"2024-01-01T00:00:00Z","recorded_at":"2024-01-01T00:00:00Z","actor":"system"}\n'
        )
        # more than the pipe holds: once it is written, the program is reading
        importing.stdin.write(b"".join(price % amount for amount in range(4_000)))
        importing.stdin.flush()
        importing.send_signal(signal.SIGINT)
        out, err = importing.communicate()
        assert (importing.returncode, out) == (130, b"")
        assert err.decode().endswith("Interrupted.\n")
        assert process("export", cwd=tmp_path).stdout == b""

    def test_ends_with_130_quietly_when_it_is_interrupted_while_it_starts(self, tmp_path: Path) -> None:
        starting = (
            "import sys\n"
            "class Interrupted:\n"
            "    def find_spec(self, name, *_):\n"
            "        if name == 'typer': raise KeyboardInterrupt\n"
            "sys.meta_path.insert(0, Interrupted())\n"
            "from desk.cli.start import main\n"
            "main()\n"
        )
        ran = subprocess.run([sys.executable, "-c", starting], cwd=tmp_path, capture_output=True, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")


class TestUnexpected:
    @pytest.fixture(autouse=True)
    def _broken_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def ask_seats(*_: object) -> None:
            raise RuntimeError("the kernel is out of order")

        monkeypatch.setattr(lazy, "ask_seats", ask_seats, raising=False)

    def test_ends_with_1_and_a_short_message(self, sample_store: str) -> None:
        ran = run("seats", store=sample_store)
        assert (ran.exit_code, ran.out) == (1, "")
        assert ran.err == (
            "Failed (unexpected): RuntimeError: the kernel is out of order\n"
            "  way out      Run it again with -v to see where it happened, and report that.\n"
        )

    def test_shows_where_to_those_who_ask(self, sample_store: str) -> None:
        ran = run("seats", "-v", store=sample_store)
        assert ran.exit_code == 1
        assert "Traceback (most recent call last)" in ran.err
        assert ran.err.endswith("Failed (unexpected): RuntimeError: the kernel is out of order\n")


class TestGlobalOptions:
    def test_may_stand_anywhere(self) -> None:
        assert hoisted(["seats", "--store", "u", "-v"]) == ["--store", "u", "-v", "seats"]
        assert hoisted(["seats", "--store=u"]) == ["--store=u", "seats"]

    def test_are_left_alone_behind_two_dashes(self) -> None:
        assert hoisted(["log", "-v", "--", "--store"]) == ["-v", "log", "--", "--store"]

    def test_take_the_next_word_whatever_it_is(self) -> None:
        assert hoisted(["--store", "--store", "seats"]) == ["--store", "--store", "seats"]


class TestProgress:
    def test_is_shown_on_a_terminal_only(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        assert not err_console().is_terminal
        ran = run("simulate", "--licenses", "3", "--until", "2022-12-31", "--out", str(tmp_path / "out"))
        assert ran.err.startswith("Wrote ")
        assert capfd.readouterr() == ("", "")

    def test_tells_licences_bytes_and_lines(self, tmp_path: Path, sqlite_url: str) -> None:
        out = str(tmp_path / "out.jsonl")
        told = run(
            "simulate",
            "--licenses",
            "3",
            "--until",
            "2022-12-31",
            "--out",
            out,
            FORCE_COLOR="1",
            TERM="xterm",
        )
        assert "licences/s" in told.err
        imported = run("import", out, store=sqlite_url, FORCE_COLOR="1", TERM="xterm")
        assert "lines/s" in imported.err
        assert "KiB" in imported.err
