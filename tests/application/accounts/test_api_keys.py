import pytest

from ledger.application.accounts.access_log import list_accesses, note_access
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.api_keys import (
    ApiKeyNotFound,
    BadApiKey,
    create_api_key,
    know_key,
    list_api_keys,
    revoke_api_key,
)
from ledger.application.accounts.roles import Right, UserRole
from ledger.application.accounts.users import UserNotFound, add_user, disable_user
from tests.application.desk import NOON, HandClock


@pytest.fixture(autouse=True)
def auditor(accounts: Accounts) -> None:
    add_user(accounts, name="ada", role=UserRole.AUDITOR, password=None)


def key(accounts: Accounts, *scopes: Right, days: int = 30) -> str:
    return create_api_key(accounts, user="ada", label="reports", scopes=scopes, days=days)[0]


class TestCreateApiKey:
    def test_gives_a_secret_once_and_keeps_its_hash(self, accounts: Accounts) -> None:
        secret, listed = create_api_key(accounts, user="ada", label="x", scopes=[Right.READ_INVOICES])
        kept = accounts.store.key(listed.prefix)
        assert kept is not None
        assert secret.startswith(f"llk_{listed.prefix}_")
        assert secret not in repr(kept)
        assert [one.prefix for one in list_api_keys(accounts)] == [listed.prefix]

    def test_gives_no_more_than_the_user_has(self, accounts: Accounts) -> None:
        for scopes in ([Right.CHANGE_TEAM], []):
            with pytest.raises(BadApiKey):
                key(accounts, *scopes)
        for days in (0, 731):
            with pytest.raises(BadApiKey):
                key(accounts, Right.READ_INVOICES, days=days)
        with pytest.raises(UserNotFound):
            create_api_key(accounts, user="bob", label="x", scopes=[Right.READ_INVOICES])


class TestKnowKey:
    def test_is_the_user_within_the_scopes(self, accounts: Accounts, clock: HandClock) -> None:
        secret = key(accounts, Right.READ_INVOICES)
        clock.pass_by(minutes=5)
        visitor = know_key(accounts, secret)
        assert visitor is not None
        assert (visitor.name, visitor.rights) == ("ada", frozenset([Right.READ_INVOICES]))
        assert list_api_keys(accounts)[0].last_used_at == clock.now

    def test_is_nobody_for_a_key_that_does_not_hold(self, accounts: Accounts, clock: HandClock) -> None:
        secret = key(accounts, Right.READ_INVOICES)
        assert know_key(accounts, secret[:-1]) is None
        assert know_key(accounts, "llk_short") is None
        assert know_key(accounts, "") is None
        clock.pass_by(days=30)
        assert know_key(accounts, secret) is None

    def test_is_nobody_for_a_revoked_key_or_a_disabled_user(self, accounts: Accounts) -> None:
        first, second = key(accounts, Right.READ_INVOICES), key(accounts, Right.EXPORT)
        revoke_api_key(accounts, prefix=list_api_keys(accounts)[0].prefix)
        disable_user(accounts, name="ada")
        assert know_key(accounts, first) is None
        assert know_key(accounts, second) is None
        with pytest.raises(ApiKeyNotFound):
            revoke_api_key(accounts, prefix="none")


class TestAccessLog:
    def test_says_who_read_what_by_which_key(self, accounts: Accounts) -> None:
        visitor = know_key(accounts, key(accounts, Right.READ_INVOICES))
        assert visitor is not None
        note_access(accounts, visitor, "read_invoice", "acme", "2024-08-20")
        entry = list_accesses(accounts)[0]
        assert (entry.at, entry.user, entry.action, entry.license_id) == (NOON, "ada", "read_invoice", "acme")
        assert entry.via == visitor.via != "session"
        assert list_accesses(accounts, before=entry.number) == []
