"""In-app notices: who sees which, what is unread for whom, and the banner in its window."""

from collections.abc import Callable
from datetime import UTC, datetime

from ledger.application.cancel_license import cancel_license
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from tests.web.browsing import Browser

As = Callable[[str], Browser]
FIRM = "acme-law-firm-suspends"


def unread(browser: Browser) -> int:
    return int(browser.get("/api/notices").json()["unread"])


class TestNotices:
    def test_say_what_will_be_charged_the_latest_first(self, reading: As) -> None:
        view = reading("support").get("/api/notices").json()
        sent = [one["sent_at"] for one in view["notices"]]
        assert sent == sorted(sent, reverse=True)
        firm = next(one for one in view["notices"] if one["license_id"] == FIRM)["says"]
        assert (firm["last"]["total"], firm["expected"]["total"]) == (11760, 31360)
        assert (firm["redundant"], firm["saves_by_suspending_redundant"]) == (5, 19600)
        assert (firm["pricing_model_before"], firm["pricing_model_after"]) == ("pps", "ppu")
        page = reading("support").get("/notices").text
        assert "suspending saves $196.00" in page
        assert "does not apply any more" in page

    def test_of_a_partner_are_those_of_its_licences(self, reading: As) -> None:
        everything = reading("support").get("/api/notices").json()["notices"]
        assert {one["partner_id"] for one in everything} > {"acme", "borealis"}
        own = reading("partner").get("/api/notices").json()["notices"]
        assert {one["partner_id"] for one in own} == {"acme"}
        assert "borealis" not in reading("partner").get("/notices").text

    def test_are_unread_for_each_user_until_marked(self, signed_in: As) -> None:
        support, admin = signed_in("support"), signed_in("admin")
        before = unread(support)
        assert before > 2
        first = support.get("/api/notices").json()["notices"][0]["notice_id"]
        form = {"csrf": support.token("/notices"), "notice_id": first, "unread": "1"}
        done = support.post("/notices/read", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/notices?unread=1")
        assert unread(support) == before - 1
        assert unread(admin) == before
        left = support.get("/api/notices?unread=1").json()["notices"]
        assert first not in {one["notice_id"] for one in left}
        assert support.get("/api/notices").json()["notices"][0]["is_read"] is True

    def test_are_marked_all_at_once(self, signed_in: As) -> None:
        support = signed_in("support")
        token = support.token("/notices")
        assert f'<span class="dot">{unread(support)}<' in support.get("/bell").text
        assert support.post("/notices/read", data={"csrf": token}).status_code == 303
        assert unread(support) == 0
        assert support.get("/bell").text.strip() == ""
        assert "All is read" in support.get("/notices?unread=1").text
        assert "Mark all as read" not in support.get("/notices").text
        again = support.post("/api/notices/read", json={"all": True}, headers={"X-CSRF-Token": token})
        assert again.json() == {"unread": 0, "has_more": False}

    def test_are_marked_only_by_our_own_forms_and_only_if_one_sees_them(self, signed_in: As) -> None:
        support, partner = signed_in("support"), signed_in("partner")
        assert support.post("/notices/read", data={}).status_code == 403
        assert support.post("/api/notices/read", json={"all": True}).status_code == 403
        foreign = next(
            one["notice_id"]
            for one in support.get("/api/notices").json()["notices"]
            if one["partner_id"] == "borealis"
        )
        headers = {"X-CSRF-Token": partner.token("/notices")}
        for notice_id in (foreign, "never-was"):
            answer = partner.post("/api/notices/read", json={"notice_ids": [notice_id]}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (404, "notice_not_found")

    def test_go_page_by_page(self, reading: As) -> None:
        view = reading("support").get("/api/notices").json()
        ids = [one["notice_id"] for one in view["notices"]]
        assert view["next_before"] is None
        assert len(set(ids)) == len(ids)
        assert reading("support").get("/api/notices?before=1").json()["notices"] == []
        assert "No notices before that" in reading("support").get("/notices?before=1").text

    def test_are_gone_once_nothing_is_switched_any_more(self, ledger: Ledger, signed_in: As) -> None:
        support = signed_in("support")
        before = unread(support)
        cancel_license(ledger, license_id=FIRM, meta=CommandMeta())
        view = support.get("/api/notices").json()
        assert FIRM not in {one["license_id"] for one in view["notices"]}
        assert view["unread"] == before - 1


class TestTheBanner:
    def test_shows_from_the_due_day_until_the_charge(self, reading: As) -> None:
        ask = reading("support")
        moments = {"2024-08-05": False, "2024-08-06": True, "2024-08-19": True, "2024-08-20": False}
        for day, shows in moments.items():
            known = datetime(2024, 8, 6, 9, tzinfo=UTC).isoformat()
            view = ask.get(f"/api/licenses/{FIRM}", params={"as_of": day, "known_at": known}).json()
            assert (view["banner"] is not None) is shows, day
        page = ask.get(f"/licenses/{FIRM}").text
        assert "suspending saves $196.00" in page
        assert "suspending saves" not in ask.get(f"/licenses/{FIRM}?as_of=2024-08-05").text
