"""Whom an e-mail about a licence goes to: who pays is told, and nobody learns another's price."""

import re
from collections.abc import Callable
from typing import NamedTuple

from ledger.aggregates.license import License
from ledger.aggregates.programme import Partner
from ledger.application.ledger import Ledger
from ledger.events.streams import license_stream, partner_stream
from ledger.rules.words import Payer

# What a payer's e-mail is by the configuration; None where it says nothing.
AddressBook = Callable[[str], str | None]
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")


class Addressed(NamedTuple):
    """Who pays for a licence, and the addresses to write to; none if nobody knows one."""

    payer_id: str
    is_partner: bool
    recipients: tuple[str, ...]


def looks_like_address(text: str) -> bool:
    """Tell whether mail can be sent to an id: one name, one @, one host, nothing that a header would part."""
    return _ADDRESS.fullmatch(text) is not None


def addressed(ledger: Ledger, license_id: str, address_book: AddressBook) -> Addressed:
    """Return who is told about a licence's charges; raises LicenseNotFound.

    The configured address, else the partner's if the partner pays, else those of the licence's active owners
    whose ids look like an address. A partner's price is the partner's alone: owners do not stand in for it.
    """
    with ledger.repository.borrowing() as borrowed:
        license_ = borrowed.aggregate(License, license_stream(license_id))
        created = license_.require_created(license_id)
        if created.payer is Payer.PARTNER and created.partner_id is not None:
            partner = borrowed.aggregate(Partner, partner_stream(created.partner_id)).registered
            payer_id, is_partner = created.partner_id, True
            known = [partner.email] if partner is not None and partner.email is not None else []
        else:
            payer_id, is_partner, known = license_id, False, license_.active_owners()
    configured = address_book(payer_id)
    recipients = (configured,) if configured else tuple(filter(looks_like_address, known))
    return Addressed(payer_id, is_partner, recipients)
