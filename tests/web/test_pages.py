"""What the pages say, driven as a user does: on the real application and a real store."""

import csv
import json
from collections.abc import Callable
from html import unescape
from io import StringIO

import pytest
from fastapi import FastAPI

from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from tests.web.browsing import Browser

FIRM = "acme-law-firm-suspends"
PIA, OWNER = f"pia@{FIRM}.example", f"owner@{FIRM}.example"
As = Callable[[str], Browser]


class TestLicences:
    def test_show_charges_and_what_changes(self, reading: As) -> None:
        page = reading("support").get("/licenses?q=law-firm").text
        assert "acme-law-firm-suspends" in page
        assert "$117.60" in page
        assert "$313.60" in page
        assert "pay-per-user from 20 Aug 2024" in page

    def test_go_page_by_page(self, reading: As) -> None:
        seen, after = [], ""
        while True:
            view = reading("support").get("/api/licenses", params={"after": after} if after else {}).json()
            seen += [one["license_id"] for one in view["licenses"]]
            if view["next_after"] is None:
                break
            after = view["next_after"]
        assert seen == sorted(set(seen))
        assert len(seen) > 50

    def test_are_narrowed(self, reading: As) -> None:
        ask = reading("support")
        cancelled = ask.get("/api/licenses?status=cancelled").json()["licenses"]
        assert cancelled
        assert {one["status"] for one in cancelled} == {"cancelled"}
        changing = ask.get("/api/licenses?changing=1&partner=acme").json()["licenses"]
        assert all(one["next_pricing_model"] and one["partner_id"] == "acme" for one in changing)
        assert ask.get("/api/licenses?model=xyz").status_code == 422
        assert "No licence is like that" in ask.get("/licenses?q=zzzz").text

    def test_are_exported_whole_and_without_formulas(self, ledger: Ledger, signed_in: As) -> None:
        odd = '=HYPERLINK("http://evil.test")'
        create_license(
            ledger, license_id=odd, source="signup", plan="team", billing_cycle="monthly", meta=CommandMeta()
        )
        answer = signed_in("auditor").get("/api/licenses.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(StringIO(answer.text)))
        assert rows[0]["license_id"] == f"'{odd}"
        assert len(rows) > 50
        assert next(row for row in rows if row["license_id"] == FIRM)["next_charge"] == "31360"


class TestLicence:
    def test_says_what_comes_and_what_to_do(self, reading: As) -> None:
        page = reading("support").get(f"/licenses/{FIRM}").text
        assert "Pay-per-seat" in page
        assert "pay-per-user on 20 Aug 2024" in page
        assert "resellers-2024-08-11" in page
        assert "Notices: banner showing, email sent, in-app sent" in page
        assert "expected 20 Aug 2024, 8 active agents" in page
        assert "suspending saves $196.00" in page
        assert '<svg viewBox="0 0 960' in page
        assert "The same as a table" in page

    def test_shows_any_moment_as_known_at_any_other(self, reading: As) -> None:
        ask = reading("auditor")
        then = ask.get(f"/api/licenses/{FIRM}?as_of=2024-06-01").json()
        assert then["times"]["as_of"] == then["times"]["known_at"] == "2024-06-01T00:00:00.000000Z"
        assert [one["billing_date"] for one in then["invoices"]] == ["2024-05-20", "2024-04-20", "2024-03-20"]
        page = unescape(ask.get(f"/licenses/{FIRM}?as_of=2024-06-01&known_at=2024-07-01 07:00").text)
        assert "as known at" in page
        assert 'value="2024-06-01T00:00:00.000000Z"' in page
        assert f"/licenses/{FIRM}/team?as_of=2024-06-01T00%3A00%3A00.000000Z&known_at=2024-07-01" in page

    @pytest.mark.parametrize("wrong", ["yesterday", "1066-10-14", "2024-13-01", "9999-12-31T23:59:59-14:00"])
    def test_says_how_a_moment_is_written(self, reading: As, wrong: str) -> None:
        answer = reading("support").get(f"/licenses/{FIRM}", params={"as_of": wrong})
        assert answer.status_code == 422
        assert "Write it like 2024-08-11" in answer.text

    def test_says_that_it_was_not_there_yet(self, reading: As) -> None:
        answer = reading("support").get(f"/licenses/{FIRM}?as_of=2023-01-01")
        assert answer.status_code == 404
        assert "was not known yet" in answer.text

    def test_lists_events_with_both_times_and_their_data(self, reading: As) -> None:
        ask = reading("support")
        view = ask.get(f"/api/licenses/{FIRM}/events").json()
        assert view["events"][0]["fields"]["type"] == view["events"][0]["type"] == "NoticeSent"
        positions = [event["position"] for event in view["events"]]
        assert positions == sorted(positions, reverse=True)
        assert "SeatTaken" not in {event["type"] for event in view["events"]}
        with_seats = ask.get(f"/api/licenses/{FIRM}/events?seats=1").json()["events"]
        assert "SeatTaken" in {event["type"] for event in with_seats}
        assert "joined as an agent" in ask.get(f"/licenses/{FIRM}/events").text
        earlier = ask.get(f"/api/licenses/{FIRM}/events?before={positions[0]}").json()["events"]
        assert [event["position"] for event in earlier] == positions[1:]

    def test_may_have_any_name(self, ledger: Ledger, signed_in: As) -> None:
        ask = signed_in("support")
        for name in ("a/b", "..", "~x%2F", "ü ?#&", "'\"<script>"):
            create_license(
                ledger,
                license_id=name,
                source="signup",
                plan="team",
                billing_cycle="monthly",
                meta=CommandMeta(),
            )
            create_agent(ledger, license_id=name, agent_id="<b>", role="owner", meta=CommandMeta())
            found = ask.get("/licenses", params={"q": name}).text
            path = unescape(found.split('class="row-link" href="')[1].split('"')[0])
            page = ask.get(path)
            assert page.status_code == 200, path
            assert "<script>" not in page.text
            assert ask.get("/api" + path).json()["license_id"] == name
            assert "&lt;b&gt;" in ask.get(path + "/team").text


class TestTeam:
    def test_says_who_is_there_and_what_counts(self, reading: As) -> None:
        view = reading("partner").get(f"/api/licenses/{FIRM}/team").json()
        assert len(view["active"]) == 8
        assert view["suspended"] == []
        assert view["may_change"] is True
        owner = next(one for one in view["active"] if one["agent_id"] == OWNER)
        assert (owner["role"], owner["is_last_owner"]) == ("owner", True)
        assert owner["last_seat_at"] == "2024-07-30T18:00:00.000000Z"
        assert reading("support").get(f"/api/licenses/{FIRM}/team").json()["may_change"] is False
        past = reading("partner").get(f"/api/licenses/{FIRM}/team?as_of=2024-08-01").json()
        assert past["may_change"] is False

    def test_says_what_a_change_does_before_it_is_done(self, reading: As) -> None:
        asked = {"agent_id": PIA, "change": "suspend"}
        view = reading("partner").get(f"/api/licenses/{FIRM}/team/change", params=asked).json()
        assert (view["before"], view["after"], view["date"]) == (31360, 27440, "2024-08-20")
        dialog = reading("partner").get(f"/licenses/{FIRM}/team/change", params=asked).text
        assert f"Suspend {PIA}?" in dialog
        assert "$39.20 less" in dialog
        nobody = {**asked, "agent_id": "nobody"}
        assert reading("partner").get(f"/licenses/{FIRM}/team/change", params=nobody).status_code == 404

    def test_moves_somebody_at_once_and_back(self, signed_in: As) -> None:
        partner, path = signed_in("partner"), f"/licenses/{FIRM}/team/change"
        form = {"csrf": partner.token("/licenses"), "agent_id": PIA, "change": "suspend"}
        part = partner.post(path, data=form, headers={"HX-Request": "true"})
        assert part.status_code == 200
        assert "was suspended" in part.text
        assert "Undo" in part.text
        assert "<html" not in part.text
        assert partner.get(f"/api/licenses/{FIRM}").json()["next_invoice"]["total"] == 27440
        assert partner.post(path, data={**form, "change": "activate"}).status_code == 303
        assert partner.get(f"/api/licenses/{FIRM}").json()["next_invoice"]["total"] == 31360
        again = partner.post(path, data={**form, "change": "activate"})
        assert again.status_code == 409
        assert "is active" in again.text

    @pytest.mark.parametrize("change", ["suspend", "delete"])
    def test_keeps_the_last_owner(self, signed_in: As, change: str) -> None:
        admin = signed_in("admin")
        form = {"csrf": admin.token("/licenses"), "agent_id": OWNER, "change": change}
        answer = admin.post(f"/licenses/{FIRM}/team/change", data=form)
        assert answer.status_code == 409
        assert "only active owner" in answer.text
        assert (
            "last_owner"
            in admin.post(
                f"/api/licenses/{FIRM}/team",
                json={"agent_id": OWNER, "change": change},
                headers={"X-CSRF-Token": form["csrf"]},
            ).text
        )

    def test_takes_no_key_that_no_id_can_be(self, signed_in: As) -> None:
        admin = signed_in("admin")
        headers = {"X-CSRF-Token": admin.token("/licenses")}
        for key in ("", "k" * 201):
            asked = {"agent_id": OWNER, "change": "activate", "key": key}
            answer = admin.post(f"/api/licenses/{FIRM}/team", json=asked, headers=headers)
            assert answer.status_code == 422

    def test_lets_one_of_two_owners_go(self, ledger: Ledger, signed_in: As) -> None:
        create_agent(ledger, license_id=FIRM, agent_id="second", role="owner", meta=CommandMeta())
        admin = signed_in("admin")
        form = {"csrf": admin.token("/licenses"), "agent_id": OWNER, "change": "delete"}
        assert admin.post(f"/licenses/{FIRM}/team/change", data=form).status_code == 303
        form["agent_id"] = "second"
        assert admin.post(f"/licenses/{FIRM}/team/change", data=form).status_code == 409


class TestInvoice:
    def test_shows_its_lines(self, reading: As) -> None:
        page = reading("partner").get(f"/licenses/{FIRM}/invoices/2024-07-20").text
        for said in ("3 seats", "$49.00", "$147.00", "Partner&#39;s discount", "20 %", "-$29.40", "$117.60"):
            assert unescape(said) in unescape(page)

    def test_is_shown_before_it_comes(self, reading: As) -> None:
        page = reading("support").get(f"/licenses/{FIRM}/invoices/2024-08-20").text
        assert "Expected" in page
        assert "8 active agents" in page
        assert reading("support").get(f"/licenses/{FIRM}/invoices/2024-09-20").status_code == 404
        assert reading("support").get(f"/licenses/{FIRM}/invoices/someday").status_code == 422

    def test_is_read_on_the_record(self, signed_in: As) -> None:
        signed_in("partner").get(f"/licenses/{FIRM}/invoices/2024-07-20")
        signed_in("support").get(f"/api/licenses/{FIRM}/invoices/2024-08-20")
        view = signed_in("auditor").get("/api/access-log", params={"license": FIRM}).json()
        assert [(one["user"], one["action"], one["detail"]) for one in view["entries"]] == [
            ("support", "read_invoice", "2024-08-20"),
            ("partner", "read_invoice", "2024-07-20"),
        ]
        page = signed_in("auditor").get("/access-log").text
        assert "Read invoice" in page
        assert (
            signed_in("auditor").get(f"/access-log?before={view['entries'][1]['number']}").status_code == 200
        )


class TestProblems:
    def test_are_pages_for_people_and_data_for_programs(self, reading: As) -> None:
        page = reading("support").get("/licenses/nope")
        assert page.status_code == 404
        assert "There is nothing here" in page.text
        assert "Find a licence" in page.text
        data = reading("support").get("/api/licenses/nope")
        assert data.json()["code"] == "license_not_found"
        assert reading("support").get("/nowhere").status_code == 404
        assert reading("support").post("/licenses").status_code == 405
        assert reading("operator").get("/access-log").status_code == 403

    def test_that_nobody_foresaw_say_nothing_of_the_inside(
        self, app: FastAPI, signed_in: As, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("secret")

        browser = signed_in("support")
        monkeypatch.setattr("desk.web.pages.licenses.list_licenses", broken)
        for path in ("/licenses", "/api/licenses"):
            answer = browser.get(path)
            assert answer.status_code == 500
            assert "secret" not in answer.text
        assert json.loads(browser.get("/api/licenses").text)["code"] == "internal_error"
