"""The rival of the columnar kernel: a fold in plain Python over the library's notifications.

It is written as one would who knows the rules and has no frames: one JSON decode an event, dictionaries,
bisection, dates and instants remembered by the calendar's own caches. It knows only what is known now: what
an invoice did not know at its time is billed as if it had, so it makes no adjustments and does less than
the kernel does.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from eventsourcing.persistence import ApplicationRecorder

from ledger.rules.calendar import add_months, first_instant, local_date
from ledger.rules.instants import format_instant, parse_instant
from ledger.rules.money import RATE_SCALE, round_half_away, scaled_rate

Event = dict[str, Any]
Timeline = list[tuple[str, Any]]
NOTIFICATIONS_A_PAGE = 5_000
MONTHS = {"monthly": 1, "annual": 12}


def notified(recorder: ApplicationRecorder) -> Iterator[tuple[int, Event]]:
    """Yield position and decoded event of the whole log."""
    after = 0
    while page := recorder.select_notifications(start=after + 1, limit=NOTIFICATIONS_A_PAGE):
        for notification in page:
            yield notification.id, json.loads(notification.state)
        after = page[-1].id


@dataclass
class Programme:
    """What is published for all licences, each list in the order of time."""

    partners: dict[str, str] = field(default_factory=dict)
    rates: dict[str, Timeline] = field(default_factory=lambda: defaultdict(list))
    prices: dict[tuple[str, str, str], Timeline] = field(default_factory=lambda: defaultdict(list))
    cutovers: list[tuple[int, Event]] = field(default_factory=list)

    def take(self, position: int, event: Event) -> None:
        """Take in an event of no licence."""
        at = event["effective_at"]
        if event["type"] == "PricePublished":
            key = (event["plan"], event["billing_cycle"], event["currency"])
            self.prices[key].append((at, event["unit_amount"]))
        elif event["type"] == "CutoverAnnounced":
            if event["takes_effect"] == "on_billing_date":
                self.cutovers.append((position, event))
        else:
            if event["type"] == "PartnerRegistered":
                self.partners[event["partner_id"]] = event["programme"]
            if event.get("discount_rate") is not None:
                self.rates[event["partner_id"]].append((at, scaled_rate(event["discount_rate"])))

    def sort(self) -> None:
        """Put everything in order; what is equal in time stays in the order of the log."""
        for timeline in (*self.rates.values(), *self.prices.values()):
            timeline.sort(key=lambda one: one[0])
        self.cutovers.sort(key=lambda one: one[1]["on"])


def in_force(timeline: Timeline, at: str, otherwise: Any) -> Any:
    """Return the last value at or before an instant."""
    place = bisect_right(timeline, at, key=lambda one: one[0])
    return timeline[place - 1][1] if place else otherwise


@lru_cache(maxsize=65536)
def instant(day: date, zone: str) -> str:
    """Return the first instant of a local day, as text."""
    return format_instant(first_instant(day, zone))


@dataclass
class Counts:
    """Seat counts of a licence after each instant, and its facts at the end."""

    times: list[str] = field(default_factory=lambda: [""])
    states: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    facts: tuple[int, int, int, int] = (0, 0, 0, 0)

    def at(self, at: str) -> tuple[int, int, int]:
        """Return ppu, ppa and pps at an instant."""
        return self.states[bisect_right(self.times, at) - 1]

    def peak(self, after: str, until: str) -> int:
        """Return the highest pps from one instant to another, both states included."""
        first, last = bisect_right(self.times, after) - 1, bisect_right(self.times, until)
        return max(state[2] for state in self.states[first:last])


def count(events: list[tuple[str, int, Event]]) -> Counts:  # noqa: PLR0912 - one branch an event
    """Fold a licence's events, in their order, into its counts."""
    counts = Counts()
    status: dict[str, str] = {}
    free: set[str] = set()
    holds: set[str] = set()
    bots: set[str] = set()
    active = suspended = 0
    for at, _, event in events:
        kind = event["type"]
        agent = event.get("agent_id", "")
        if kind == "SeatTaken":
            if status.get(agent) == "active":
                holds.add(agent)
        elif kind == "SeatReleased":
            holds.discard(agent)
        elif kind == "AgentCreated":
            status[agent] = "active"
            active += 1
            (free.add if event.get("complimentary") else free.discard)(agent)
        elif kind == "AgentActivated":
            status[agent] = "active"
            active, suspended = active + 1, suspended - 1
        elif kind == "AgentSuspended":
            status[agent] = "suspended"
            holds.discard(agent)
            active, suspended = active - 1, suspended + 1
        elif kind == "AgentDeleted":
            holds.discard(agent)
            if status.pop(agent) == "active":
                active -= 1
            else:
                suspended -= 1
        elif kind == "ChatBotAdded":
            bots.add(event["bot_id"])
        elif kind == "ChatBotRemoved":
            bots.discard(event["bot_id"])
        elif kind == "LicenseCancelled":
            counts.times.append(at)
            counts.states.append((0, 0, 0))
            break
        else:
            continue
        state = (active, active + suspended + len(bots), len(holds - free) + len(bots))
        if counts.times[-1] == at:
            counts.states[-1] = state
        else:
            counts.times.append(at)
            counts.states.append(state)
    counts.facts = (active, suspended, len(bots), len(holds - free))
    return counts


class Licence:
    """One licence with its terms, ready to be billed."""

    def __init__(self, programme: Programme, events: list[tuple[str, int, Event]]) -> None:
        self.programme = programme
        self.events = sorted(events, key=lambda one: one[:2])
        self.position, self.created = next((p, e) for _, p, e in events if e["type"] == "LicenseCreated")
        self.zone: str = self.created["time_zone"]
        self.anchor = date.fromisoformat(self.created["billing_anchor"])
        self.counts = count(self.events)
        self.switches = self._timeline("PricingModelSwitched", "pricing_model")
        self.plans = self._timeline("PlanChanged", "plan")
        self.cycles = self._timeline("BillingCycleChanged", "billing_cycle")
        cancelled = [at for at, _, event in self.events if event["type"] == "LicenseCancelled"]
        self.cancelled = cancelled[0] if cancelled else "9999"
        self.cutovers = [event for position, event in programme.cutovers if self._applies(position, event)]

    def _timeline(self, kind: str, name: str) -> Timeline:
        return [(at, event[name]) for at, _, event in self.events if event["type"] == kind]

    def _applies(self, position: int, cutover: Event) -> bool:
        named = cutover["applies_to"]
        partners_programme = self.programme.partners.get(self.created.get("partner_id", ""))
        if named.get("source", self.created["source"]) != self.created["source"]:
            return False
        if named.get("programme", partners_programme) != partners_programme:
            return False
        created_on = local_date(parse_instant(self.created["effective_at"]), self.zone).isoformat()
        return not (position < self.position and cutover["on"] <= created_on)

    def model(self, day: date, at: str) -> str:
        """Return the model of the period that begins on a day."""
        model: str = in_force(self.switches, at, self.created["pricing_model"])
        switched = bisect_right(self.switches, at, key=lambda one: one[0])
        for cutover in self.cutovers:
            on = date.fromisoformat(cutover["on"])
            shielded = switched and self.switches[switched - 1][0] >= instant(on, self.zone)
            if day >= on and not shielded:
                model = cutover["pricing_model"]
        return model

    def periods(self) -> Iterator[tuple[int, int]]:
        """Yield the index of the first billing date and the months of one period after another."""
        n = 0
        while True:
            at = instant(add_months(self.anchor, n), self.zone)
            months = MONTHS[in_force(self.cycles, at, self.created["billing_cycle"])]
            yield n, months
            n += months

    def invoices(self, as_of: str) -> dict[int, int]:
        """Return the total of each invoice by the index of its billing date."""
        gross: dict[int, int] = {}
        for n, months in self.periods():
            day = add_months(self.anchor, n)
            at = instant(day, self.zone)
            if at > as_of or at >= self.cancelled:
                break
            cycle = in_force(self.cycles, at, self.created["billing_cycle"])
            plan = in_force(self.plans, at, self.created["plan"])
            prices = self.programme.prices[plan, cycle, self.created["currency"]]
            unit_amount = in_force(prices, at, None)
            if unit_amount is None:
                continue
            model = self.model(day, at)
            if model == "pps":
                before = instant(add_months(self.anchor, n - 1), self.zone) if n else ""
                quantity = self.counts.peak(before, at)
            else:
                quantity = self.counts.at(at)[0 if model == "ppu" else 1]
            gross[n] = gross.get(n, 0) + quantity * unit_amount
            rises = self._rises_of_peak if model == "pps" else self._rises_of_count
            end = add_months(self.anchor, n + months)
            for m, on, rise in rises(model, n, months, quantity, as_of):
                share = rise * unit_amount * (end - on).days
                gross[m] = gross.get(m, 0) + round_half_away(share, (end - day).days)
        return {n: amount - self._discount(n, amount) for n, amount in gross.items()}

    def _discount(self, n: int, amount: int) -> int:
        if self.created["payer"] != "partner":
            return 0
        at = instant(add_months(self.anchor, n), self.zone)
        rate = in_force(self.programme.rates[self.created["partner_id"]], at, 0)
        return round_half_away(amount * rate, RATE_SCALE)

    def _rises_of_count(
        self, model: str, n: int, months: int, mark: int, as_of: str
    ) -> Iterator[tuple[int, date, int]]:
        """Yield the billing date, the local day and the size of each day's rise above the mark."""
        lane = 0 if model == "ppu" else 1
        dates = [instant(add_months(self.anchor, n + i), self.zone) for i in range(months + 1)]
        found: dict[tuple[int, date], int] = {}
        place = bisect_right(self.counts.times, dates[0])
        while place < len(self.counts.times) and (at := self.counts.times[place]) < dates[-1]:
            value = self.counts.states[place][lane]
            if value > mark:
                m = bisect_right(dates, at)
                if dates[m] <= as_of:
                    key = (n + m, local_date(parse_instant(at), self.zone))
                    found[key] = found.get(key, 0) + value - mark
                mark = value
            place += 1
        for (m, on), rise in found.items():
            yield m, on, rise

    def _rises_of_peak(
        self, model: str, n: int, months: int, mark: int, as_of: str
    ) -> Iterator[tuple[int, date, int]]:
        """Yield the same for the monthly peaks inside an annual period."""
        del model
        before = instant(add_months(self.anchor, n), self.zone)
        for m in range(n + 1, n + months):
            on = add_months(self.anchor, m)
            at = instant(on, self.zone)
            if at > as_of or at >= self.cancelled:
                return
            peak = self.counts.peak(before, at)
            if peak > mark:
                yield m, on, peak - mark
                mark = peak
            before = at

    def notices(self, as_of: str) -> int:
        """Return how many notices stand, having worked out the due instant and state of each."""
        found = 0
        for cutover in self.cutovers:
            on = date.fromisoformat(cutover["on"])
            if self.created["effective_at"] >= instant(on, self.zone):
                continue
            before, model, day, at = self._charge(on)
            wanted = cutover["pricing_model"]
            if before != wanted and model == wanted and at < self.cancelled:
                found += len(self._states(cutover, day, at, as_of))
        return found

    def _charge(self, on: date) -> tuple[str, str, date, str]:
        """Return the models before and after, the day and the instant of the first period from a day on."""
        before: str = self.created["pricing_model"]
        for n, _ in self.periods():
            day = add_months(self.anchor, n)
            at = instant(day, self.zone)
            model = self.model(day, at)
            if day >= on:
                return before, model, day, at
            before = model
        raise AssertionError("periods never end")

    def _states(self, cutover: Event, day: date, at: str, as_of: str) -> list[tuple[str, str, bool]]:
        due_day = day - timedelta(days=cutover["notice_days"])
        due = instant(due_day, self.zone)
        states = []
        for channel in ("banner", "email", "in_app"):
            sent = [
                event["effective_at"]
                for _, _, event in self.events
                if event["type"] == "NoticeSent"
                and event["cutover_id"] == cutover["cutover_id"]
                and (event["charge_date"], event["channel"]) == (day.isoformat(), channel)
            ]
            state = "scheduled" if as_of < due else "due" if as_of < at else "missed"
            late = bool(sent) and local_date(parse_instant(sent[0]), self.zone) > due_day
            states.append((channel, "sent" if sent else state, late))
        return states


@dataclass
class Folded:
    """What the fold found: seat facts, the sum of all invoices by licence, and the number of notices."""

    seats: dict[str, tuple[int, int, int, int]]
    billed: dict[str, int]
    notices: int


def fold(recorder: ApplicationRecorder, as_of: datetime) -> Folded:
    """Fold the whole log into seats, invoices and notices."""
    programme, licences = _grouped(recorder)
    at = format_instant(as_of)
    folded = Folded({}, {}, 0)
    for license_id, events in licences.items():
        licence = Licence(programme, events)
        folded.seats[license_id] = licence.counts.facts
        folded.billed[license_id] = sum(licence.invoices(at).values())
        folded.notices += licence.notices(at)
    return folded


def fold_seats(recorder: ApplicationRecorder) -> dict[str, tuple[int, int, int, int]]:
    """Fold the whole log into seat facts only."""
    _, licences = _grouped(recorder)
    return {
        license_id: count(sorted(events, key=lambda one: one[:2])).facts
        for license_id, events in licences.items()
    }


def _grouped(
    recorder: ApplicationRecorder,
) -> tuple[Programme, dict[str, list[tuple[str, int, Event]]]]:
    programme = Programme()
    licences: dict[str, list[tuple[str, int, Event]]] = defaultdict(list)
    for position, event in notified(recorder):
        license_id = event.get("license_id")
        if license_id is None:
            programme.take(position, event)
        else:
            licences[license_id].append((event["effective_at"], position, event))
    programme.sort()
    return programme, licences
