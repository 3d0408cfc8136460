"""Explain the invoices of history lines, without a store in between, and check what must always add up."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from ledger.application.ask import Question
from ledger.events.base import LedgerEvent
from replay.explain.explaining import explained
from replay.explain.explanation import Adjustment, Discount, Explanation, Recurring, Rise, TrueUp
from replay.explain.sides import Billing
from tests.projections.frames import FramedLog, Line, framed, recorded
from tests.second_opinion.reading import Row


class Papers:
    """A history whose invoices can be explained again and again."""

    def __init__(self, lines: Sequence[Line], log: FramedLog | None = None) -> None:
        self.lines = lines
        self.log = log or framed(lines)

    @cached_property
    def _events(self) -> Mapping[int, LedgerEvent]:
        return {self.log.positions[event.id]: event for event in recorded(self.lines)}

    def read(self, positions: Collection[int]) -> Mapping[int, LedgerEvent]:
        """Give the events at some positions."""
        return {position: self._events[position] for position in positions}

    def explain(
        self, license_id: str, billing_date: date, as_of: datetime, known_at: datetime | None = None
    ) -> Explanation:
        """Explain one invoice."""
        question = Question(as_of, known_at, (license_id,))
        return explained(self.billing(question), question, billing_date, self.read)

    def explain_all(
        self, license_id: str, as_of: datetime, known_at: datetime | None = None, *, every: int = 1
    ) -> Iterator[Explanation]:
        """Explain every invoice of a licence, or every so manieth, the last one among them."""
        question = Question(as_of, known_at, (license_id,))
        billing = self.billing(question)
        dates = billing.invoices.invoices["billing_date"].to_list()
        for billing_date in dates[::-1][::every]:
            yield explained(billing, question, billing_date, self.read)

    def billing(self, question: Question) -> Billing:
        """Bill the one licence of a question."""
        log = self.log.only(question.license_ids[0])
        return Billing.of(log.history(question.known_us), question.as_of_us)


def as_row(of: Explanation) -> Row:
    """Give the invoice that is explained as `invoices` has it, made of the explanation's figures alone."""
    recurring = next((line for line in of.lines if isinstance(line, Recurring)), None)
    return {
        "license_id": of.license_id,
        "billing_date": of.billing_date.isoformat(),
        "period_start": recurring and recurring.period_start.isoformat(),
        "period_end": recurring and recurring.period_end.isoformat(),
        "pricing_model": recurring and recurring.pricing_model,
        "currency": of.currency,
        "plan": of.plan,
        "billing_cycle": of.billing_cycle,
        "lines": [{"kind": line.kind, "amount": line.amount} for line in of.lines],
        "total": of.total,
        "number": of.number,
    }


def bare(row: Row) -> Row:
    """Leave of an invoice's lines what an explanation has in common with them."""
    return row | {"lines": [{"kind": line["kind"], "amount": line["amount"]} for line in row["lines"]]}


def assert_adds_up(of: Explanation) -> None:
    """Check that lines, members, late facts and steps add up to what they explain."""
    assert of.total == sum(line.amount for line in of.lines)
    gross = 0
    for line in of.lines:
        match line:
            case Recurring():
                _check_recurring(line)
            case TrueUp():
                _check_true_up(line)
            case Discount():
                assert line.base == gross
                assert line.amount == -_rounded(line.base * _scaled(line.rate), 10**12)
            case Adjustment():
                assert line.due - line.charged == line.amount != 0
                assert sum(part.amount for part in line.now) == line.due
                assert bool(line.late) != (line.created is not None)
                assert not line.late or sum(part.amount for part in line.late) == line.amount
        gross += line.amount
    _check_bridge(of)


def _check_recurring(line: Recurring) -> None:
    assert line.amount == line.quantity * line.unit_amount
    assert sum(member.counted for member in line.members) == line.quantity
    assert len({(member.name, member.is_bot) for member in line.members}) == len(line.members)
    if line.pricing_model == "pps":
        assert (line.peak.count if line.peak else 0) == line.quantity
    if line.peak is not None:
        assert line.peak.month_from is None or line.peak.month_from <= line.peak.at <= line.peak.month_until
        assert line.peak.until is None or line.peak.at < line.peak.until


def _check_true_up(line: TrueUp) -> None:
    share = line.quantity * line.unit_amount * line.remaining_days
    assert line.amount == _rounded(share, line.period_days)
    if line.pricing_model == "pps":
        assert line.peak is not None
        assert line.peak.count == line.mark + line.quantity
        assert sum(member.counted for member in line.members) == line.peak.count
        return
    assert sum(rise.above for rise in line.rises) == line.quantity
    for rise in line.rises:
        _check_rise(rise)


def _check_rise(rise: Rise) -> None:
    assert rise.above == max(0, rise.after - max(rise.mark, rise.before))
    # who left at the same instant is not named: the count rose by those who came, less those who left
    assert len(rise.came) >= rise.after - rise.before > 0


def _check_bridge(of: Explanation) -> None:
    if of.before is None:
        assert not of.bridge
        assert not of.unchanged
        return
    assert sum(step.amount for step in of.bridge) == of.difference
    factors = [step.factor for step in of.bridge]
    assert len(set(factors)) == len(factors)
    assert not set(factors) & {same.factor for same in of.unchanged}
    for step in of.bridge:
        if step.factor == "quantity":
            assert len(step.came) - len(step.left) == int(step.after or 0) - int(step.before or 0)
        if step.factor == "pricing_model":
            was, counted = step.counts or (0, 0)
            assert len(step.came) - len(step.left) == counted - was
            assert step.amount == (counted - was) * (step.times or 0)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _scaled(rate: str) -> int:
    whole, _, decimals = rate.partition(".")
    return int(whole + decimals.ljust(12, "0"))
