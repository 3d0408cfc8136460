"""A ledger of each store, and an archive of each kind of place."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.application.ledger import Ledger
from tests.archive.world import LINES, ODD_LINES, Objects, import_lines


@pytest.fixture
def ledger(store_url: str) -> Iterator[Ledger]:
    """Return the sample programme, with some odd names, in each store in turn."""
    with Ledger.open(store_url, create=True) as opened:
        import_lines(opened, [*LINES, *ODD_LINES])
        yield opened


@pytest.fixture
def file_ledger(sqlite_url: str) -> Iterator[Ledger]:
    """Return the same in a file."""
    with Ledger.open(sqlite_url, create=True) as opened:
        import_lines(opened, [*LINES, *ODD_LINES])
        yield opened


@pytest.fixture(params=["folder", "file", "objects"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an archive that does not exist yet, in each kind of place in turn."""
    if request.param != "objects":
        yield str(tmp_path / "archive") if request.param == "folder" else f"file://{tmp_path}/archive"
        return
    name = uuid4().hex
    yield f"objects://{name}"
    files = Objects()
    if files.exists(f"/{name}"):
        files.rm(f"/{name}", recursive=True)
