"""Activate an agent who was suspended."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def activate_agent(ledger: Ledger, *, license_id: str, agent_id: str, meta: CommandMeta) -> Recorded:
    """Make a suspended agent active again.

    Raises LicenseNotFound, AgentNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(ledger, meta, "AgentActivated", license_id=license_id, agent_id=agent_id)
