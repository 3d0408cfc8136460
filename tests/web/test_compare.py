"""A licence at two looks: what differs, all of it if asked, and what happened in between."""

from collections.abc import Callable
from typing import Any

from tests.web.browsing import Browser

FIRM, CORRECTED = "acme-law-firm-suspends", "acme-issued-then-corrected"
TWICE = {"as_of": "2024-06-13", "known_at": "2024-05-15", "to_known_at": "2024-06-13"}
As = Callable[[str], Browser]


def compared(browser: Browser, license_id: str, **asked: str) -> dict[str, Any]:
    answer = browser.get(f"/api/licenses/{license_id}/compare", params=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


class TestCompare:
    def test_shows_one_moment_as_it_was_known_at_two(self, reading: As) -> None:
        view = compared(reading("auditor"), CORRECTED, **TWICE)
        assert view["before"] == {
            "as_of": "2024-06-13T00:00:00.000000Z",
            "known_at": "2024-05-15T00:00:00.000000Z",
        }
        assert view["after"] == dict.fromkeys(("as_of", "known_at"), "2024-06-13T00:00:00.000000Z")
        invoices = next(one for one in view["questions"] if one["name"] == "invoices")
        (row,) = invoices["rows"]
        assert (row["before"]["total"], row["after"]["total"]) == (3920, -3920)
        assert (invoices["rows_before"], invoices["rows_after"]) == (3, 3)
        assert [one["type"] for one in view["events"]] == ["ChatBotRemoved", "InvoiceIssued"]

    def test_shows_what_is_the_same_too_if_asked(self, reading: As) -> None:
        view = compared(reading("auditor"), CORRECTED, **TWICE, all="1")
        invoices = next(one for one in view["questions"] if one["name"] == "invoices")
        assert [row["change"] for row in invoices["rows"]] == ["same", "same", "changed"]
        assert view["is_same"] is False
        page = reading("auditor").get(f"/licenses/{CORRECTED}/compare", params=TWICE).text
        assert "2024-000001" not in page
        everything = (
            reading("auditor").get(f"/licenses/{CORRECTED}/compare", params={**TWICE, "all": "1"}).text
        )
        assert "2024-000001" in everything

    def test_says_that_nothing_differs(self, reading: As) -> None:
        same = {"as_of": "2024-07-21", "to": "2024-07-21"}
        for more in ({}, {"all": "1"}):
            assert compared(reading("support"), FIRM, **same, **more)["is_same"] is True
        assert "Nothing differs" in reading("support").get(f"/licenses/{FIRM}/compare", params=same).text

    def test_compares_with_a_month_ago_if_nothing_is_said(self, reading: As) -> None:
        view = compared(reading("support"), FIRM)
        assert view["before"]["as_of"] == "2024-07-07T09:30:00.000000Z"
        assert view["after"]["as_of"] == "2024-08-06T09:30:00.000000Z"
        assert "Added" in reading("support").get(f"/licenses/{FIRM}/compare").text

    def test_knows_licences_that_one_look_does_not(self, reading: As) -> None:
        view = compared(reading("support"), FIRM, as_of="2024-01-01", to="2024-07-01")
        assert {row["change"] for one in view["questions"] for row in one["rows"]} == {"added"}
        never = reading("support").get(f"/api/licenses/{FIRM}/compare?to=1990-01-01")
        assert never.status_code == 404
