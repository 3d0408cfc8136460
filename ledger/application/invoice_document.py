"""Gather what an invoice's document says: the invoice itself, who pays, how it was counted, what changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import polars as pl
from pydantic import TypeAdapter

from ledger.application.invoice_basis import Basis, months_between, read_basis
from ledger.application.issued_invoices import Issued, issued_invoice
from ledger.application.ledger import Ledger
from ledger.events.facts import Fact
from ledger.events.license import AgentCreated, AgentDeleted
from ledger.events.paper import AdjustmentLine, InvoiceLine, RecurringLine, TrueUpLine
from ledger.events.streams import license_stream
from ledger.projections.counted import counted
from ledger.rules.calendar import add_months, first_instant, local_date
from ledger.rules.errors import NotFound
from ledger.rules.instants import EPOCH, from_us, to_us
from ledger.rules.words import BillingCycle, Payer, PricingModel, Role

_LINES: TypeAdapter[list[InvoiceLine]] = TypeAdapter(list[InvoiceLine])
_OF_OWNERS = (Fact.AGENT_CREATED, Fact.COMPLIMENTARY_AGENT_CREATED, Fact.AGENT_DELETED)
# what is charged under a model, as a column of `counted`
_FIGURE = {PricingModel.PPS: "peak_pps", PricingModel.PPA: "ppa", PricingModel.PPU: "ppu"}


class NothingToInvoice(NotFound):
    """Raised for a day on which a licence has no invoice."""

    code = "nothing_to_invoice"
    template = "Licence {license_id!r} has no invoice for {billing_date}, as known then."
    hint = "`license-ledger invoices --license ID` shows the days that have one."


@dataclass(frozen=True)
class PayerOf:
    """Who pays, as the ledger knows them: the partner, or the licence itself."""

    payer_id: str
    kind: Payer
    email: str | None


@dataclass(frozen=True)
class Counted:
    """What was counted for a line: over a month for seats, at its end for accounts and users.

    `quantity` is the count that was charged; for seats `peak_at` is the first instant at which it was
    reached, None if nobody sat. `agents` (who are active), `suspended` and `chatbots` are the accounts then;
    for seats the agents are those who held one.
    """

    pricing_model: PricingModel
    from_at: datetime
    to_at: datetime
    quantity: int
    agents: int
    suspended: int
    chatbots: int
    peak_at: datetime | None


@dataclass(frozen=True)
class ModelChange:
    """The pricing model that was in force before this invoice's period and the one that is now.

    `on` is the day of the cutover that made the change, None if the licence was switched without one.
    """

    before: PricingModel
    after: PricingModel
    since: date
    on: date | None


@dataclass(frozen=True)
class InvoiceDocument:
    """Everything that an invoice's document says. Money in minor units, periods half-open.

    `number` and `issued_on` are None for a draft, `as_of` and `known_at` for an issued invoice. `corrected`
    has the numbers of the invoices that adjustments speak of, by billing date, as far as they were issued.
    """

    license_id: str
    billing_date: date
    zone: str
    currency: str
    plan: str
    billing_cycle: BillingCycle
    payer: PayerOf
    lines: tuple[InvoiceLine, ...]
    total: int
    corrected: Mapping[date, str]
    counted: Counted | None
    changed: ModelChange | None
    number: str | None = None
    issued_on: date | None = None
    as_of: datetime | None = None
    known_at: datetime | None = None

    @property
    def recurring(self) -> RecurringLine | None:
        """Return the line of the whole period; None on a date on which none begins."""
        return next((line for line in self.lines if isinstance(line, RecurringLine)), None)

    @property
    def is_credit_note(self) -> bool:
        """Tell whether money goes back (docs/rules.md §6)."""
        return self.total < 0


def invoice_document(ledger: Ledger, number: str) -> InvoiceDocument:
    """Return the document of an issued invoice, from what its own recording knew; raises InvoiceNotFound.

    The same for ever: nothing that was recorded behind the invoice is looked at.
    """
    return document_of_issued(ledger, issued_invoice(ledger, number))


def document_of_issued(ledger: Ledger, issued: Issued) -> InvoiceDocument:
    """Return the document of an issued invoice that was read already."""
    event, known_us = issued.event, to_us(issued.event.recorded_at)
    known = pl.col("position") <= issued.position
    basis = read_basis(
        ledger, event.license_id, event.billing_date, known=known, known_us=known_us, as_of_us=known_us
    )
    document = _document(ledger, basis, event.billing_date, event.lines, known_us)
    issued_on = local_date(event.effective_at, basis.created.time_zone)
    return replace(document, number=event.number, issued_on=issued_on, total=event.total)


def draft_document(
    ledger: Ledger,
    license_id: str,
    billing_date: date,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> InvoiceDocument:
    """Return what a licence's invoice of a billing date would be; the issued one if there is one by then.

    Without `as_of` the date counts as come; without `known_at` what is recorded by now counts, or by `as_of`
    if that is earlier. Raises LicenseNotFound, LicenseNotKnownYet, NothingToInvoice.
    """
    now = ledger.clock()
    known_at = known_at or min(as_of or now, now)
    known_us = to_us(known_at)
    known = pl.col("recorded_us") <= known_us
    as_of_us = to_us(as_of) if as_of else None
    basis = read_basis(ledger, license_id, billing_date, known=known, known_us=known_us, as_of_us=as_of_us)
    row = basis.row(billing_date)
    if row is None:
        raise NothingToInvoice(license_id=license_id, billing_date=str(billing_date))
    if row["number"] is not None:
        return invoice_document(ledger, row["number"])
    lines = _LINES.validate_json(json.dumps(row["lines"]))
    begins = first_instant(billing_date, basis.created.time_zone)
    document = _document(ledger, basis, billing_date, lines, known_us)
    return replace(document, as_of=as_of or max(known_at, begins), known_at=known_at)


def _document(
    ledger: Ledger, basis: Basis, billing_date: date, lines: Sequence[InvoiceLine], known_us: int
) -> InvoiceDocument:
    """Return the document but for what an issued invoice and a draft each have of their own."""
    created, row = basis.created, basis.row(billing_date)
    corrects = [line.billing_date for line in lines if isinstance(line, AdjustmentLine)]
    return InvoiceDocument(
        license_id=created.license_id,
        billing_date=billing_date,
        zone=created.time_zone,
        currency=created.currency,
        plan=created.plan if row is None else row["plan"],
        billing_cycle=BillingCycle(created.billing_cycle if row is None else row["billing_cycle"]),
        payer=_payer(ledger, basis, known_us),
        lines=tuple(lines),
        total=sum(line.amount for line in lines),
        corrected={day: basis.numbers[day] for day in corrects if day in basis.numbers},
        counted=_counted(basis, billing_date, lines),
        changed=_changed(basis, lines),
    )


def _payer(ledger: Ledger, basis: Basis, known_us: int) -> PayerOf:
    created = basis.created
    if created.payer is Payer.PARTNER and basis.partner is not None:
        return PayerOf(basis.partner.partner_id, Payer.PARTNER, basis.partner.email)
    return PayerOf(created.license_id, Payer.CLIENT, _owners_address(ledger, created.license_id, known_us))


def _owners_address(ledger: Ledger, license_id: str, known_us: int) -> str | None:
    """Return the id of the licence's first owner who is still there, if it is an address."""
    owners: dict[str, None] = {}
    for _, row in ledger.store.rows_under(license_stream(license_id), known_us):
        if row.fact not in _OF_OWNERS:
            continue
        event = ledger.store.mapper.to_domain_event(row).event
        if isinstance(event, AgentDeleted):
            owners.pop(event.agent_id, None)
        elif isinstance(event, AgentCreated) and event.role is Role.OWNER:
            owners[event.agent_id] = None
    return next((owner for owner in owners if "@" in owner), None)


def _counted(basis: Basis, billing_date: date, lines: Sequence[InvoiceLine]) -> Counted | None:
    """Return how the quantity came about; None where no line has one, or its facts give another figure."""
    line = next((line for line in lines if isinstance(line, RecurringLine)), None)
    seats = [
        line for line in lines if isinstance(line, TrueUpLine) and line.pricing_model is PricingModel.PPS
    ]
    model = line.pricing_model if line else PricingModel.PPS if seats else None
    if model is None:
        return None
    created = basis.created
    n = months_between(created.billing_anchor, billing_date)
    before = add_months(created.billing_anchor, n - 1)
    from_at = first_instant(before, created.time_zone) if n else created.effective_at
    to_at = first_instant(billing_date, created.time_zone)
    span = {"license_id": created.license_id, "from_us": to_us(from_at), "to_us": to_us(to_at)}
    found = counted(basis.facts_known, pl.DataFrame([span])).to_dicts()
    if not found or (line is not None and found[0][_FIGURE[model]] != line.quantity):
        return None
    facts, is_peak = found[0], model is PricingModel.PPS
    return Counted(
        pricing_model=model,
        from_at=from_at,
        to_at=to_at,
        quantity=facts[_FIGURE[model]],
        agents=facts["peak_pps"] - facts["peak_chatbots"] if is_peak else facts["agents_active"],
        suspended=facts["agents_suspended"],
        chatbots=facts["peak_chatbots" if is_peak else "chatbots"],
        peak_at=from_us(facts["peak_us"]) if is_peak and facts["peak_pps"] else None,
    )


def _changed(basis: Basis, lines: Sequence[InvoiceLine]) -> ModelChange | None:
    """Return the change of model between the period before and this one; None without either."""
    line = next((line for line in lines if isinstance(line, RecurringLine)), None)
    if line is None:
        return None
    before = next((row for row in basis.rows if row["period_end"] == str(line.period_start)), None)
    if before is None or before["pricing_model"] == line.pricing_model:
        return None
    since, start = (
        (day - EPOCH.date()).days for day in (date.fromisoformat(before["period_start"]), line.period_start)
    )
    cutovers = basis.history.cutovers.filter(
        (pl.col("on") > since) & (pl.col("on") <= start) & (pl.col("model") == line.pricing_model.value)
    )
    last = max(cutovers["on"].to_list(), default=None)
    on = None if last is None else EPOCH.date() + timedelta(days=last)
    return ModelChange(PricingModel(before["pricing_model"]), line.pricing_model, line.period_start, on)
