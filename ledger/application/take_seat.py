"""Take a seat: an agent begins to chat with visitors."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def take_seat(ledger: Ledger, *, license_id: str, agent_id: str, meta: CommandMeta) -> Recorded:
    """Let an active agent take a seat.

    Raises LicenseNotFound, AgentNotFound, AgentNotActive, SeatAlreadyHeld and what every command may
    (see `record`).
    """
    return record(ledger, meta, "SeatTaken", license_id=license_id, agent_id=agent_id)
