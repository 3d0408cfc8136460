"""Whom an e-mail about a licence goes to: who pays is told, and nobody learns another's price."""

import re
from collections.abc import Callable

from ledger.aggregates.license import License
from ledger.aggregates.programme import Partner
from ledger.application.ledger import Ledger
from ledger.application.notice_contents import NoticeContent
from ledger.events.streams import license_stream, partner_stream

# What a payer's e-mail is by the configuration; None where it says nothing.
AddressBook = Callable[[str], str | None]
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")


def looks_like_address(text: str) -> bool:
    """Tell whether mail can be sent to an id: one name, one @, one host, nothing that a header would part."""
    return _ADDRESS.fullmatch(text) is not None


def recipients_of(ledger: Ledger, content: NoticeContent, address_book: AddressBook) -> tuple[str, ...]:
    """Return the addresses of who pays; empty where none is known.

    The configured one, else the partner's if the partner pays, else those of the licence's active owners
    whose ids look like an address. A partner's price is the partner's alone: owners do not stand in for it.
    """
    configured = address_book(content.payer_id)
    if configured:
        return (configured,)
    with ledger.repository.borrowing() as borrowed:
        if content.partner_pays:
            partner = borrowed.aggregate(Partner, partner_stream(content.payer_id)).registered
            known = [partner.email] if partner is not None and partner.email is not None else []
        else:
            known = borrowed.aggregate(License, license_stream(content.license_id)).active_owners()
    return tuple(filter(looks_like_address, known))
