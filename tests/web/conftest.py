"""The application over the sample programme on 6 August 2024, with a user of each role."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from fastapi import FastAPI

from desk.web.app import create_app
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import add_user
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from replay.follow import Follower
from replay.sample import sample_history
from tests.application.desk import HandClock
from tests.web.browsing import PASSWORD, Browser, browsing

NOW = datetime(2024, 8, 6, 9, 30, tzinfo=UTC)
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with browsing() as opened:
        yield opened


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the store once: what was recorded of the sample programme by then, and the users."""
    file: Path = tmp_path_factory.mktemp("web") / "ledger.db"
    known = [
        line
        for line in sample_history().splitlines(keepends=True)
        if json.loads(line)["recorded_at"] < NOW.isoformat()
    ]
    with Ledger.open(f"sqlite:///{file}", create=True, clock=lambda: NOW) as ledger:
        import_history(ledger, BytesIO(b"".join(known)))
        Follower(ledger, lambda _: None).run(threading.Event(), once=True)
        with Accounts.open(ledger, FAST) as accounts:
            for role in UserRole:
                partner_id = "acme" if role is UserRole.PARTNER else None
                add_user(accounts, name=role.value, role=role, partner_id=partner_id, password=PASSWORD)
    return file


@pytest.fixture
def clock() -> HandClock:
    clock = HandClock()
    clock.now = NOW
    return clock


@pytest.fixture
def ledger(made_store: Path, tmp_path: Path, clock: HandClock) -> Iterator[Ledger]:
    """Open a copy of the store, for a test to do with as it likes."""
    for suffix in ("", ".accounts", ".read-models"):
        shutil.copy(f"{made_store}{suffix}", tmp_path / f"ledger.db{suffix}")
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", create=False, clock=clock) as opened:
        yield opened


@pytest.fixture
def accounts(ledger: Ledger) -> Iterator[Accounts]:
    with Accounts.open(ledger, FAST) as opened:
        yield opened


@pytest.fixture
def app(ledger: Ledger, accounts: Accounts) -> FastAPI:
    return create_app(ledger, accounts)


@pytest.fixture
def browser(app: FastAPI, portal: BlockingPortal) -> Browser:
    return Browser(app, portal)


@pytest.fixture
def signed_in(app: FastAPI, portal: BlockingPortal) -> Callable[[str], Browser]:
    """Return a browser of somebody who is signed in."""

    def as_user(name: str) -> Browser:
        browser = Browser(app, portal)
        assert browser.sign_in(name).status_code == 303
        return browser

    return as_user


@pytest.fixture(scope="session")
def reading(made_store: Path, portal: BlockingPortal) -> Iterator[Callable[[str], Browser]]:
    """Return browsers on one application for all tests that only read."""
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(f"sqlite:///{made_store}", create=False, clock=lambda: NOW))
        accounts = stack.enter_context(Accounts.open(ledger, FAST))
        app = create_app(ledger, accounts)
        known: dict[str, Browser] = {}

        def as_user(name: str) -> Browser:
            if name not in known:
                known[name] = Browser(app, portal)
                if name:
                    assert known[name].sign_in(name).status_code == 303
            return known[name]

        yield as_user
