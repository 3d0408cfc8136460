"""What people come for, from signing in to what they leave with, clicked through in a real browser."""

import csv
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.person import Person

FLORIST, FIRM, CORRECTED = (
    "borealis-florist-four-bots",
    "acme-law-firm-suspends",
    "acme-issued-then-corrected",
)
KIM, LEA = f"kim@{FIRM}.example", f"lea@{FIRM}.example"
FEW_CLICKS = 4
MOST_TABS = 60
CLIPBOARD = ["clipboard-read", "clipboard-write"]
As = Callable[..., Person]


class TestSupport:
    def test_gets_from_a_licences_id_to_the_copied_answer_in_four_clicks(self, reader: As) -> None:
        support = reader("support", permissions=CLIPBOARD)
        page = support.page
        page.get_by_label("Search").fill(FLORIST)
        support.click(page.get_by_role("button", name="Show", exact=True))
        support.click(page.get_by_role("link", name=FLORIST))
        support.click(page.get_by_role("link", name="$257.25").first)
        support.click(page.get_by_role("button", name="Copy"))
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(
            "Thank you for asking about your invoice of 13 Jul 2024. It comes to $257.25."
        )
        assert support.clicks <= FEW_CLICKS

    def test_opens_the_events_behind_a_step(self, reader: As) -> None:
        page = reader("support").page
        page.goto(f"/licenses/{FIRM}/invoices/2024-08-20")
        step = page.get_by_role("row").filter(has_text="pay-per-seat → pay-per-user")
        expect(step.get_by_role("listitem")).to_be_hidden()
        step.get_by_text("1 event").click()
        expect(step.get_by_role("listitem")).to_contain_text("cutover resellers-2024-08-11 announced")
        page.get_by_text("Counted on 20 Aug 2024: 8").click()
        page.locator(".people li").filter(has_text=KIM).get_by_role("link").click()
        expect(page.locator("li:target")).to_contain_text(f"{KIM} joined")

    def test_takes_the_document_and_its_pdf_along(self, reader: As) -> None:
        page = reader("support").page
        page.goto(f"/licenses/{CORRECTED}/invoices/2024-05-12")
        page.get_by_text("The document, as the partner gets it").click()
        paper = page.frame_locator("iframe")
        expect(paper.get_by_role("heading", name="Invoice")).to_be_visible()
        expect(paper.get_by_role("definition").filter(has_text="2024-000002")).to_be_visible()
        with page.expect_download() as told:
            page.get_by_role("link", name="PDF").click()
        assert told.value.suggested_filename == "2024-000002.pdf"
        assert told.value.path().read_bytes().startswith(b"%PDF-")

    def test_takes_the_list_along_as_csv(self, reader: As) -> None:
        page = reader("support").page
        page.get_by_label("Partner").fill("acme")
        page.get_by_role("button", name="Show", exact=True).click()
        with page.expect_download() as told:
            page.get_by_role("link", name="CSV").click()
        assert told.value.suggested_filename == "licences.csv"
        with told.value.path().open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {row["partner_id"] for row in rows} == {"acme"}
        assert FIRM in {row["license_id"] for row in rows}

    def test_reads_everything_without_javascript(self, reader: As) -> None:
        page = reader("support", java_script_enabled=False).page
        page.get_by_role("link", name=FIRM).click()
        expect(page.get_by_role("heading", name="Counts over time")).to_be_visible()
        page.get_by_text("The same as a table").click()
        expect(page.get_by_role("columnheader", name="Pay-per-seat")).to_be_visible()
        page.get_by_role("link", name="20 Jul 2024").click()
        expect(page.get_by_text("Thank you for asking")).to_be_visible()
        expect(page.get_by_role("button", name="Copy")).to_be_hidden()
        page.get_by_text("Counted in the month").or_(page.get_by_text("Not counted")).first.click()
        page.get_by_role("link", name="As data").click()
        expect(page.locator("body")).to_contain_text('"answer":')


class TestPartner:
    def test_suspends_two_before_the_cutover_and_sees_the_lower_charge(self, worker: As) -> None:
        partner = worker("partner")
        page = partner.page
        page.goto(f"/licenses/{FIRM}")
        expect(page.get_by_text("pay-per-user on 20 Aug 2024")).to_be_visible()
        expect(page.get_by_role("definition").filter(has_text="$313.60")).to_be_visible()
        page.goto("/partners/acme/accounts")
        idle = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=FIRM, exact=True))
        expect(idle).to_contain_text("$313.60")
        for agent_id in (KIM, LEA):
            expect(idle.get_by_role("row").filter(has_text=agent_id)).to_contain_text("$39.20")
        idle.get_by_role("link", name="Review the team").click()
        for agent_id, after in ((KIM, "$274.40"), (LEA, "$235.20")):
            page.get_by_label(f"Actions for {agent_id}").click()
            page.get_by_role("link", name="Suspend…").locator("visible=true").click()
            dialog = page.get_by_role("dialog")
            expect(dialog).to_contain_text(after)
            expect(dialog).to_contain_text("$39.20 less")
            dialog.get_by_role("button", name="Suspend").click()
            expect(page.get_by_text(f"{agent_id} was suspended.").first).to_be_visible()
            expect(page.get_by_role("row").filter(has_text=agent_id)).to_have_count(0)
        page.get_by_role("link", name="Suspended 2").click()
        expect(page.get_by_role("row").filter(has_text=KIM)).to_be_visible()
        page.get_by_role("link", name="Overview").click()
        expect(page.get_by_role("definition").filter(has_text="$235.20")).to_be_visible()

    def test_undoes_what_it_did_a_moment_ago(self, worker: As) -> None:
        page = worker("partner").page
        page.goto(f"/licenses/{FIRM}/team")
        page.get_by_label(f"Actions for {KIM}").click()
        page.get_by_role("link", name="Suspend…").locator("visible=true").click()
        page.get_by_role("dialog").get_by_role("button", name="Suspend").click()
        expect(page.get_by_role("link", name="Suspended 1")).to_be_visible()
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(f"{KIM} was activated.").first).to_be_visible()
        expect(page.get_by_role("link", name="Suspended 0")).to_be_visible()
        expect(page.get_by_role("row").filter(has_text=KIM)).to_be_visible()

    def test_changes_a_team_by_keyboard_alone(self, worker: As) -> None:
        page = worker("partner").page
        page.goto(f"/licenses/{FIRM}/team")
        menu = page.get_by_label(f"Actions for {KIM}")
        self._tab_to(page, f"Actions for {KIM}")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(menu).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        confirm = page.get_by_role("dialog").get_by_role("button", name="Suspend")
        expect(confirm).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text(f"{KIM} was suspended.")

    def test_finds_nothing_of_another_partner(self, reader: As) -> None:
        page = reader("partner").page
        for path in ("", "/team", "/events", "/invoices/2024-07-13", "/invoices/2024-07-13/document"):
            answer = page.goto(f"/licenses/{FLORIST}{path}")
            assert answer is not None
            assert answer.status == 404
            expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        page.get_by_label("Find a licence").fill(FLORIST)
        page.get_by_role("button", name="Find").click()
        expect(page.get_by_text("No licence is like that")).to_be_visible()

    @staticmethod
    def _tab_to(page: Page, label: str) -> None:
        for _ in range(MOST_TABS):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
                return
        raise AssertionError(f"{label} is not reached by keyboard")


class TestAuditor:
    def test_finds_an_invoice_as_it_was_known_when_it_was_issued(self, reader: As) -> None:
        page = reader("auditor").page
        page.goto(f"/licenses/{CORRECTED}")
        # the removal of the ChatBot in April was recorded on 20 May: by then two invoices were out
        for known_at, total in (("2024-06-13", "-$39.20"), ("2024-05-15", "$39.20")):
            page.get_by_label("As of", exact=True).fill("2024-06-13")
            page.get_by_label("As known at").fill(known_at)
            page.get_by_role("button", name="Show", exact=True).click()
            row = page.get_by_role("row").filter(has_text="12 Jun 2024")
            expect(row.get_by_role("cell").last).to_have_text(total)
        expect(page.get_by_text("as known at 15 May 2024")).to_be_visible()
        page.get_by_role("link", name="12 May 2024").click()
        expect(page.get_by_role("heading", name="Invoice 2024-000002")).to_be_visible()
        expect(page.get_by_text("Issued", exact=True)).to_be_visible()
        expect(page.get_by_text("It knows what was recorded by 11 May 2024")).to_be_visible()
        assert "known_at=2024-05-15" in page.url
        page.goto("/access-log")
        expect(page.get_by_role("row").nth(1)).to_contain_text("2024-05-12")

    def test_sees_what_one_date_said_as_known_twice(self, reader: As) -> None:
        page = reader("auditor").page
        page.goto(f"/licenses/{CORRECTED}")
        page.get_by_role("link", name="Compare").click()
        before, after = (page.get_by_role("group", name=name) for name in ("Before", "After"))
        before.get_by_label("As of").fill("2024-06-13")
        before.get_by_label("As known at").fill("2024-05-15")
        after.get_by_label("As known at").fill("2024-06-13")
        page.get_by_role("button", name="Compare").click()
        invoice = page.get_by_role("row").filter(has_text="12 Jun 2024")
        expect(invoice.get_by_role("cell").first).to_contain_text("$39.20")
        expect(invoice.get_by_role("cell").last).to_contain_text("-$39.20")
        expect(page.get_by_role("row").filter(has_text="12 May 2024").get_by_role("rowheader")).to_have_count(
            0
        )
        expect(page.get_by_role("listitem").filter(has_text="ChatBot faq-bot was removed")).to_be_visible()


class TestAnybody:
    def test_is_told_that_the_password_is_wrong(
        self, open_page: Callable[..., Page], shared_address: str
    ) -> None:
        somebody = Person(open_page(shared_address))
        somebody.page.goto(f"/licenses/{FIRM}")
        somebody.try_to_sign_in("support", "incorrect horse")
        expect(somebody.page.get_by_role("alert")).to_contain_text("Check both")
        expect(somebody.page.get_by_label("Name")).to_have_value("support")
        somebody.page.goto(f"/licenses/{FIRM}")
        expect(somebody.page).to_have_url(f"/sign-in?next=%2Flicenses%2F{FIRM}")
        somebody.page.get_by_label("Name").fill("support")
        somebody.page.get_by_label("Password").fill("correct horse battery")
        somebody.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(somebody.page).to_have_url(f"/licenses/{FIRM}")
