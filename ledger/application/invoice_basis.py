"""Read what stands behind one invoice: the licence, its invoices so far, and the facts that this one knew."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import polars as pl

from ledger.application.ask import not_known
from ledger.application.ledger import Ledger
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import decode
from ledger.events.license import LicenseCreated
from ledger.events.programme import PartnerRegistered
from ledger.projections import canonical
from ledger.projections.decoding import decode_terms, issue_instants, known_through_ids
from ledger.projections.history import History, assemble
from ledger.projections.invoices import invoices
from ledger.rules.calendar import add_months, first_instant
from ledger.rules.instants import to_us
from ledger.stores.reading import read_question

Row = Mapping[str, Any]
AnyEvent = TypeVar("AnyEvent", bound=LedgerEvent)


@dataclass(frozen=True)
class Basis:
    """What is known of a licence and its invoices, and apart from it what the invoice itself knew.

    `partner` is the licence's, None without one. `rows` are its invoices as `ask_invoices` gives them,
    `numbers` those of its issued invoices by billing date. `history` is all that is known, `facts_known` the
    history that the invoice was computed from, as far as facts go.
    """

    created: LicenseCreated
    partner: PartnerRegistered | None
    rows: list[Row]
    numbers: Mapping[date, str]
    history: History
    facts_known: History

    def row(self, billing_date: date) -> Row | None:
        """Return the invoice of a billing date; None if the ledger computes none."""
        return next((row for row in self.rows if row["billing_date"] == str(billing_date)), None)


def read_basis(
    ledger: Ledger,
    license_id: str,
    billing_date: date,
    *,
    known: pl.Expr,
    known_us: int,
    as_of_us: int | None = None,
) -> Basis:
    """Read a licence as far as `known` (a filter over the log's rows) and `known_us` say.

    Without `as_of_us` the billing date counts as come. Raises LicenseNotFound, LicenseNotKnownYet.
    """
    log, announced = read_question(ledger.store, (license_id,), None)
    log, announced = log.filter(known), announced.filter(known)
    created = next((event for event in _events(log, LicenseCreated)), None)
    if created is None:
        raise not_known(ledger, license_id, known_us)
    partners = _events(announced, PartnerRegistered)
    terms = decode_terms(log)
    programme = ledger.programme(announced, issue_instants(terms))
    positions = ledger.store.positions_of(known_through_ids(terms))
    history = assemble(log, terms, programme, positions, known_us)
    begins_us = to_us(first_instant(billing_date, created.time_zone))
    as_of_us = max(known_us, begins_us) if as_of_us is None else as_of_us
    cut = _knowledge_cut(history, created.billing_anchor, billing_date, begins_us)
    facts_known = assemble(log.filter(cut), terms.filter(cut), programme, positions, known_us)
    return Basis(
        created=created,
        partner=next((partner for partner in partners if partner.partner_id == created.partner_id), None),
        rows=[json.loads(line) for line in canonical.invoice_lines(invoices(history, as_of_us))],
        numbers=_numbers(history, created.billing_anchor),
        history=history,
        facts_known=facts_known,
    )


def _events(rows: pl.DataFrame, kind: type[AnyEvent]) -> Iterator[AnyEvent]:
    chosen = rows.filter(pl.col("fact") == kind.fact_code).sort("position")
    for topic, state in chosen.select("topic", "state").iter_rows():
        event = decode(topic, state)
        if isinstance(event, kind):
            yield event


def _knowledge_cut(history: History, anchor: date, billing_date: date, begins_us: int) -> pl.Expr:
    """Tell which rows the invoice knew (docs/rules.md §6); else it is what its date's instant did."""
    positions: dict[int, int] = dict(history.issued.select("n", "cut_position").iter_rows())
    n = months_between(anchor, billing_date)
    if n in positions:
        return pl.col("position") <= positions[n]
    before = max((position for issued, position in positions.items() if issued < n), default=-1)
    return (pl.col("recorded_us") <= begins_us) | (pl.col("position") <= before)


def _numbers(history: History, anchor: date) -> dict[date, str]:
    return {add_months(anchor, n): number for n, number in history.issued.select("n", "number").iter_rows()}


def months_between(anchor: date, billing_date: date) -> int:
    """Return the index n of a billing date D_n."""
    return (billing_date.year - anchor.year) * 12 + billing_date.month - anchor.month
