"""Every page as it meets eyes, screen readers and small windows: axe finds no fault, nothing sticks out."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from desk.web.app import PAGES
from tests.browser.person import Person

FIRM = "acme-law-firm-suspends"
AGENT = f"kim@{FIRM}.example"
# the routes of pages, each with addresses that show what it has to show
ADDRESSES = {
    "licenses": ("/licenses", "/licenses?q=nothing-like-it", "/licenses?changing=1&partner=acme"),
    "license": (
        f"/licenses/{FIRM}",
        f"/licenses/{FIRM}?as_of=2024-06-01&known_at=2024-07-01",
        "/licenses/nobody",
    ),
    "license_events": (f"/licenses/{FIRM}/events?seats=1",),
    "team": (f"/licenses/{FIRM}/team", f"/licenses/{FIRM}/team?tab=suspended"),
    "team_change": (f"/licenses/{FIRM}/team/change?agent_id={AGENT}&change=suspend",),
    "invoice": (
        f"/licenses/{FIRM}/invoices/2024-08-20",
        "/licenses/borealis-clinic-annual-peak/invoices/2024-05-29",
        "/licenses/acme-issued-then-corrected/invoices/2024-06-12",
    ),
    "invoice_document": ("/licenses/acme-issued-then-corrected/invoices/2024-06-12/document",),
    "compare": (
        f"/licenses/{FIRM}/compare?as_of=2024-03-10",
        "/licenses/acme-issued-then-corrected/compare"
        "?as_of=2024-06-13&known_at=2024-05-15&to_known_at=2024-06-13&all=1",
    ),
    "partners": ("/partners",),
    "partner": ("/partners/acme",),
    "partner_accounts": ("/partners/acme/accounts",),
    "partner_statement": ("/partners/acme/statement?month=2024-07",),
    "cutovers": ("/cutovers",),
    "cutover": ("/cutovers/resellers-2024-08-11",),
    "notices": ("/notices",),
    "operations": ("/operations",),
    "access_log": ("/access-log",),
}
# what is part of another page, or leads to one
PARTS = {"bell", "back_from_elsewhere", "home", "openapi", "sign_in", "sign_in_elsewhere"}
SHOWN = [address for addresses in ADDRESSES.values() for address in addresses]
_OPEN_ALL = "document.querySelectorAll('main details:not(.menu)').forEach((one) => { one.open = true; })"
WIDE = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
NARROW = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark"}
# what of a page depends on colours and width; the rest was looked at when it was wide
ON_LOOKS = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")
WINDOWS = [
    pytest.param(WIDE, (), id="wide-light"),
    pytest.param(NARROW, ON_LOOKS, id="narrow-dark"),
]


class TestEveryPage:
    def test_is_looked_at(self) -> None:
        routes: list[Any] = [route for pages in PAGES for route in pages.router.routes]
        names = {
            route.name for route in routes if "GET" in route.methods and not route.path.startswith("/api/")
        }
        assert names - PARTS == set(ADDRESSES)

    @pytest.mark.parametrize(("window", "only"), WINDOWS)
    def test_is_sound_and_fits(
        self, reader: Callable[..., Person], window: dict[str, object], only: tuple[str, ...]
    ) -> None:
        admin = reader("admin", **window)
        faults: list[str] = []
        for address in SHOWN:
            admin.page.goto(address)
            admin.page.evaluate(_OPEN_ALL)
            faults += admin.faults(only)
            if admin.overhang_px():
                faults.append(f"{address} is {admin.overhang_px()} px wider than the window")
        assert faults == []

    @pytest.mark.parametrize(("window", "only"), WINDOWS)
    def test_is_sound_before_anybody_signs_in(
        self,
        open_page: Callable[..., Page],
        shared_address: str,
        window: dict[str, object],
        only: tuple[str, ...],
    ) -> None:
        somebody = Person(open_page(shared_address, **window))
        somebody.page.goto("/sign-in")
        assert somebody.faults(only) == []
        assert somebody.overhang_px() == 0
