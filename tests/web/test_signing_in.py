"""People sign in and out, sessions end, forms are ours, guessing is slow, headers are set."""

from collections.abc import Callable

import pytest
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI

from desk.web.pages.sign_in import local_address
from tests.application.desk import HandClock
from tests.web.browsing import PASSWORD, Browser

TEAM = "/licenses/acme-law-firm-suspends/team/change"
CHANGE = {"agent_id": "pia@acme-law-firm-suspends.example", "change": "suspend"}


class TestSignIn:
    def test_leads_where_one_was_going(self, browser: Browser) -> None:
        asked = browser.get("/licenses?status=active&q=a%2Fb")
        assert asked.status_code == 303
        form = browser.get(asked.headers["location"])
        assert 'name="next" value="/licenses?status=active&amp;q=a%2Fb"' in form.text
        done = browser.sign_in("support", next="/licenses?status=active&q=a%2Fb")
        assert done.headers["location"] == "/licenses?status=active&q=a%2Fb"
        assert browser.get("/sign-in").status_code == 303

    @pytest.mark.parametrize(
        "wanted", ["https://evil.test", "//evil.test", "/\\evil.test", "evil", "", "/x\r\ny"]
    )
    def test_leads_nowhere_else(self, wanted: str) -> None:
        assert local_address(wanted) == "/"

    def test_refuses_without_saying_what_was_wrong(self, browser: Browser) -> None:
        answers = [browser.sign_in(*pair) for pair in (("support", "wrong"), ("nobody", PASSWORD))]
        assert [one.status_code for one in answers] == [401, 401]
        assert all("The name or the password is not right." in one.text for one in answers)
        assert "ledger_session" not in browser.cookies

    def test_is_over_after_signing_out(self, signed_in: Callable[[str], Browser]) -> None:
        browser = signed_in("support")
        held = browser.cookies["ledger_session"]
        out = browser.post("/sign-out", data={"csrf": browser.token("/licenses")})
        assert out.status_code == 303
        browser.cookies.set("ledger_session", held, domain="ledger.test", path="/")
        assert browser.get("/licenses").status_code == 303

    def test_is_over_after_eight_hours(self, signed_in: Callable[[str], Browser], clock: HandClock) -> None:
        browser = signed_in("support")
        clock.pass_by(hours=8)
        assert browser.get("/licenses").status_code == 303

    def test_gets_another_token_from_time_to_time(
        self, signed_in: Callable[[str], Browser], clock: HandClock
    ) -> None:
        browser = signed_in("support")
        first = browser.cookies["ledger_session"]
        clock.pass_by(minutes=40)
        assert browser.get("/licenses").status_code == 200
        assert browser.cookies["ledger_session"] != first
        assert browser.get("/licenses").status_code == 200


class TestCookies:
    def test_are_out_of_reach_of_scripts_and_other_sites(self, browser: Browser) -> None:
        said = browser.sign_in("support").headers["set-cookie"]
        assert "HttpOnly" in said
        assert "SameSite=Lax" in said
        assert "Secure" not in said

    def test_are_secure_over_https(self, app: FastAPI, portal: BlockingPortal) -> None:
        browser = Browser(app, portal, "https://ledger.test")
        answer = browser.sign_in("support")
        assert answer.headers["set-cookie"].startswith("__Host-ledger_session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]
        assert browser.get("/licenses").status_code == 200


class TestForms:
    def test_are_refused_without_their_token(self, signed_in: Callable[[str], Browser]) -> None:
        browser = signed_in("operator")
        for form in (CHANGE, {**CHANGE, "csrf": "made up"}, {**CHANGE, "csrf": "ü"}):
            answer = browser.post(TEAM, data=form)
            assert answer.status_code == 403
            assert "bad_form" in answer.text
        assert browser.post("/api" + TEAM.removesuffix("/change"), json=CHANGE).status_code == 403

    def test_are_refused_from_another_site(self, signed_in: Callable[[str], Browser]) -> None:
        browser = signed_in("operator")
        form = {**CHANGE, "csrf": browser.token("/licenses")}
        assert browser.post(TEAM, data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert browser.post(TEAM, data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303

    def test_of_another_session_are_refused(self, signed_in: Callable[[str], Browser]) -> None:
        token = signed_in("admin").token("/licenses")
        assert signed_in("operator").post(TEAM, data={**CHANGE, "csrf": token}).status_code == 403

    def test_for_signing_in_belong_to_one_browser(self, app: FastAPI, portal: BlockingPortal) -> None:
        mine, other = Browser(app, portal), Browser(app, portal)
        form = {"csrf": mine.token("/sign-in"), "name": "support", "password": PASSWORD}
        assert other.post("/sign-in", data=form).status_code == 403
        assert mine.post("/sign-in", data=form).status_code == 303


class TestLimits:
    def test_let_ten_guesses_pass_in_five_minutes(self, browser: Browser, clock: HandClock) -> None:
        answers = [browser.sign_in("support", "wrong").status_code for _ in range(11)]
        assert answers == [401] * 10 + [429]
        refused = browser.sign_in("support")
        assert refused.status_code == 429
        assert "Wait 300 seconds" in refused.text
        assert browser.sign_in("admin").status_code == 303
        clock.pass_by(minutes=5)
        browser.cookies.clear()
        assert browser.sign_in("support").status_code == 303

    def test_begin_anew_for_who_got_in(self, app: FastAPI, portal: BlockingPortal) -> None:
        for _ in range(3):
            browser = Browser(app, portal)
            assert [browser.sign_in("support", "wrong").status_code for _ in range(6)] == [401] * 6
            assert browser.sign_in("support").status_code == 303

    def test_count_exports(self, signed_in: Callable[[str], Browser], clock: HandClock) -> None:
        browser = signed_in("support")
        path = "/api/licenses.csv?q=none-is-called-so"
        assert [browser.get(path).status_code for _ in range(31)] == [200] * 30 + [429]
        clock.pass_by(minutes=1)
        assert browser.get(path).status_code == 200


class TestHeaders:
    def test_keep_scripts_styles_and_frames_of_others_out(self, reading: Callable[[str], Browser]) -> None:
        for path in ("/sign-in", "/nothing", "/api/licenses", "/static/desk.css"):
            headers = reading("").get(path).headers
            policy = headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"

    def test_let_browsers_keep_files_and_no_page(self, reading: Callable[[str], Browser]) -> None:
        assert "immutable" in reading("").get("/static/desk.css").headers["cache-control"]
        assert reading("").get("/static/none.css").headers["cache-control"] == "no-store"
        assert reading("support").get("/licenses").headers["cache-control"] == "no-store"

    def test_need_nothing_inline(self, reading: Callable[[str], Browser]) -> None:
        licence = "/licenses/acme-law-firm-suspends"
        for path in ("/sign-in", "/licenses", licence, f"{licence}/team", f"{licence}/invoices/2024-07-20"):
            text = reading("admin" if path != "/sign-in" else "").get(path).text
            assert "<style" not in text
            assert " style=" not in text
            assert " onclick=" not in text
            assert text.count("<script") == text.count("<script src=")
