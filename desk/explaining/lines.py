"""Each line of an invoice as a formula with its numbers, and what it rests on."""

from desk import words
from desk.explaining.people import counted_groups, item_of, peak_in_words
from desk.explaining.phrases import day_and_time, joined, says, says_when, signed, units
from desk.explaining.told import Group, Item, ToldLine
from ledger.events.license import LicenseCreated
from ledger.events.programme import CutoverAnnounced
from ledger.rules.calendar import first_instant
from replay.explain.explanation import (
    Adjustment,
    Discount,
    Evidence,
    Explanation,
    LatePart,
    Line,
    Part,
    Recurring,
    Rise,
    TrueUp,
)


def told_line(line: Line, of: Explanation) -> ToldLine:
    """Return a line in words."""
    rule = Item("rule", f"docs/rules.md §{line.rule.section}, {line.rule.heading}; ADR {line.rule.adr}")
    return ToldLine(formula(line, of.currency), (*_about(line, of), rule), _groups(line, of))


def _about(line: Line, of: Explanation) -> tuple[Item, ...]:
    match line:
        case Recurring():
            return _of_recurring(line, of)
        case TrueUp():
            return _of_true_up(line, of)
        case Discount():
            return (Item("partner", says(line.terms.event, of.currency), (line.terms,)),)
        case Adjustment():
            return _of_adjustment(line, of)


def _groups(line: Line, of: Explanation) -> tuple[Group, ...]:
    match line:
        case Recurring():
            return _counted(line, of)
        case TrueUp():
            return _grown(line, of)
        case Discount():
            return ()
        case Adjustment():
            return _late(line, of)


def formula(line: Line, currency: str) -> str:
    """Write a line as a formula with its numbers and the result."""
    amount = words.money(line.amount, currency)
    match line:
        case Recurring():
            return f"{_product(line.quantity, line.pricing_model, line.unit_amount, currency)} = {amount}"
        case TrueUp():
            product = _product(line.quantity, line.pricing_model, line.unit_amount, currency)
            return f"{product} × {line.remaining_days}/{line.period_days} days = {amount}"
        case Discount():
            return f"-{words.percent(line.rate)} of {words.money(line.base, currency)} = {amount}"
        case Adjustment():
            due, charged = (words.money(value, currency) for value in (line.due, line.charged))
            return f"{due} due - {charged} charged = {amount}"


def _product(quantity: int, model: str, unit_amount: int, currency: str) -> str:
    return f"{units(quantity, model)} × {words.money(unit_amount, currency)}"


def _part_now(part: Part, currency: str) -> str:
    """Write a line of an earlier invoice as it would be now."""
    amount = words.money(part.amount, currency)
    if part.rate is not None:
        return f"-{words.percent(part.rate)}: {amount}"
    product = _product(part.quantity or 0, part.pricing_model or "", part.unit_amount or 0, currency)
    days = "" if part.remaining_days is None else f" × {part.remaining_days}/{part.period_days} days"
    return f"{product}{days} = {amount}"


def model_in_words(model: str, decided_by: Evidence) -> str:
    """Say which model is in force and what decided it."""
    event, name = decided_by.event, words.MODELS[model]
    if isinstance(event, CutoverAnnounced):
        return f"{name}, by cutover {event.cutover_id} for periods from {words.day(event.on)}"
    if isinstance(event, LicenseCreated):
        return f"{name}, as the licence was created"
    return f"{name}, switched by hand from {day_and_time(event.effective_at)}"


def _of_recurring(line: Recurring, of: Explanation) -> tuple[Item, ...]:
    period = words.days(line.period_start, line.period_end)
    terms = f"{of.plan}, {of.billing_cycle}"
    chosen = tuple(by for by in (line.plan_by, line.cycle_by) if not isinstance(by.event, LicenseCreated))
    items = [
        Item("period", f"{period}; {terms}", chosen),
        Item("model", model_in_words(line.pricing_model, line.model_by), (line.model_by,)),
        Item("price", says(line.price.event, of.currency), (line.price,)),
    ]
    if line.pricing_model == "pps":
        items.append(Item("peak", _peak(line, of)))
    return tuple(items)


def _peak(line: Recurring, of: Explanation) -> str:
    first = of.before is None and line.peak is not None and line.peak.month_from is None
    month = "since the licence was created" if first else "in the month before"
    if line.peak is None:
        return f"no seat was in use {month}"
    return f"most seats at one time {month}: {words.number(line.quantity)}, {peak_in_words(line.peak)}"


def _counted(line: Recurring, of: Explanation) -> tuple[Group, ...]:
    gone_before = None if of.before is None else first_instant(of.before.billing_date, of.time_zone)
    if line.peak is not None:
        at = f"on {day_and_time(line.peak.at)}"
    else:
        at = "in that month" if line.pricing_model == "pps" else f"on {words.day(of.billing_date)}"
    return counted_groups(line.members, of.time_zone, gone_before, at=at)


def _of_true_up(line: TrueUp, of: Explanation) -> tuple[Item, ...]:
    left = words.count(line.remaining_days, "day is", "days are")
    items = [
        Item("from", f"{words.day(line.date)}, when {left} left of {line.period_days}"),
        Item("paid for before", f"{units(line.mark, line.pricing_model)}, the high-water mark"),
        Item("price", says(line.price.event, of.currency), (line.price,)),
    ]
    if line.peak is not None:
        items.insert(
            1, Item("peak", f"{units(line.peak.count, 'pps')} at one time, {peak_in_words(line.peak)}")
        )
    return tuple(items)


def _grown(line: TrueUp, of: Explanation) -> tuple[Group, ...]:
    if line.peak is not None:
        at = f"on {day_and_time(line.peak.at)}"
        return counted_groups(line.members, of.time_zone, line.peak.month_from, at=at)
    return tuple(_rise(rise, line.pricing_model, of) for rise in line.rises)


def _rise(rise: Rise, model: str, of: Explanation) -> Group:
    step = f"{day_and_time(rise.at)}: from {rise.before} to {units(rise.after, model)}"
    if rise.above == rise.after - rise.before:
        share = "all above the mark"
    elif rise.above:
        share = f"{words.number(rise.above)} above the mark of {words.number(rise.mark)}"
    else:
        share = f"not above the mark of {words.number(rise.mark)}, no charge"
    return Group(f"{step}, {share}", tuple(item_of(member, of.time_zone) for member in rise.came))


def _of_adjustment(line: Adjustment, of: Explanation) -> tuple[Item, ...]:
    number = f" ({line.number})" if line.number else ""
    charged = words.money(line.charged, of.currency)
    items = [
        Item(
            "corrects",
            f"what was billed for {words.day(line.billing_date)}{number}: {charged}, "
            f"and with what is known now {words.money(line.due, of.currency)}",
        )
    ]
    if line.now:
        items.append(Item("now", "; ".join(_part_now(part, of.currency) for part in line.now)))
    if line.created is not None:
        event = line.created.event
        since = words.day(event.effective_at.date())
        recorded = day_and_time(event.recorded_at)
        items.append(
            Item("why", f"the licence, there since {since}, was recorded on {recorded}", (line.created,))
        )
    return tuple(items)


def _late(line: Adjustment, of: Explanation) -> tuple[Group, ...]:
    if not line.late:
        return ()
    return (Group("Recorded too late for that date", tuple(_part(part, of) for part in line.late)),)


def _part(part: LatePart, of: Explanation) -> Item:
    told = [says_when(event.event, of.currency, time=True) for event in part.events[:2]]
    others = len(part.events) - len(told)
    if others:
        told.append(words.count(others, "other event"))
    return Item(signed(part.amount, of.currency), joined(told), part.events)
