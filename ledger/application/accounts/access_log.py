"""Who read which invoice and who changed what: written when it happens, read by auditors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.application.accounts.accounts import Accounts, Visitor
from ledger.rules.instants import from_us
from ledger.stores.accounts.records import Access
from ledger.stores.accounts.store import END_OF_LOG


@dataclass(frozen=True)
class AccessEntry:
    """One line: its number, when, who and how they were signed in, what they did to which licence."""

    number: int
    at: datetime
    user: str
    via: str
    action: str
    license_id: str
    detail: str


def note_access(accounts: Accounts, visitor: Visitor, action: str, license_id: str, detail: str = "") -> None:
    """Append to the access log."""
    accounts.store.add_access(
        Access(accounts.now_us(), visitor.name, visitor.via, action, license_id, detail)
    )


def list_accesses(
    accounts: Accounts, *, license_id: str | None = None, before: int | None = None, at_most: int = 50
) -> Sequence[AccessEntry]:
    """Return the newest lines first, those before a number if one is given."""
    found = accounts.store.accesses(license_id=license_id, before=before or END_OF_LOG, at_most=at_most)
    return [
        AccessEntry(
            number, from_us(one.at_us), one.user_name, one.via, one.action, one.license_id, one.detail
        )
        for number, one in found
    ]
