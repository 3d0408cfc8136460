"""What an e-mail says and how it is put together; the files in golden/ are what people get.

`UPDATE_GOLDEN=1 uv run pytest tests/notices` writes them anew; look at them before keeping them.
"""

import os
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from desk.mail.message import as_html, as_message, as_text, wording_of
from ledger.application.mailing import LetterContent
from ledger.application.notice_contents import Savings
from ledger.rules.words import PricingModel
from tests.notices.letters import CONFIGURATION, CONTENT, EXPECTED, SENT_AT, WITHDRAWAL, letter

GOLDEN = Path(__file__).parent / "golden"
LETTERS: dict[str, tuple[LetterContent, str]] = {
    "notice": (CONTENT, "acme"),
    "notice_de": (CONTENT, "de"),
    "retraction": (WITHDRAWAL, "acme"),
}


def same_as_golden(name: str, text: str) -> bool:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8") == text


def text_of(content: LetterContent, payer_id: str = "acme") -> str:
    """Give the text with its lines joined, so that a sentence is found wherever it is broken."""
    wording = wording_of(letter(content, payer_id), CONFIGURATION)
    return " ".join(as_text(wording, CONFIGURATION.seller).split())


def received(content: LetterContent) -> EmailMessage:
    """Give the message as whoever gets it reads it."""
    return message_from_bytes(as_message(letter(content), CONFIGURATION).as_bytes(), policy=policy.default)


class TestLetters:
    @pytest.mark.parametrize("name", LETTERS)
    def test_say_this(self, name: str) -> None:
        wording = wording_of(letter(*LETTERS[name]), CONFIGURATION)
        assert same_as_golden(f"{name}.txt", as_text(wording, CONFIGURATION.seller))
        assert same_as_golden(f"{name}.html", as_html(wording, CONFIGURATION.seller))

    def test_never_take_a_name_for_markup(self) -> None:
        wording = wording_of(letter(CONTENT), CONFIGURATION)
        html = as_html(wording, CONFIGURATION.seller)
        assert "faq &lt;b&gt;bot&lt;/b&gt; &amp; friends" in html
        assert "faq <b>bot</b> & friends" in as_text(wording, CONFIGURATION.seller)

    def test_need_nothing_from_elsewhere(self) -> None:
        html = as_html(wording_of(letter(CONTENT), CONFIGURATION), CONFIGURATION.seller)
        assert "http" not in html
        assert "src=" not in html

    def test_have_lines_that_fit(self) -> None:
        text = as_text(wording_of(letter(CONTENT), CONFIGURATION), CONFIGURATION.seller)
        assert max(map(len, text.splitlines())) <= 76

    def test_say_when_they_are_late(self) -> None:
        assert "comes late" in text_of(CONTENT)
        assert "comes late" not in text_of(replace(CONTENT, is_late=False))

    def test_name_no_amount_that_nobody_knows(self) -> None:
        unknown = replace(
            CONTENT, expected=None, under_old_model=None, chatbot_savings_minor=None,
            savings=Savings(None, None, None, None),
        )  # fmt: skip
        text = text_of(unknown)
        assert "not known yet" in text
        assert text.count("$") == 1  # the last invoice

    def test_compare_with_the_old_model_where_there_was_no_invoice(self) -> None:
        assert "Under pay-per-seat $117.60" in text_of(replace(CONTENT, last=None))

    @pytest.mark.parametrize(
        ("before", "after", "said"),
        [
            (PricingModel.PPA, PricingModel.PPU, "charged for every active agent"),
            (PricingModel.PPU, PricingModel.PPA, "Remove ChatBots that you do not need"),
            (PricingModel.PPU, PricingModel.PPS, "fewer agents on duty"),
        ],
    )
    def test_speak_of_the_model_that_comes(
        self, before: PricingModel, after: PricingModel, said: str
    ) -> None:
        content = replace(CONTENT, pricing_model_before=before, pricing_model_after=after)
        assert said in text_of(content)
        # complimentary accounts were free only while seats were counted
        assert "free until now" not in text_of(content)

    def test_say_what_a_deletion_does_where_a_suspension_does_nothing(self) -> None:
        content = replace(CONTENT, pricing_model_after=PricingModel.PPA, savings=Savings(0, 3920, 3920, 0))
        text = text_of(content)
        assert "suspend" not in text.partition("What you can do before")[2].partition("Delete")[0]
        assert "Delete accounts that nobody needs: $39.20 less for each." in text
        assert "Delete suspended accounts, which are charged as well: $39.20" in text

    def test_say_that_a_year_is_charged(self) -> None:
        content = replace(CONTENT, expected=replace(EXPECTED, billing_cycle="annual"))
        assert "for a whole year" in text_of(content)

    def test_take_back_what_was_announced(self) -> None:
        assert "comes on Jul 24, 2025" in text_of(WITHDRAWAL)
        assert "will not come" in text_of(replace(WITHDRAWAL, moved_to=None))

    def test_write_money_and_dates_as_the_payer_does(self) -> None:
        text = text_of(CONTENT, "de")
        assert "185,57" in text
        assert "24.08.2024" in text


class TestMessages:
    def test_have_text_first_and_html_beside_it(self) -> None:
        read = message_from_bytes(
            as_message(letter(CONTENT), CONFIGURATION).as_bytes(), policy=policy.default
        )
        kinds = [part.get_content_type() for part in read.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        wording = wording_of(letter(CONTENT), CONFIGURATION)
        text, html = read.iter_parts()
        assert text.get_content().replace("\r\n", "\n") == as_text(wording, CONFIGURATION.seller)
        assert html.get_content().replace("\r\n", "\n") == as_html(wording, CONFIGURATION.seller)

    def test_have_the_headers_that_mail_needs(self) -> None:
        message = as_message(letter(CONTENT), CONFIGURATION)
        assert {name: str(value) for name, value in message.items() if name != "Content-Type"} == {
            "Date": "Mon, 12 Aug 2024 09:30:00 +0000",
            "From": "Chat Ltd <billing@chat.example>",
            "To": "ap@acme.example",
            "Reply-To": "billing@chat.example",
            "Subject": "bakery: pay-per-user from Aug 24, 2024",
            "Message-ID": "<0123456789abcdef0123456789abcdef@chat.example>",
            "Auto-Submitted": "auto-generated",
            "MIME-Version": "1.0",
        }
        assert parsedate_to_datetime(str(message["Date"])) == SENT_AT

    def test_are_the_same_bytes_every_time(self) -> None:
        first, second = (as_message(letter(CONTENT), CONFIGURATION).as_bytes() for _ in range(2))
        assert first == second
        assert max(map(len, first.splitlines())) <= 998

    def test_carry_any_name(self) -> None:
        odd = replace(CONTENT, license_id='Żółw, "Bäckerei" <x@y>: 50 % \N{BREAD}' * 3)
        assert str(received(odd)["Subject"]).startswith(odd.license_id)
