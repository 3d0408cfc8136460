"""The unit and the container file: what they call exists, and what they promise is there."""

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import typer.main

from desk.cli.main import app
from desk.configuration import Work

DEPLOY = Path(__file__).parents[2] / "deploy"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group, as there are several
PDF_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")


def unit() -> dict[str, list[tuple[str, str]]]:
    """Read the unit: its settings by section; some come several times."""
    sections: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in (DEPLOY / "license-ledger-work.service").read_text().splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            setting, _, value = line.partition("=")
            sections.setdefault(name, []).append((setting, value))
    return sections


def instructions() -> list[tuple[str, str]]:
    """Read the container file: an instruction and what it is given."""
    text = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def assert_understood(args: list[str]) -> None:
    """Check that a command line names a command, and options of it."""
    name, *rest = args
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known


class TestUnit:
    def test_runs_a_command_that_exists(self) -> None:
        program, *args = shlex.split(dict(unit()["Service"])["ExecStart"])
        assert program.endswith("/license-ledger")
        assert_understood(args)

    def test_names_variables_that_are_heeded(self) -> None:
        named = {value.partition("=")[0] for name, value in unit()["Service"] if name == "Environment"}
        documented = "".join(path.read_text() for path in (DEPLOY.parent / "docs").glob("*.md"))
        assert named == {"LEDGER_CONFIG", "LEDGER_LOG_FORMAT"}
        assert all(name in documented for name in named)

    def test_waits_for_longer_than_a_mail_server_may_take(self) -> None:
        service = dict(unit()["Service"])
        assert int(service["TimeoutStopSec"]) > 60
        assert (service["KillSignal"], service["Restart"]) == ("SIGTERM", "always")
        assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")

    def test_is_what_systemd_understands(self, tmp_path: Path) -> None:
        """With systemd at hand it is asked; each line is a setting in a section in any case."""
        assert set(unit()) == {"Unit", "Service", "Install"}
        RawConfigParser(strict=False).read_string((DEPLOY / "license-ledger-work.service").read_text())
        verifier = shutil.which("systemd-analyze")
        if verifier is not None:
            text = (DEPLOY / "license-ledger-work.service").read_text()
            here = tmp_path / "license-ledger-work.service"
            here.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={shutil.which('true')}", text))
            ran = subprocess.run(
                [verifier, "verify", "--man=no", str(here)], capture_output=True, text=True, check=False
            )
            assert "license-ledger-work" not in ran.stderr


class TestContainerfile:
    def test_installs_by_hashes_from_the_lock(self) -> None:
        runs = [rest for word, rest in instructions() if word == "RUN"]
        assert any("--require-hashes" in run and "--requirement requirements.lock" in run for run in runs)
        lock = (DEPLOY.parent / "requirements.lock").read_text()
        assert "--hash=sha256:" in lock

    def test_brings_what_a_pdf_needs(self) -> None:
        runs = " ".join(rest for word, rest in instructions() if word == "RUN")
        readme = " ".join((DEPLOY.parent / "README.md").read_text().split())
        assert all(package in runs and package in readme for package in PDF_PACKAGES)

    def test_runs_the_worker_as_nobody_in_particular(self) -> None:
        by_word = dict(instructions())
        assert by_word["USER"] == "10001"
        assert_understood(shlex.split(re.sub(r'[\[\],"]', " ", by_word["CMD"])))
        assert by_word["EXPOSE"] == str(Work().port)
        assert f":{Work().port}/health" in by_word["HEALTHCHECK"]

    def test_copies_what_is_there(self) -> None:
        copied = [
            rest.split()[:-1] for word, rest in instructions() if word == "COPY" and "--from" not in rest
        ]
        assert all((DEPLOY.parent / name).exists() for names in copied for name in names)
