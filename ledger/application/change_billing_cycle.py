"""Change how often a licence is billed."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def change_billing_cycle(
    ledger: Ledger, *, license_id: str, billing_cycle: str, meta: CommandMeta
) -> Recorded:
    """Bill a licence by month or by year from its next period on.

    May be announced ahead, never backdated. Raises LicenseNotFound, CycleChangeBackdated and what every
    command may (see `record`).
    """
    return record(ledger, meta, "BillingCycleChanged", license_id=license_id, billing_cycle=billing_cycle)
