"""A store with the sample programme, made once for the commands that write its invoices."""

from pathlib import Path

import pytest

from replay.sample import sample_history
from tests.desk.running import done


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a store that holds the sample programme; nobody records in it."""
    folder: Path = tmp_path_factory.mktemp("sample")
    history = folder / "history.jsonl"
    history.write_bytes(sample_history())
    url = f"sqlite:///{folder / 'sample.db'}"
    done("import", str(history), store=url)
    return url
