"""Every command in the documentation works as written: each page's ```console blocks, from top to bottom.

A line that begins with `$` is a command; what stands below it, if anything, is what it prints (`…` stands for
anything). The commands of a page share one empty folder. Terminals are 100 wide.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = [
    page
    for folder in (
        PROJECT,
        PROJECT / "docs",
        PROJECT / "docs" / "adr",
        PROJECT / "desk",
        PROJECT / "desk" / "cli",
    )
    for page in sorted(folder.glob("*.md"))
]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# what installs, tests and lints: it has tests of its own, or is what runs this one
_NOT_RUN = re.compile(r"(pip|git|uv sync|uv run (pytest|ruff|mypy|lint-imports|python)|\.ci/run)\b")
_RUN = re.compile(r"(?:uv run )?license-ledger\b|export [A-Z_]+=|[a-z]+ .*\| *license-ledger\b")


class Documented(NamedTuple):
    """A command and what the page says it prints; None if it says nothing."""

    command: str
    output: str | None


def documented(text: str) -> Iterator[Documented]:
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield Documented(command, output.strip("\n") or None)


def run_in_shell(command: str, folder: Path, exported: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LEDGER_")}
    surroundings = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TMPDIR": str(folder),
    }
    script = f"set -o pipefail\n{exported}\n{command.replace('uv run license-ledger', 'license-ledger')}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=kept | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def matches(wanted: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in wanted.split("…"))
    return re.fullmatch(pattern, printed.strip("\n"), re.DOTALL) is not None


class TestDocumentation:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
    def test_shows_commands_that_work(self, page: Path, tmp_path: Path) -> None:
        exported: list[str] = []
        for command, output in documented(page.read_text(encoding="utf-8")):
            if _NOT_RUN.match(command):
                continue
            assert _RUN.match(command), f"nobody knows how to run {command}"
            if command.startswith("export "):
                exported.append(command)
                continue
            ran = run_in_shell(command, tmp_path, "\n".join(exported))
            assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
            if output is not None:
                assert matches(output, ran.stdout + ran.stderr), f"{command} prints\n{ran.stdout}{ran.stderr}"

    def test_shows_what_the_demonstration_prints(self, tmp_path: Path) -> None:
        readme = (PROJECT / "README.md").read_text(encoding="utf-8")
        (shown,) = re.findall(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
        ran = run_in_shell("license-ledger demo", tmp_path, "")
        assert (ran.returncode, ran.stderr) == (0, "")
        assert matches(shown.strip("\n").replace("/tmp/license", f"{tmp_path}/license"), ran.stdout)

    def test_of_the_project_has_commands(self) -> None:
        readme = (PROJECT / "README.md").read_text(encoding="utf-8")
        assert len(list(documented(readme))) > 3


class TestReadingDocumentation:
    def test_takes_commands_apart_from_what_they_print(self) -> None:
        page = "Text\n\n```console\n$ one\n$ two | three\nprinted\n\nmore\n```\n\n```sh\n$ four\n```\n"
        assert list(documented(page)) == [
            Documented("one", None),
            Documented("two | three", "printed\n\nmore"),
        ]

    def test_lets_an_ellipsis_stand_for_anything(self) -> None:
        assert matches("Recorded …\n…\nDigest abc", "Recorded 5 events\nand\nmore\nDigest abc\n")
        assert not matches("Recorded … events", "Recorded 5 things")
