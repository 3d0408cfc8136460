"""The paragraph that support can paste into a reply: plain and kind, with the same numbers."""

from collections.abc import Iterator
from itertools import groupby

from desk import words
from desk.explaining.answer import reasons
from desk.explaining.phrases import CYCLES, joined, says_when, to_the_minute, units
from replay.explain.explanation import Adjustment, Discount, Explanation, Member, Recurring, TrueUp

# each has a sentence of its own
_TOLD_ALREADY = ("pricing_model", "true_ups", "adjustments", "true_ups_before", "adjustments_before")
_ONCE = ("true_ups_before", "adjustments_before")
_NOW = {
    "ppu": "you pay for active users; suspended users and ChatBots are free",
    "ppa": "you pay for every account, suspended ones and ChatBots included",
    "pps": "you pay for the most seats that were in use at one time in the month before",
}


def reply(of: Explanation) -> str:
    """Return the paragraph."""
    return " ".join(_sentences(of))


def _sentences(of: Explanation) -> Iterator[str]:
    number = f" {of.number}" if of.number else ""
    yield f"Thank you for asking about your invoice{number} of {words.day(of.billing_date)}."
    yield _total(of)
    yield from _model(of)
    adjusted: list[Adjustment] = []
    for line in of.lines:
        match line:
            case Recurring():
                yield from _recurring(line, of)
            case TrueUp():
                yield _true_up(line, of)
            case Discount():
                off = words.money(-line.amount, of.currency)
                yield f"Your discount of {words.percent(line.rate)} takes {off} off."
            case Adjustment():
                adjusted.append(line)
    yield from _adjustments(adjusted, of)
    yield from _before(of)
    yield from _advice(of)
    yield "If anything is unclear, just write back."


def _total(of: Explanation) -> str:
    if of.total < 0:
        return f"It is a credit of {words.money(-of.total, of.currency)} in your favour."
    if of.total == 0:
        return "There is nothing to pay on it."
    return f"It comes to {words.money(of.total, of.currency)}."


def _model(of: Explanation) -> Iterator[str]:
    for step in of.bridge:
        if step.factor == "pricing_model":
            before, after = words.MODELS[str(step.before)], words.MODELS[str(step.after)]
            yield f"With it your licence went from {before} to {after}: {_NOW[str(step.after)]}."


def _recurring(line: Recurring, of: Explanation) -> Iterator[str]:
    period = words.days(line.period_start, line.period_end)
    if not line.quantity:
        yield f"{_nobody(line, of)}, so {period} costs nothing."
        return
    price, amount = words.money(line.unit_amount, of.currency), words.money(line.amount, of.currency)
    each = "" if line.quantity == 1 else " each"
    yield f"{_had(line, of)}; at {price}{each}, {period} costs {amount}."
    yield from _free(line)


def _had(line: Recurring, of: Explanation) -> str:
    day = words.day(of.billing_date)
    match line.pricing_model:
        case "pps":
            when = "since your licence began" if _is_first(line) else "in the month before"
            was = "was" if line.quantity == 1 else "were"
            most = f"At most {units(line.quantity, 'pps')} {was} in use at one time {when}"
            return f"{most}{_reached(line)}{_bots(line)}"
        case "ppa":
            return f"On {day} you had {units(line.quantity, 'ppa')}{_made_of(line.members)}"
        case _:
            return f"On {day} you had {words.count(line.quantity, 'active user')}"


def _nobody(line: Recurring, of: Explanation) -> str:
    match line.pricing_model:
        case "pps":
            when = "since your licence began" if of.before is None else "in the month before"
            return f"Nobody used a seat {when}"
        case "ppa":
            return f"On {words.day(of.billing_date)} you had no account"
        case _:
            return f"On {words.day(of.billing_date)} you had no active user"


def _bots(line: Recurring) -> str:
    bots = sum(member.counted and member.is_bot for member in line.members)
    if bots == line.quantity:
        return ", a ChatBot's" if bots == 1 else ", all of them ChatBots'"
    return f", {words.count(bots, 'ChatBot')} among them" if bots else ""


def _reached(line: Recurring) -> str:
    peak = line.peak
    return "" if peak is None or peak.at == peak.month_from else f", first on {to_the_minute(peak.at)}"


def _is_first(line: Recurring) -> bool:
    return line.peak is not None and line.peak.month_from is None


def _made_of(members: tuple[Member, ...]) -> str:
    """Say how many of the accounts are suspended or ChatBots."""
    suspended = sum(member.counted and member.why == "suspended" for member in members)
    bots = sum(member.counted and member.is_bot for member in members)
    parts = [f"{suspended} suspended"] if suspended else []
    parts += [words.count(bots, "ChatBot")] if bots else []
    return f", {joined(parts)} among them" if parts else ""


def _free(line: Recurring) -> Iterator[str]:
    """Say what was not charged."""
    free = [member for member in line.members if not member.counted]
    bots = sum(member.why == "chatbot" for member in free)
    suspended = sum(member.why == "suspended" for member in free)
    own = sum(member.why == "complimentary" for member in free)
    parts = []
    if line.pricing_model == "ppu":
        parts += [_how_many(bots, "ChatBot")] if bots else []
        parts += [_how_many(suspended, "suspended user")] if suspended else []
    elif own:
        parts = ["partner's own account" if own == 1 else f"partner's {own} own accounts"]
    if parts:
        cost = "costs" if bots + suspended + own == 1 else "cost"
        yield f"Your {joined(parts)} {cost} nothing."


def _how_many(count: int, what: str) -> str:
    return what if count == 1 else words.count(count, what)


def _true_up(line: TrueUp, of: Explanation) -> str:
    amount, day = words.money(line.amount, of.currency), words.day(line.date)
    days = f"{line.remaining_days} of {line.period_days} days"
    if line.pricing_model == "pps":
        return (
            f"In the month before {day} as many as {units(line.mark + line.quantity, 'pps')} were in use at "
            f"one time, {words.number(line.quantity)} more than you had paid for; for the {days} that are "
            f"left of your year that is {amount}."
        )
    return (
        f"On {day} your team grew by {units(line.quantity, line.pricing_model)}; for the {days} that were "
        f"left of the period that is {amount}."
    )


def _adjustments(lines: list[Adjustment], of: Explanation) -> Iterator[str]:
    """Say what came to be known late, once for all the dates that it changed."""
    for told, same in groupby(lines, key=lambda line: _told_late(line, of)):
        group = list(same)
        amount = sum(line.amount for line in group)
        money = words.money(abs(amount), of.currency)
        days = joined([words.day(line.billing_date) for line in group])
        if not told:
            are = "is" if len(group) == 1 else "are"
            began = "Your licence was entered in our books later than it began"
            yield f"{began}, so {days} {are} charged now: {money}."
            continue
        each = [_corrected(line, of) for line in group]
        put = "comes back to you here" if amount < 0 else "is added here"
        yield f"When we billed {days}, we did not know yet: {told}."
        yield f"With that, {joined(each)}; the difference of {money} {put}."


def _told_late(line: Adjustment, of: Explanation) -> str:
    if line.created is not None:
        return ""
    event = line.late[0].events[0].event
    told = says_when(event, of.currency, time=False)
    others = sum(len(each.events) for each in line.late) - 1
    return told + (f" and {words.count(others, 'other change')}" if others else "")


def _corrected(line: Adjustment, of: Explanation) -> str:
    charged, due = (words.money(value, of.currency) for value in (line.charged, line.due))
    return f"{words.day(line.billing_date)} comes to {due} instead of {charged}"


def _before(of: Explanation) -> Iterator[str]:
    if of.before is None:
        yield "It is your first invoice."
        return
    day, total = words.day(of.before.billing_date), words.money(of.before.amount, of.currency)
    why = reasons(of, leave_out=_TOLD_ALREADY)
    once = any(step.factor in _ONCE and step.amount for step in of.bridge)
    came_to = f"came to {total}" + (", with a one-off amount that does not come again" if once else "")
    if of.no_period == "within_period" and any(step.factor == "period" for step in of.bridge):
        cycle = CYCLES[of.billing_cycle]
        paid = f"{came_to}{',' if once else ''} and paid for the {cycle}"
        grown = any(isinstance(line, TrueUp) for line in of.lines)
        only = "only adds what came on top" if grown else "only puts right what was billed before"
        yield f"Your invoice before, of {day}, {paid}; this one {only}."
        return
    if not of.difference:
        yield f"That is as much as on your invoice before, of {day}."
    elif why:
        yield f"Your invoice before, of {day}, {came_to}; since then {why}."
    else:
        yield f"Your invoice before, of {day}, {came_to}."


def _advice(of: Explanation) -> Iterator[str]:
    charged = [line for line in of.lines if isinstance(line, Recurring) and line.quantity]
    for line in charged:
        until = words.day(line.period_end)
        if line.pricing_model == "ppu":
            yield f"Users whom you suspend before {until} are not charged on the invoice of that day."
        elif line.pricing_model == "ppa":
            yield f"Accounts that you delete before {until} are not charged on the invoice of that day."
