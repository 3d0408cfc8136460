"""Remove a ChatBot."""

from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded, record


def remove_chatbot(ledger: Ledger, *, license_id: str, bot_id: str, meta: CommandMeta) -> Recorded:
    """Remove a ChatBot from a licence.

    Raises LicenseNotFound, ChatBotNotFound, OutOfOrder and what every command may (see `record`).
    """
    return record(ledger, meta, "ChatBotRemoved", license_id=license_id, bot_id=bot_id)
