"""Gather what one set of known events says of one licence: its steps, its terms, its prices."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tests.second_opinion.licences import Cutover, Licence, cutovers_in
from tests.second_opinion.seats import Counts, Step, steps_of
from tests.second_opinion.words import (
    LICENSE_FACTS,
    PARTNER_FACTS,
    SEAT_FACTS,
    Event,
    Log,
    in_order,
    latest,
)

NO_RATE = Fraction(0)


@dataclass(slots=True)
class Facts:
    """One licence as one set of events tells it; `events` are in (effective_at, position)."""

    licence: Licence
    events: Sequence[Event]
    steps: list[Step] = field(init=False)
    clashes: list[Event] = field(init=False)
    cutovers: list[Cutover] = field(init=False)
    by_type: dict[str, list[Event]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the events by what they are about."""
        self.by_type = {}
        for event in self.events:
            self.by_type.setdefault(event.type, []).append(event)
        own = (*LICENSE_FACTS, *SEAT_FACTS)
        self.steps, self.clashes = steps_of([event for event in self.events if event.type in own])
        self.cutovers = cutovers_in(self.of("CutoverAnnounced"))

    def of(self, *types: str) -> list[Event]:
        """Give the events of these types, in order."""
        if len(types) == 1:
            return self.by_type.get(types[0], [])
        return [event for event in self.events if event.type in types]

    def knows_the_licence(self) -> bool:
        """Tell whether LicenseCreated is among the events."""
        return bool(self.of("LicenseCreated"))

    def counts_at(self, instant: datetime) -> Counts:
        """Give the counts at an instant at or after the creation."""
        return [step for step in self.steps if step.at <= instant][-1].counts

    def peak_pps(self, since: datetime, until: datetime) -> int:
        """Find the highest pay-per-seat count from `since` to `until`, both states included."""
        between = [step.counts.pps for step in self.steps if since < step.at <= until]
        return max([self.counts_at(since).pps, *between])

    def cancelled_by(self, instant: datetime) -> bool:
        """Tell whether the licence is cancelled at `instant`."""
        return latest(self.of("LicenseCancelled"), instant) is not None

    def plan_at(self, instant: datetime) -> str:
        """Give the plan in force."""
        change = latest(self.of("PlanChanged"), instant)
        return str(change.fields["plan"]) if change else self.licence.plan

    def billing_cycle_at(self, instant: datetime) -> str:
        """Give the billing cycle in force."""
        change = latest(self.of("BillingCycleChanged"), instant)
        return str(change.fields["billing_cycle"]) if change else self.licence.billing_cycle

    def price_at(self, plan: str, billing_cycle: str, instant: datetime) -> int | None:
        """Give the price in force for one unit for one period, in minor units; None if there is none."""
        key = (plan, billing_cycle)
        published = [
            event
            for event in self.of("PricePublished")
            if (event.fields["plan"], event.fields["billing_cycle"]) == key
        ]
        price = latest(published, instant)
        return int(price.fields["unit_amount"]) if price else None

    def discount_rate_at(self, instant: datetime) -> Fraction:
        """Give the partner's rate in force; terms that name no rate leave it as it was, none at all is 0."""
        rate = NO_RATE
        for event in self.of(*PARTNER_FACTS):
            if event.effective_at <= instant and event.fields.get("discount_rate") is not None:
                rate = Fraction(event.fields["discount_rate"])
        return rate


def concerns(event: Event, licence: Licence) -> bool:
    """Tell whether an event can bear on what the licence owes."""
    fields = event.fields
    if event.type in LICENSE_FACTS or event.type in SEAT_FACTS:
        return bool(fields["license_id"] == licence.license_id)
    if event.type in PARTNER_FACTS:
        return bool(fields["partner_id"] == licence.partner_id)
    if event.type == "PricePublished":
        return bool((fields.get("currency") or "USD") == licence.currency)
    return event.type == "CutoverAnnounced"


@dataclass(slots=True)
class History:
    """A licence's part of the log, from which facts are made for any knowledge cut.

    Facts are kept by the positions they are made of, so an answer can never come from another set of events.
    """

    licence: Licence
    events: list[Event]
    kept: dict[tuple[int, ...], Facts] = field(default_factory=dict)
    until_events: dict[datetime, tuple[list[Event], list[int]]] = field(default_factory=dict)

    def facts(self, cut: int) -> Facts:
        """Make the facts from everything known at the cut, whatever its effective_at."""
        return self.made_of([event for event in self.events if event.position < cut])

    def facts_until(self, cut: int, instant: datetime) -> Facts:
        """Make the facts from what is known at the cut and effective by `instant`, cutovers always."""
        return self.made_of([event for event in self.effective_by(instant)[0] if event.position < cut])

    def known_until(self, cut: int, instant: datetime) -> int:
        """Count the events that `facts_until` would use; cuts being nested, the number names the set."""
        return bisect_left(self.effective_by(instant)[1], cut)

    def effective_by(self, instant: datetime) -> tuple[list[Event], list[int]]:
        """Give the events effective by `instant`, cutovers always, and their positions sorted."""
        if instant not in self.until_events:
            chosen = [
                event
                for event in self.events
                if event.effective_at <= instant or event.type == "CutoverAnnounced"
            ]
            self.until_events[instant] = (
                chosen,
                sorted(event.position for event in chosen),
            )
        return self.until_events[instant]

    def made_of(self, events: list[Event]) -> Facts:
        """Make facts, or find those already made of the very same events."""
        key = tuple(event.position for event in events)
        if key not in self.kept:
            self.kept[key] = Facts(self.licence, events)
        return self.kept[key]


def history_of(log: Log, licence: Licence) -> History:
    """Pick the licence's events, its partner's, the prices in its currency and all cutovers."""
    return History(licence, in_order(event for event in log.events if concerns(event, licence)))
