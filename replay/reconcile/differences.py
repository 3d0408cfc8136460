"""What tells one invoice there from the one here, in parts that add up to the difference of the amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from typing import Any, Final

from ledger.rules.calendar import local_date
from ledger.rules.currencies import minor_unit_digits
from ledger.rules.money import RATE_SCALE, plain_rate, round_half_away, scaled_rate
from replay.reconcile.partner_file import PartnerInvoice

OurInvoice = Mapping[str, Any]
_A_DAY: Final = timedelta(days=1)
_PERCENT: Final = 100
_STEP, _MOST_OFF, _CLEARLY = 5, 60, 10


class Kind(StrEnum):
    """In what two invoices differ, or which of them is not there."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    UNKNOWN_LICENSE = "unknown_license"
    CURRENCY = "currency"
    STATUS = "status"
    PLAN = "plan"
    BILLING_CYCLE = "billing_cycle"
    BILLING_DATE = "billing_date"
    BILLING_DATE_ZONE = "billing_date_zone"
    QUANTITY = "quantity"
    PRICE = "price"
    DISCOUNT = "discount"
    TRUE_UP = "true_up"
    ADJUSTMENT = "adjustment"
    AMOUNT = "amount"
    ROUNDING = "rounding"


# The API gives whole units: that alone is not a difference.
NO_DIFFERENCE: Final = frozenset({Kind.ROUNDING})
_CYCLES: Final = {
    "month": "monthly", "1 month": "monthly", "year": "annual", "yearly": "annual", "annually": "annual",
    "12 months": "annual", "1 year": "annual",
}  # fmt: skip
_STANDS: Final = frozenset({"paid", "open", "pending", "due", "unpaid", "past_due", "overdue", "issued"})
VOID: Final = frozenset({"void", "voided", "cancelled", "canceled", "refunded", "failed", "uncollectible"})


class DatesIn(StrEnum):
    """In which zone the file's times without a zone are read (ADR 0021)."""

    UTC = "utc"
    LICENSE = "license"


@dataclass(frozen=True)
class Difference:
    """One thing that differs: what is said here and there, and what it does to the amount (minor units).

    `amount` is None for what moves no money; the amounts of a pair add up to there less here.
    """

    kind: Kind
    here: str | None = None
    there: str | None = None
    amount: int | None = None


def minor(amount: Decimal, currency: str) -> int | None:
    """Return an amount in minor units; None if it has a part that the currency does not have."""
    scaled = amount.scaleb(minor_unit_digits(currency))
    return int(scaled) if scaled == scaled.to_integral_value() else None


def is_void(invoice: PartnerInvoice) -> bool:
    """Tell whether an invoice there asks for nothing any more."""
    return invoice.status.casefold() in VOID


def day_there(invoice: PartnerInvoice, time_zone: str, dates_in: DatesIn) -> date:
    """Return the local day of the licence on which the invoice was made there.

    A day alone is taken as it is; a time without a zone as UTC or as the licence's own, as `dates_in` says.
    """
    stamp = invoice.stamp
    if stamp.instant is not None:
        return local_date(stamp.instant, time_zone)
    if stamp.clock is None or dates_in is DatesIn.LICENSE:
        return stamp.day
    return local_date(stamp.clock.replace(tzinfo=UTC), time_zone)


def differences(
    here: OurInvoice, there: PartnerInvoice, there_minor: int, time_zone: str, dates_in: DatesIn
) -> list[Difference]:
    """Return what differs between the two, terms first, then what explains the amounts."""
    found = [*_terms(here, there), *_dates(here, there, time_zone, dates_in)]
    if is_void(there):
        return [_void(here, there), *found]
    if any(each.kind is Kind.CURRENCY for each in found):
        return found
    return [*found, *_amounts(here, there, there_minor)]


def _void(here: OurInvoice, there: PartnerInvoice) -> Difference:
    """Return that nothing is asked for there any more."""
    return Difference(Kind.STATUS, "issued" if here["number"] else "projected", there.status, -here["total"])


def _terms(here: OurInvoice, there: PartnerInvoice) -> list[Difference]:
    found = []
    if there.currency is not None and there.currency != here["currency"]:
        found.append(Difference(Kind.CURRENCY, here["currency"], there.currency))
    if there.status.casefold() not in _STANDS and not is_void(there):
        found.append(Difference(Kind.STATUS, "issued" if here["number"] else "projected", there.status))
    if there.plan.casefold() != str(here["plan"]).casefold():
        found.append(Difference(Kind.PLAN, here["plan"], there.plan))
    cycle = there.billing_cycle.casefold()
    if _CYCLES.get(cycle, cycle) != here["billing_cycle"]:
        found.append(Difference(Kind.BILLING_CYCLE, here["billing_cycle"], there.billing_cycle))
    return found


def _dates(here: OurInvoice, there: PartnerInvoice, time_zone: str, dates_in: DatesIn) -> list[Difference]:
    ours, theirs = date.fromisoformat(here["billing_date"]), day_there(there, time_zone, dates_in)
    if ours == theirs:
        return []
    # one instant falls on two days that are neighbours, and only a time of day has a zone
    by_zone = abs(ours - theirs) == _A_DAY and (there.stamp.clock or there.stamp.instant) is not None
    kind = Kind.BILLING_DATE_ZONE if by_zone else Kind.BILLING_DATE
    return [Difference(kind, here["billing_date"], there.stamp.text)]


@dataclass(frozen=True)
class _Parts:
    """An invoice here as it would be with the seats there; all amounts in minor units."""

    recurring: int
    true_ups: int
    discount: int
    adjustments: int

    @property
    def total(self) -> int:
        return self.recurring + self.true_ups + self.discount + self.adjustments


def _amounts(here: OurInvoice, there: PartnerInvoice, there_minor: int) -> list[Difference]:
    recurring = next((line for line in here["lines"] if line["kind"] == "recurring"), None)
    found = []
    quantity = recurring["quantity"] if recurring else 0
    parts = _parts(here, quantity)
    if there.seats != quantity and recurring is not None:
        with_theirs = _parts(here, there.seats)
        moved = with_theirs.total - parts.total
        found.append(Difference(Kind.QUANTITY, str(quantity), str(there.seats), moved))
        parts = with_theirs
    rest = there_minor - parts.total
    slack = _slack(there, here["currency"])
    if abs(rest) >= slack:
        explained = _explained(here, there, parts, rest, slack)
        found += explained
        rest -= sum(each.amount or 0 for each in explained)
    if rest:
        found.append(Difference(Kind.ROUNDING, amount=rest))
    return found


def _slack(there: PartnerInvoice, currency: str) -> int:
    """Return what rounding to whole units may at most hide, and one more: 100 for dollars without cents."""
    whole = there.amount == there.amount.to_integral_value()
    return 10 ** minor_unit_digits(currency) if whole else 1


def _parts(here: OurInvoice, quantity: int) -> _Parts:
    """Return the invoice's parts with some quantity on its recurring line; its own gives its own."""
    lines: Sequence[Mapping[str, Any]] = here["lines"]
    recurring = sum(quantity * line["unit_amount"] for line in lines if line["kind"] == "recurring")
    true_ups = sum(line["amount"] for line in lines if line["kind"] == "true_up")
    rate = next((scaled_rate(line["rate"]) for line in lines if line["kind"] == "discount"), 0)
    return _Parts(
        recurring=recurring,
        true_ups=true_ups,
        discount=-round_half_away(rate * (recurring + true_ups), RATE_SCALE),
        adjustments=sum(line["amount"] for line in lines if line["kind"] == "adjustment"),
    )


def _explained(
    here: OurInvoice, there: PartnerInvoice, parts: _Parts, rest: int, slack: int
) -> list[Difference]:
    """Return what leaves less than `slack` of the rest: lines that are not there, or else another price."""
    missing = {
        Kind.DISCOUNT: -parts.discount,
        Kind.ADJUSTMENT: -parts.adjustments,
        Kind.TRUE_UP: -parts.true_ups,
    }
    lacking = {kind: amount for kind, amount in missing.items() if amount}
    for size in range(1, len(lacking) + 1):
        for kinds in combinations(lacking, size):
            if abs(rest - sum(lacking[kind] for kind in kinds)) < slack:
                return [_lacking(here, kind, lacking[kind]) for kind in kinds]
    rate = _rate_there(parts, parts.total + rest, slack)
    if rate is not None:
        return [Difference(Kind.DISCOUNT, _rate_here(here), rate, rest)]
    unit_amount = next((line["unit_amount"] for line in here["lines"] if line["kind"] == "recurring"), None)
    if unit_amount is None or not there.seats:
        return [Difference(Kind.AMOUNT, str(parts.total), str(parts.total + rest), rest)]
    # the price that gives their amount with the same discount
    price = (parts.recurring + rest * _gross(parts)) / there.seats
    if price < 0:
        return [Difference(Kind.AMOUNT, str(parts.total), str(parts.total + rest), rest)]
    return [Difference(Kind.PRICE, str(unit_amount), str(round_half_away(*price.as_integer_ratio())), rest)]


def _lacking(here: OurInvoice, kind: Kind, amount: int) -> Difference:
    """Return that lines of a kind are not in the amount there; of a discount the rates are said."""
    ours = _rate_here(here) if kind is Kind.DISCOUNT else str(-amount)
    return Difference(kind, ours, "0", amount)


def _rate_here(here: OurInvoice) -> str:
    return next((str(line["rate"]) for line in here["lines"] if line["kind"] == "discount"), "0")


def _rate_there(parts: _Parts, total: int, slack: int) -> str | None:
    """Return the discount, in steps of 5 %, that gives the total there; None if it takes another price."""
    gross = parts.recurring + parts.true_ups
    # where a step is hardly more than the rounding, any price would look like a discount
    if gross * _STEP < _CLEARLY * slack * _PERCENT:
        return None
    for percent in range(_STEP, _MOST_OFF + _STEP, _STEP):
        discount = -round_half_away(gross * percent, _PERCENT)
        if abs(gross + discount + parts.adjustments - total) < slack:
            return plain_rate(f"{Decimal(percent).scaleb(-2):f}")
    return None


def _gross(parts: _Parts) -> Fraction:
    """Return how much before the discount one unit after it is."""
    before = parts.recurring + parts.true_ups
    after = before + parts.discount
    return Fraction(before, after) if after else Fraction(1)
