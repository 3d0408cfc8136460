"""A browser without a screen: cookies, forms and their tokens, on the real application."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """What a person or a program does with the application; answers are httpx's."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, base: str = "http://ledger.test") -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("192.0.2.7", 50_000))
        self._client = httpx.AsyncClient(transport=transport, base_url=base)
        self._portal = portal

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request and follow nothing."""
        return self._portal.call(lambda: self._client.request(method, path, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    def token(self, path: str) -> str:
        """Return the token of the forms on a page."""
        found = _TOKEN.search(self.get(path).text)
        assert found is not None
        return unescape(found[1])

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Fill in the form and send it."""
        form = {"csrf": self.token("/sign-in"), "name": name, "password": password, **fields}
        return self.post("/sign-in", data=form)


@contextmanager
def browsing() -> Iterator[BlockingPortal]:
    """Lend what runs the application's side of all requests."""
    with start_blocking_portal() as portal:
        yield portal
