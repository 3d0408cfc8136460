"""A letter as an e-mail: text and HTML of the same words, the same bytes for the same letter."""

import textwrap
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from desk.configuration import Configuration, Seller
from desk.documents.language import Language
from desk.mail.wording import Wording, worded
from ledger.application.mailing import Letter

_TEXT_WIDTH = 72


def wording_of(letter: Letter, configuration: Configuration) -> Wording:
    """Return the letter in words, dates and money as its payer writes them."""
    return worded(letter.content, Language(configuration.payer(letter.payer_id).language))


def as_text(wording: Wording, seller: Seller) -> str:
    """Return the words as plain text, 72 columns wide but for long names."""
    width = max((len(figure.label) for figure in wording.figures), default=0)
    return _templates().get_template("letter.txt").render(wording=wording, seller=seller, width=width)


def as_html(wording: Wording, seller: Seller) -> str:
    """Return the words as one column of HTML that needs nothing from elsewhere."""
    return _templates().get_template("letter.html").render(wording=wording, seller=seller)


def as_message(letter: Letter, configuration: Configuration) -> EmailMessage:
    """Return the letter as an e-mail, dated `written_at`, under its one Message-ID."""
    wording, seller = wording_of(letter, configuration), configuration.seller
    message = EmailMessage(policy=SMTP)
    message["Date"] = letter.written_at
    message["From"] = Address(seller.name, addr_spec=configuration.mail.sender)
    message["To"] = ", ".join(letter.recipients)
    if seller.email:
        message["Reply-To"] = seller.email
    message["Subject"] = wording.subject
    message["Message-ID"] = letter.message_id
    # no out-of-office answers, please (RFC 3834)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(wording, seller), cte="quoted-printable")
    message.add_alternative(as_html(wording, seller), subtype="html", cte="quoted-printable")
    message.set_boundary(f"={letter.key}")
    return message


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("desk.mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["fold"] = _folded
    return made


def _folded(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        _TEXT_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
