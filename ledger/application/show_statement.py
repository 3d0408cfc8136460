"""Show a partner's statement of a month: invoices, discounts, commission and the reseller's margin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from ledger.aggregates.creation import PartnerNotFound
from ledger.application.ask import DataFault, Question, missing_price, read_history
from ledger.application.ledger import Ledger
from ledger.events.facts import Fact
from ledger.projections.commission import Commissions
from ledger.projections.decoding import decode_terms
from ledger.projections.statement import statement
from ledger.projections.what_if import part_of
from ledger.rules.instants import format_instant, to_us
from ledger.stores.reading import read_programme


class PartnerNotKnown(PartnerNotFound):
    """Raised for a partner who is not registered, or was not yet known at the instant asked for."""

    code = "partner_not_known"
    template = "There is no partner {name!r} in this ledger as known at {known_at}."
    hint = "Check the id, or ask with a later --known-at: the partner may have been registered after that."


@dataclass(frozen=True)
class Statement:
    """A partner's month, as asked; `rows` and `totals` as `statement` has them, dates as text."""

    partner_id: str
    programme: str
    month: date
    as_of: datetime
    known_at: datetime
    rows: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    faults: list[DataFault]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain objects that JSON can hold."""
        return {
            "partner_id": self.partner_id,
            "programme": self.programme,
            "month": f"{self.month:%Y-%m}",
            "as_of": format_instant(self.as_of),
            "known_at": format_instant(self.known_at),
            "invoices": self.rows,
            "totals": self.totals,
        }


def show_statement(
    ledger: Ledger,
    partner_id: str,
    month: date,
    as_of: datetime,
    known_at: datetime | None = None,
    *,
    license_ids: Sequence[str] = (),
) -> Statement:
    """Return the statement of the month in which the day `month` lies, as of and as known at two instants.

    A month is that of the billing dates. `license_ids` are the partner's licences known then, if somebody
    knows them: only these are read, else the whole log. Raises PartnerNotKnown.
    """
    question = Question(as_of, known_at)
    terms = decode_terms(read_programme(ledger.store, question.known_us, partner_ids=[partner_id]))
    programme = _programme(terms, partner_id, known_at or as_of)
    read = read_history(ledger, replace(question, license_ids=tuple(license_ids)))
    history = part_of(read.history, pl.col("partner_id") == partner_id)
    first = month.replace(day=1)
    commissions = Commissions.of(terms, history.issued["recorded_us"])
    rows, totals, unpriced = statement(history, commissions, question.as_of_us, first, _next_month(first))
    return Statement(
        partner_id=partner_id,
        programme=programme,
        month=first,
        as_of=as_of,
        known_at=known_at or as_of,
        rows=rows.with_columns(pl.col("billing_date").cast(pl.String)).to_dicts(),
        totals=totals.to_dicts(),
        faults=[missing_price(row) for row in unpriced.iter_rows(named=True)],
    )


def require_partner(ledger: Ledger, partner_id: str, known_at: datetime) -> str:
    """Return the programme of a partner; raises PartnerNotKnown for one not registered by an instant."""
    rows = read_programme(ledger.store, to_us(known_at), partner_ids=[partner_id])
    return _programme(decode_terms(rows), partner_id, known_at)


def _programme(terms: pl.DataFrame, partner_id: str, known_at: datetime) -> str:
    registered = terms.filter(
        (pl.col("fact") == Fact.PARTNER_REGISTERED) & (pl.col("partner_id") == partner_id)
    )
    if registered.is_empty():
        raise PartnerNotKnown(what="partner", name=partner_id, known_at=format_instant(known_at))
    return str(registered["programme"][0])


def _next_month(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
