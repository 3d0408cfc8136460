"""How often something may be tried: counted in the accounts, so that all processes count together."""

from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from ledger.application.accounts.accounts import Accounts
from ledger.rules.errors import LedgerError

_SECOND_US = 1_000_000

SIGN_INS_A_NAME: Final = RateLimitItemPerMinute(10, 5, namespace="sign-in-name")
SIGN_INS_AN_ADDRESS: Final = RateLimitItemPerMinute(50, 5, namespace="sign-in-address")
EXPORTS_A_USER: Final = RateLimitItemPerMinute(30, 1, namespace="export")


class TooManyTries(LedgerError):
    """Raised when something was tried more often than it may be."""

    code = "too_many_tries"
    template = "That was tried too often. Wait {wait_s} seconds, then try again."
    hint = "Nothing is lost by waiting."


class _InAccounts(Storage):
    """The library's storage in the accounts' own store, on their clock."""

    STORAGE_SCHEME = None

    def __init__(self, accounts: Accounts) -> None:
        super().__init__()
        self._accounts = accounts

    @property
    def base_exceptions(self) -> type[Exception]:
        return LedgerError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now_us = self._accounts.now_us()
        return self._accounts.store.count(key, amount, now_us, now_us + expiry * _SECOND_US)

    def get(self, key: str) -> int:
        return self._accounts.store.counted(key, self._accounts.now_us())[0]

    def get_expiry(self, key: str) -> float:
        return self._accounts.store.counted(key, self._accounts.now_us())[1] / _SECOND_US

    def check(self) -> bool:
        return True

    def reset(self) -> None:
        raise NotImplementedError("counts end by themselves")

    def clear(self, key: str) -> None:
        self._accounts.store.forget_count(key)


@dataclass(frozen=True)
class Limits:
    """Counts tries and refuses what are too many."""

    accounts: Accounts

    def hit(self, item: RateLimitItem, *identifiers: str) -> None:
        """Count a try; raises TooManyTries."""
        if not self._limiter().hit(item, *identifiers):
            ends = self._limiter().get_window_stats(item, *identifiers).reset_time
            raise TooManyTries(wait_s=max(1, ceil(ends - self.accounts.now_us() / _SECOND_US)))

    def clear(self, item: RateLimitItem, *identifiers: str) -> None:
        """Begin to count anew: who got in was no guesser."""
        self._limiter().clear(item, *identifiers)

    def _limiter(self) -> FixedWindowRateLimiter:
        storage: Any = _InAccounts(self.accounts)
        return FixedWindowRateLimiter(storage)
