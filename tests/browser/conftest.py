"""The real server over the sample programme on 1 August 2024, and Debian's Chromium in front of it."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from desk.web.app import create_app
from desk.web.listening import listening
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import add_user
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from replay.follow import Follower
from replay.sample import sample_history
from tests.browser.person import PASSWORD, Person

NOW = datetime(2024, 8, 1, 9, 30, tzinfo=UTC)
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# as root it cannot put its own processes into a sandbox; what it opens is ours
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found is not None, "these tests need Debian's chromium: apt-get install chromium"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the store once: what was recorded of the sample programme by then, and the users."""
    file: Path = tmp_path_factory.mktemp("browser") / "ledger.db"
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


@contextmanager
def served(file: Path) -> Iterator[str]:
    """Serve a store while the block lasts, and give its address."""
    with (
        Ledger.open(f"sqlite:///{file}", create=False, clock=lambda: NOW) as ledger,
        Accounts.open(ledger, FAST) as accounts,
        listening(create_app(ledger, accounts), "127.0.0.1", 0) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def shared_address(made_store: Path) -> Iterator[str]:
    """Serve the store to all tests that only read."""
    with served(made_store) as address:
        yield address


@pytest.fixture
def own_address(made_store: Path, tmp_path: Path) -> Iterator[str]:
    """Serve a copy of the store, for a test to change."""
    for suffix in ("", ".accounts", ".read-models"):
        shutil.copy(f"{made_store}{suffix}", tmp_path / f"ledger.db{suffix}")
    with served(tmp_path / "ledger.db") as address:
        yield address


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Return new pages in browsers of their own, which close with the test."""
    contexts: list[BrowserContext] = []

    def new(address: str, **options: Any) -> Page:
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def reader(open_page: Callable[..., Page], shared_address: str) -> Callable[..., Person]:
    """Return somebody who is signed in and only reads."""

    def as_user(name: str, **options: object) -> Person:
        return Person(open_page(shared_address, **options)).signed_in(name)

    return as_user


@pytest.fixture
def worker(open_page: Callable[..., Page], own_address: str) -> Callable[..., Person]:
    """Return somebody who is signed in to a store of their own, to change it."""

    def as_user(name: str, **options: object) -> Person:
        return Person(open_page(own_address, **options)).signed_in(name)

    return as_user
