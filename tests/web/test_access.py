"""Every route has a rule, and every role gets what the rules say, on its own licences and on foreign ones."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from desk.web.access import ANYBODY, SIGNED_IN, Rule, may, rule_of, visible_license
from desk.web.app import PAGES, RouteWithoutRule, create_app
from desk.web.partnership import visible_partner
from desk.web.routing import Pages
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.api_keys import create_api_key
from ledger.application.accounts.roles import RIGHTS, Right, UserRole
from ledger.application.ledger import Ledger
from tests.web.browsing import Browser

OWN, FOREIGN = "acme-law-firm-suspends", "borealis-florist-four-bots"
CUTOVER = "resellers-2024-08-11"
ROUTES: list[Any] = [route for pages in PAGES for route in pages.router.routes]
AGENT = f"pia@{OWN}.example"
ELSEWHERE = {"/sign-in/elsewhere", "/sign-in/elsewhere/back"}
EXAMPLES = {
    "/licenses/{license_id:name}/invoices/{billing_date}": "2024-07-20",
    "/licenses/{license_id:name}/team/change": f"?agent_id={AGENT}&change=suspend",
}


def address(path: str, license_id: str) -> str:
    """Return a path of a route filled in so that somebody with the right gets an answer."""
    bare = path.removeprefix("/api")
    partner_id = license_id.partition("-")[0]
    filled = path.replace("{license_id:name}", license_id).replace("{billing_date}", "2024-07-20")
    filled = filled.replace("{partner_id:name}", partner_id).replace("{cutover_id:name}", CUTOVER)
    return filled + (EXAMPLES[bare] if bare.endswith("/change") else "")


def readable() -> list[Any]:
    return [
        route
        for route in ROUTES
        if "GET" in getattr(route, "methods", ()) and getattr(route, "path", "") not in ELSEWHERE
    ]


class TestRules:
    def test_are_on_every_route(self, app: FastAPI) -> None:
        for route in app.routes:
            assert getattr(route, "name", "") == "static" or rule_of(route) is not None, route

    def test_let_nobody_in_without_signing_in_but_where_that_is_meant(self) -> None:
        opened = {route.path for route in ROUTES if rule_of(route) == ANYBODY}
        assert opened == {"/api/health", "/openapi.json", "/sign-in", *ELSEWHERE}

    def test_are_the_same_for_a_page_and_its_data(self) -> None:
        rules = {(route.path, *route.methods): rule_of(route) for route in ROUTES}
        beside = [key for key in rules if (f"/api{key[0]}", *key[1:]) in rules]
        assert len(beside) > 5
        assert all(rules[key] == rules[f"/api{key[0]}", *key[1:]] for key in beside)

    def test_keep_foreign_licences_away_on_every_route_that_names_one(self) -> None:
        naming = [route for route in ROUTES if "license_id" in route.path]
        assert len(naming) > 8
        for route in naming:
            calls = [one.call for one in route.dependant.dependencies]
            assert visible_license in calls, route

    def test_keep_foreign_partners_away_on_every_route_that_names_one(self) -> None:
        naming = [route for route in ROUTES if "partner_id" in route.path]
        assert len(naming) > 6
        for route in naming:
            calls = [one.call for one in route.dependant.dependencies]
            assert visible_partner in calls, route

    def test_are_missed_where_a_route_has_none(
        self, ledger: Ledger, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        careless = Pages()
        careless.router.add_api_route("/open", lambda: None)
        monkeypatch.setattr("desk.web.app.PAGES", (careless,))
        with pytest.raises(RouteWithoutRule, match="/open"):
            create_app(ledger, accounts)


class TestRoles:
    @pytest.mark.parametrize("role", UserRole)
    @pytest.mark.parametrize("route", readable(), ids=lambda route: route.path)
    def test_get_what_their_rights_say(
        self, reading: Callable[[str], Browser], role: UserRole, route: Any
    ) -> None:
        rule = rule_of(route)
        assert rule is not None
        answer = reading(role.value).get(address(route.path, OWN))
        allowed = rule.right is None or rule.right in RIGHTS[role]
        # a machine may lack what a PDF is set with
        done = (200, 303, 307, *((409,) if route.path.endswith(".pdf") else ()))
        assert answer.status_code in (done if allowed else (403,)), answer.text

    @pytest.mark.parametrize("route", readable(), ids=lambda route: route.path)
    def test_are_asked_for_where_nobody_is_signed_in(
        self, reading: Callable[[str], Browser], route: Any
    ) -> None:
        answer = reading("").get(address(route.path, OWN))
        if rule_of(route) == ANYBODY:
            assert answer.status_code == 200
        elif route.path.startswith("/api/"):
            assert answer.status_code == 401
            assert answer.json()["code"] == "sign_in_needed"
        else:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in")

    @pytest.mark.parametrize("route", readable(), ids=lambda route: route.path)
    def test_hide_foreign_licences_from_a_partner(
        self, reading: Callable[[str], Browser], route: Any
    ) -> None:
        partner, path = reading("partner"), address(route.path, FOREIGN)
        if "partner_id" in route.path:
            answer = partner.get(path)
            assert answer.status_code == 404
            absent = partner.get(path.replace("borealis", "nobody"))
            assert absent.text.replace("nobody", "borealis") == answer.text
        elif "license_id" in route.path:
            answer = partner.get(path)
            assert answer.status_code == 404
            absent = partner.get(path.replace(FOREIGN, "never-was"))
            assert absent.text.replace("never-was", FOREIGN) == answer.text
        else:
            assert FOREIGN not in partner.get(path).text

    def test_narrow_a_partner_in_lists_and_exports_whatever_it_asks_for(
        self, reading: Callable[[str], Browser]
    ) -> None:
        for query in ("", "?partner=borealis", "?q=borealis", "?q=signup", "?after=acme-zzz"):
            for path in ("/api/licenses", "/api/licenses.csv", "/licenses"):
                text = reading("partner").get(path + query).text
                assert "borealis-" not in text
                assert "signup-" not in text
        assert "borealis-" in reading("support").get("/api/licenses.csv").text

    @pytest.mark.parametrize("role", UserRole)
    def test_change_a_team_only_with_the_right_and_only_their_own(
        self, signed_in: Callable[[str], Browser], role: UserRole
    ) -> None:
        browser = signed_in(role.value)
        form = {"csrf": browser.token("/licenses"), "agent_id": AGENT, "change": "suspend"}
        answer = browser.post(f"/licenses/{OWN}/team/change", data=form)
        assert answer.status_code == (303 if Right.CHANGE_TEAM in RIGHTS[role] else 403)
        if role is UserRole.PARTNER:
            assert browser.post(f"/licenses/{FOREIGN}/team/change", data=form).status_code == 404


class TestKeys:
    def test_do_what_their_scopes_say_and_no_more(self, browser: Browser, accounts: Accounts) -> None:
        secret, _ = create_api_key(accounts, user="operator", label="x", scopes=[Right.READ_LICENSES])
        key = {"Authorization": f"Bearer {secret}"}
        assert browser.get("/api/licenses", headers=key).status_code == 200
        assert browser.get("/api/licenses.csv", headers=key).status_code == 403
        change = {"agent_id": AGENT, "change": "suspend"}
        assert browser.post(f"/api/licenses/{OWN}/team", json=change, headers=key).status_code == 403
        wrong = {"Authorization": f"Bearer {secret}x"}
        assert browser.get("/api/licenses", headers=wrong).status_code == 401

    def test_of_a_partner_see_its_licences_alone(self, browser: Browser, accounts: Accounts) -> None:
        secret, _ = create_api_key(accounts, user="partner", label="x", scopes=[Right.READ_LICENSES])
        key = {"Authorization": f"Bearer {secret}"}
        assert browser.get(f"/api/licenses/{OWN}", headers=key).status_code == 200
        assert browser.get(f"/api/licenses/{FOREIGN}", headers=key).status_code == 404

    def test_need_no_token_of_a_form(self, browser: Browser, accounts: Accounts) -> None:
        scopes = [Right.READ_LICENSES, Right.CHANGE_TEAM]
        secret, _ = create_api_key(accounts, user="operator", label="x", scopes=scopes)
        change = {"agent_id": AGENT, "change": "suspend", "key": "once"}
        key = {"Authorization": f"Bearer {secret}"}
        answers = [browser.post(f"/api/licenses/{OWN}/team", json=change, headers=key) for _ in range(2)]
        assert [one.json()["already_known"] for one in answers] == [False, True]
        assert answers[0].json()["position"] == answers[1].json()["position"]


class TestRule:
    def test_says_what_it_asks_for(self) -> None:
        assert may(Right.EXPORT) == Rule(Right.EXPORT)
        assert SIGNED_IN != ANYBODY
