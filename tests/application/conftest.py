"""An open ledger on each kind of store, its clock in the test's hand."""

from collections.abc import Iterator

import pytest

from ledger.application.ledger import Ledger
from tests.application.desk import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return an empty ledger on each kind of store in turn."""
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        yield opened


@pytest.fixture
def sqlite_ledger(sqlite_url: str, clock: HandClock) -> Iterator[Ledger]:
    """Return an empty ledger where the kind of store does not matter."""
    with Ledger.open(sqlite_url, create=True, clock=clock) as opened:
        yield opened
