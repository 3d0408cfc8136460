"""Check that the random histories are legal and as varied as they say, and that the reading holds on them."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.second_opinion.days import first_instant
from tests.second_opinion.facts import history_of
from tests.second_opinion.histories import (
    STARTS,
    History,
    histories,
    make_history,
    questions,
    telling_instants,
)
from tests.second_opinion.invoices import Books, own_lines
from tests.second_opinion.licences import licences_in
from tests.second_opinion.reading import Ask, answer, faults
from tests.second_opinion.recipes import SKIPPED_DAY_ZONE, Recipe
from tests.second_opinion.seats import steps_of
from tests.second_opinion.words import LICENSE_FACTS, SEAT_FACTS, Event, in_order, log_of

MICROSECOND = timedelta(microseconds=1)
ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")
SAMPLE_SIZE = 60


def sample_recipe(seed: int) -> Recipe:
    """Give one of the sampled recipes: four licences of 24 events, a full programme."""
    return Recipe(seed, STARTS[seed % len(STARTS)], 2 + seed % 3, (24,) * 4, 4, 4, 3)


@cache
def sample() -> tuple[tuple[History, list[Event]], ...]:
    """Make the sampled histories, once."""
    made = [make_history(sample_recipe(seed)) for seed in range(SAMPLE_SIZE)]
    return tuple((lines, list(log_of(lines).events)) for lines in made)


def sampled_events() -> Iterator[Event]:
    """Give every sampled event."""
    return (event for _, events in sample() for event in events)


def at_billing_instants(nudge: timedelta) -> int:
    """Count the facts effective at a billing instant of their licence, or beside it."""
    found = 0
    for lines, events in sample():
        for licence in licences_in(log_of(lines), len(lines)):
            instants = {licence.instant(n) + nudge for n in range(60)}
            own = [event for event in events if event.fields.get("license_id") == licence.license_id]
            found += sum(event.effective_at in instants for event in own)
    return found


def moved_notices() -> int:
    """Count the licences and cutovers with notices for more than one charge date."""
    found = 0
    for lines, _ in sample():
        rows = answer(lines, "notices", telling_instants(lines)[-1])
        dates = {(row["license_id"], row["cutover_id"], row["charge_date"]) for row in rows}
        found += sum(count > 1 for count in Counter(key[:2] for key in dates).values())
    return found


def recreated_agents() -> int:
    """Count the agents' ids created anew on a licence."""
    created = Counter(
        (number, event.fields["license_id"], event.fields["agent_id"])
        for number, (_, events) in enumerate(sample())
        for event in events
        if event.type == "AgentCreated"
    )
    return sum(count > 1 for count in created.values())


def late(name: str) -> Callable[[], int]:
    """Make the counter of events recorded after they took effect."""
    return lambda: sum(e.type == name and e.effective_at < e.recorded_at for e in sampled_events())


def ahead(name: str) -> Callable[[], int]:
    """Make the counter of events announced before they take effect."""
    return lambda: sum(e.type == name and e.effective_at > e.recorded_at for e in sampled_events())


def cutovers_after_their_day() -> int:
    """Count the cutovers announced after the day from which they count."""
    announced = [event for event in sampled_events() if event.type == "CutoverAnnounced"]
    return sum(date.fromisoformat(event.fields["on"]) < event.recorded_at.date() for event in announced)


def fault_count(kind: str) -> Callable[[], int]:
    """Make the counter of data faults of a kind."""
    return lambda: sum(found == kind for found in sampled_faults())


@cache
def sampled_faults() -> tuple[str, ...]:
    """Name the kind of every data fault that the sampled histories end with."""
    found = (faults(lines, telling_instants(lines)[-1]) for lines, _ in sample())
    return tuple(fault["kind"] for of_one in found for fault in of_one)


VARIETY: dict[str, Callable[[], int]] = {
    "facts at a billing instant": lambda: at_billing_instants(timedelta(0)),
    "facts a microsecond before one": lambda: at_billing_instants(-MICROSECOND),
    "facts a microsecond after one": lambda: at_billing_instants(MICROSECOND),
    "notices of a charge date that moved": moved_notices,
    "agents created anew": recreated_agents,
    "licences recorded late": late("LicenseCreated"),
    "late suspensions": late("AgentSuspended"),
    "late seats": late("SeatTaken"),
    "late plan changes": late("PlanChanged"),
    "late switches": late("PricingModelSwitched"),
    "late cancellations": late("LicenseCancelled"),
    "late prices": late("PricePublished"),
    "late terms": late("PartnerTermsChanged"),
    "plan changes announced ahead": ahead("PlanChanged"),
    "cycle changes announced ahead": ahead("BillingCycleChanged"),
    "switches announced ahead": ahead("PricingModelSwitched"),
    "cancellations announced ahead": ahead("LicenseCancelled"),
    "prices published ahead": ahead("PricePublished"),
    "terms announced ahead": ahead("PartnerTermsChanged"),
    "cutovers announced after their day": cutovers_after_their_day,
    "seats that clash": fault_count("seat_clash"),
    "prices that are missing": fault_count("missing_price"),
    "facts by an owner or admin": lambda: sum(e.fields["actor"] != "system" for e in sampled_events()),
    "licences in the zone that left out a day": lambda: sum(
        e.fields.get("time_zone") == SKIPPED_DAY_ZONE for e in sampled_events()
    ),
    "licences that name their model": lambda: sum(
        e.type == "LicenseCreated" and "pricing_model" in e.fields for e in sampled_events()
    ),
    "licences that leave the anchor open": lambda: sum(
        e.type == "LicenseCreated" and "billing_anchor" not in e.fields for e in sampled_events()
    ),
}


class TestHistories:
    def test_every_kind_of_event_comes_up(self) -> None:
        seen = Counter(event.type for event in sampled_events())
        programme = ("PartnerRegistered", "PartnerTermsChanged", "PricePublished", "CutoverAnnounced")
        issued = ("InvoiceIssued", "NoticeSent", "NoticeFailed")
        assert set(seen) == {*LICENSE_FACTS, *SEAT_FACTS, *programme, *issued}
        assert min(seen.values()) >= SAMPLE_SIZE // 4

    @pytest.mark.parametrize("what", VARIETY)
    def test_the_histories_hold(self, what: str) -> None:
        assert VARIETY[what]() >= 5

    def test_both_kinds_of_cutover_meet_both_kinds_of_class(self) -> None:
        announced = [event.fields for event in sampled_events() if event.type == "CutoverAnnounced"]
        kinds = {(fields["takes_effect"], *fields["applies_to"]) for fields in announced}
        assert len(kinds) == 4

    def test_the_same_recipe_makes_the_same_history(self) -> None:
        assert make_history(sample_recipe(7)) == make_history(sample_recipe(7))

    @settings(max_examples=30, deadline=None)
    @given(histories())
    def test_lines_come_as_recorded_with_ids_of_their_own(self, lines: History) -> None:
        recorded = [line["recorded_at"] for line in lines]
        assert recorded == sorted(recorded)
        assert len({line["id"] for line in lines}) == len(lines)
        for line in lines:
            if line["type"].startswith(("Agent", "ChatBot", "Seat")):
                assert line["effective_at"] <= line["recorded_at"]
            if line["type"] == "BillingCycleChanged":
                assert line["effective_at"] >= line["recorded_at"]

    @settings(max_examples=30, deadline=None)
    @given(histories())
    def test_every_beginning_of_a_log_can_be_counted(self, lines: History) -> None:
        by_licence: dict[str, list[Event]] = {}
        for event in log_of(lines).events:
            if event.type in (*LICENSE_FACTS, *SEAT_FACTS):
                own = by_licence.setdefault(event.fields["license_id"], [])
                own.append(event)
                # Suspending an agent that is not there, or removing such a ChatBot, would raise.
                steps_of(in_order(own))
                assert in_order(own)[0].type == "LicenseCreated"

    @settings(max_examples=30, deadline=None)
    @given(histories())
    def test_invoices_are_issued_in_order_and_know_enough(self, lines: History) -> None:
        log = log_of(lines)
        for licence in licences_in(log, len(lines)):
            least, billed_before = 0, ""
            own = [event for event in log.events if event.fields.get("license_id") == licence.license_id]
            for event in own:
                if event.type != "InvoiceIssued":
                    continue
                instant = first_instant(date.fromisoformat(event.fields["billing_date"]), licence.zone)
                through = log.cut_through(event.fields["known_through"])
                known_then = [known for known in log.events[: event.position] if known.recorded_at <= instant]
                assert max(least, len(known_then)) <= through <= event.position
                assert instant <= min(event.effective_at, event.recorded_at)
                assert billed_before < event.fields["billing_date"]
                least, billed_before = through, event.fields["billing_date"]


class TestReading:
    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def test_what_is_recorded_after_known_at_changes_nothing(self, data: st.DataObject) -> None:
        lines = data.draw(histories())
        for as_of, known_at in data.draw(questions(lines)):
            cut = log_of(lines).cut_at(known_at or as_of)
            for ask in ASKS:
                assert answer(lines, ask, as_of, known_at) == answer(lines[:cut], ask, as_of, known_at)

    @settings(max_examples=20, deadline=None)
    @given(histories())
    def test_what_was_billed_adds_up_to_what_the_last_invoice_knew(self, lines: History) -> None:
        log = log_of(lines)
        as_of = telling_instants(lines)[-1]
        for licence in licences_in(log, len(lines)):
            books = Books(log, history_of(log, licence), len(lines))
            billed: Counter[str] = Counter()
            for row in books.invoices(as_of):
                for line in row["lines"]:
                    billed[line.get("billing_date") or row["billing_date"]] += line["amount"]
            last = books.cuts(as_of)[-1]
            known = {
                licence.date(k).isoformat(): books.own(k, last).total for k in range(len(books.cuts(as_of)))
            }
            assert {day: amount for day, amount in billed.items() if amount} == {
                day: amount for day, amount in known.items() if amount
            }

    @settings(max_examples=20, deadline=None)
    @given(histories())
    def test_own_lines_are_the_same_with_the_facts_that_come_after_their_billing_date(
        self, lines: History
    ) -> None:
        log = log_of(lines)
        for licence in licences_in(log, len(lines)):
            books = Books(log, history_of(log, licence), len(lines))
            for cut in (len(lines) // 2, len(lines)):
                everything = books.history.facts(cut)
                for k in range(0, 40, 3):
                    assert books.own(k, cut) == own_lines(everything, k)
