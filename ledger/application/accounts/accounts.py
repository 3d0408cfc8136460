"""The accounts of an open ledger: their store, its clock and how passwords are hashed."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe

from argon2 import PasswordHasher

from ledger.application.accounts.roles import RIGHTS, Right, UserRole
from ledger.application.ledger import Ledger
from ledger.rules.clock import Clock
from ledger.rules.instants import to_us
from ledger.stores.accounts.locations import open_accounts
from ledger.stores.accounts.store import AccountStore
from ledger.stores.closing import Closing


def random_token() -> str:
    """Return 32 random bytes as text."""
    return token_urlsafe(32)


@dataclass(frozen=True)
class Visitor:
    """Who asks: a user, what they may do, and for a partner whose licences they see.

    `via` is `session` or the prefix of an API key. `csrf` is what a form of this session must carry.
    """

    name: str
    role: UserRole
    partner_id: str | None
    rights: frozenset[Right]
    via: str = "session"
    csrf: str = ""

    def may(self, right: Right) -> bool:
        """Tell whether the visitor has a right."""
        return right in self.rights

    def sees(self, partner_id: str | None) -> bool:
        """Tell whether a licence of that partner (None: of no partner) is one that the visitor may see."""
        return self.role is not UserRole.PARTNER or (
            self.partner_id is not None and self.partner_id == partner_id
        )

    @property
    def narrowed_to(self) -> str | None:
        """Return the one partner whose licences a list may hold; None for all. Never None for a partner."""
        return (self.partner_id or "") if self.role is UserRole.PARTNER else None


def rights_of(role: UserRole, scopes: frozenset[Right] | None = None) -> frozenset[Right]:
    """Return a role's rights, of those only the scopes that a key has."""
    return RIGHTS[role] if scopes is None else RIGHTS[role] & scopes


class Accounts(Closing):
    """Accounts that are open. Close them, or use them in a with statement. Safe to share between threads."""

    def __init__(
        self,
        store: AccountStore,
        clock: Clock,
        hasher: PasswordHasher | None = None,
        new_token: Callable[[], str] = random_token,
    ) -> None:
        self.store = store
        self.clock = clock
        self.hasher = hasher or PasswordHasher()
        self.new_token = new_token
        # what a password is compared with where there is no such user, so that both take as long
        self.nobody_hash = self.hasher.hash(new_token())

    @classmethod
    def open(cls, ledger: Ledger, hasher: PasswordHasher | None = None) -> "Accounts":
        """Open the accounts beside a ledger, made if they are not there."""
        store = open_accounts(ledger.store, create=True)
        assert store is not None  # noqa: S101 - made if it was not there
        return cls(store, ledger.clock, hasher)

    def now_us(self) -> int:
        """Return the clock's instant in µs since 1970 UTC."""
        return to_us(self.clock())

    def close(self) -> None:
        """Give back the store's connections."""
        self.store.close()
