"""Suspend an agent: the account stays, without a seat, and does not count as active."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def suspend_agent(ledger: Ledger, *, license_id: str, agent_id: str, meta: CommandMeta) -> Recorded:
    """Suspend an active agent, who then neither counts as active nor holds a seat.

    Raises LicenseNotFound, AgentNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(ledger, meta, "AgentSuspended", license_id=license_id, agent_id=agent_id)
