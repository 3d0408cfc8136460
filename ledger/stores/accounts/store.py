"""Where accounts are kept: one set of statements, whichever database is behind it."""

import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ledger.rules.errors import Conflict
from ledger.stores.accounts import statements as sql
from ledger.stores.accounts.records import Access, ApiKey, Session, User
from ledger.stores.closing import Closing

NOTHING: Mapping[str, Any] = {}
_TABLE = re.compile(r"\{(account_\w+)\}")
END_OF_LOG = 2**62


class UserExists(Conflict):
    """Raised when a name is given to a second user."""

    code = "user_exists"
    template = "There is a user {name!r} already; nothing was changed."
    hint = "Choose another name, or give the user a new password."


class AccountStore(Closing):
    """Users, sessions, keys, the access log and counts of attempts. Safe to share between threads.

    Every method is one statement, and so whole or not at all. Instants are µs since 1970 UTC; nothing here
    reads a clock.
    """

    @abstractmethod
    def _execute(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute one statement, its tables named; return its rows, if it gives any."""

    @abstractmethod
    def _qualified(self, table: str) -> str:
        """Return a table's name as it stands in SQL."""

    def _run(self, statement: str, parameters: Mapping[str, Any] = NOTHING) -> list[tuple[Any, ...]]:
        return self._execute(_TABLE.sub(lambda found: self._qualified(found[1]), statement), parameters)

    # people

    def add_user(self, user: User) -> None:
        """Keep a new user; raises UserExists."""
        if not self._run(sql.ADD_USER, vars(user)):
            raise UserExists(name=user.name)

    def user(self, name: str) -> User | None:
        """Return the user of a name."""
        return next((User(*row) for row in self._run(sql.USER, {"name": name})), None)

    def users(self) -> list[User]:
        """Return all users by name."""
        return [User(*row) for row in self._run(sql.USERS)]

    def set_password(self, name: str, password_hash: str | None) -> bool:
        """Put another password in place of a user's; False if there is no such user."""
        return bool(self._run(sql.SET_PASSWORD, {"name": name, "password_hash": password_hash}))

    def set_disabled(self, name: str, disabled_us: int | None) -> bool:
        """Keep a user from signing in from an instant on, or let them again; False if there is none."""
        return bool(self._run(sql.SET_DISABLED, {"name": name, "disabled_us": disabled_us}))

    # sessions

    def add_session(self, session: Session) -> None:
        """Keep a new session."""
        self._run(sql.ADD_SESSION, vars(session))

    def session(self, token_hash: str, now_us: int) -> Session | None:
        """Return the session of a token, or of the one that it replaced a moment ago, unless it is over."""
        found = self._run(sql.SESSION, {"token_hash": token_hash, "now_us": now_us})
        return next((Session(*row) for row in found), None)

    def rotate(self, token_hash: str, new_hash: str, now_us: int, previous_until_us: int) -> bool:
        """Put a new token in place of one, which holds a moment longer; False if another was faster."""
        moved = {
            "token_hash": token_hash,
            "new_hash": new_hash,
            "now_us": now_us,
            "previous_until_us": previous_until_us,
        }
        return bool(self._run(sql.ROTATE, moved))

    def see(self, token_hash: str, now_us: int, expires_us: int) -> None:
        """Take note that a session was used, and until when it holds now."""
        self._run(sql.SEE, {"token_hash": token_hash, "now_us": now_us, "expires_us": expires_us})

    def end_session(self, token_hash: str) -> None:
        """Forget a session."""
        self._run(sql.END_SESSION, {"token_hash": token_hash})

    def end_sessions_of(self, name: str) -> None:
        """Forget all sessions of a user."""
        self._run(sql.END_SESSIONS_OF, {"name": name})

    def forget_what_is_over(self, now_us: int) -> None:
        """Forget sessions and counts whose time is over."""
        self._run(sql.FORGET_SESSIONS, {"now_us": now_us})
        self._run(sql.FORGET_COUNTS, {"now_us": now_us})

    # keys of machines

    def add_key(self, key: ApiKey) -> None:
        """Keep a new key."""
        self._run(sql.ADD_KEY, vars(key))

    def key(self, prefix: str) -> ApiKey | None:
        """Return the key of a prefix."""
        return next((ApiKey(*row) for row in self._run(sql.KEY, {"prefix": prefix})), None)

    def all_keys(self) -> list[ApiKey]:
        """Return all keys, the oldest first."""
        return [ApiKey(*row) for row in self._run(sql.KEYS)]

    def key_used(self, prefix: str, now_us: int) -> None:
        """Take note that a key was used."""
        self._run(sql.KEY_USED, {"prefix": prefix, "now_us": now_us})

    def revoke_key(self, prefix: str, now_us: int) -> bool:
        """End a key; False if there is none that holds."""
        return bool(self._run(sql.REVOKE_KEY, {"prefix": prefix, "now_us": now_us}))

    # who read what

    def add_access(self, access: Access) -> None:
        """Append to the access log."""
        self._run(sql.ADD_ACCESS, vars(access))

    def accesses(
        self, *, license_id: str | None = None, before: int = END_OF_LOG, at_most: int = 50
    ) -> list[tuple[int, Access]]:
        """Return lines of the access log with their numbers, the newest first, from before a number."""
        parameters = {"license_id": license_id, "before": before, "at_most": at_most}
        if license_id is None:
            del parameters["license_id"]
        found = self._run(sql.ACCESSES if license_id is None else sql.ACCESSES_OF, parameters)
        return [(number, Access(*rest)) for number, *rest in found]

    # which notices somebody has read

    def mark_read(self, user: str, notice_id: str, position: int, now_us: int) -> None:
        """Keep that a user has read a notice; without an id, every one up to the position."""
        marked = {"user_name": user, "notice_id": notice_id, "position": position, "read_us": now_us}
        self._run(sql.MARK_READ, marked)

    def forget_read(self, user: str, position: int) -> None:
        """Forget the marks of single notices up to a position, which a mark of all makes needless."""
        self._run(sql.FORGET_READ, {"user_name": user, "position": position})

    def read_notices(self, user: str) -> dict[str, int]:
        """Return the marks of a user: positions by notice, under an empty id up to where all are read."""
        return {row[0]: int(row[1]) for row in self._run(sql.READ_NOTICES, {"user_name": user})}

    # how often something was tried

    def count(self, name: str, amount: int, now_us: int, expires_us: int) -> int:
        """Count attempts under a name and return how many there are; a count begins anew when it is over."""
        counted = {"name": name, "amount": amount, "now_us": now_us, "expires_us": expires_us}
        return int(self._run(sql.COUNT, counted)[0][0])

    def counted(self, name: str, now_us: int) -> tuple[int, int]:
        """Return how many attempts there are and when they are forgotten; (0, now) if none."""
        found = self._run(sql.COUNTED, {"name": name, "now_us": now_us})
        return (int(found[0][0]), int(found[0][1])) if found else (0, now_us)

    def forget_count(self, name: str) -> None:
        """Begin to count anew."""
        self._run(sql.FORGET_COUNT, {"name": name})

    # what signs cookies

    def secret(self, name: str, proposal: str) -> str:
        """Return the secret of a name, which is the proposal where there was none."""
        self._run(sql.KEEP_SECRET, {"name": name, "value": proposal})
        return str(self._run(sql.SECRET, {"name": name})[0][0])
