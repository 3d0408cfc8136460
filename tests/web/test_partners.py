"""A partner's pages: terms and licences, the statement of a month, redundant accounts."""

import csv
from collections.abc import Callable
from datetime import date
from html import unescape
from io import StringIO

import pytest

from ledger.application.change_partner_terms import change_partner_terms
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from ledger.application.redundant_accounts import redundant_accounts
from ledger.application.show_statement import show_statement
from tests.web.browsing import Browser
from tests.web.conftest import NOW

As = Callable[[str], Browser]
FIRM = "acme-law-firm-suspends"


class TestPartners:
    def test_are_listed_with_terms_and_licences(self, reading: As) -> None:
        view = reading("support").get("/api/partners").json()
        found = {one["partner_id"]: one for one in view["partners"]}
        assert list(found) == ["acme", "borealis", "cobalt", "delta", "ember", "fjord", "gale"]
        assert found["acme"]["licenses"] == {"pps": 12, "ppu": 1}
        assert (found["acme"]["changing"], found["acme"]["discount_rate"]) == (12, "0.20")
        assert found["delta"]["commission_rate"] == "0.20"
        assert found["fjord"]["discount_rate"] is None
        page = reading("support").get("/partners").text
        assert "12 pay-per-seat, 1 pay-per-user" in page
        assert "17.5 % commission" in page

    def test_are_itself_alone_for_a_partner(self, reading: As) -> None:
        view = reading("partner").get("/api/partners").json()
        assert [one["partner_id"] for one in view["partners"]] == ["acme"]

    def test_have_the_rates_of_the_moment(self, ledger: Ledger, signed_in: As) -> None:
        change_partner_terms(
            ledger, partner_id="acme", discount_rate="0.25", meta=CommandMeta(at=NOW.replace(day=5))
        )
        ask = signed_in("support")
        rates = [
            ask.get("/api/partners/acme", params={"as_of": day}).json()["partner"]["discount_rate"]
            for day in ("2024-08-01", "2024-08-06T10:00:00Z")
        ]
        assert rates == ["0.20", "0.25"]


class TestPartner:
    def test_shows_licences_and_what_changes(self, reading: As) -> None:
        view = reading("partner").get("/api/partners/acme").json()
        assert len(view["licenses"]) == 13
        assert {one["partner_id"] for one in view["licenses"]} == {"acme"}
        assert len(view["changes"]) == 12
        firm = next(one for one in view["changes"] if one["license_id"] == FIRM)
        assert (firm["pricing_model"], firm["next_pricing_model"], firm["next_charge"]) == (
            "pps",
            "ppu",
            31360,
        )
        page = reading("partner").get("/partners/acme").text
        assert "Changes that are coming" in page
        assert "Resells licences and pays for them" in page
        assert "Nothing changes soon" in reading("support").get("/partners/delta").text

    def test_who_was_never_registered_is_not_found(self, reading: As) -> None:
        for path in ("", "/statement", "/accounts"):
            answer = reading("support").get(f"/api/partners/nobody{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "partner_not_known")


class TestStatement:
    def test_is_that_of_the_use_case(self, reading: As, ledger: Ledger) -> None:
        view = reading("partner").get("/api/partners/acme/statement?month=2024-07").json()
        found = show_statement(ledger, "acme", date(2024, 7, 1), NOW)
        assert [(row["license_id"], row["total"], row["margin"]) for row in view["rows"]] == [
            (row["license_id"], row["total"], row["margin"]) for row in found.rows
        ]
        assert view["totals"][0]["margin"] == found.totals[0]["margin"]
        assert (view["month_before"], view["month_after"]) == ("2024-06", "2024-08")
        page = unescape(reading("partner").get("/partners/acme/statement?month=2024-07").text)
        assert "July 2024" in page
        assert "Margin" in page
        assert "paid by the partner" in page

    def test_has_commission_where_clients_pay(self, reading: As, ledger: Ledger) -> None:
        months = [f"2024-0{number}" for number in range(1, 8)]
        views = [
            reading("support").get(f"/api/partners/delta/statement?month={month}").json() for month in months
        ]
        earned = [total["commission"] for view in views for total in view["totals"]]
        assert any(earned)
        page = reading("support").get("/partners/delta/statement?month=2024-07").text
        assert "Commission" in page

    def test_is_as_it_was_known(self, reading: As) -> None:
        now = reading("support").get("/api/partners/acme/statement?month=2024-07").json()
        then = reading("support").get("/api/partners/acme/statement?month=2024-07&as_of=2024-07-15").json()
        assert len(then["rows"]) < len(now["rows"])
        empty = reading("support").get("/partners/acme/statement?month=2019-01&as_of=2024-07-15")
        assert "No invoices in this month" in empty.text

    @pytest.mark.parametrize("month", ["July", "2024-13", "2024", "1066-10", "2024-7-1"])
    def test_says_how_a_month_is_written(self, reading: As, month: str) -> None:
        answer = reading("support").get("/api/partners/acme/statement", params={"month": month})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_month")

    def test_is_exported_and_read_on_the_record(self, reading: As) -> None:
        answer = reading("partner").get("/api/partners/acme/statement.csv?month=2024-07")
        rows = list(csv.DictReader(StringIO(answer.text)))
        view = reading("partner").get("/api/partners/acme/statement?month=2024-07").json()
        assert sum(int(row["total"]) for row in rows) == view["totals"][0]["total"]
        entries = reading("auditor").get("/api/access-log").json()["entries"]
        actions = {(one["user"], one["action"], one["detail"]) for one in entries}
        assert ("partner", "export_statement", "acme, 2024-07") in actions
        assert ("partner", "read_statement", "acme, 2024-07") in actions


class TestAccounts:
    def test_are_those_of_the_use_case_with_what_they_save(self, reading: As, ledger: Ledger) -> None:
        view = reading("partner").get("/api/partners/acme/accounts").json()
        firm = next(one for one in view["licenses"] if one["license_id"] == FIRM)
        (found,) = redundant_accounts(ledger, [FIRM], 30, NOW)
        assert (firm["expected"], firm["without"], firm["saves"]) == (31360, 11760, 19600)
        assert [one["agent_id"] for one in firm["agents"]] == [one.agent_id for one in found.agents]
        assert [one["saves"] for one in view["licenses"]] == sorted(
            (one["saves"] for one in view["licenses"]), reverse=True
        )
        assert view["savings"]["USD"] == sum(one["saves"] or 0 for one in view["licenses"])
        page = reading("partner").get("/partners/acme/accounts").text
        assert f"/licenses/{FIRM}/team" in page
        assert "they save <strong>$196.00</strong>" in page
        assert "Review the team" in page
        assert "See the team" in reading("support").get("/partners/acme/accounts").text

    def test_fall_when_somebody_is_suspended(self, signed_in: As) -> None:
        partner = signed_in("partner")
        before = partner.get("/api/partners/acme/accounts").json()
        form = {
            "csrf": partner.token("/licenses"),
            "agent_id": f"pia@{FIRM}.example",
            "change": "suspend",
        }
        assert partner.post(f"/licenses/{FIRM}/team/change", data=form).status_code == 303
        after = partner.get("/api/partners/acme/accounts").json()
        assert after["agent_count"] == before["agent_count"] - 1
        assert after["savings"]["USD"] == before["savings"]["USD"] - 3920

    def test_depend_on_the_days(self, reading: As) -> None:
        long = reading("support").get("/api/partners/acme/accounts?days=3660").json()
        assert (
            long["agent_count"] < reading("support").get("/api/partners/acme/accounts").json()["agent_count"]
        )
        assert reading("support").get("/partners/acme/accounts?days=0").status_code == 422
