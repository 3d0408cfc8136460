"""Names from outside in account names: legal for the tools, and nobody's but the one's."""

import pytest
from beancount.core.account import is_valid
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.rules.account_names import account_part

NAMES = st.text(min_size=1, max_size=80) | st.text("ab-X@ .é", min_size=1, max_size=8)


class TestAccountPart:
    @pytest.mark.parametrize(
        ("name", "part"),
        [("acme", "Acme"), ("acme-hotel-annual", "Acme-hotel-annual"), ("7-eleven", "7-eleven"), ("0", "0")],
    )
    def test_keeps_the_letters_of_a_plain_name(self, name: str, part: str) -> None:
        assert account_part(name) == part

    @pytest.mark.parametrize(
        ("name", "stem"),
        [
            ("sue@northwind.example", "Sue-northwind-example-"),
            ("ACME", "Acme-"),
            ("Zażółć gęślą", "Zazoc-gesla-"),
            ("a--b", "A-b-"),
            ("-a", "A-"),
        ],
    )
    def test_cuts_down_any_other_and_marks_it(self, name: str, stem: str) -> None:
        part = account_part(name)
        assert part.startswith(stem)
        assert len(part) == len(stem) + 17

    @pytest.mark.parametrize("name", ["日本", "…", "🦊"])
    def test_marks_a_name_that_has_no_letter_for_it(self, name: str) -> None:
        assert len(account_part(name)) == 17

    def test_keeps_a_long_name_apart_from_its_like(self) -> None:
        assert account_part("a" * 200) != account_part("a" * 199)
        assert len(account_part("a" * 200)) == 40 + 18

    @given(NAMES)
    @example("x" * 61)
    def test_is_legal(self, name: str) -> None:
        assert is_valid(f"Assets:Receivable:{account_part(name)}")
        assert account_part(name).isascii()

    @given(NAMES, NAMES)
    @example("a b", "a-b")
    @example("A", "a")
    @example("a@b", account_part("a@b").lower())
    def test_is_of_one_name_only(self, one: str, other: str) -> None:
        assert (account_part(one) == account_part(other)) is (one == other)
