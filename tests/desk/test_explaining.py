"""The words of an explanation: right numbers, singular and plural, and a reply that anybody understands."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import accumulate

import pytest

from desk.explaining.data import as_data
from desk.explaining.telling import told
from desk.explaining.told import Told as InWords
from desk.words import money
from examples.scenarios.pen import THE_END, instant
from replay.explain.explanation import Adjustment, Explanation, TrueUp
from tests.projections.test_golden import sample_lines
from tests.projections.told import Told
from tests.replay.explaining import Papers
from tests.second_opinion.story import at

END = datetime.fromisoformat(instant(THE_END))
JARGON = re.compile(
    r"true-?up|high-water|adjust|recurring|pps|ppa|ppu|knowledge|event|#\d|peak|None", re.IGNORECASE
)
MONEY = re.compile(r"-?(?:[$¥€]|KWD\N{NO-BREAK SPACE})[0-9,]+(?:\.[0-9]+)?")


def explained(of: Told, day: str, as_of: str = "2026-01-01") -> tuple[Explanation, InWords]:
    explanation = Papers(of.lines).explain("l", date.fromisoformat(day), at(as_of))
    return explanation, told(explanation)


def one_user(**fields: str) -> Told:
    return Told().price(4900, **fields).licence("ppu", **fields).agent("ann", "2024-03-11")


class TestTheAnswer:
    def test_is_one_sentence(self) -> None:
        _, words = explained(one_user(), "2024-04-01")
        assert words.answer == (
            "l is charged $49.00 on 1 Apr 2024: 1 user at $49.00 for 1 Apr – 30 Apr 2024; "
            "it is the licence's first invoice."
        )

    def test_says_what_raised_the_charge_and_what_lowered_it(self) -> None:
        of = one_user().agent("bob", "2024-03-11").price(2000, "2024-04-10").agent("cem", "2024-03-12")
        of.agent("dee", "2024-04-25")
        _, words = explained(of, "2024-05-01")
        assert words.answer.endswith(
            "; $57.20 less than on 1 Apr 2024 because the price fell to $20.00, although there is 1 more "
            "user (dee) and the team grew within the period."
        )

    def test_of_nothing_says_so(self) -> None:
        of = Told().price(4900).licence("ppa")
        _, words = explained(of, "2024-04-01")
        assert words.answer.startswith("l is charged nothing on 1 Apr 2024: there was no account;")

    def test_sums_up_many_days_of_growth(self) -> None:
        of = one_user()
        for number in range(5):
            of.agent(f"new-{number}", f"2024-04-1{number}")
        _, words = explained(of, "2024-05-01")
        # 49.00 x (21 + 20 + 19 + 18 + 17)/30 days, each rounded
        assert "and $155.17 for 5 more users on 5 days within the period;" in words.answer


class TestMoney:
    @pytest.mark.parametrize(
        ("currency", "formula"),
        [
            ("JPY", "1 user × ¥4,900 = ¥4,900"),
            ("KWD", "1 user × KWD\N{NO-BREAK SPACE}4.900 = KWD\N{NO-BREAK SPACE}4.900"),
        ],
    )
    def test_has_the_decimals_of_its_currency(self, currency: str, formula: str) -> None:
        _, words = explained(one_user(currency=currency), "2024-04-01")
        assert words.lines[0].formula == formula


class TestRemarks:
    def test_say_that_the_paper_says_something_else(self) -> None:
        of = one_user()
        of.issue("2024-1", "2024-04-01", of.last_id, "2024-04-01T09:00:00Z")
        _, words = explained(of, "2024-04-01")
        assert "It was issued as $0.00; from what it knew the ledger works out $49.00." in words.remarks

    def test_say_how_to_mend_a_missing_price(self) -> None:
        of = one_user().fact("PlanChanged", "2024-04-10", plan="big").agent("bob", "2024-04-20")
        _, words = explained(of, "2024-05-01")
        assert words.remarks[:2] == (
            "There is no recurring charge: no price is known for the period.",
            "To mend it, publish a price for big, monthly, USD effective on or before 2024-05-01.",
        )


class TestTheReply:
    def test_counts_one_as_one(self) -> None:
        of = one_user().fact("ChatBotAdded", "2024-03-12", bot_id="bot")
        _, words = explained(of, "2024-04-01")
        assert words.reply == (
            "Thank you for asking about your invoice of 1 Apr 2024. It comes to $49.00. On 1 Apr 2024 you "
            "had 1 active user; at $49.00, 1 Apr – 30 Apr 2024 costs $49.00. Your ChatBot costs nothing. "
            "It is your first invoice. Users whom you suspend before 1 May 2024 are not charged on the "
            "invoice of that day. If anything is unclear, just write back."
        )

    def test_of_a_credit_says_whose_favour_it_is_in(self) -> None:
        of = one_user().fact("LicenseCancelled", "2024-03-30", "2024-04-10")
        _, words = explained(of, "2024-05-01")
        assert "It is a credit of $49.00 in your favour." in words.reply
        assert (
            "When we billed 1 Apr 2024, we did not know yet: the licence was cancelled (30 Mar 2024). With "
            "that, 1 Apr 2024 comes to $0.00 instead of $49.00; the difference of $49.00 comes back to you "
            "here."
        ) in words.reply

    def test_tells_of_one_late_fact_once_for_all_dates_that_it_changed(self) -> None:
        of = one_user().agent("bob", "2024-03-20", "2024-05-10")
        _, words = explained(of, "2024-06-01")
        assert words.reply.count("we did not know yet: bob joined as an agent (20 Mar 2024)") == 1
        assert "1 Apr 2024 comes to $98.00 instead of $49.00 and 1 May 2024 comes to $98.00" in words.reply

    def test_says_that_what_was_charged_once_does_not_come_again(self) -> None:
        of = one_user().agent("bob", "2024-04-16")
        _, words = explained(of, "2024-06-01")
        assert (
            "Your invoice before, of 1 May 2024, came to $122.50, with a one-off amount that does not come "
            "again. Users whom"
        ) in words.reply
        assert words.answer.endswith("because the growth charged then does not come again.")

    def test_gives_times_to_the_minute(self) -> None:
        of = Told().price(4900).licence("pps").agent("ann", "2024-03-11")
        of.seat("ann", "2024-03-12T09:00:07.123456Z", "2024-03-12T10:00:00Z")
        _, words = explained(of, "2024-04-01")
        assert "since your licence began, first on 12 Mar 2024, 09:00 UTC; at $49.00," in words.reply


@pytest.fixture(scope="module")
def explanations() -> list[tuple[Explanation, InWords]]:
    papers = Papers(sample_lines())
    chosen = sorted({line["license_id"] for line in papers.lines if line["type"] == "LicenseCreated"})
    found = [of for name in chosen[::2] for of in papers.explain_all(name, END, every=6)]
    return [(of, told(of)) for of in found]


class TestAllWords:
    """Of invoices of every licence of the sample programme."""

    def test_have_replies_without_a_word_that_must_be_looked_up(
        self, explanations: list[tuple[Explanation, InWords]]
    ) -> None:
        for _, words in explanations:
            assert not JARGON.search(words.reply.replace("pay-per-", "")), words.reply
            assert "  " not in words.reply
            assert words.answer.count(". ") == 0

    def test_name_no_amount_that_is_not_one_of_the_figures(
        self, explanations: list[tuple[Explanation, InWords]]
    ) -> None:
        for of, words in explanations:
            data = json.loads(json.dumps(as_data(of, words)))
            figures = {abs(value) for value in numbers(data)} | set(sums(of))
            known = {money(value, of.currency) for value in figures}
            for text in (words.answer, words.reply, *(step.says for step in words.steps)):
                assert {said.removeprefix("-") for said in MONEY.findall(text)} <= known, text


def numbers(value: object) -> Iterator[int]:
    """Give all whole numbers in plain data."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, int):
        yield value


def sums(of: Explanation) -> Iterator[int]:
    """Give what neighbouring true-ups and adjustments come to together."""
    for kind in (TrueUp, Adjustment):
        amounts = [line.amount for line in of.lines if isinstance(line, kind)]
        for start in range(len(amounts)):
            yield from map(abs, accumulate(amounts[start:]))
