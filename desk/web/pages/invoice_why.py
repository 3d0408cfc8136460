"""Why an invoice is what it is: the explanation, for the invoice's page and as data beside it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict

from desk.explaining.data import as_data
from desk.explaining.telling import told
from desk.explaining.told import Told
from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.desk import Desk, TheDesk
from desk.web.pages.invoice_found import FoundInvoice, find_invoice
from desk.web.routing import Pages, View
from desk.web.times import TheTimes, Times
from desk.web.waterfall import Waterfall, waterfall
from ledger.application.accounts.access_log import note_access
from ledger.application.accounts.roles import Right
from replay.explain.explaining import explain
from replay.explain.explanation import Explanation

pages = Pages()


@dataclass(frozen=True)
class Why:
    """An explanation, the same in words, and the bridge as a drawing."""

    of: Explanation
    told: Told
    chart: Waterfall | None


class CitedEvent(View):
    """An event that something rests on: its place in the log, both times, who did it, what it says."""

    position: int
    id: str
    type: str
    effective_at: str
    recorded_at: str
    actor: str
    says: str


class OtherInvoice(View):
    """Another invoice of the licence: its total, or what it adjusts."""

    billing_date: date
    number: str | None
    amount: int


class WhyStep(View):
    """One step of the bridge; `came` and `left` are those who count now and did not, and the reverse."""

    factor: str
    says: str
    amount: int
    before: int | str | None
    after: int | str | None
    times: int | None
    counts: list[int] | None
    events: list[CitedEvent]
    came: list[dict[str, Any]]
    left: list[dict[str, Any]]


class WhyLine(View):
    """A line: its formula with the numbers, its rule, and by kind who counted and which events decided."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Literal["recurring", "true_up", "discount", "adjustment"]
    amount: int
    formula: str
    rule: dict[str, str]


class WhyView(View):
    """Why an invoice is what it is. The lines add up to the total, the bridge's steps to the difference."""

    license_id: str
    billing_date: date
    billing_at: str
    as_of: str
    known_at: str
    knows_until: str
    currency: str
    time_zone: str
    plan: str
    billing_cycle: str
    pricing_model: str
    period_start: date
    period_end: date
    answer: str
    total: int
    lines: list[WhyLine]
    number: str | None
    issued: CitedEvent | None
    knows_through: CitedEvent | None
    partner_id: str | None
    rate: str | None
    no_period: str | None
    ended: CitedEvent | None
    before: OtherInvoice | None
    difference: int | None
    bridge: list[WhyStep]
    unchanged: list[dict[str, Any]]
    corrected: list[OtherInvoice]
    remarks: list[str]
    reply: str


@pages.data(
    "/licenses/{license_id:name}/invoices/{billing_date}/why",
    may(Right.READ_INVOICES),
    summary="Explain an invoice",
    name="api_invoice_why",
)
def invoice_why(
    desk: TheDesk,
    visitor: TheVisitor,
    license_id: VisibleLicense,
    billing_date: date,
    times: TheTimes,
) -> WhyView:
    """Return why an invoice is what it is; who read it is written down."""
    why = why_of(desk, find_invoice(desk, license_id, billing_date, times), times)
    note_access(desk.accounts, visitor, "read_invoice", license_id, f"{billing_date}, why")
    return WhyView.model_validate(as_data(why.of, why.told))


def why_of(desk: Desk, found: FoundInvoice, times: Times) -> Why:
    """Explain an invoice at the times at which it was found."""
    day = date.fromisoformat(found.row["billing_date"])
    of = explain(desk.ledger, found.row["license_id"], day, found.as_of, times.known_at)
    words = told(of)
    return Why(of, words, waterfall(of, words))
