"""Pin every package exactly without naming a registry: constraints for uv, a file with hashes for pip.

`pyproject.toml` names what the project uses itself; this script adds what those need in turn. It resolves in
a folder of its own, so that a resolution that fails changes nothing. `uv.lock` names the registry that it was
made from, which is why git ignores it and these two places are kept instead.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
REQUIREMENTS = ROOT / "requirements.lock"
BEGIN, END = "# pinned by scripts/lock.py: begin", "# pinned by scripts/lock.py: end"
HEADER = """\
# What a deployment runs, exactly. Made by scripts/lock.py; install with
#   pip install --require-hashes -r requirements.lock && pip install --no-deps .
"""
_BLOCK = re.compile(f"^{re.escape(BEGIN)}\n.*^{re.escape(END)}\n", re.MULTILINE | re.DOTALL)


class LockFailed(Exception):
    """Raised when uv refuses; carries what uv said."""


def main(arguments: list[str] | None = None) -> int:
    """Pin, or check the pins; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare the pins with uv.lock; change nothing")
    mode.add_argument("--upgrade", action="store_true", help="take the newest of what is needed indirectly")
    options = parser.parse_args(arguments)
    try:
        return check() if options.check else pin(upgrade=options.upgrade)
    except LockFailed as error:
        print(error, file=sys.stderr)
        return 1


def check() -> int:
    """Tell whether both places say what the environment's uv.lock says; needs no network."""
    if not (ROOT / "uv.lock").exists():
        raise LockFailed("uv.lock is missing: run `uv sync` first.")
    project = PYPROJECT.read_text(encoding="utf-8")
    build = tomllib.loads(project)["tool"]["uv"].get("build-constraint-dependencies", [])
    stale = [
        path.name
        for path, wanted in (
            (PYPROJECT, with_pins(project, locked_versions(ROOT), build)),
            (REQUIREMENTS, requirements(ROOT)),
        )
        if not path.exists() or path.read_text(encoding="utf-8") != wanted
    ]
    for name in stale:
        print(f"{name} does not pin what uv.lock has: run `uv run python scripts/lock.py`.", file=sys.stderr)
    return 1 if stale else 0


def pin(*, upgrade: bool) -> int:
    """Resolve anew and write both places.

    Pins of indirect packages are kept unless `upgrade` is given; those that the project names itself follow
    what it names.
    """
    project = PYPROJECT.read_text(encoding="utf-8")
    named = set(direct_names(tomllib.loads(project)))
    kept = [] if upgrade else [pin for pin in constraints(project) if name_of(pin) not in named]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_text(with_pins(project, kept, []), encoding="utf-8")
        uv(place, "lock")
        build = build_versions(place, tomllib.loads(project)["build-system"]["requires"])
        PYPROJECT.write_text(with_pins(project, locked_versions(place), build), encoding="utf-8")
        REQUIREMENTS.write_text(requirements(place), encoding="utf-8")
    return 0


def constraints(project: str) -> list[str]:
    """Return the pins that pyproject.toml has now."""
    found: list[str] = tomllib.loads(project).get("tool", {}).get("uv", {}).get("constraint-dependencies", [])
    return found


def direct_names(project: dict[str, Any]) -> list[str]:
    """Return the normalised names of the packages that the project names itself."""
    extras = project["project"].get("optional-dependencies", {}).values()
    groups = project.get("dependency-groups", {}).values()
    lists = [project["project"]["dependencies"], *extras, *groups]
    return [
        name_of(requirement) for listed in lists for requirement in listed if isinstance(requirement, str)
    ]


def name_of(requirement: str) -> str:
    """Return the normalised name at the start of a requirement."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    if match is None:
        raise LockFailed(f"{requirement!r} is not a requirement.")
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def locked_versions(place: Path) -> list[str]:
    """Return `name==version` of every package in uv.lock but the project itself, by name.

    Raises LockFailed if a package has several versions: a constraint could not say which.
    """
    packages = tomllib.loads((place / "uv.lock").read_text(encoding="utf-8"))["package"]
    pins = sorted(
        f"{package['name']}=={package['version']}" for package in packages if "registry" in package["source"]
    )
    names = [name_of(pin) for pin in pins]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LockFailed(f"several versions of {', '.join(twice)}: narrow what the project asks for.")
    return pins


def build_versions(place: Path, requires: list[str]) -> list[str]:
    """Return `name==version` of what building the project needs, on every platform."""
    asked = "\n".join(requires)
    compiled = ("pip", "compile", "-", "--universal", "--python-version", "3.11")
    said = uv(place, *compiled, "--no-header", "--no-annotate", stdin=asked)
    return sorted(line.split(" ;")[0].strip() for line in said.splitlines() if line.strip())


def requirements(place: Path) -> str:
    """Return requirements.lock: what runs, with hashes and without a registry's address."""
    said = uv(place, "export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate")
    if "://" in said:
        raise LockFailed("uv's export names an address; pins must not.")
    return HEADER + said


def with_pins(project: str, pins: list[str], build: list[str]) -> str:
    """Return pyproject.toml with its marked block made of these pins."""
    if _BLOCK.search(project) is None:
        raise LockFailed(f"pyproject.toml has no block between {BEGIN!r} and {END!r}.")
    block = _toml_list("constraint-dependencies", pins) + _toml_list("build-constraint-dependencies", build)
    return _BLOCK.sub(lambda _: f"{BEGIN}\n{block}{END}\n", project)


def _toml_list(key: str, values: list[str]) -> str:
    return f"{key} = [\n" + "".join(f'    "{value}",\n' for value in values) + "]\n"


def uv(place: Path, *arguments: str, stdin: str | None = None) -> str:
    """Run uv in a folder and return what it printed; raises LockFailed."""
    done = subprocess.run(
        ["uv", *arguments, "--quiet"], cwd=place, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LockFailed(f"uv {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
