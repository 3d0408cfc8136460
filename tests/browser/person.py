"""Somebody at a browser: signs in, counts what is clicked, and reads what is on the screen."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Locator, Page, expect

PASSWORD = "correct horse battery"
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Person:
    """One person with one page open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def signed_in(self, name: str, password: str = PASSWORD) -> "Person":
        """Sign in and arrive at the list."""
        self.try_to_sign_in(name, password)
        expect(self.page).to_have_url("/licenses")
        return self

    def try_to_sign_in(self, name: str, password: str) -> None:
        """Fill in the form and send it."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def click(self, what: Locator) -> None:
        """Click, and count it."""
        self.clicks += 1
        what.click()

    def faults(self, only: Sequence[str] = ()) -> list[str]:
        """Return what axe-core finds fault with on the page as it is, by all its rules or some."""
        options = {"runOnly": {"type": "rule", "values": list(only)}} if only else None
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{self.page.url}: {one['id']}, {one['help']}: {node['target']}"
            for one in found
            for node in one["nodes"]
        ]

    def overhang_px(self) -> int:
        """Return by how much the page is wider than the window."""
        return int(self.page.evaluate(_WIDER))
