"""Create an agent on a licence."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record
from ledger.rules.words import Role


def create_agent(
    ledger: Ledger,
    *,
    license_id: str,
    agent_id: str,
    role: str = Role.AGENT,
    complimentary: bool = False,
    meta: CommandMeta,
) -> Recorded:
    """Make an agent's account, active at once; `complimentary` says it is the partner's own, free one.

    Raises LicenseNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(
        ledger,
        meta,
        "AgentCreated",
        license_id=license_id,
        agent_id=agent_id,
        role=role,
        complimentary=complimentary,
    )
