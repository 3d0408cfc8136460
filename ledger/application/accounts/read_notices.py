"""Which in-app notices somebody has read: kept for each user, so that the bell tells of what is new."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.application.accounts.accounts import Accounts
from ledger.application.notice_trail import SentNotice


@dataclass(frozen=True)
class ReadMarks:
    """All notices up to a position of the log, and some behind it."""

    through: int
    notice_ids: frozenset[str]

    def cover(self, notice: SentNotice) -> bool:
        """Tell whether the notice was read."""
        return notice.position <= self.through or notice.notice_id in self.notice_ids


def read_marks(accounts: Accounts, user: str) -> ReadMarks:
    """Return what a user has read."""
    found = accounts.store.read_notices(user)
    return ReadMarks(found.pop("", 0), frozenset(found))


def mark_read(accounts: Accounts, user: str, notices: Sequence[SentNotice]) -> None:
    """Take down that a user has read some notices."""
    for one in notices:
        accounts.store.mark_read(user, one.notice_id, one.position, accounts.now_us())


def mark_all_read(accounts: Accounts, user: str, position: int) -> None:
    """Take down that a user has read everything up to a position of the log."""
    accounts.store.mark_read(user, "", position, accounts.now_us())
    accounts.store.forget_read(user, position)
