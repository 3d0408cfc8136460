"""Open accounts beside a ledger, with passwords that are hashed fast."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from ledger.application.accounts.accounts import Accounts
from ledger.application.ledger import Ledger

FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def accounts(sqlite_ledger: Ledger) -> Iterator[Accounts]:
    with Accounts.open(sqlite_ledger, FAST) as opened:
        yield opened
