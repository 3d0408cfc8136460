"""Delete an agent."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def delete_agent(ledger: Ledger, *, license_id: str, agent_id: str, meta: CommandMeta) -> Recorded:
    """Delete an active or suspended agent; the id may be created anew.

    Raises LicenseNotFound, AgentNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(ledger, meta, "AgentDeleted", license_id=license_id, agent_id=agent_id)
