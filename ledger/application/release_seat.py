"""Release a seat: an agent has done with chatting."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def release_seat(ledger: Ledger, *, license_id: str, agent_id: str, meta: CommandMeta) -> Recorded:
    """Let an agent leave the seat.

    Raises LicenseNotFound, AgentNotFound, AgentNotActive, NoSeatHeld and what every command may
    (see `record`).
    """
    return record(ledger, meta, "SeatReleased", license_id=license_id, agent_id=agent_id)
