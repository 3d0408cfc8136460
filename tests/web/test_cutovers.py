"""A cutover's page: the replay at any moment, with progress, savings, exceptions and rows."""

import csv
from collections.abc import Callable
from datetime import datetime
from html import unescape
from io import StringIO

import pytest

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from ledger.application.suspend_agent import suspend_agent
from replay.cutover import CutoverReplay, replay_cutover
from replay.savings import savings
from tests.application.desk import HandClock
from tests.web.browsing import Browser
from tests.web.conftest import NOW

As = Callable[[str], Browser]
CUTOVER = "resellers-2024-08-11"
PAGE, DATA = f"/cutovers/{CUTOVER}", f"/api/cutovers/{CUTOVER}"
AHEAD = "2024-08-20T00:00:00Z"


def replay_at(ledger: Ledger, as_of: str) -> CutoverReplay:
    return replay_cutover(ledger, CUTOVER, datetime.fromisoformat(as_of), NOW)


class TestCutovers:
    def test_are_listed_as_they_were_known(self, reading: As) -> None:
        view = reading("partner").get("/api/cutovers").json()
        assert [one["cutover_id"] for one in view["cutovers"]] == [
            CUTOVER,
            "partner-app-2024-06-10",
            "signups-2022-01-01",
        ]
        assert [one["has_come"] for one in view["cutovers"]] == [False, True, True]
        page = reading("support").get("/cutovers").text
        assert "become pay-per-user with the first period that begins on 11 Aug 2024" in page
        before = reading("support").get("/api/cutovers?as_of=2024-06-01").json()["cutovers"]
        assert CUTOVER not in {one["cutover_id"] for one in before}
        assert "No cutover is announced" in reading("support").get("/cutovers?as_of=2020-01-01").text


class TestCutover:
    def test_says_what_the_replay_says(self, reading: As, ledger: Ledger) -> None:
        view = reading("auditor").get(DATA, params={"as_of": AHEAD, "known_at": NOW.isoformat()}).json()
        replay = replay_at(ledger, AHEAD)
        assert view["digest"] == replay.digest
        assert view["outcomes"] == replay.outcomes
        assert view["in_scope"] == replay.table.height
        assert {one["code"]: one["many"] for one in view["exceptions"]} == replay.exceptions
        saved = savings(ledger, CUTOVER, datetime.fromisoformat(AHEAD), NOW)
        assert view["savings"][0]["saves"] == saved.totals["saves"][0]
        counted = {one["channel"]: sum(one["states"].values()) for one in view["notices"]}
        assert counted["banner"] >= view["outcomes"]["switched"]

    def test_is_a_page_with_figures_drawings_and_tables(self, reading: As) -> None:
        page = unescape(reading("support").get(f"{PAGE}?as_of=2024-08-20").text)
        for said in (
            "To be switched",
            'class="part switched"',
            'class="part upcoming"',
            "The same as a table",
            "Licences by charge date",
            "Notices by channel and state",
            "ChatBots alone save",
            "For the auditor",
            "Notice missed",
            "Digest of this replay",
            "/licenses/acme-bakery-peak?as_of=2024-08-20T00",
            "Back to now",
        ):
            assert said in page, said
        assert " style=" not in page

    def test_goes_page_by_page_and_is_narrowed(self, reading: As, ledger: Ledger) -> None:
        ask, seen, after = reading("support"), list[str](), None
        while True:
            params = {"as_of": AHEAD, **({"after": after} if after else {})}
            view = ask.get(DATA, params=params).json()
            seen += [one["license_id"] for one in view["licenses"]]
            after = view["next_after"]
            if after is None:
                break
        assert seen == replay_at(ledger, AHEAD).table["license_id"].to_list()
        missed = ask.get(DATA, params={"as_of": AHEAD, "exception": "notice_missed", "q": "ACME"}).json()
        assert missed["licenses"]
        assert missed["next_after"] is None
        for one in missed["licenses"]:
            assert one["license_id"].startswith("acme-")
            assert "notice_missed" in {found["code"] for found in one["exceptions"]}
        switched = ask.get(DATA, params={"as_of": AHEAD, "outcome": "switched"}).json()["licenses"]
        assert {one["outcome"] for one in switched} == {"switched"}
        assert "No licence is like that" in ask.get(f"{PAGE}?q=zzzz").text

    def test_shows_a_partner_its_own_licences_alone(self, reading: As) -> None:
        view = reading("partner").get(DATA, params={"as_of": AHEAD}).json()
        whole = reading("support").get(DATA, params={"as_of": AHEAD}).json()
        assert view["in_scope"] == 13
        assert whole["in_scope"] > view["in_scope"]
        assert view["digest"] != whole["digest"]
        assert view["savings"][0]["licenses"] < whole["savings"][0]["licenses"]
        text = reading("partner").get(f"{PAGE}?as_of=2024-08-20").text
        assert "borealis" not in text
        assert "borealis" not in reading("partner").get(f"{DATA}/licenses.csv?as_of=2024-08-20").text

    def test_is_exported_whole_with_its_parts(self, reading: As, ledger: Ledger) -> None:
        answer = reading("auditor").get(f"{DATA}/licenses.csv", params={"as_of": AHEAD})
        rows = list(csv.DictReader(StringIO(answer.text)))
        replay = replay_at(ledger, AHEAD)
        assert len(rows) == replay.table.height
        compared = [row for row in rows if row["difference_total"]]
        assert compared
        parts = ("chatbot_seats", "quantity", "unit_amount", "true_ups", "discount", "adjustments")
        for row in compared:
            assert int(row["difference_total"]) == sum(int(row[f"difference_{part}"]) for part in parts)
            assert int(row["difference_total"]) == int(row["after_total"]) - int(row["before_total"])
        log = reading("auditor").get("/api/access-log").json()["entries"]
        assert ("export_cutover", True) in {(one["action"], CUTOVER in one["detail"]) for one in log}

    def test_is_not_there_before_it_was_announced(self, reading: As) -> None:
        for path in (f"{PAGE}?as_of=2024-06-01", "/cutovers/never"):
            answer = reading("support").get(path)
            assert answer.status_code == 404
            assert "There is no cutover" in unescape(answer.text)
            assert "ask as known at a later moment: it may have been announced after that" in answer.text
        assert reading("support").get(f"{PAGE}?outcome=odd").status_code == 422

    def test_says_so_where_no_licence_is_meant(self, reading: As) -> None:
        page = reading("partner").get("/cutovers/signups-2022-01-01").text
        assert "No licence is in scope" in page

    def test_knows_what_was_recorded_a_moment_ago(
        self, signed_in: As, ledger: Ledger, clock: HandClock
    ) -> None:
        ask = signed_in("support")
        first = ask.get(DATA).json()
        clock.pass_by(seconds=5)
        assert ask.get(DATA).json()["times"]["as_of"] == first["times"]["as_of"]
        license_id = "acme-law-firm-suspends"
        suspend_agent(ledger, license_id=license_id, agent_id=f"pia@{license_id}.example", meta=CommandMeta())
        again = ask.get(DATA).json()
        assert again["times"]["as_of"] > first["times"]["as_of"]
        clock.pass_by(seconds=31)
        assert ask.get(DATA).json()["times"]["as_of"] > again["times"]["as_of"]


class TestALongReplay:
    def test_is_waited_for_on_a_page_that_fetches_it(
        self, signed_in: As, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.web.pages.cutover.SHORT_LOG", 10)
        ask = signed_in("support")
        page = unescape(ask.get(f"{PAGE}?outcome=upcoming").text)
        assert "Replaying…" in page
        assert f'hx-get="{PAGE}?outcome=upcoming"' in page
        assert f'href="{PAGE}?outcome=upcoming&ready=1"' in page
        part = ask.get(f"{PAGE}?outcome=upcoming", headers={"HX-Request": "true"})
        assert "Digest of this replay" in part.text
        assert "Digest of this replay" in ask.get(PAGE).text

    def test_is_waited_for_by_who_runs_no_scripts(
        self, signed_in: As, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.web.pages.cutover.SHORT_LOG", 10)
        assert "Digest of this replay" in signed_in("support").get(f"{PAGE}?ready=1").text
        assert signed_in("support").get("/cutovers/never").status_code == 404


class TestCutoverOnCreation:
    @pytest.mark.parametrize("cutover_id", ["partner-app-2024-06-10", "signups-2022-01-01"])
    def test_needs_no_notices(self, reading: As, cutover_id: str) -> None:
        page = reading("support").get(f"/cutovers/{cutover_id}")
        assert page.status_code == 200
        assert "Created on it" in page.text
        assert "Notices by channel" not in page.text
