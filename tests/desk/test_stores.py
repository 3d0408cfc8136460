"""A store that cannot be used is told as what it is: a folder, nowhere, read-only, or not known yet."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.running import Ran, done, run

NOBODY = 65534
AT = "2024-05-01T08:00:00Z"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that others may enter, which pytest's own are not, with a store in it."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-stores-"))
    folder.chmod(0o755)
    done("create-license", "northwind", "--plan", "team", store=f"sqlite:///{folder / 'kept.db'}")
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def run_without_rights(*args: str, store: str) -> Ran:
    """Run a command as somebody who may do what everybody may; what it imports is imported before."""
    run(*args, store="sqlite:////none/at/all.db")
    done("--version")
    if os.geteuid() != 0:
        return run(*args, store=store)
    os.seteuid(NOBODY)
    try:
        return run(*args, store=store)
    finally:
        os.seteuid(0)


class TestAStore:
    @pytest.mark.parametrize("command", ["seats", "create-license a --plan team"])
    def test_that_is_a_folder_is_not_valid(self, tmp_path: Path, command: str) -> None:
        ran = run(*command.split(), store=f"sqlite:///{tmp_path}")
        assert ran.exit_code == 2
        assert "it is a folder, and a store is a file in one" in ran.err

    def test_in_a_folder_that_is_missing_is_not_made(self, tmp_path: Path) -> None:
        ran = run("create-license", "a", "--plan", "team", store=f"sqlite:///{tmp_path / 'no' / 'x.db'}")
        assert ran.exit_code == 3
        assert ran.err.startswith(f"Not found (store_folder_not_found): There is no folder {tmp_path}/no for")

    def test_that_is_read_only_says_so(self, open_folder: Path) -> None:
        (open_folder / "kept.db").chmod(0o444)
        store = f"sqlite:///{open_folder / 'kept.db'}"
        run("add-chatbot", "nobody", "bot", store=store)
        ran = run_without_rights("add-chatbot", "northwind", "bot", store=store)
        assert ran.exit_code == 1
        assert ran.err.startswith(f"Failed (store_read_only): The store at {store} cannot be written to")
        assert "Check that it runs" not in ran.err

    def test_that_may_not_be_opened_says_so(self, open_folder: Path) -> None:
        (open_folder / "kept.db").chmod(0o000)
        store = f"sqlite:///{open_folder / 'kept.db'}"
        ran = run_without_rights("seats", store=store)
        assert ran.exit_code == 1
        assert ran.err.startswith("Failed (store_cannot_be_opened): The store's file cannot be opened")

    def test_that_is_damaged_says_so(self, open_folder: Path) -> None:
        file = open_folder / "kept.db"
        whole, page_size = file.read_bytes(), 4096
        pages = [whole[start : start + page_size] for start in range(0, len(whole), page_size)]
        file.write_bytes(b"".join(b"\xff" * page_size if b"northwind" in page else page for page in pages))
        ran = run("seats", store=f"sqlite:///{file}")
        assert ran.exit_code == 1
        assert ran.err.startswith("Failed (store_damaged): The store at")

    def test_that_may_not_be_made_says_so(self, open_folder: Path) -> None:
        store = f"sqlite:///{open_folder / 'new.db'}"
        ran = run_without_rights("publish-price", "team", "monthly", "1", store=store)
        assert ran.exit_code == 1
        assert "Check that you may read and write the file and the folder" in ran.err
        assert not (open_folder / "new.db").exists()


class TestALicence:
    @pytest.mark.parametrize("command", ["seats --license", "invoices --license", "notices --license", "log"])
    def test_that_was_recorded_later_is_not_known_yet(self, sqlite_url: str, command: str) -> None:
        done("create-license", "northwind", "--plan", "team", "--at", AT, store=sqlite_url)
        then = ("--known-at", "2024-06-01T00:00:00Z")
        ran = run(*command.split(), "northwind", *then, store=sqlite_url)
        assert ran.exit_code == 3
        assert ran.err.startswith(
            "Not found (license_not_known_yet): Licence 'northwind' was not known yet at 2024-06-01T00:00:00"
        )
        assert "Ask with a later --known-at: it was recorded at 20" in ran.err
        never = run(*command.split(), "southwind", *then, store=sqlite_url)
        assert never.exit_code == 3
        assert "There is no licence 'southwind'" in never.err
