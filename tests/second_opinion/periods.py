"""Lay a licence's periods one after the other and find each one's pricing model (docs/rules.md §4, §5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from tests.second_opinion.days import first_instant
from tests.second_opinion.facts import Facts
from tests.second_opinion.licences import Cutover, Licence
from tests.second_opinion.words import PERIOD_MONTHS, latest


@dataclass(frozen=True, slots=True)
class Period:
    """What a recurring line pays for: from D_`first` (included) to D_`end` (excluded)."""

    first: int
    end: int
    first_date: date
    end_date: date
    first_at: datetime
    end_at: datetime
    plan: str
    billing_cycle: str

    @property
    def days(self) -> int:
        """Count the period's days."""
        return (self.end_date - self.first_date).days


def periods(facts: Facts) -> Iterator[Period]:
    """Lay the periods, endlessly: each as long as the cycle in force at its first instant says."""
    licence, n = facts.licence, 0
    while True:
        first_at = licence.instant(n)
        cycle = facts.billing_cycle_at(first_at)
        end = n + PERIOD_MONTHS[cycle]
        yield Period(
            first=n,
            end=end,
            first_date=licence.date(n),
            end_date=licence.date(end),
            first_at=first_at,
            end_at=licence.instant(end),
            plan=facts.plan_at(first_at),
            billing_cycle=cycle,
        )
        n = end


def period_of(facts: Facts, n: int) -> Period:
    """Find the period that D_n falls into."""
    return next(period for period in periods(facts) if n < period.end)


def pricing_model_of(facts: Facts, period: Period) -> str:
    """Find the one model that a period has.

    First the latest switch effective by the period's first instant, else the licence's first model. Then the
    cutovers on a billing date, in order, unless a switch came at or after the first instant of their day.
    """
    licence = facts.licence
    switch = latest(facts.of("PricingModelSwitched"), period.first_at)
    model = str(switch.fields["pricing_model"]) if switch else licence.first_model
    for cutover in facts.cutovers:
        if not may_switch(cutover, licence) or period.first_date < cutover.on:
            continue
        switched_since = switch is not None and switch.effective_at >= first_instant(cutover.on, licence.zone)
        if not switched_since:
            model = cutover.pricing_model
    return model


def may_switch(cutover: Cutover, licence: Licence) -> bool:
    """Tell whether a cutover has a say in the licence's periods.

    It takes effect on a billing date, applies, and did not have its say already when the licence was created
    (announced before it in the log, `on` its local creation date or earlier).
    """
    had_its_say = cutover.position < licence.position and cutover.on <= licence.created_on
    return (
        cutover.takes_effect == "on_billing_date"
        and cutover.applies_to(licence.source, licence.programme)
        and not had_its_say
    )
