"""Create a licence."""

from datetime import date

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def create_license(
    ledger: Ledger,
    *,
    license_id: str,
    source: str,
    plan: str,
    billing_cycle: str,
    partner_id: str | None = None,
    payer: str | None = None,
    currency: str | None = None,
    billing_anchor: date | None = None,
    time_zone: str | None = None,
    pricing_model: str | None = None,
    meta: CommandMeta,
) -> Recorded:
    """Make a licence; what is left out is resolved from its partner and the cutovers announced so far.

    The event in the answer says what it was resolved to. Raises LicenseExists, PartnerNotFound,
    BadBillingAnchor, ModelNotOffered and what every command may (see `record`).
    """
    return record(
        ledger,
        meta,
        "LicenseCreated",
        license_id=license_id,
        source=source,
        partner_id=partner_id,
        payer=payer,
        plan=plan,
        billing_cycle=billing_cycle,
        currency=currency,
        billing_anchor=billing_anchor,
        time_zone=time_zone,
        pricing_model=pricing_model,
    )
