"""Change a partner's rates."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record
from ledger.rules.errors import InvalidValue


class NoNewTerms(InvalidValue):
    """Raised for a change of terms that changes none."""

    code = "no_new_terms"
    template = "discount_rate, commission_rate: neither is given, so partner {partner_id!r} keeps its terms."
    hint = "Name at least one of the two rates."


def change_partner_terms(
    ledger: Ledger,
    *,
    partner_id: str,
    discount_rate: str | None = None,
    commission_rate: str | None = None,
    meta: CommandMeta,
) -> Recorded:
    """Give a partner other rates, at any time from the registration on; one left out stays what it was.

    Raises NoNewTerms, PartnerNotFound, TermsBeforeRegistration and what every command may (see `record`).
    """
    if discount_rate is None and commission_rate is None:
        raise NoNewTerms(partner_id=partner_id)
    return record(
        ledger,
        meta,
        "PartnerTermsChanged",
        partner_id=partner_id,
        discount_rate=discount_rate,
        commission_rate=commission_rate,
    )
