"""Say who may sign in: add a user, give another password, disable, list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import UserRole
from ledger.rules.errors import InvalidValue, NotFound
from ledger.rules.instants import from_us
from ledger.stores.accounts.records import User

LEAST_PASSWORD = 10
_MOST_NAME = 254


class UserNotFound(NotFound):
    """Raised for a user that is asked for by name and is not there."""

    code = "user_not_found"
    template = "There is no user {name!r}."
    hint = "`license-ledger user list` shows all of them."


class BadUser(InvalidValue):
    """Raised for a user that cannot be."""

    code = "bad_user"


@dataclass(frozen=True)
class ListedUser:
    """A user as a list shows them: nothing of the password but whether there is one."""

    name: str
    role: UserRole
    partner_id: str | None
    has_password: bool
    created_at: datetime
    disabled_at: datetime | None


def normal_name(name: str) -> str:
    """Return a sign-in name as it is kept: an address is the same in capitals."""
    return name.strip().casefold()


def add_user(
    accounts: Accounts, *, name: str, role: UserRole, partner_id: str | None = None, password: str | None
) -> ListedUser:
    """Add a user; without a password they sign in by the house's own sign-in (OIDC) alone.

    A partner's user needs the partner's id, and nobody else has one. Raises BadUser, UserExists.
    """
    name = normal_name(name)
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise BadUser(field="name", value=name, reason="write an e-mail address or a short name")
    if (role is UserRole.PARTNER) != bool(partner_id):
        raise BadUser(
            field="partner", value=partner_id, reason="a user of the role partner has one, others have none"
        )
    user = User(name, role.value, partner_id or None, _hashed(accounts, password), accounts.now_us(), None)
    accounts.store.add_user(user)
    return _listed(user)


def set_password(accounts: Accounts, *, name: str, password: str) -> None:
    """Give a user another password and end their sessions; raises BadUser, UserNotFound."""
    name = normal_name(name)
    if not accounts.store.set_password(name, _hashed(accounts, password)):
        raise UserNotFound(name=name)
    accounts.store.end_sessions_of(name)


def disable_user(accounts: Accounts, *, name: str) -> None:
    """Keep a user and their keys out from now on; what they did stays in the access log."""
    name = normal_name(name)
    if not accounts.store.set_disabled(name, accounts.now_us()):
        raise UserNotFound(name=name)
    accounts.store.end_sessions_of(name)


def enable_user(accounts: Accounts, *, name: str) -> None:
    """Let a user in again."""
    if not accounts.store.set_disabled(normal_name(name), None):
        raise UserNotFound(name=normal_name(name))


def list_users(accounts: Accounts) -> Sequence[ListedUser]:
    """Return all users by name."""
    return [_listed(user) for user in accounts.store.users()]


def _hashed(accounts: Accounts, password: str | None) -> str | None:
    if password is None:
        return None
    if len(password) < LEAST_PASSWORD:
        raise BadUser(field="password", value="…", reason=f"it needs at least {LEAST_PASSWORD} characters")
    return accounts.hasher.hash(password)


def _listed(user: User) -> ListedUser:
    return ListedUser(
        name=user.name,
        role=UserRole(user.role),
        partner_id=user.partner_id,
        has_password=user.password_hash is not None,
        created_at=from_us(user.created_us),
        disabled_at=None if user.disabled_us is None else from_us(user.disabled_us),
    )
