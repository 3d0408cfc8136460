"""The rival of the columnar kernel: a fold in plain Python over the library's notifications.

It is written as one would who knows the rules and has no frames: one JSON decode an event, dictionaries,
bisection, dates and instants remembered by the calendar's own caches, and a licence is billed anew only for
the billing dates at which something late became known. It gives the same seats, invoices and notices as the
kernel for a log without issued invoices, as the simulated one is; their totals, not their lines.
"""

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from eventsourcing.persistence import ApplicationRecorder

from benchmarks.plain_counts import Event, count
from ledger.rules.calendar import add_months, first_instant, local_date
from ledger.rules.instants import format_instant, parse_instant
from ledger.rules.money import RATE_SCALE, round_half_away, scaled_rate

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
    """What is published for all licences, each list in the order of time; late ones as (since, recorded)."""

    partners: dict[str, str] = field(default_factory=dict)
    rates: dict[str, Timeline] = field(default_factory=lambda: defaultdict(list))
    prices: dict[tuple[str, str, str], Timeline] = field(default_factory=lambda: defaultdict(list))
    cutovers: list[tuple[int, Event]] = field(default_factory=list)
    late: list[tuple[str, str]] = field(default_factory=list)
    _events: list[tuple[int, Event]] = field(default_factory=list)
    _known: dict[int, "Programme"] = field(default_factory=dict)

    def take(self, position: int, event: Event) -> None:
        """Take in an event of no licence."""
        self._events.append((position, event))
        at = event["effective_at"]
        if is_late(event):
            self.late.append((at, event["recorded_at"]))
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

    def known_by(self, at: str) -> "Programme":
        """Return what was known by an instant; what was published in time is harmless to know before."""
        version = sum(recorded <= at for _, recorded in self.late)
        if version not in self._known:
            known = Programme()
            for position, event in self._events:
                if not is_late(event) or event["recorded_at"] <= at:
                    known.take(position, event)
            known.sort()
            self._known[version] = known
        return self._known[version]


def is_late(event: Event) -> bool:
    """Tell whether an event was recorded after it became true."""
    late: bool = event["recorded_at"] > event["effective_at"]
    return late


def in_force(timeline: Timeline, at: str, otherwise: Any) -> Any:
    """Return the last value at or before an instant."""
    place = bisect_right(timeline, at, key=lambda one: one[0])
    return timeline[place - 1][1] if place else otherwise


@lru_cache(maxsize=65536)
def instant(day: date, zone: str) -> str:
    """Return the first instant of a local day, as text."""
    return format_instant(first_instant(day, zone))


class Licence:
    """One licence with its terms, ready to be billed."""

    def __init__(self, programme: Programme, events: list[tuple[str, int, Event]], as_of: str) -> None:
        self.programme = programme
        self.events = sorted(events, key=lambda one: one[:2])
        self.position, self.created = next((p, e) for _, p, e in events if e["type"] == "LicenseCreated")
        self.zone: str = self.created["time_zone"]
        self.anchor = date.fromisoformat(self.created["billing_anchor"])
        self.counts = count(self.events, as_of)
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


def billed(programme: Programme, licence: Licence, as_of: str) -> dict[date, int]:
    """Return the totals of a licence's invoices, adjustments included, by billing date; none that are 0."""
    dates: list[str] = []
    while (at := instant(add_months(licence.anchor, len(dates)), licence.zone)) <= as_of:
        dates.append(at)
    totals: dict[int, int] = defaultdict(int)
    before: dict[int, int] = {}
    starts = _epochs(programme, licence, dates)
    for start, following in zip(starts, [*starts[1:], len(dates)], strict=False):
        cut = dates[following - 1]
        known = [one for one in licence.events if one[2]["recorded_at"] <= cut]
        own = Licence(programme.known_by(cut), known, cut).invoices(cut)
        for n, amount in own.items():
            totals[max(n, start)] += amount
        totals[start] -= sum(before.values())
        before = own
    return {add_months(licence.anchor, n): total for n, total in totals.items() if total}


def _epochs(programme: Programme, licence: Licence, dates: list[str]) -> list[int]:
    """Return the billing dates from which on something is known that an earlier one ought to have known."""
    first = bisect_left(dates, licence.created["recorded_at"])
    times = [(at, event["recorded_at"]) for at, _, event in licence.events if is_late(event)]
    entered = {
        bisect_left(dates, recorded)
        for since, recorded in (*times, *programme.late)
        if bisect_left(dates, recorded) > bisect_left(dates, since)
    }
    return sorted(n for n in {first, *entered} if first <= n < len(dates))


@dataclass
class Folded:
    """What the fold found: seat facts and the totals of invoices by licence, and the number of notices."""

    seats: dict[str, tuple[int, int, int, int]]
    billed: dict[str, dict[date, int]]
    notices: int


def fold(recorder: ApplicationRecorder, as_of: datetime) -> Folded:
    """Fold the whole log into seats, invoices and notices."""
    programme, licences = _grouped(recorder)
    at = format_instant(as_of)
    folded = Folded({}, {}, 0)
    for license_id, events in licences.items():
        licence = Licence(programme, events, at)
        folded.seats[license_id] = licence.counts.facts
        folded.billed[license_id] = billed(programme, licence, at)
        folded.notices += licence.notices(at)
    return folded


def fold_seats(recorder: ApplicationRecorder, as_of: datetime) -> dict[str, tuple[int, int, int, int]]:
    """Fold the whole log into seat facts only."""
    _, licences = _grouped(recorder)
    at = format_instant(as_of)
    return {
        license_id: count(sorted(events, key=lambda one: one[:2]), at).facts
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
