"""Keys for machines: made once and shown once, known by a prefix, limited in what and how long they may."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from ledger.application.accounts.accounts import Accounts, Visitor, rights_of
from ledger.application.accounts.roles import RIGHTS, Right, UserRole
from ledger.application.accounts.users import UserNotFound, normal_name
from ledger.rules.errors import InvalidValue, NotFound
from ledger.rules.instants import from_us
from ledger.stores.accounts.records import ApiKey

_MARK = "llk"
_PREFIX_LENGTH = 10
_DAY_US = 86_400_000_000
DEFAULT_DAYS, MOST_DAYS = 90, 730
_USED_AGAIN_US = 60_000_000


class ApiKeyNotFound(NotFound):
    """Raised for a key that is not there or was revoked before."""

    code = "api_key_not_found"
    template = "There is no key {name!r} that holds."
    hint = "`license-ledger api-key list` shows the prefixes of all keys."


class BadApiKey(InvalidValue):
    """Raised for a key that cannot be made."""

    code = "bad_api_key"


@dataclass(frozen=True)
class ListedKey:
    """A key as a list shows it."""

    prefix: str
    user: str
    label: str
    scopes: tuple[Right, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_api_key(
    accounts: Accounts, *, user: str, label: str, scopes: Iterable[Right], days: int = DEFAULT_DAYS
) -> tuple[str, ListedKey]:
    """Make a key that acts as a user; return its secret, which is never shown again, and what is kept.

    Raises UserNotFound, and BadApiKey for a scope that the user's role does not have, or too many days.
    """
    owner = accounts.store.user(normal_name(user))
    if owner is None:
        raise UserNotFound(name=user)
    wanted = tuple(dict.fromkeys(scopes))
    for right in wanted:
        if right not in RIGHTS[UserRole(owner.role)]:
            raise BadApiKey(
                field="scope", value=right.value, reason=f"the role {owner.role} does not have it"
            )
    if not wanted:
        raise BadApiKey(field="scope", value="", reason="a key needs at least one")
    if not 1 <= days <= MOST_DAYS:
        raise BadApiKey(field="days", value=days, reason=f"a key holds from 1 to {MOST_DAYS} days")
    now_us = accounts.now_us()
    prefix = accounts.new_token().replace("-", "").replace("_", "")[:_PREFIX_LENGTH]
    secret = f"{_MARK}_{prefix}_{accounts.new_token()}"
    key = ApiKey(
        prefix,
        _hashed(secret),
        owner.name,
        label,
        " ".join(wanted),
        now_us,
        now_us + days * _DAY_US,
        None,
        None,
    )
    accounts.store.add_key(key)
    return secret, _listed(key)


def know_key(accounts: Accounts, secret: str) -> Visitor | None:
    """Return who a key acts as, with the rights of its scopes; None if it does not hold."""
    mark, _, rest = secret.partition("_")
    key = accounts.store.key(rest[:_PREFIX_LENGTH]) if mark == _MARK else None
    now_us = accounts.now_us()
    if key is None or not compare_digest(key.secret_hash, _hashed(secret)):
        return None
    user = accounts.store.user(key.user_name)
    if key.revoked_us is not None or key.expires_us <= now_us or user is None or user.disabled_us is not None:
        return None
    if key.last_used_us is None or now_us - key.last_used_us >= _USED_AGAIN_US:
        accounts.store.key_used(key.prefix, now_us)
    role = UserRole(user.role)
    return Visitor(
        user.name, role, user.partner_id, rights_of(role, frozenset(_scopes(key))), via=f"key {key.prefix}"
    )


def list_api_keys(accounts: Accounts) -> Sequence[ListedKey]:
    """Return all keys, the oldest first."""
    return [_listed(key) for key in accounts.store.all_keys()]


def revoke_api_key(accounts: Accounts, *, prefix: str) -> None:
    """End a key; raises ApiKeyNotFound."""
    if not accounts.store.revoke_key(prefix, accounts.now_us()):
        raise ApiKeyNotFound(name=prefix)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _scopes(key: ApiKey) -> tuple[Right, ...]:
    return tuple(Right(scope) for scope in key.scopes.split())


def _listed(key: ApiKey) -> ListedKey:
    return ListedKey(
        prefix=key.prefix,
        user=key.user_name,
        label=key.label,
        scopes=_scopes(key),
        created_at=from_us(key.created_us),
        expires_at=from_us(key.expires_us),
        last_used_at=None if key.last_used_us is None else from_us(key.last_used_us),
        revoked_at=None if key.revoked_us is None else from_us(key.revoked_us),
    )
