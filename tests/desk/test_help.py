"""Every command explains itself, with an example that can be copied and works."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from desk.cli.help_page import PROGRAM
from desk.cli.main import app
from tests.desk.running import done, run, same_as_golden

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group, as there are several
# An order in which the examples tell one story: what they need is there when they come.
STORY = (
    "publish-price", "register-partner", "change-partner-terms", "announce-cutover", "create-license",
    "create-agent", "explain", "take-seat", "release-seat", "add-chatbot", "remove-chatbot", "suspend-agent",
    "activate-agent", "switch-pricing-model", "change-plan", "change-billing-cycle", "seats", "invoices",
    "invoice", "preview", "notices", "notify", "log", "compare", "replay", "reconcile",
    "webhooks", "bill", "verify", "statement", "savings", "redundant", "review", "journal", "follow",
    "status", "export", "import", "archive", "rebuild", "simulate", "demo", "delete-agent", "cancel-license",
    "user", "api-key",
)  # fmt: skip


# Their examples are run as processes, and stopped, by their own tests.
UNTIL_STOPPED = ("receive", "work", "serve")

# What can be a ledger's first event.
FIRST = ("publish-price", "register-partner", "announce-cutover", "create-license")


class TestHelp:
    @pytest.mark.parametrize("columns", [80, 140])
    def test_shows_all_commands_in_their_panels(self, columns: int) -> None:
        page = done("--help", columns=columns)
        assert all(f"\n{panel}\n" in page for panel in ("Record", "Ask", "Move data", "Learn"))
        assert all(f"  {name} " in page for name in COMMANDS)
        assert max(map(len, page.splitlines())) <= columns

    def test_looks_like_this(self) -> None:
        assert same_as_golden("help.txt", done("--help", columns=80))
        assert same_as_golden("help_create_license.txt", done("create-license", "--help", columns=80))

    def test_is_shown_when_nothing_is_asked(self) -> None:
        ran = run()
        assert ran.exit_code == 2
        assert "Usage: license-ledger" in ran.out + ran.err

    @pytest.mark.parametrize("name", COMMANDS)
    def test_has_an_example_for_each_command(self, name: str) -> None:
        page = done(name, "--help")
        assert "\nExample" in page
        assert f"$ license-ledger {name}" in page
        assert page.splitlines()[2].strip().endswith((".", ";", ",")) or len(page.splitlines()[2]) > 60

    @pytest.mark.parametrize("name", COMMANDS)
    def test_takes_at_actor_and_key_for_all_that_is_recorded(self, name: str) -> None:
        page = done(name, "--help")
        recorded = COMMANDS[name].rich_help_panel == "Record"
        assert all((option in page) is recorded for option in ("--at ", "--actor ", "--key "))

    def test_gives_the_version(self) -> None:
        assert done("--version").startswith("license-ledger 0.")

    def test_does_not_wait_for_the_columnar_kernel(self) -> None:
        asked = "import sys; from desk.cli.main import app; sys.argv[1:] = ['--help']\ntry: app()\nfinally: "
        heavy = (
            "{'polars', 'pydantic', 'babel', 'psycopg', 'structlog', 'rich.progress', 'fastapi', 'uvicorn'}"
        )
        ran = subprocess.run(
            [sys.executable, "-c", f"{asked}assert not {heavy} & set(sys.modules), set(sys.modules)"],
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr.decode()[-2000:]


class TestExamples:
    def test_are_of_every_command(self) -> None:
        assert sorted((*STORY, *UNTIL_STOPPED)) == sorted(COMMANDS)

    @pytest.mark.parametrize("name", FIRST)
    def test_of_what_can_begin_a_ledger_work_in_a_new_one(self, sqlite_url: str, name: str) -> None:
        for line in COMMANDS[name].epilog.splitlines():
            ran = run(*shlex.split(line)[1:], store=sqlite_url)
            assert ran.exit_code == 0, f"{line}\n{ran.out}{ran.err}"

    def test_work_one_after_the_other(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        # what the partner API answers where nothing is billed yet, and a configuration that says nothing
        (tmp_path / "partner-invoices.json").write_text('{"result": []}')
        (tmp_path / "ledger.toml").write_text("")
        for name in STORY:
            for line in COMMANDS[name].epilog.splitlines():
                program, *args = shlex.split(line)
                assert program == PROGRAM
                ran = run(*args)
                assert ran.exit_code == 0, f"{line}\n{ran.out}{ran.err}"
        assert {"license-ledger.db", "history.jsonl", "simulated.jsonl"} <= set(os.listdir(tmp_path))
