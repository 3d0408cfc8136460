"""The bridge from the invoice before, step by step, and what is the same."""

from desk import words
from desk.explaining.phrases import CYCLES, names, signed, units
from desk.explaining.told import ToldStep
from replay.explain.explanation import Explanation, Member, Step, TrueUp, Unchanged

FACTORS = {
    "pricing_model": "pricing model",
    "quantity": "quantity",
    "unit_amount": "price",
    "plan": "plan",
    "billing_cycle": "billing cycle",
    "plan_and_cycle": "plan and cycle",
    "period": "period",
    "true_ups_before": "true-ups before",
    "true_ups": "true-ups",
    "discount": "discount",
    "discount_rate": "discount rate",
    "adjustments_before": "adjustments before",
    "adjustments": "adjustments",
}
_OTHERS = {
    "true_ups_before": "those{last} were charged once",
    "discount": "on what changed above",
    "adjustments_before": "those{last} were made once",
    "adjustments": "earlier invoices put right",
}
NO_PERIOD = {
    "within_period": "no period begins on this date",
    "cancelled": "the licence is cancelled",
    "no_price": "no price is known for the period",
}


def told_step(step: Step, of: Explanation) -> ToldStep:
    """Return a step in words."""
    return ToldStep(FACTORS[step.factor], _says(step, of), signed(step.amount, of.currency), step.events)


def told_unchanged(same: Unchanged, of: Explanation) -> str:
    """Say what is the same."""
    match same.factor:
        case "pricing_model":
            return words.MODELS[str(same.value)]
        case "quantity":
            swapped = _who(same.came, same.left) if same.came or same.left else ""
            return units(int(same.value), of.pricing_model) + swapped
        case "unit_amount":
            return f"{words.money(int(same.value), of.currency)} {_each(of)}"
        case "plan":
            return f"the {same.value} plan"
        case "billing_cycle":
            return f"{same.value} billing"
        case _:
            return f"a discount of {words.percent(str(same.value))}"


def _says(step: Step, of: Explanation) -> str:
    if step.factor in ("pricing_model", "quantity", "unit_amount"):
        return _of_product(step, of)
    if step.factor in ("plan", "billing_cycle", "plan_and_cycle"):
        times = "" if step.times is None else f", × {units(step.times, of.pricing_model)}"
        return f"{step.before} → {step.after}{times}"
    return _of_others(step, of)


def _of_product(step: Step, of: Explanation) -> str:
    """Write both values of a factor, and the other factor of the product."""
    if step.factor == "unit_amount":
        before, after = (words.money(int(value or 0), of.currency) for value in (step.before, step.after))
        return f"{before} → {after} {_each(of)}, × {units(step.times or 0, of.pricing_model)}"
    price = words.money(step.times or 0, of.currency)
    if step.factor == "quantity":
        counted = f"{words.number(int(step.before or 0))} → {units(int(step.after or 0), of.pricing_model)}"
        return f"{counted}, × {price}{_who(step.came, step.left)}"
    before, after = str(step.before), str(step.after)
    counts = step.counts or (0, 0)
    counted = f"{units(counts[0], before)} → {units(counts[1], after)}, × {price}"
    return f"{words.MODELS[before]} → {words.MODELS[after]}; {counted}{_who(step.came, step.left)}"


def _of_others(step: Step, of: Explanation) -> str:
    last = "" if of.before is None else f" of {words.day(of.before.billing_date)}"
    if step.factor == "period":
        return NO_PERIOD[of.no_period] if of.no_period else f"a period of a {CYCLES[of.billing_cycle]} begins"
    if step.factor == "true_ups":
        true_ups = [line for line in of.lines if isinstance(line, TrueUp)]
        grown = units(sum(line.quantity for line in true_ups), true_ups[0].pricing_model)
        return f"{grown} above what was paid for{_who(step.came, ())}"
    if step.factor == "discount_rate":
        return f"{words.percent(str(step.before))} → {words.percent(str(step.after))}"
    return _OTHERS[step.factor].format(last=last)


def _who(came: tuple[Member, ...], left: tuple[Member, ...]) -> str:
    """Name who came and who left, in brackets, as far as they are few."""
    parts = [
        f"{sign}{names(members) or _how_many(members)}"
        for sign, members in (("+", came), ("-", left))
        if members
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _how_many(members: tuple[Member, ...]) -> str:
    bots = all(member.is_bot for member in members)
    return words.count(len(members), "ChatBot") if bots else words.number(len(members))


def _each(of: Explanation) -> str:
    return f"a {words.SHORT_UNITS[of.pricing_model]}" if of.pricing_model != "ppa" else "an account"
