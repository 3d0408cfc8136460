"""What the ledger wants of somebody who sends e-mail, and what it learns from them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeAlias

from ledger.application.notice_contents import NoticeContent
from ledger.rules.errors import LedgerError


class MailNotAccepted(LedgerError):
    """Raised when a mail server did not take a message, or nobody can tell whether it did.

    `for_good`: it will not take this message for these recipients another time either. `server_wide`: no
    other message would fare better now.
    """

    code = "mail_not_accepted"
    template = "The mail server did not take the message: {reason}."

    def __init__(self, reason: str, *, for_good: bool = False, server_wide: bool = False) -> None:
        super().__init__(reason=reason)
        self.reason = reason
        self.for_good = for_good
        self.server_wide = server_wide


@dataclass(frozen=True)
class Withdrawal:
    """That the change which a notice announced does not come, or, with `moved_to`, comes on another date."""

    license_id: str
    cutover_id: str
    charge_date: date
    moved_to: date | None


LetterContent: TypeAlias = NoticeContent | Withdrawal


@dataclass(frozen=True)
class Letter:
    """A message to write and send: of what, to whom, under which id; `written_at` dates it.

    `key` tells the message from every other and is the same on every attempt, as is `message_id`.
    """

    key: str
    message_id: str
    payer_id: str
    recipients: tuple[str, ...]
    written_at: datetime
    content: LetterContent


class Mailer(Protocol):
    """Writes letters and hands them to a mail server."""

    def message_id(self, key: str) -> str:
        """Return the Message-ID of the message that a key names."""

    def send(self, letter: Letter) -> tuple[str, ...]:
        """Return the recipients that the server refused while it took the message for the others.

        Raises MailNotAccepted unless the server said that it took the message.
        """
