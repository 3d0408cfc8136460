"""Add a ChatBot, which counts as an account and a seat while it is there."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def add_chatbot(ledger: Ledger, *, license_id: str, bot_id: str, meta: CommandMeta) -> Recorded:
    """Add a ChatBot to a licence.

    Raises LicenseNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(ledger, meta, "ChatBotAdded", license_id=license_id, bot_id=bot_id)
