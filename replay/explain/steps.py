"""The bridge from the invoice before: what each factor changed, with its events, and what stayed the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from ledger.projections.bridges import bridge
from ledger.rules.words import BillingCycle
from replay.explain.explanation import (
    Adjustment,
    Discount,
    Evidence,
    Line,
    Recurring,
    Step,
    TrueUp,
    Unchanged,
)
from replay.explain.lines import rate_text
from replay.explain.people import Cited, People
from replay.explain.sides import Side, Sides
from replay.explain.sources import Sources

CYCLES = {cycle.months: cycle.value for cycle in BillingCycle}
# what has a value on both invoices, so that it can be said to be the same
_COMPARED = ("pricing_model", "quantity", "unit_amount", "plan", "billing_cycle", "discount_rate")


@dataclass(frozen=True)
class Change:
    """What leads from the invoice before to this one."""

    sides: Sides
    before: Side
    sources: Sources
    people: People
    cited: Cited
    lines: tuple[Line, ...]
    ended: Evidence | None

    @property
    def recurs(self) -> bool:
        """Tell whether both have a recurring line, which is then taken apart."""
        return self.before.recurs and self.sides.this.recurs

    @property
    def counted_as(self) -> int:
        """Return what the invoice before would have counted under the model of this one."""
        on, model = self.before.on, self.sides.this.period["model"]
        count: int = on["peak"] if model == "pps" else on[model]
        return count


def steps_of(change: Change) -> tuple[tuple[Step, ...], tuple[Unchanged, ...]]:
    """Return the steps, which add up to the difference of the totals, and what is unchanged."""
    amounts = _amounts(change)
    recurring = _of_recurring(change, amounts) if change.recurs else _of_period(change, amounts)
    found = _merged([*recurring, *_of_others(change, amounts)], change.sources)
    steps = tuple(step for step in found if step.amount or _is_changed(step))
    names = {step.factor for step in steps}
    same = [step for step in found if step.factor in _COMPARED and step.factor not in names]
    if "pricing_model" in names:
        # as many as the other model would have counted before
        same = [step for step in same if step.factor != "quantity"]
    if not names.isdisjoint(("plan", "billing_cycle", "plan_and_cycle")):
        # the price that is the same is that of another plan or cycle
        same = [step for step in same if step.factor != "unit_amount"]
    return steps, tuple(
        Unchanged(step.factor, step.after, step.came, step.left) for step in same if step.after is not None
    )


def _amounts(change: Change) -> dict[str, int]:
    """Return the amount of each of the bridge's STEPS."""
    this, before = change.sides.this, change.before
    factors: dict[str, int | bool | None] = {
        "recurs": change.recurs,
        "quantity_as": change.counted_as,
        "unit_amount_listed": change.sources.listed,
        "unit_amount_planned": change.sources.planned,
    }
    for side, mark in ((before, "_before"), (this, "")):
        factors |= {
            f"quantity{mark}": side.period["quantity"],
            f"unit_amount{mark}": side.period["unit_amount"],
            f"recurring{mark}": side.on["recurring"] or 0,
            f"true_ups{mark}": side.sum_of("true_up"),
            f"rate{mark}": side.on["rate"],
            f"adjustments{mark}": side.sum_of("adjustment"),
        }
    schema = {name: pl.Boolean() if name == "recurs" else pl.Int64() for name in factors}
    amounts: dict[str, int] = bridge(pl.DataFrame([factors], schema=schema)).row(0, named=True)
    return amounts


def _of_recurring(change: Change, amounts: dict[str, int]) -> Iterator[Step]:
    this, before = change.sides.this.period, change.before.period
    people, cited = change.people, change.cited
    now, then, own = people.now, people.then, people.then_under_its_model
    yield Step(
        factor="pricing_model",
        amount=amounts["pricing_model"],
        before=before["model"],
        after=this["model"],
        times=before["unit_amount"],
        counts=(before["quantity"], change.counted_as),
        events=(cited.at(change.sources.this.model),),
        came=people.entered(then, own, cited),
        left=people.left(then, own, cited),
    )
    came, left = people.entered(now, then, cited), people.left(now, then, cited)
    yield Step(
        factor="quantity",
        amount=amounts["quantity"],
        before=change.counted_as,
        after=this["quantity"],
        times=before["unit_amount"],
        events=_events(member.seat or member.made_so for member in (*came, *left)),
        came=came,
        left=left,
    )
    yield Step(
        factor="unit_amount",
        amount=amounts["unit_amount"],
        before=before["unit_amount"],
        after=change.sources.listed,
        times=this["quantity"],
        events=_cited(change, change.sources.listed_by),
    )
    yield from _of_terms(change, amounts, times=this["quantity"])


def _of_period(change: Change, amounts: dict[str, int]) -> Iterator[Step]:
    recurring = [line for line in change.lines if isinstance(line, Recurring)]
    behind = [event for line in recurring for event in (line.cycle_by, line.price)]
    if change.ended is not None:
        behind.append(change.ended)
    yield Step(
        factor="period",
        amount=amounts["period"],
        before=change.before.on["recurring"],
        after=change.sides.this.on["recurring"],
        events=_events(behind),
    )
    yield from _of_terms(change, amounts, times=None)


def _of_terms(change: Change, amounts: dict[str, int], times: int | None) -> Iterator[Step]:
    this, before, terms = change.sides.this.period, change.before.period, change.sources.this
    yield Step(
        factor="plan",
        amount=amounts["plan"],
        before=before["plan"],
        after=this["plan"],
        times=times,
        events=_cited(change, terms.plan, terms.price),
    )
    yield Step(
        factor="billing_cycle",
        amount=amounts["billing_cycle"],
        before=CYCLES[before["months"]],
        after=CYCLES[this["months"]],
        times=times,
        events=_cited(change, terms.cycle, terms.price),
    )


def _of_others(change: Change, amounts: dict[str, int]) -> Iterator[Step]:
    rises = [rise for line in change.lines if isinstance(line, TrueUp) for rise in line.rises]
    came = tuple(member for rise in rises for member in rise.came)
    discounts = _events(line.terms for line in change.lines if isinstance(line, Discount))
    late = [part for line in change.lines if isinstance(line, Adjustment) for part in line.late]
    yield Step("true_ups_before", amounts["true_ups_before"])
    yield Step("true_ups", amounts["true_ups"], events=_events(member.made_so for member in came), came=came)
    yield Step("discount", amounts["discount"], events=discounts)
    if change.sides.licence["partner_pays"]:
        yield Step(
            factor="discount_rate",
            amount=amounts["discount_rate"],
            before=rate_text(change.before.on["rate"]),
            after=rate_text(change.sides.this.on["rate"]),
            events=_cited(change, change.sources.this.rate),
        )
    yield Step("adjustments_before", amounts["adjustments_before"])
    yield Step(
        "adjustments", amounts["adjustments"], events=_events(event for part in late for event in part.events)
    )


def _merged(steps: list[Step], sources: Sources) -> list[Step]:
    """Make one step of plan and cycle where this plan has no price for the cycle before."""
    by_factor = {step.factor: step for step in steps}
    plan, cycle = by_factor["plan"], by_factor["billing_cycle"]
    if sources.planned is not None or not (_is_changed(plan) and _is_changed(cycle)):
        return steps
    both = Step(
        factor="plan_and_cycle",
        amount=plan.amount + cycle.amount,
        before=f"{plan.before}, {cycle.before}",
        after=f"{plan.after}, {cycle.after}",
        times=cycle.times,
        events=_events((*plan.events, *cycle.events)),
    )
    return [both if step is cycle else step for step in steps if step is not plan]


def _is_changed(step: Step) -> bool:
    return step.factor in (*_COMPARED, "plan_and_cycle") and step.before != step.after


def _cited(change: Change, *positions: int | None) -> tuple[Evidence, ...]:
    return _events(
        event for event in (change.cited.maybe_at(position) for position in positions) if event is not None
    )


def _events(events: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return events in their order, each once."""
    return tuple({event.position: event for event in events}.values())
