"""Why an invoice was charged, on its page and as data: the steps that add up, their events, the document."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from anyio.from_thread import BlockingPortal

from desk.configuration import Configuration
from desk.documents import pdf
from desk.documents.pdf import PdfLibraryMissing
from desk.web.app import create_app
from desk.web.waterfall import HEIGHT
from ledger.application.accounts.accounts import Accounts
from ledger.application.ledger import Ledger
from tests.web.browsing import Browser

FIRM = "acme-law-firm-suspends"
AUGUST = f"/licenses/{FIRM}/invoices/2024-08-20"
As = Callable[[str], Browser]


class TestWhy:
    def test_adds_up_and_cites_its_events(self, reading: As) -> None:
        why = reading("support").get(f"/api{AUGUST}/why").json()
        assert sum(line["amount"] for line in why["lines"]) == why["total"] == 31360
        assert sum(step["amount"] for step in why["bridge"]) == why["difference"] == 31360 - 11760
        assert why["lines"][0]["formula"] == "8 users × $49.00 = $392.00"
        cited = why["bridge"][0]["events"][0]
        assert (cited["type"], cited["actor"]) == ("CutoverAnnounced", "system")
        assert "8 active users" in why["reply"]

    def test_stands_on_the_invoices_page_without_scripts(self, reading: As) -> None:
        page = unescape(reading("support").get(AUGUST).text)
        why = reading("support").get(f"/api{AUGUST}/why").json()
        assert why["answer"] in page
        assert f'<blockquote id="reply">{why["reply"]}</blockquote>' in page
        for step in why["bridge"]:
            assert step["says"] in page
        assert page.count('<rect class="fall') == len(why["bridge"]) + 2
        assert "cutover resellers-2024-08-11 announced" in page

    def test_leads_from_an_event_to_its_place(self, reading: As) -> None:
        page = unescape(reading("support").get(AUGUST).text)
        links = re.findall(r'href="(/licenses/[^"]+/events\?[^"]+)#(event-\d+)"', page)
        assert links
        for path, place in links:
            assert f'id="{place}"' in reading("support").get(path).text

    def test_is_of_the_times_that_are_asked_for(self, reading: As) -> None:
        then = reading("auditor").get(f"/api/licenses/{FIRM}/invoices/2024-07-20/why?as_of=2024-07-21").json()
        assert then["as_of"] == then["known_at"] == "2024-07-21T00:00:00.000000Z"
        assert reading("auditor").get(f"/api{AUGUST}/why?as_of=2024-06-01").status_code == 404

    def test_of_a_first_invoice_has_nothing_to_compare(self, reading: As) -> None:
        page = reading("support").get(f"/licenses/{FIRM}/invoices/2024-03-20").text
        assert "first invoice" in page
        assert '<rect class="fall' not in page

    def test_is_read_on_the_record(self, signed_in: As) -> None:
        signed_in("partner").get(f"/api{AUGUST}/why")
        signed_in("partner").get(f"{AUGUST}/document")
        entries = signed_in("auditor").get("/api/access-log", params={"license": FIRM}).json()["entries"]
        assert [(one["action"], one["detail"]) for one in entries] == [
            ("read_invoice", "2024-08-20, document"),
            ("read_invoice", "2024-08-20, why"),
        ]


class TestWaterfall:
    def test_stays_within_its_picture_for_every_invoice(self, reading: As) -> None:
        ask = reading("auditor")
        drawn = 0
        for license_id in (FIRM, "acme-issued-then-corrected", "borealis-clinic-annual-peak"):
            for one in ask.get(f"/api/licenses/{license_id}").json()["invoices"]:
                page = ask.get(f"/licenses/{license_id}/invoices/{one['billing_date']}").text
                bars = re.findall(
                    r'<rect class="fall (\w+)" x="[^"]+" y="([^"]+)" width="68" height="([^"]+)"', page
                )
                assert all(0 <= float(y) <= float(y) + float(height) <= HEIGHT for _, y, height in bars)
                assert [kind for kind, _, _ in bars[:1] + bars[-1:]] in ([], ["total", "total"])
                drawn += bool(bars)
        assert drawn > 5


class TestDocument:
    def test_brings_its_style_and_nothing_else(self, reading: As) -> None:
        answer = reading("partner").get(f"{AUGUST}/document")
        assert "Draft invoice" in answer.text
        assert "$313.60" in answer.text
        policy = answer.headers["content-security-policy"]
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; "
            r"frame-ancestors 'self'",
            policy,
        )
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert reading("partner").get(AUGUST).headers["x-frame-options"] == "DENY"

    def test_names_seller_and_payer_as_the_house_has_set_them(
        self, ledger: Ledger, accounts: Accounts, portal: BlockingPortal
    ) -> None:
        house = Configuration.model_validate(
            {"seller": {"name": "Chat & Sons"}, "payers": {"acme": {"name": "Acme Resellers Ltd"}}}
        )
        browser = Browser(create_app(ledger, accounts, configuration=house), portal)
        browser.sign_in("support")
        page = unescape(browser.get(f"{AUGUST}/document").text)
        assert "Chat & Sons" in page
        assert "Acme Resellers Ltd" in page

    def test_says_what_to_do_where_no_pdf_can_be_made(
        self, signed_in: As, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def without() -> None:
            raise PdfLibraryMissing(reason="cannot load library 'libpango'")

        monkeypatch.setattr(pdf, "_library", without)
        refused = signed_in("support").get(f"/api{AUGUST}/invoice.pdf")
        assert (refused.status_code, refused.json()["code"]) == (409, "pdf_library_missing")
        assert "print it from the browser" in refused.json()["hint"]
        people = signed_in("support").get(f"/api{AUGUST}/invoice.pdf", headers={"Accept": "text/html"})
        assert "A PDF cannot be made on this machine" in people.text
        assert people.headers["content-type"].startswith("text/html")
