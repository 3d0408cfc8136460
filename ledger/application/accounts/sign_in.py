"""Sign somebody in and know them again: sessions on the server, named by a token that changes."""

import hashlib
from dataclasses import dataclass

from argon2.exceptions import VerificationError

from ledger.application.accounts.accounts import Accounts, Visitor, rights_of
from ledger.application.accounts.roles import UserRole
from ledger.application.accounts.users import normal_name
from ledger.rules.errors import LedgerError
from ledger.stores.accounts.records import Session, User

_MINUTE_US = 60_000_000
IDLE_US = 8 * 60 * _MINUTE_US
LONGEST_US = 7 * 24 * 60 * _MINUTE_US
# How long a token is used before another takes its place, and how long the old one still holds: requests
# that were sent with it are on their way.
ROTATED_AFTER_US = 30 * _MINUTE_US
_GRACE_US = _MINUTE_US
# A session that is looked at more often than this is not written down each time.
_SEEN_AGAIN_US = _MINUTE_US


class SignInRefused(LedgerError):
    """Raised for a name and a password that do not belong together; never says which of them is wrong."""

    code = "sign_in_refused"
    template = "The name or the password is not right."
    hint = "Check both. Whoever runs this ledger can give you a new password."


@dataclass(frozen=True)
class SignedIn:
    """A visitor and, where the browser must hold another token from now on, that token."""

    visitor: Visitor
    new_token: str | None


def hashed(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(accounts: Accounts, *, name: str, password: str) -> SignedIn:
    """Begin a session for a name and its password; raises SignInRefused."""
    user = accounts.store.user(normal_name(name))
    known = user.password_hash if user is not None else None
    try:
        accounts.hasher.verify(known or accounts.nobody_hash, password)
    except VerificationError as error:
        raise SignInRefused from error
    if user is None or known is None or user.disabled_us is not None:
        raise SignInRefused
    if accounts.hasher.check_needs_rehash(known):
        accounts.store.set_password(user.name, accounts.hasher.hash(password))
    return _begin(accounts, user)


def sign_in_vouched_for(accounts: Accounts, *, name: str) -> SignedIn:
    """Begin a session for somebody whom the house's own sign-in vouches for; raises SignInRefused."""
    user = accounts.store.user(normal_name(name))
    if user is None or user.disabled_us is not None:
        raise SignInRefused
    return _begin(accounts, user)


def know_again(accounts: Accounts, token: str) -> SignedIn | None:
    """Return who a session's token belongs to; None if it is over or nobody's."""
    now_us = accounts.now_us()
    session = accounts.store.session(hashed(token), now_us)
    user = accounts.store.user(session.user_name) if session is not None else None
    if session is None or user is None or user.disabled_us is not None:
        return None
    new_token = None
    if now_us - session.seen_us >= _SEEN_AGAIN_US:
        accounts.store.see(session.token_hash, now_us, min(now_us + IDLE_US, session.began_us + LONGEST_US))
    if now_us - session.rotated_us >= ROTATED_AFTER_US:
        candidate = accounts.new_token()
        if accounts.store.rotate(session.token_hash, hashed(candidate), now_us, now_us + _GRACE_US):
            new_token = candidate
    return SignedIn(_visitor(user, session.csrf), new_token)


def sign_out(accounts: Accounts, token: str) -> None:
    """End a session."""
    accounts.store.end_session(hashed(token))


def _begin(accounts: Accounts, user: User) -> SignedIn:
    now_us = accounts.now_us()
    token, csrf = accounts.new_token(), accounts.new_token()
    accounts.store.forget_what_is_over(now_us)
    accounts.store.add_session(
        Session(hashed(token), user.name, csrf, now_us, now_us, now_us, now_us + IDLE_US)
    )
    return SignedIn(_visitor(user, csrf), token)


def _visitor(user: User, csrf: str) -> Visitor:
    role = UserRole(user.role)
    return Visitor(user.name, role, user.partner_id, rights_of(role), csrf=csrf)
