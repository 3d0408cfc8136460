"""What an invoice says, held against golden files and, in places, against the arithmetic."""

import html
import re
from dataclasses import replace
from datetime import date

import pytest

from desk.configuration import Configuration, Payer, Seller
from desk.documents.html import html_of
from desk.documents.page import Page, page_of
from desk.documents.text import WIDTH, text_of
from ledger.application.invoice_document import InvoiceDocument, ModelChange
from ledger.events.paper import AdjustmentLine, RecurringLine, TrueUpLine
from tests.documents.golden_files import same_as_golden
from tests.documents.papers import (
    CONFIGURATION,
    PAPERS,
    PPA,
    PPS,
    PPU,
    counted,
    credited,
    draft,
    instant,
    paper,
    period,
    plain,
    switched,
)


def page(document: InvoiceDocument, configuration: Configuration = CONFIGURATION) -> Page:
    return page_of(document, configuration)


class TestDocuments:
    @pytest.mark.parametrize("name", PAPERS)
    def test_look_like_this(self, name: str) -> None:
        made = page(PAPERS[name]())
        assert same_as_golden(f"{name}.html", html_of(made))
        assert same_as_golden(f"{name}.txt", text_of(made))

    @pytest.mark.parametrize("name", PAPERS)
    def test_say_the_same_in_html_and_in_text(self, name: str) -> None:
        made = page(PAPERS[name]())
        as_html = html.unescape(html_of(made))
        as_text = re.sub(r"\s+", "", text_of(made))
        for row in made.rows:
            for said in (row.what, *row.notes, row.amount):
                assert said in as_html
            assert re.sub(r"\s+", "", row.amount) in as_text
        for _, value in (*made.facts, *made.sums):
            assert value in as_html
            assert re.sub(r"\s+", "", value) in as_text

    @pytest.mark.parametrize("name", PAPERS)
    def test_fit_into_a_terminal(self, name: str) -> None:
        lines = text_of(page(PAPERS[name]())).splitlines()
        assert max(map(len, lines)) <= WIDTH
        assert all(line == line.rstrip() for line in lines)

    def test_add_up(self) -> None:
        for made in PAPERS.values():
            document = made()
            assert document.total == sum(line.amount for line in document.lines)


class TestTitles:
    def test_tell_invoices_credit_notes_and_drafts_apart(self) -> None:
        assert page(plain()).title == "Invoice"
        assert page(credited()).title == "Credit note"
        assert page(draft()).title == "Draft invoice"
        assert page(replace(credited(), number=None)).title == "Draft credit note"

    def test_of_a_draft_say_of_when_it_is_and_what_it_knows(self) -> None:
        assert page(plain()).draft is None
        said = (page(draft()).draft or "").replace("\N{NO-BREAK SPACE}", " ")
        assert said == (
            "Not issued. Pro forma as of Aug 24, 2024, 12:00 AM (UTC), "
            "as known at Aug 20, 2024, 9:30 AM (UTC)."
        )
        same = replace(draft(), known_at=draft().as_of)
        assert ", as known at" not in (page(same).draft or "")


class TestCreditNotes:
    def test_give_money_back_in_words_and_without_a_minus_sign(self) -> None:
        made = page(credited())
        assert (made.payer_label, made.due_label, made.due) == ("Credited to", "Credit", "$40.00")
        assert ("Total", "−$40.00") in made.sums
        assert made.notes == ("There is nothing to pay: $40.00 is credited to Acme Resale GmbH.",)

    def test_name_the_invoice_that_they_correct_if_it_was_issued(self) -> None:
        _, april, may = page(credited()).rows
        assert april.what == "Correction for the billing date Apr 12, 2024"
        assert may.what == "Correction of invoice INV-2024-000077 of May 12, 2024"
        assert may.notes == ("Too much was charged for it.",)
        more = paper(AdjustmentLine(billing_date=date(2024, 5, 12), amount=1))
        assert page(more).rows[0].notes == ("Too little was charged for it.",)


class TestLines:
    def test_of_a_rise_show_the_days_that_are_paid_for(self) -> None:
        rise = TrueUpLine(
            pricing_model=PPU,
            date=date(2024, 8, 12),
            quantity=2,
            unit_amount=4900,
            remaining_days=12,
            period_days=30,
            amount=3920,
        )
        (row,) = page(paper(rise)).rows
        assert row.what == "2 more users, Aug 12, 2024 – Aug 23, 2024"
        assert row.notes == ("2 users × $49.00 × 12/30 days",)
        assert (row.quantity, row.unit_price, row.amount) == ("2", "$49.00", "$39.20")

    def test_of_a_rise_within_a_year_of_seats_say_when_they_were_taken(self) -> None:
        rise = TrueUpLine(
            pricing_model=PPS,
            date=date(2024, 3, 29),
            quantity=2,
            unit_amount=49200,
            remaining_days=336,
            period_days=365,
            amount=90582,
        )
        seats = counted(4, "2024-03-29", PPS, agents=4, peak_at=instant("2024-03-11 14:00"))
        (row,) = page(paper(rise, counted=seats)).rows
        assert row.notes[1].replace("\N{NO-BREAK SPACE}", " ") == (
            "The most at one time between Feb 27, 2024 and Mar 28, 2024: 4 agents chatting, "
            "first on Mar 11, 2024, 2:00 PM (UTC)."
        )

    def test_of_accounts_name_every_kind_that_is_charged(self) -> None:
        kinds = counted(4, "2024-08-24", PPA, agents=1, suspended=2, chatbots=1)
        document = paper(period(4, 2400, "2024-08-24", "2024-09-24", PPA), counted=kinds)
        assert page(document).rows[0].notes == (
            "Per account and month.",
            "Counted at the start of Aug 24, 2024 (UTC): 1 active agent, 2 suspended agents and 1 ChatBot.",
        )

    def test_of_seats_that_nobody_took_say_so(self) -> None:
        nobody = page(credited()).rows[0].notes[1]
        assert nobody == "No seat was in use between May 12, 2024 and Jun 11, 2024."

    def test_of_seats_that_were_taken_all_along_name_no_moment(self) -> None:
        bot = counted(1, "2024-08-24", PPS, agents=0, chatbots=1)
        bot = replace(bot, peak_at=bot.from_at)
        document = paper(period(1, 4900, "2024-08-24", "2024-09-24", PPS), counted=bot)
        assert page(document).rows[0].notes[1] == (
            "The most at one time between Jul 24, 2024 and Aug 23, 2024: 1 ChatBot, from the start on."
        )

    def test_without_known_counts_stay_silent(self) -> None:
        document = replace(plain(), counted=None)
        assert page(document).rows[0].notes == ("Per active agent and month.",)

    def test_give_a_discount_with_what_it_is_of(self) -> None:
        assert page(switched()).rows[2].what == "Partner discount, 20% of $235.20"
        assert page(switched()).sums == (("Charges", "$235.20"), ("Discount", "−$47.04"))

    def test_need_no_sums_if_there_is_one(self) -> None:
        assert page(plain()).sums == ()
        nothing = page(paper(period(0, 4900, "2024-08-24", "2024-09-24")))
        assert nothing.notes == ("There is nothing to pay.",)


class TestAChangeOfModel:
    def test_is_one_plain_sentence_on_the_first_invoice_after_it(self) -> None:
        assert page(switched()).notes == (
            "Since Aug 24, 2024 this licence is charged pay-per-user instead of pay-per-seat, as announced "
            "for periods that begin on or after Aug 11, 2024. Every active agent counts, chatting or not; "
            "ChatBots are free.",
        )

    @pytest.mark.parametrize("on", [None, date(2024, 8, 24)])
    def test_names_no_other_day_if_there_is_none(self, on: date | None) -> None:
        made = page(replace(plain(), changed=ModelChange(PPA, PPS, date(2024, 8, 24), on)))
        assert made.notes == (
            "Since Aug 24, 2024 this licence is charged pay-per-seat instead of pay-per-account. What counts "
            "is the most seats in use at one time; each ChatBot takes a seat.",
        )


class TestParties:
    def test_are_those_of_the_configuration_and_else_of_the_ledger(self) -> None:
        made = page(plain(), Configuration(seller=Seller(name="S")))
        assert (made.seller.name, made.seller.lines) == ("S", ())
        assert (made.payer.name, made.payer.lines) == ("northwind", ("care@northwind.example",))

    def test_have_the_address_that_the_configuration_prefers(self) -> None:
        payer = Payer(name="N", address=("A", "B"), email="ap@n.example", tax_id="1")
        made = page(plain(), Configuration(payers={"northwind": payer}))
        assert made.payer.lines == ("A", "B", "ap@n.example", "Tax id 1")


class TestHtml:
    def test_takes_nothing_that_people_write_for_markup(self) -> None:
        payer = Payer(name='<script>alert("x")</script>', address=("{{ 7 * 7 }} & <b>Söhne</b>",))
        made = html_of(page(plain(), Configuration(payers={"northwind": payer})))
        assert "<script>" not in made
        assert "<b>" not in made
        assert "{{ 7 * 7 }} &amp; &lt;b&gt;Söhne&lt;/b&gt;" in made

    def test_needs_nothing_from_outside(self) -> None:
        made = html_of(page(plain()))
        assert not re.findall(r"url\(|src=|href=|@import|https?:", made)

    def test_says_its_language(self) -> None:
        assert '<html lang="de-DE">' in html_of(page(PAPERS["german"]()))

    def test_is_for_the_paper_that_is_named(self) -> None:
        assert "size: letter;" in html_of(page(plain()), "letter")


def test_recurring_is_the_line_of_the_period() -> None:
    assert isinstance(plain().recurring, RecurringLine)
    assert replace(plain(), lines=()).recurring is None
