"""The one sentence that answers: what is charged, for what, and why it differs from the invoice before."""

from collections.abc import Collection

from desk import words
from desk.explaining.phrases import CYCLES, joined, more, names, units
from desk.explaining.steps import NO_PERIOD
from replay.explain.explanation import Adjustment, Discount, Explanation, Recurring, Step, TrueUp

_NOBODY = {
    "pps": "no seat was in use in the month before",
    "ppa": "there was no account",
    "ppu": "there was no active user",
}
# more true-ups than these are summed up
_EACH = 2
_OTHERS = {
    "true_ups_before": "the growth charged then does not come again",
    "true_ups": "the team grew within the period",
    "adjustments_before": "the correction made then does not come again",
}


def answer(of: Explanation) -> str:
    """Return the sentence."""
    day = words.day(of.billing_date)
    if of.total < 0:
        charged = f"{of.license_id} gets {words.money(-of.total, of.currency)} back on {day}"
    elif of.total == 0:
        charged = f"{of.license_id} is charged nothing on {day}"
    else:
        charged = f"{of.license_id} is charged {words.money(of.total, of.currency)} on {day}"
    return f"{charged}: {what_for(of)}{_compared(of)}."


def what_for(of: Explanation) -> str:
    """Say what the lines are for, in a row."""
    true_ups = [line for line in of.lines if isinstance(line, TrueUp)]
    parts = [_recurring(line, of) for line in of.lines if isinstance(line, Recurring)]
    if len(true_ups) > _EACH:
        amount = words.money(sum(line.amount for line in true_ups), of.currency)
        grown = sum(line.quantity for line in true_ups)
        parts.append(
            f"{amount} for {more(grown, true_ups[0].pricing_model)} on {len(true_ups)} days within the period"
        )
    else:
        parts += [_true_up(line, of) for line in true_ups]
    discounts = [line for line in of.lines if isinstance(line, Discount)]
    said = joined(parts)
    for line in discounts:
        off = words.money(-line.amount, of.currency)
        said = f"{said}, less the partner's {words.percent(line.rate)} ({off})"
    adjusted = _adjustments([line for line in of.lines if isinstance(line, Adjustment)], of)
    return f"{said}, and {adjusted}" if said and adjusted else said or adjusted


def reasons(of: Explanation, *, up: bool | None = None, leave_out: Collection[str] = ()) -> str:
    """Say why this invoice differs from the one before, or what raised it, or what lowered it.

    Empty if there is nothing to say.
    """
    steps = [step for step in of.bridge if step.amount and step.factor not in leave_out]
    said = [_reason(step, of) for step in steps if up is None or (step.amount > 0) == up]
    return joined([reason for reason in said if reason])


def _compared(of: Explanation) -> str:
    if of.before is None:
        return "; it is the licence's first invoice"
    difference, day = of.difference or 0, words.day(of.before.billing_date)
    if not difference:
        why = reasons(of)
        return f"; as much as on {day}" + (f", although {why}" if why else "")
    amount = words.money(abs(difference), of.currency)
    less = "more" if difference > 0 else "less"
    why, against = reasons(of, up=difference > 0), reasons(of, up=difference < 0)
    because = (f" because {why}" if why else "") + (f", although {against}" if against else "")
    return f"; {amount} {less} than on {day}{because}"


def _recurring(line: Recurring, of: Explanation) -> str:
    if not line.quantity:
        return _NOBODY[line.pricing_model]
    price = words.money(line.unit_amount, of.currency)
    each = "" if line.quantity == 1 else " each"
    counted = units(line.quantity, line.pricing_model)
    return f"{counted} at {price}{each} for {words.days(line.period_start, line.period_end)}"


def _true_up(line: TrueUp, of: Explanation) -> str:
    amount = words.money(line.amount, of.currency)
    return f"{amount} for {more(line.quantity, line.pricing_model)} from {words.day(line.date)} on"


def _adjustments(lines: list[Adjustment], of: Explanation) -> str:
    if not lines:
        return ""
    amount = sum(line.amount for line in lines)
    which = f"on {words.day(lines[0].billing_date)}" if len(lines) == 1 else _several(lines)
    said = words.money(abs(amount), of.currency)
    return f"{said} was charged too {'much' if amount < 0 else 'little'} {which}"


def _several(lines: list[Adjustment]) -> str:
    first, last = lines[0].billing_date, lines[-1].billing_date
    return f"on {len(lines)} dates from {words.day(first)} to {words.day(last)}"


def _reason(step: Step, of: Explanation) -> str:
    match step.factor:
        case "pricing_model":
            before, after = words.MODELS[str(step.before)], words.MODELS[str(step.after)]
            counts = step.counts or (0, 0)
            counted = f"{units(counts[0], str(step.before))} to {units(counts[1], str(step.after))}"
            return f"it went from {before} to {after} ({counted})"
        case "quantity":
            return _quantity(step, of)
        case "unit_amount":
            went = "rose" if int(step.after or 0) > int(step.before or 0) else "fell"
            return f"the price {went} to {words.money(int(step.after or 0), of.currency)}"
        case "plan":
            return f"the plan changed to {step.after}"
        case "billing_cycle" | "plan_and_cycle":
            return f"billing changed to {step.after}"
        case _:
            return _other_reason(step, of)


def _period(of: Explanation) -> str:
    if of.no_period is None:
        return f"a new {CYCLES[of.billing_cycle]} begins"
    inside = of.no_period == "within_period"
    if inside:
        return f"the {CYCLES[of.billing_cycle]} was charged then"
    return "the licence was cancelled" if of.no_period == "cancelled" else NO_PERIOD[of.no_period]


def _quantity(step: Step, of: Explanation) -> str:
    difference = int(step.after or 0) - int(step.before or 0)
    said = more(difference, of.pricing_model)
    there = "there is" if abs(difference) == 1 else "there are"
    who = names(step.came if difference > 0 else step.left)
    named = who and len(step.came if difference > 0 else step.left) == abs(difference)
    switched = any(other.factor == "pricing_model" for other in of.bridge)
    # the invoice before counted something else: its number is not the one that this one is more or less than
    than = f" than the {words.number(int(step.before or 0))} counted at the switch" if switched else ""
    return f"{there} {said}{than}" + (f" ({who})" if named else "")


def _other_reason(step: Step, of: Explanation) -> str:
    if step.factor == "period":
        return _period(of)
    if step.factor == "discount_rate":
        return f"the discount changed to {words.percent(str(step.after))}"
    if step.factor == "adjustments":
        adjusted = sum(isinstance(line, Adjustment) for line in of.lines)
        return "an earlier invoice is put right" if adjusted == 1 else "earlier invoices are put right"
    return _OTHERS.get(step.factor, "")
