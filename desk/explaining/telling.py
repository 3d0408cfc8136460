"""Put an explanation into words: the one way from figures to sentences, for every screen and page."""

from collections.abc import Iterator

from desk import words
from desk.explaining.answer import answer
from desk.explaining.lines import told_line
from desk.explaining.phrases import day_and_time, signed
from desk.explaining.reply import reply
from desk.explaining.steps import NO_PERIOD, told_step, told_unchanged
from desk.explaining.told import Told
from ledger.events.paper import InvoiceIssued
from replay.explain.explanation import Explanation


def told(of: Explanation) -> Told:
    """Return an explanation in words."""
    before = of.before
    return Told(
        title=_title(of),
        day=words.day(of.billing_date),
        answer=answer(of),
        lines=tuple(told_line(line, of) for line in of.lines),
        total=words.money(of.total, of.currency),
        before="" if before is None else words.day(before.billing_date),
        before_total="" if before is None else words.money(before.amount, of.currency),
        steps=tuple(told_step(step, of) for step in of.bridge),
        difference=_difference(of),
        unchanged=tuple(told_unchanged(same, of) for same in of.unchanged),
        remarks=tuple(_remarks(of)),
        reply=reply(of),
    )


def _difference(of: Explanation) -> str:
    if of.difference is None:
        return ""
    return signed(of.difference, of.currency) if of.difference else "as much"


def _title(of: Explanation) -> str:
    kind = "credit note" if of.total < 0 else "invoice"
    number = f" {of.number}" if of.number else ""
    not_yet = "" if of.number else ", not issued yet"
    return f"{of.license_id}: {kind}{number} of {words.day(of.billing_date)}{not_yet}"


def _remarks(of: Explanation) -> Iterator[str]:
    if of.no_period is not None:
        period = words.days(of.period_start, of.period_end)
        inside = f" (it lies within {period})" if of.no_period == "within_period" else ""
        yield f"There is no recurring charge: {NO_PERIOD[of.no_period]}{inside}."
    if of.no_period == "no_price":
        terms = f"{of.plan}, {of.billing_cycle}, {of.currency}"
        yield f"To mend it, publish a price for {terms} effective on or before {of.period_start}."
    through = f" (event #{of.knows_through.position})" if of.knows_through is not None else ""
    yield f"It knows what was recorded by {day_and_time(of.knows_until)}{through}."
    for other in of.corrected:
        number = f" {other.number}" if other.number else ""
        amount = signed(other.amount, of.currency)
        yield f"Later facts correct it: {amount} on invoice{number} of {words.day(other.billing_date)}."
    paper = None if of.issued is None else of.issued.event
    if isinstance(paper, InvoiceIssued) and paper.total != of.total:
        issued, total = (words.money(amount, of.currency) for amount in (paper.total, of.total))
        yield f"It was issued as {issued}; from what it knew the ledger works out {total}."
