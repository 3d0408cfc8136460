"""Read the money around invoices from history lines alone, licence by licence, as a second opinion."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.second_opinion.days import first_instant, local_date
from tests.second_opinion.facts import Facts, history_of
from tests.second_opinion.invoices import Books
from tests.second_opinion.licences import Licence, licences_in
from tests.second_opinion.periods import periods
from tests.second_opinion.reading import answer
from tests.second_opinion.words import Event, Log, in_order, instant_text, latest, log_of, rounded

Line = Mapping[str, Any]
Row = dict[str, Any]


class Posting(NamedTuple):
    """An amount on an account, debits positive; whose account it is stands beside its kind."""

    invoice: str
    day: date
    kind: str
    owner: str | None
    amount: int


def known_by(lines: Sequence[Line], instant: datetime) -> list[Line]:
    """Give the lines recorded by an instant."""
    return list(lines[: log_of(lines).cut_at(instant)])


def postings(lines: Sequence[Line]) -> list[Posting]:
    """Post every issued invoice, in the order of the log; the id of its event names it."""
    log = log_of(lines)
    licences = {licence.license_id: licence for licence in licences_in(log, len(lines))}
    posted: list[Posting] = []
    for event in log.events:
        if event.type == "InvoiceIssued":
            posted += _posted(log, event, licences[event.fields["license_id"]])
    return posted


def _posted(log: Log, event: Event, licence: Licence) -> Iterator[Posting]:
    name, day = event.fields["id"], local_date(event.effective_at, licence.zone)
    total = event.fields["total"]
    payer = licence.partner_id if licence.payer == "partner" else licence.license_id
    yield Posting(name, day, "receivable", payer, total)
    for line in event.fields["lines"]:
        yield Posting(name, day, line["kind"], None, -line["amount"])
    if licence.payer == "client" and licence.partner_id is not None:
        cut = log.cut_through(event.fields["known_through"])
        at = first_instant(date.fromisoformat(event.fields["billing_date"]), licence.zone)
        commission = rounded(commission_rate(log, licence.partner_id, cut, at) * total)
        if commission:
            yield Posting(name, day, "commission", None, commission)
            yield Posting(name, day, "commission", licence.partner_id, -commission)


def commission_rate(log: Log, partner_id: str, cut: int, at: datetime) -> Fraction:
    """Give the rate in force at an instant, as the first `cut` events of the log have it; 0 if none."""
    named = [
        event
        for event in log.events[:cut]
        if event.type in ("PartnerRegistered", "PartnerTermsChanged")
        and event.fields["partner_id"] == partner_id
        and event.fields.get("commission_rate") is not None
    ]
    last = latest(in_order(named), at)
    return Fraction(0) if last is None else Fraction(last.fields["commission_rate"])


def statement(
    lines: Sequence[Line], partner_id: str, month: str, as_of: datetime, known_at: datetime
) -> list[Row]:
    """Give the invoices of a partner's licences in a month: total, commission, public price, margin."""
    log = log_of(lines)
    limit = log.cut_at(known_at)
    rows: list[Row] = []
    for licence in licences_in(log, limit):
        if licence.partner_id == partner_id:
            rows += _stated(Books(log, history_of(log, licence), limit), month, as_of)
    return rows


def _stated(books: Books, month: str, as_of: datetime) -> Iterator[Row]:
    licence, cuts = books.licence, books.cuts(as_of)
    numbers = {licence.date(n).isoformat(): n for n in range(len(cuts))}
    for invoice in books.invoices(as_of):
        if not invoice["billing_date"].startswith(month):
            continue
        n = numbers[invoice["billing_date"]]
        row = {name: invoice[name] for name in ("license_id", "billing_date", "number", "currency", "total")}
        row |= {"commission": None, "public_price": None, "margin": None}
        if licence.payer == "client":
            rate = commission_rate(books.log, licence.partner_id or "", cuts[n], licence.instant(n))
            row["commission"] = rounded(rate * invoice["total"])
        else:
            recurring = [line for line in invoice["lines"] if line["kind"] == "recurring"]
            accounts = (
                books.history.facts_until(cuts[n], licence.instant(n)).counts_at(licence.instant(n)).ppa
            )
            row["public_price"] = sum(accounts * line["unit_amount"] for line in recurring)
            row["margin"] = row["public_price"] - invoice["total"]
        yield row


def redundant(lines: Sequence[Line], license_id: str, days: int, at: datetime) -> dict[str, datetime | None]:
    """Give the active agents who held no seat in the days before an instant, and when they took one last."""
    found: dict[str, datetime | None] = {}
    for agent_id, moments in _agents(lines, license_id, at).items():
        if not moments.active:
            continue
        until = at if moments.seated else moments.left_at
        if until is None or until <= at - timedelta(days=days):
            found[agent_id] = moments.took_at
    return found


class _Moments:
    """What an agent is at the moment, and when it took and left a seat last."""

    def __init__(self) -> None:
        self.active, self.seated = True, False
        self.took_at: datetime | None = None
        self.left_at: datetime | None = None

    def apply(self, event: Event) -> None:
        if event.type == "SeatTaken":
            if self.active and not self.seated:
                self.seated, self.took_at = True, event.effective_at
            return
        if self.seated:
            self.seated, self.left_at = False, event.effective_at
        if event.type != "SeatReleased":
            self.active = event.type in ("AgentCreated", "AgentActivated")


def _agents(lines: Sequence[Line], license_id: str, at: datetime) -> dict[str, _Moments]:
    agents: dict[str, _Moments] = {}
    for event in in_order(log_of(known_by(lines, at)).events):
        if event.fields.get("license_id") != license_id or event.effective_at > at:
            continue
        if event.type == "LicenseCancelled":
            return {}
        if "agent_id" not in event.fields:
            continue
        if event.type == "AgentCreated":
            before = agents.get(event.fields["agent_id"])
            agents[event.fields["agent_id"]] = _Moments()
            if before is not None:
                # the same id anew: its seats of before are still its seats
                agents[event.fields["agent_id"]].took_at = before.took_at
                agents[event.fields["agent_id"]].left_at = before.left_at
            continue
        agents.setdefault(event.fields["agent_id"], _gone()).apply(event)
    return agents


def _gone() -> _Moments:
    moments = _Moments()
    moments.active = False
    return moments


def next_charge(lines: Sequence[Line], license_id: str, at: datetime) -> tuple[date, datetime]:
    """Give the first day after an instant on which a period begins, and that day's instant."""
    log = log_of(known_by(lines, at))
    (licence,) = [found for found in licences_in(log, len(log.events)) if found.license_id == license_id]
    facts: Facts = history_of(log, licence).facts(len(log.events))
    period = next(period for period in periods(facts) if period.first_at > at)
    return period.first_date, period.first_at


def expected(lines: Sequence[Line], license_id: str, suspended: Sequence[str], at: datetime) -> int | None:
    """Give the total of the next charge if some agents were suspended at an instant; None: no invoice."""
    day, charged_at = next_charge(lines, license_id, at)
    suspensions = [
        {
            "id": f"would-be/{place}",
            "type": "AgentSuspended",
            "license_id": license_id,
            "agent_id": agent_id,
            "effective_at": instant_text(at),
            "recorded_at": instant_text(at),
        }
        for place, agent_id in enumerate(suspended)
    ]
    rows = answer([*known_by(lines, at), *suspensions], "invoices", charged_at)
    totals = [
        row["total"]
        for row in rows
        if (row["license_id"], row["billing_date"]) == (license_id, day.isoformat())
    ]
    return totals[0] if totals else None
