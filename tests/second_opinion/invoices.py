"""Make a licence's invoices, each with the knowledge it had, and the adjustments (docs/rules.md §6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from tests.second_opinion.days import local_date
from tests.second_opinion.facts import Facts, History
from tests.second_opinion.licences import Licence
from tests.second_opinion.periods import Period, period_of, pricing_model_of
from tests.second_opinion.words import Event, Log, rate_text, rounded

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring line before it is written: the model, how many, at what price for the whole period."""

    pricing_model: str
    quantity: int
    unit_amount: int

    @property
    def amount(self) -> int:
        """Multiply; whole numbers need no rounding."""
        return self.quantity * self.unit_amount


@dataclass(frozen=True, slots=True)
class MissingPrice:
    """A recurring line left out because no price is in force."""

    license_id: str
    plan: str
    billing_cycle: str
    currency: str
    date: date


@dataclass(frozen=True, slots=True)
class Own:
    """The own lines 1 to 3 of one billing date, as one knowledge has them."""

    lines: list[Line]
    total: int
    has_recurring: bool
    period: Period | None
    missing: MissingPrice | None


NOTHING = Own([], 0, has_recurring=False, period=None, missing=None)


def recurring(facts: Facts, period: Period) -> Recurring | MissingPrice | None:
    """Make rule 1's line for a period; None if the licence is cancelled at the period's first instant."""
    licence = facts.licence
    if facts.cancelled_by(period.first_at):
        return None
    unit_amount = facts.price_at(period.plan, period.billing_cycle, period.first_at)
    if unit_amount is None:
        return MissingPrice(
            licence.license_id,
            period.plan,
            period.billing_cycle,
            licence.currency,
            period.first_date,
        )
    model = pricing_model_of(facts, period)
    if model == "pps":
        quantity = peak_of_month_before(facts, period.first)
    else:
        quantity = facts.counts_at(period.first_at).of(model)
    return Recurring(model, quantity, unit_amount)


def peak_of_month_before(facts: Facts, n: int) -> int:
    """Look up the most seats in use at one time from D_n-1 to D_n; on D_0 since the licence was created."""
    licence = facts.licence
    since = licence.instant(n - 1) if n > 0 else licence.created_at
    return facts.peak_pps(since, licence.instant(n))


def true_ups(facts: Facts, n: int) -> list[Line]:
    """Make rule 2's lines that stand on D_n's invoice.

    They are of the period that D_n-1 falls into: its rises in the month before D_n, or D_n inside it.
    """
    if n == 0:
        return []
    period = period_of(facts, n - 1)
    line = recurring(facts, period)
    if not isinstance(line, Recurring):
        return []
    if line.pricing_model == "pps":
        rises = rises_of_seats(facts, period, line.quantity, n)
    else:
        rises = rises_of_accounts(facts, period, line, n)
    return [true_up_line(period, line, day, rise) for day, rise in sorted(rises.items())]


def rises_of_accounts(facts: Facts, period: Period, line: Recurring, n: int) -> Mapping[date, int]:
    """Add up, by local date, what rose above the mark in the period; keep the month before D_n."""
    licence, mark = facts.licence, line.quantity
    rises: dict[date, int] = {}
    for step in facts.steps:
        count = step.counts.of(line.pricing_model)
        if period.first_at < step.at < period.end_at and count > mark:
            day = local_date(step.at, licence.zone)
            rises[day] = rises.get(day, 0) + count - mark
            mark = count
    return {day: rise for day, rise in rises.items() if licence.date(n - 1) <= day < licence.date(n)}


def rises_of_seats(facts: Facts, period: Period, quantity: int, n: int) -> Mapping[date, int]:
    """Compare the months' peaks with the mark on each billing date inside the period; keep D_n's rise."""
    licence, mark = facts.licence, quantity
    rises: dict[date, int] = {}
    for inside in range(period.first + 1, period.end):
        if inside > n or facts.cancelled_by(licence.instant(inside)):
            break
        peak = peak_of_month_before(facts, inside)
        if peak > mark:
            rises[licence.date(inside)] = peak - mark
            mark = peak
    return {day: rise for day, rise in rises.items() if day == licence.date(n)}


def true_up_line(period: Period, line: Recurring, day: date, quantity: int) -> Line:
    """Charge a rise for the days left in the period, its own day included."""
    remaining_days = (period.end_date - day).days
    return {
        "kind": "true_up",
        "pricing_model": line.pricing_model,
        "date": day.isoformat(),
        "quantity": quantity,
        "unit_amount": line.unit_amount,
        "remaining_days": remaining_days,
        "period_days": period.days,
        "amount": rounded(Fraction(quantity * line.unit_amount * remaining_days, period.days)),
    }


def recurring_line(period: Period, line: Recurring) -> Line:
    """Write rule 1's line."""
    return {
        "kind": "recurring",
        "pricing_model": line.pricing_model,
        "quantity": line.quantity,
        "unit_amount": line.unit_amount,
        "period_start": period.first_date.isoformat(),
        "period_end": period.end_date.isoformat(),
        "amount": line.amount,
    }


def discount_lines(facts: Facts, n: int, above: list[Line]) -> list[Line]:
    """Make rule 3's line if the partner pays; nothing if it comes to 0."""
    if facts.licence.payer != "partner":
        return []
    rate = facts.discount_rate_at(facts.licence.instant(n))
    amount = rounded(-rate * sum(line["amount"] for line in above))
    return [{"kind": "discount", "rate": rate_text(rate), "amount": amount}] if amount else []


def own_lines(facts: Facts, n: int) -> Own:
    """Make lines 1 to 3 of D_n's invoice from the facts; none if they do not know the licence."""
    if not facts.knows_the_licence():
        return NOTHING
    period = period_of(facts, n)
    first = recurring(facts, period) if period.first == n else None
    lines = [recurring_line(period, first)] if isinstance(first, Recurring) else []
    lines += true_ups(facts, n)
    lines += discount_lines(facts, n, lines)
    return Own(
        lines=lines,
        total=sum(line["amount"] for line in lines),
        has_recurring=isinstance(first, Recurring),
        period=period,
        missing=first if isinstance(first, MissingPrice) else None,
    )


@dataclass(slots=True)
class Books:
    """One licence's books for a question: which invoice knew what, and what was billed for each date."""

    log: Log
    history: History
    limit: int
    kept: dict[tuple[int, int], Own] = field(default_factory=dict)

    @property
    def licence(self) -> Licence:
        """Name whose books they are."""
        return self.history.licence

    def own(self, k: int, cut: int) -> Own:
        """Make the own lines of D_k with the knowledge `cut`.

        No own line reads a fact effective after its billing date's instant, so none of those are given.
        """
        instant = self.licence.instant(k)
        key = (k, self.history.known_until(cut, instant))
        if key not in self.kept:
            self.kept[key] = own_lines(self.history.facts_until(cut, instant), k)
        return self.kept[key]

    def issued(self) -> dict[date, Event]:
        """Give the known InvoiceIssued by billing date."""
        return {
            date.fromisoformat(event.fields["billing_date"]): event
            for event in self.log.events[: self.limit]
            if event.type == "InvoiceIssued" and event.fields["license_id"] == self.licence.license_id
        }

    def cuts(self, as_of: datetime) -> list[int]:
        """Give the knowledge cut of each billing date that has come."""
        issued, cuts = self.issued(), [0]
        while (instant := self.licence.instant(len(cuts) - 1)) <= as_of:
            invoice = issued.get(self.licence.date(len(cuts) - 1))
            if invoice is not None:
                cut = self.log.cut_through(invoice.fields["known_through"])
            else:
                cut = self.log.cut_at(instant)
            cuts.append(min(self.limit, max(cuts[-1], cut)))
        return cuts[1:]

    def invoices(self, as_of: datetime) -> list[dict[str, Any]]:
        """Make every invoice whose billing date has come and that exists."""
        rows: list[dict[str, Any]] = []
        issued, billed = self.issued(), dict[int, int]()
        for n, cut in enumerate(self.cuts(as_of)):
            own = self.own(n, cut)
            owed = {k: self.own(k, cut).total - billed.get(k, 0) for k in range(n)}
            adjustments = {k: difference for k, difference in owed.items() if difference}
            if not (own.has_recurring or adjustments or any(line["amount"] for line in own.lines)):
                continue
            billed[n] = own.total
            for k, difference in adjustments.items():
                billed[k] = billed.get(k, 0) + difference
            rows.append(self.row(n, own, adjustments, issued.get(self.licence.date(n))))
        return rows

    def row(self, n: int, own: Own, adjustments: Mapping[int, int], issued: Event | None) -> dict[str, Any]:
        """Write one invoice."""
        if own.period is None:
            raise ValueError("an invoice that exists knows its licence")
        first = own.lines[0] if own.has_recurring else {}
        lines = own.lines + [
            {
                "kind": "adjustment",
                "billing_date": self.licence.date(k).isoformat(),
                "amount": amount,
            }
            for k, amount in adjustments.items()
        ]
        return {
            "license_id": self.licence.license_id,
            "billing_date": self.licence.date(n).isoformat(),
            "period_start": first.get("period_start"),
            "period_end": first.get("period_end"),
            "pricing_model": first.get("pricing_model"),
            "currency": self.licence.currency,
            "plan": own.period.plan,
            "billing_cycle": own.period.billing_cycle,
            "lines": [dict(line) for line in lines],
            "total": sum(line["amount"] for line in lines),
            "number": issued.fields["number"] if issued is not None else None,
        }

    def missing_prices(self, as_of: datetime) -> list[MissingPrice]:
        """Name the prices still missing at the latest knowledge cut; none before the first billing date."""
        cuts = self.cuts(as_of)
        found = [self.own(k, cuts[-1]).missing for k in range(len(cuts))]
        return [missing for missing in found if missing is not None]
