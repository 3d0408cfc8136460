"""Change a licence's plan."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def change_plan(ledger: Ledger, *, license_id: str, plan: str, meta: CommandMeta) -> Recorded:
    """Give a licence another plan from its next period on.

    May be announced ahead. Raises LicenseNotFound and what every command may (see `record`).
    """
    return record(ledger, meta, "PlanChanged", license_id=license_id, plan=plan)
