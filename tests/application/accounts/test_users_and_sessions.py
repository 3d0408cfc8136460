import pytest
from argon2 import PasswordHasher

from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.roles import RIGHTS, Right, UserRole, roles_with
from ledger.application.accounts.sign_in import (
    SignInRefused,
    know_again,
    sign_in,
    sign_in_vouched_for,
    sign_out,
)
from ledger.application.accounts.users import (
    BadUser,
    UserNotFound,
    add_user,
    disable_user,
    enable_user,
    list_users,
    set_password,
)
from tests.application.desk import HandClock

PASSWORD = "correct horse battery"


def kim(accounts: Accounts, role: UserRole = UserRole.SUPPORT) -> None:
    add_user(accounts, name="Kim@Example.com ", role=role, password=PASSWORD)


def token_of(accounts: Accounts) -> str:
    token = sign_in(accounts, name="kim@example.com", password=PASSWORD).new_token
    assert token is not None
    return token


class TestAddUser:
    def test_keeps_a_name_in_small_letters_and_no_password_that_could_be_read(
        self, accounts: Accounts
    ) -> None:
        kim(accounts)
        assert [user.name for user in list_users(accounts)] == ["kim@example.com"]
        kept = accounts.store.user("kim@example.com")
        assert kept is not None
        assert kept.password_hash is not None
        assert kept.password_hash.startswith("$argon2id$")

    @pytest.mark.parametrize(
        ("role", "partner_id", "password"),
        [
            (UserRole.PARTNER, None, PASSWORD),
            (UserRole.SUPPORT, "acme", PASSWORD),
            (UserRole.SUPPORT, None, "short"),
        ],
    )
    def test_refuses_a_user_that_cannot_be(
        self, accounts: Accounts, role: UserRole, partner_id: str | None, password: str
    ) -> None:
        with pytest.raises(BadUser):
            add_user(accounts, name="x", role=role, partner_id=partner_id, password=password)
        with pytest.raises(BadUser):
            add_user(accounts, name=" ", role=UserRole.ADMIN, password=None)


class TestSignIn:
    def test_takes_the_right_password_alone(self, accounts: Accounts) -> None:
        kim(accounts)
        assert sign_in(accounts, name="KIM@example.com", password=PASSWORD).visitor.role is UserRole.SUPPORT
        for name, password in (("kim@example.com", "wrong"), ("nobody", PASSWORD)):
            with pytest.raises(SignInRefused):
                sign_in(accounts, name=name, password=password)

    def test_takes_no_password_where_there_is_none(self, accounts: Accounts) -> None:
        add_user(accounts, name="sso", role=UserRole.ADMIN, password=None)
        with pytest.raises(SignInRefused):
            sign_in(accounts, name="sso", password="")
        assert sign_in_vouched_for(accounts, name="sso").visitor.name == "sso"
        with pytest.raises(SignInRefused):
            sign_in_vouched_for(accounts, name="stranger")

    def test_hashes_anew_when_hashing_became_stronger(self, accounts: Accounts) -> None:
        kim(accounts)
        accounts.hasher = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
        sign_in(accounts, name="kim@example.com", password=PASSWORD)
        kept = accounts.store.user("kim@example.com")
        assert kept is not None
        assert kept.password_hash is not None
        assert "t=2" in kept.password_hash

    def test_is_over_for_a_disabled_user_at_once(self, accounts: Accounts) -> None:
        kim(accounts)
        token = token_of(accounts)
        disable_user(accounts, name="kim@example.com")
        assert know_again(accounts, token) is None
        with pytest.raises(SignInRefused):
            sign_in(accounts, name="kim@example.com", password=PASSWORD)
        enable_user(accounts, name="kim@example.com")
        assert know_again(accounts, token_of(accounts)) is not None
        for change in (disable_user, enable_user):
            with pytest.raises(UserNotFound):
                change(accounts, name="nobody")

    def test_is_over_with_another_password(self, accounts: Accounts) -> None:
        kim(accounts)
        token = token_of(accounts)
        set_password(accounts, name="kim@example.com", password="another password")
        assert know_again(accounts, token) is None
        with pytest.raises(UserNotFound):
            set_password(accounts, name="nobody", password=PASSWORD)


class TestSessions:
    def test_last_eight_hours_without_use_and_a_week_with_it(
        self, accounts: Accounts, clock: HandClock
    ) -> None:
        kim(accounts)
        token = token_of(accounts)
        clock.pass_by(hours=8)
        assert know_again(accounts, token) is None
        token = token_of(accounts)
        for _ in range(23):
            clock.pass_by(hours=7)
            signed = know_again(accounts, token)
            assert signed is not None
            assert signed.new_token is not None
            token = signed.new_token
        clock.pass_by(hours=7)
        assert know_again(accounts, token) is None

    def test_take_another_token_after_half_an_hour(self, accounts: Accounts, clock: HandClock) -> None:
        kim(accounts)
        token = token_of(accounts)
        clock.pass_by(minutes=29)
        first = know_again(accounts, token)
        assert first is not None
        assert first.new_token is None
        clock.pass_by(minutes=1)
        second = know_again(accounts, token)
        assert second is not None
        assert second.new_token is not None
        assert second.visitor.csrf == first.visitor.csrf
        again = know_again(accounts, token)
        assert again is not None
        assert again.new_token is None
        clock.pass_by(minutes=1)
        assert know_again(accounts, token) is None
        assert know_again(accounts, second.new_token) is not None

    def test_end_by_signing_out(self, accounts: Accounts) -> None:
        kim(accounts)
        token = token_of(accounts)
        sign_out(accounts, token)
        assert know_again(accounts, token) is None
        assert know_again(accounts, "made up") is None


class TestRights:
    def test_are_all_an_admin_has_and_reading_what_everyone_has(self) -> None:
        assert RIGHTS[UserRole.ADMIN] == frozenset(Right)
        assert all(Right.READ_INVOICES in RIGHTS[role] for role in UserRole)
        assert roles_with(Right.READ_ACCESS_LOG) == [UserRole.AUDITOR, UserRole.ADMIN]

    def test_let_a_partner_see_its_own_licences_alone(self, accounts: Accounts) -> None:
        add_user(accounts, name="p", role=UserRole.PARTNER, partner_id="acme", password=PASSWORD)
        visitor = sign_in(accounts, name="p", password=PASSWORD).visitor
        assert visitor.narrowed_to == "acme"
        assert [visitor.sees(partner) for partner in ("acme", "other", None)] == [True, False, False]
