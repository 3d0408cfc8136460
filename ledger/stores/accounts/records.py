"""What is kept about those who ask: people, their sessions, keys of machines, and who read what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A person who may sign in; `name` is what they sign in with. Instants are µs since 1970 UTC."""

    name: str
    role: str
    partner_id: str | None
    password_hash: str | None
    created_us: int
    disabled_us: int | None


@dataclass(frozen=True)
class Session:
    """A visit; what the browser holds is kept as a hash only."""

    token_hash: str
    user_name: str
    csrf: str
    began_us: int
    rotated_us: int
    seen_us: int
    expires_us: int


@dataclass(frozen=True)
class ApiKey:
    """A machine's key: known by its prefix, kept as a hash, acts as a user within its scopes."""

    prefix: str
    secret_hash: str
    user_name: str
    label: str
    scopes: str
    created_us: int
    expires_us: int
    last_used_us: int | None
    revoked_us: int | None


@dataclass(frozen=True)
class Access:
    """One line of the access log: who did what to which licence or invoice, and how they were signed in."""

    at_us: int
    user_name: str
    via: str
    action: str
    license_id: str
    detail: str
