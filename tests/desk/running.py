"""Run the command line as a user does, without a process of its own, and hold its screens against files."""

import os
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from desk.cli.main import app

GOLDEN = Path(__file__).parent / "golden"
# `UPDATE_GOLDEN=1 uv run pytest tests/desk` writes the files anew; look at the difference before keeping it
UPDATE = "UPDATE_GOLDEN"
AS_OF = "2024-12-20T00:00:00Z"


class Ran(NamedTuple):
    """What a command answered."""

    exit_code: int
    out: str
    err: str


def run(
    *args: str, store: str | None = None, columns: int = 100, stdin: bytes | None = None, **env: str | None
) -> Ran:
    """Run one command line; `store` is put before the command."""
    before = [] if store is None else ["--store", store]
    surroundings = {"COLUMNS": str(columns), "NO_COLOR": "1", "LEDGER_STORE": None, "LEDGER_LOG": None, **env}
    result = CliRunner().invoke(
        app, [*before, *args], input=stdin, env=surroundings, prog_name="license-ledger"
    )
    return Ran(result.exit_code, result.stdout, result.stderr)


def done(*args: str, store: str | None = None, columns: int = 100) -> str:
    """Run one command line that must end well, and return what it wrote to stdout."""
    ran = run(*args, store=store, columns=columns)
    assert ran.exit_code == 0, ran.err
    return ran.out


def same_as_golden(name: str, text: str) -> bool:
    """Tell whether a screen is the one in the file of that name."""
    file = GOLDEN / name
    if os.environ.get(UPDATE):
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8") == text
