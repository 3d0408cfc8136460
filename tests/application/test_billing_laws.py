"""What holds of billing any legal history: step by step, late, or now and then.

Invoices that a history brings along are left out: the runs issue their own.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.application.ask import Question, ask_invoices
from ledger.application.billing_lookout import BillingLookout
from ledger.application.issuing_invoices import IssuedNow
from ledger.application.ledger import Ledger
from ledger.application.run_billing import run_billing
from ledger.rules.instants import parse_instant
from replay.verify import verify_invoices
from tests.application.desk import HandClock, exported, history, imported
from tests.second_opinion.histories import History, make_history
from tests.second_opinion.licences import licences_in
from tests.second_opinion.recipes import Recipe
from tests.second_opinion.words import log_of

FAR = datetime(2090, 1, 1, tzinfo=UTC)
EACH = settings(
    max_examples=max(4, settings.get_profile(settings.get_current_profile_name()).max_examples // 12),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def short_histories(draw: st.DrawFn) -> History:
    """Draw a history of one to three licences over two years, without issued invoices."""
    recipe = Recipe(
        seed=draw(st.integers(0, 2**32)),
        starts_on=draw(st.sampled_from([date(2011, 6, 1), date(2021, 1, 1), date(2023, 1, 1)])),
        years=2,
        events_per_licence=draw(st.lists(st.integers(4, 20), min_size=1, max_size=3)),
        cutovers=draw(st.integers(0, 4)),
        price_changes=draw(st.integers(0, 5)),
        terms_changes=draw(st.integers(0, 3)),
    )
    return [line for line in make_history(recipe) if line["type"] != "InvoiceIssued"]


@contextmanager
def new_ledger(folder: Path, clock: HandClock) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{folder / uuid4().hex}.db", create=True, clock=clock) as ledger:
        yield ledger


def billing_instants(told: History, until: datetime) -> list[datetime]:
    """Give every billing instant of every licence."""
    found = set()
    for licence in licences_in(log_of(told), len(told)):
        n = 0
        while (at := licence.instant(n)) <= until:
            found.add(at)
            n += 1
    return sorted(found)


def billed(
    ledger: Ledger, clock: HandClock, told: Sequence[dict[str, Any]], at: Sequence[datetime]
) -> list[IssuedNow]:
    """Record a history as time goes by, and bill at some instants with one lookout."""
    lookout, issued, place = BillingLookout(), list[IssuedNow](), 0
    for instant in at:
        end = place
        while end < len(told) and parse_instant(told[end]["recorded_at"]) <= instant:
            end += 1
        if end > place:
            # what was switched may stand against a cancellation that is recorded late
            imported(ledger, history(*told[place:end]), keep_going=True)
        place = end
        clock.now = instant
        run_billing(ledger, lookout=lookout, on_issued=issued.extend)
    return issued


def answers(ledger: Ledger, as_of: datetime) -> list[str]:
    return ask_invoices(ledger, Question(as_of)).lines


def without_number(line: str) -> dict[str, Any]:
    return {**json.loads(line), "number": None}


def assert_nothing_is_off(ledger: Ledger, issued: list[IssuedNow], now: datetime) -> None:
    """Hold what every way of billing must leave behind."""
    lines = answers(ledger, now)
    assert {one.line for one in issued} <= set(lines)
    numbers = [one.issued.event.number for one in issued]
    assert len(set(numbers)) == len(numbers)
    by_year: dict[str, list[int]] = {}
    for number in numbers:
        by_year.setdefault(number[:8], []).append(int(number[9:]))
    assert all(found == [*range(1, len(found) + 1)] for found in by_year.values())
    last = {json.loads(one.line)["license_id"]: json.loads(one.line)["billing_date"] for one in issued}
    for row in map(json.loads, lines):
        # what exists and is not issued stands before what is: nothing that could be issued is left
        assert row["number"] is not None or row["billing_date"] < last.get(row["license_id"], "")
    assert verify_invoices(ledger).findings == []
    again: list[IssuedNow] = []
    report = run_billing(ledger, on_issued=again.extend)
    assert (again, report.switched) == ([], 0)


class TestBilling:
    @given(short_histories())
    @EACH
    def test_at_each_billing_instant_issues_what_the_projection_says(
        self, tmp_path: Path, told: History
    ) -> None:
        clock = HandClock()
        now = parse_instant(told[-1]["recorded_at"])
        with new_ledger(tmp_path, clock) as ledger, new_ledger(tmp_path, clock) as other:
            instants = [*billing_instants(told, now), now]
            issued = billed(ledger, clock, told, instants)
            assert_nothing_is_off(ledger, issued, now)
            facts = [json.loads(line) for line in exported(ledger).splitlines()]
            imported(other, history(*(fact for fact in facts if fact["type"] != "InvoiceIssued")))
            expected = [without_number(line) for line in answers(other, now)]
        found = sorted(
            (without_number(one.line) for one in issued),
            key=lambda row: (row["license_id"], row["billing_date"]),
        )
        assert found == expected

    @given(short_histories(), st.integers(0, 400))
    @EACH
    def test_late_in_one_go_issues_what_is_answered_afterwards(
        self, tmp_path: Path, told: History, days_later: int
    ) -> None:
        clock = HandClock()
        clock.now = parse_instant(told[-1]["recorded_at"])
        now = clock.pass_by(days=days_later)
        with new_ledger(tmp_path, clock) as ledger:
            assert_nothing_is_off(ledger, billed(ledger, clock, told, [now]), now)

    @given(short_histories(), st.lists(st.floats(0, 1), min_size=1, max_size=6))
    @EACH
    def test_now_and_then_leaves_nothing_off(
        self, tmp_path: Path, told: History, moments: list[float]
    ) -> None:
        clock = HandClock()
        first, last = (parse_instant(told[place]["recorded_at"]) for place in (0, -1))
        instants = sorted({first + (last - first) * share for share in moments} | {last})
        with new_ledger(tmp_path, clock) as ledger:
            assert_nothing_is_off(ledger, billed(ledger, clock, told, instants), last)
