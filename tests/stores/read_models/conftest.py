"""Read models on every store in turn."""

from collections.abc import Iterator

import pytest

from ledger.stores.read_models.locations import open_read_models
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.store import Store


@pytest.fixture
def models(store: Store) -> Iterator[ReadModelStore]:
    """Return empty read models beside an empty log of each kind in turn."""
    opened = open_read_models(store, create=True)
    assert opened is not None
    with opened:
        yield opened
