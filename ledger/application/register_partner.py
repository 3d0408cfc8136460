"""Register a partner."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def register_partner(
    ledger: Ledger,
    *,
    partner_id: str,
    programme: str,
    email: str | None = None,
    discount_rate: str | None = None,
    commission_rate: str | None = None,
    meta: CommandMeta,
) -> Recorded:
    """Register a partner in the solution or the affiliate programme; a rate left out counts as 0.

    Rates are decimals in text, "0.20". Raises PartnerExists and what every command may (see `record`).
    """
    return record(
        ledger,
        meta,
        "PartnerRegistered",
        partner_id=partner_id,
        programme=programme,
        email=email,
        discount_rate=discount_rate,
        commission_rate=commission_rate,
    )
