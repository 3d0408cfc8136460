"""What an explanation says, in figures and events and without words: the desk writes the sentences.

Money is in minor units, dates and instants are as the ledger has them, a quantity is what the model counts.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from ledger.events.base import LedgerEvent

NoPeriod = Literal["within_period", "cancelled", "no_price"]


class Rule(NamedTuple):
    """Where a rule stands: the section of docs/rules.md, its heading there, and the decision behind it."""

    section: str
    heading: str
    adr: str


@dataclass(frozen=True)
class Evidence:
    """An event and its place in the log."""

    position: int
    event: LedgerEvent


@dataclass(frozen=True)
class Member:
    """An agent or a ChatBot at the moment that was counted.

    `why` is the word of `standing` that decided, or not_yet for who came later; `made_so` the event behind
    it, `seat` that of a held seat.
    """

    name: str
    is_bot: bool
    counted: bool
    why: str
    made_so: Evidence
    seat: Evidence | None = None


@dataclass(frozen=True)
class Peak:
    """The highest count of a month: when it was first reached, until when it lasted (None: to the end)."""

    count: int
    at: datetime
    until: datetime | None
    month_from: datetime | None
    month_until: datetime


@dataclass(frozen=True)
class Rise:
    """A step at which the count rose: from what to what, which mark stood then, how much was above it."""

    at: datetime
    before: int
    after: int
    mark: int
    above: int
    came: tuple[Member, ...]


@dataclass(frozen=True)
class Recurring:
    """What a period costs."""

    kind: ClassVar[str] = "recurring"
    rule: ClassVar[Rule] = Rule("6", "Own lines", "0003")

    amount: int
    pricing_model: str
    quantity: int
    unit_amount: int
    period_start: date
    period_end: date
    model_by: Evidence
    plan_by: Evidence
    cycle_by: Evidence
    price: Evidence
    members: tuple[Member, ...]
    peak: Peak | None


@dataclass(frozen=True)
class TrueUp:
    """What a rise within a period costs for the days that are left; `mark` is what was paid for before it."""

    kind: ClassVar[str] = "true_up"
    rule: ClassVar[Rule] = Rule("6", "Own lines", "0003")

    amount: int
    pricing_model: str
    date: date
    quantity: int
    unit_amount: int
    remaining_days: int
    period_days: int
    mark: int
    price: Evidence
    rises: tuple[Rise, ...]
    peak: Peak | None
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Discount:
    """What the partner does not pay: `rate` of `base`, the sum of the lines above."""

    kind: ClassVar[str] = "discount"
    rule: ClassVar[Rule] = Rule("6", "Own lines", "0006")

    amount: int
    rate: str
    base: int
    partner_id: str
    terms: Evidence


@dataclass(frozen=True)
class LatePart:
    """What one late fact changed; several share an amount only where there are very many."""

    amount: int
    events: tuple[Evidence, ...]


@dataclass(frozen=True)
class Part:
    """A line of an earlier invoice as it would be now, in figures; a discount has a rate and no unit."""

    kind: str
    amount: int
    pricing_model: str | None = None
    quantity: int | None = None
    unit_amount: int | None = None
    remaining_days: int | None = None
    period_days: int | None = None
    rate: str | None = None


@dataclass(frozen=True)
class Adjustment:
    """What an earlier billing date was charged too little or too much.

    `charged` is what the invoices before have charged for it, `due` what it comes to as this one knows, and
    `now` the lines that make that up.
    Without `late` the licence itself was not known before, and `created` is its creation.
    """

    kind: ClassVar[str] = "adjustment"
    rule: ClassVar[Rule] = Rule("6", "Adjustments", "0004")

    amount: int
    billing_date: date
    number: str | None
    charged: int
    due: int
    now: tuple[Part, ...]
    late: tuple[LatePart, ...]
    created: Evidence | None


Line: TypeAlias = Recurring | TrueUp | Discount | Adjustment


@dataclass(frozen=True)
class Step:
    """One step from the invoice before to this one: the factor that is replaced, and what that changes.

    `factor` is one of the bridge's STEPS, or plan_and_cycle for the two at once; `before` and `after` are its
    values where it has any, `times` the other factor of the product, `counts` what the invoice before counts
    under both pricing models. `came` and `left` are those who count now and did not, and the reverse.
    """

    factor: str
    amount: int
    before: int | str | None = None
    after: int | str | None = None
    times: int | None = None
    counts: tuple[int, int] | None = None
    events: tuple[Evidence, ...] = ()
    came: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Unchanged:
    """A factor that is the same as on the invoice before; a quantity may be made of others."""

    factor: str
    value: int | str
    came: tuple[Member, ...] = ()
    left: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Other:
    """Another invoice of the licence."""

    billing_date: date
    number: str | None
    amount: int


@dataclass(frozen=True)
class Explanation:
    """Why an invoice is what it is.

    `knows_until` is its knowledge cut, `knows_through` the event that it names if it is issued, `issued` that
    of its issue. `no_period` says why there is no recurring line, `ended` cites the cancellation.
    `before` is the invoice before (amount: its total), to which `bridge` leads in steps that add up to the
    difference, and `unchanged` what is the same. `corrected` are later invoices that adjust this one, with
    the amount of the adjustment. `rate` is a decimal string, None where no partner pays.
    """

    license_id: str
    billing_date: date
    billing_at: datetime
    as_of: datetime
    known_at: datetime
    knows_until: datetime
    currency: str
    time_zone: str
    plan: str
    billing_cycle: str
    pricing_model: str
    period_start: date
    period_end: date
    total: int
    lines: tuple[Line, ...]
    number: str | None = None
    issued: Evidence | None = None
    knows_through: Evidence | None = None
    partner_id: str | None = None
    rate: str | None = None
    no_period: NoPeriod | None = None
    ended: Evidence | None = None
    before: Other | None = None
    bridge: tuple[Step, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    corrected: tuple[Other, ...] = field(default=())

    @property
    def difference(self) -> int | None:
        """Return by how much the total differs from that of the invoice before; None if there is none."""
        return None if self.before is None else self.total - self.before.amount
