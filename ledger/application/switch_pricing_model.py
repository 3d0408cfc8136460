"""Switch a licence's pricing model by hand."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def switch_pricing_model(
    ledger: Ledger, *, license_id: str, pricing_model: str, meta: CommandMeta
) -> Recorded:
    """Put a licence on another pricing model from its next period on.

    May be announced ahead. Raises LicenseNotFound and what every command may (see `record`).
    """
    return record(ledger, meta, "PricingModelSwitched", license_id=license_id, pricing_model=pricing_model)
