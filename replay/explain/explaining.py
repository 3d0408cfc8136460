"""Explain an invoice: every figure, the rule behind it, the events it rests on, and what changed."""

from datetime import date, datetime
from functools import partial

import polars as pl

from ledger.application.ask import Question, read_history
from ledger.application.cite_events import cite_events
from ledger.application.issued_invoices import issued_invoice
from ledger.application.ledger import Ledger
from ledger.events.facts import Fact
from ledger.events.license import LicenseCreated
from ledger.projections.history import History
from ledger.rules.instants import from_us
from ledger.rules.words import DEFAULT_TIME_ZONE
from replay.explain.explanation import Evidence, Explanation, NoPeriod, Other, Step, Unchanged
from replay.explain.lines import Lines, rate_text
from replay.explain.missing import no_invoice
from replay.explain.people import Cited, ReadEvents, people_of
from replay.explain.sides import Billing, Side, Sides, sides_of
from replay.explain.sources import sources_of
from replay.explain.steps import CYCLES, Change, steps_of


def explain_number(
    ledger: Ledger, number: str, as_of: datetime, known_at: datetime | None = None
) -> Explanation:
    """Explain the invoice issued under a number; raises InvoiceNotFound and what `explain` raises."""
    issued = issued_invoice(ledger, number)
    return explain(ledger, issued.event.license_id, issued.event.billing_date, as_of, known_at)


def explain(
    ledger: Ledger, license_id: str, billing_date: date, as_of: datetime, known_at: datetime | None = None
) -> Explanation:
    """Explain the invoice of a licence and billing date, as `invoices` shows it for the same question.

    An invoice that is issued knows what its event says; another one what was recorded by its date, and both
    no more than `known_at` (default: as_of). Raises LicenseNotFound and NoInvoiceOnDate.
    """
    question = Question(as_of, known_at, (license_id,))
    billing = Billing.of(read_history(ledger, question).history, question.as_of_us)
    return explained(billing, question, billing_date, partial(cite_events, ledger))


def explained(billing: Billing, question: Question, billing_date: date, read: ReadEvents) -> Explanation:
    """Explain one invoice of a licence that was billed for the question; `read` reads the events cited."""
    sides = sides_of(billing, billing_date)
    if sides is None:
        raise no_invoice(billing, question, billing_date)
    return _explanation(sides, question, Cited(read))


def _explanation(sides: Sides, question: Question, cited: Cited) -> Explanation:
    this, before = sides.this, sides.before
    sources, people = sources_of(sides), people_of(sides)
    ended = _cancellation(sides.history) if this.on["alive"] is False else None
    issued = _issue(sides)
    cited.want(people.positions)
    cited.want(sources.positions)
    cited.want([sides.licence["position"], this.on["cut_position"], ended, issued])
    building = Lines(sides, sources, people, cited)
    lines = building.built()
    cancelled = cited.maybe_at(ended)
    steps: tuple[Step, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    if before is not None:
        steps, unchanged = steps_of(Change(sides, before, sources, people, cited, lines, cancelled))
    through = cited.maybe_at(this.on["cut_position"])
    known_at = question.known_at or question.as_of
    period = this.period
    return Explanation(
        license_id=sides.licence["license_id"],
        billing_date=this.invoice["billing_date"],
        billing_at=from_us(this.on["at_us"]),
        as_of=question.as_of,
        known_at=known_at,
        knows_until=_knows_until(this, through, known_at),
        currency=this.invoice["currency"],
        time_zone=_zone_of(cited.at(sides.licence["position"])),
        plan=period["plan"],
        billing_cycle=CYCLES[period["months"]],
        pricing_model=period["model"],
        period_start=as_date(period["day"]),
        period_end=as_date(period["period_end"]),
        total=this.invoice["total"],
        lines=lines,
        number=this.invoice["number"],
        issued=cited.maybe_at(issued),
        knows_through=None if issued is None else through,
        partner_id=sides.licence["partner_id"],
        rate=rate_text(this.on["rate"]) if sides.licence["partner_pays"] else None,
        no_period=_no_period(this),
        ended=cancelled,
        before=None if before is None else _other(before),
        bridge=steps,
        unchanged=unchanged,
        corrected=_corrected(sides),
    )


def _zone_of(created: Evidence) -> str:
    event = created.event
    return event.time_zone if isinstance(event, LicenseCreated) else DEFAULT_TIME_ZONE


def as_date(day: int) -> date:
    """Return the date of a number of days since 1970."""
    return date.fromordinal(day + date(1970, 1, 1).toordinal())


def _other(side: Side) -> Other:
    invoice = side.invoice
    return Other(invoice["billing_date"], invoice["number"], invoice["total"])


def _no_period(this: Side) -> NoPeriod | None:
    if this.recurs:
        return None
    if not this.on["alive"]:
        return "cancelled"
    return "no_price" if this.on["starts"] else "within_period"


def _knows_until(this: Side, through: Evidence | None, known_at: datetime) -> datetime:
    """Return the instant by which everything that the invoice knows was recorded."""
    cuts = [from_us(this.on["at_us"])] if this.on["cut_us"] == this.on["at_us"] else []
    if through is not None:
        cuts.append(through.event.recorded_at)
    return min(max(cuts), known_at)


def _corrected(sides: Sides) -> tuple[Other, ...]:
    """Return the later invoices that adjust this one."""
    own = sides.this.invoice["billing_date"]
    lines = sides.invoices.lines.filter((pl.col("kind") == "adjustment") & (pl.col("date") == own))
    numbers = sides.invoices.invoices.select("billing_date", "number")
    found = lines.join(numbers, on="billing_date", maintain_order="left")
    return tuple(Other(*row) for row in found.select("billing_date", "number", "amount").iter_rows())


def _issue(sides: Sides) -> int | None:
    """Return the place of the event that issued the invoice."""
    issued = sides.history.issued.filter(pl.col("n") == sides.this.on["n"])["position"]
    return issued.item(0) if len(issued) else None


def _cancellation(history: History) -> int | None:
    found = history.changes.filter(pl.col("fact") == Fact.LICENSE_CANCELLED)["position"]
    return found.item(0) if len(found) else None
