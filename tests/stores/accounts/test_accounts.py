"""One contract for accounts, held by every store."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.stores.accounts.locations import open_accounts
from ledger.stores.accounts.records import Access, ApiKey, Session, User
from ledger.stores.accounts.store import AccountStore, UserExists
from ledger.stores.locations import open_store
from ledger.stores.store import Store

KIM = User("kim@example.com", "support", None, "hash", 1, None)
VISIT = Session("first", KIM.name, "csrf", 1, 1, 1, 100)
KEY = ApiKey("abc", "hash", KIM.name, "reports", "read_invoices", 1, 100, None, None)


@pytest.fixture
def accounts(store: Store, request: pytest.FixtureRequest) -> Iterator[AccountStore]:
    opened = open_accounts(store, create=True)
    assert opened is not None
    with opened:
        yield opened
    schema = getattr(opened, "schema", None)
    if schema is not None:
        with psycopg.connect(request.getfixturevalue("postgres_server"), autocommit=True) as connection:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))


class TestOpening:
    def test_makes_nothing_unless_it_is_told_to(self, store: Store) -> None:
        assert open_accounts(store, create=False) is None

    def test_finds_what_was_made(self, store: Store, store_url: str, accounts: AccountStore) -> None:
        accounts.add_user(KIM)
        with open_store(store_url, create=False) as again:
            for create in (False, True):
                found = open_accounts(again, create=create)
                assert found is not None
                with found:
                    assert found.users() == [KIM]


class TestALostConnection:
    def test_is_replaced_when_somebody_is_looked_for(self, postgres_server: str, postgres_url: str) -> None:
        schema = postgres_url.rpartition("schema=")[2]
        with open_store(f"{postgres_url}&application_name={schema}", create=True) as store:
            accounts = open_accounts(store, create=True)
            assert accounts is not None
            accounts.add_user(KIM)
            with psycopg.connect(postgres_server, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE application_name = %s",
                    [schema],
                )
                assert accounts.user(KIM.name) == KIM
                connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(f"{schema}_accounts")))


class TestUsers:
    def test_are_known_by_name_and_kept_once(self, accounts: AccountStore) -> None:
        accounts.add_user(KIM)
        with pytest.raises(UserExists, match=r"kim@example\.com"):
            accounts.add_user(User(KIM.name, "admin", None, None, 2, None))
        accounts.add_user(User("bob", "partner", "acme", None, 2, None))
        assert accounts.user(KIM.name) == KIM
        assert accounts.user("KIM@example.com") is None
        assert [user.name for user in accounts.users()] == ["bob", KIM.name]

    def test_get_another_password_and_are_disabled(self, accounts: AccountStore) -> None:
        accounts.add_user(KIM)
        assert accounts.set_password(KIM.name, "other")
        assert accounts.set_disabled(KIM.name, 9)
        found = accounts.user(KIM.name)
        assert found is not None
        assert (found.password_hash, found.disabled_us) == ("other", 9)
        assert not accounts.set_password("nobody", "other")
        assert not accounts.set_disabled("nobody", 9)


class TestSessions:
    def test_end_at_their_time(self, accounts: AccountStore) -> None:
        accounts.add_session(VISIT)
        assert accounts.session("first", 99) == VISIT
        assert accounts.session("first", 100) is None
        assert accounts.session("other", 1) is None

    def test_last_longer_when_they_are_used(self, accounts: AccountStore) -> None:
        accounts.add_session(VISIT)
        accounts.see("first", 50, 200)
        found = accounts.session("first", 150)
        assert found is not None
        assert (found.seen_us, found.expires_us) == (50, 200)

    def test_take_a_new_token_while_the_old_one_holds_a_moment(self, accounts: AccountStore) -> None:
        accounts.add_session(VISIT)
        assert accounts.rotate("first", "second", 10, 20)
        assert not accounts.rotate("first", "third", 10, 20)
        for token in ("first", "second"):
            found = accounts.session(token, 19)
            assert found is not None
            assert (found.token_hash, found.rotated_us) == ("second", 10)
        assert accounts.session("first", 20) is None
        assert accounts.session("second", 20) is not None

    def test_end_by_either_token_and_with_their_user(self, accounts: AccountStore) -> None:
        accounts.add_session(VISIT)
        accounts.rotate("first", "second", 10, 20)
        accounts.end_session("first")
        assert accounts.session("second", 11) is None
        accounts.add_session(VISIT)
        accounts.end_sessions_of(KIM.name)
        assert accounts.session("first", 11) is None

    def test_are_forgotten_when_they_are_over(self, accounts: AccountStore) -> None:
        accounts.add_session(VISIT)
        accounts.forget_what_is_over(99)
        assert accounts.session("first", 1) is not None
        accounts.forget_what_is_over(100)
        assert accounts.session("first", 1) is None


class TestKeys:
    def test_are_known_by_their_prefix_used_and_revoked_once(self, accounts: AccountStore) -> None:
        accounts.add_key(KEY)
        assert accounts.key("abc") == KEY
        assert accounts.key("abd") is None
        accounts.key_used("abc", 7)
        assert accounts.revoke_key("abc", 8)
        assert not accounts.revoke_key("abc", 9)
        assert [(key.last_used_us, key.revoked_us) for key in accounts.all_keys()] == [(7, 8)]


class TestAccesses:
    def test_are_listed_the_newest_first(self, accounts: AccountStore) -> None:
        log = [
            Access(at, "kim", "session", "read_invoice", name, "2024-08-20") for at, name in enumerate("abab")
        ]
        for access in log:
            accounts.add_access(access)
        listed = accounts.accesses()
        assert [access for _, access in listed] == log[::-1]
        assert [access for _, access in accounts.accesses(before=listed[1][0])] == log[1::-1]
        assert [access for _, access in accounts.accesses(license_id="a", at_most=1)] == [log[2]]


class TestCounts:
    def test_add_up_until_they_are_over(self, accounts: AccountStore) -> None:
        assert accounts.count("x", 1, 0, 10) == 1
        assert accounts.count("x", 1, 9, 19) == 2
        assert accounts.count("y", 3, 9, 19) == 3
        assert accounts.counted("x", 9) == (2, 10)
        assert accounts.counted("x", 10) == (0, 10)
        assert accounts.count("x", 1, 10, 20) == 1
        accounts.forget_count("x")
        assert accounts.counted("x", 11) == (0, 11)
        accounts.forget_what_is_over(19)
        assert accounts.counted("y", 1) == (0, 1)


class TestSecrets:
    def test_are_those_of_who_came_first(self, accounts: AccountStore) -> None:
        assert accounts.secret("cookies", "one") == "one"
        assert accounts.secret("cookies", "two") == "one"
