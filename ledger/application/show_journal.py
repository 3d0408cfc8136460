"""Show the books: double entry for every issued invoice and credit note, for an accounting tool."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from ledger.application.ask import DataFault, not_known
from ledger.application.issued_invoices import Issued, issued_invoices
from ledger.application.ledger import Ledger
from ledger.events.facts import Fact
from ledger.projections import books
from ledger.projections.commission import Commissions
from ledger.projections.decoding import decode_terms, issue_instants
from ledger.projections.history import History, assemble
from ledger.projections.journal import ISSUED_SCHEMA, Journal, journal
from ledger.projections.programme import Programme
from ledger.rules.instants import to_us
from ledger.stores.columns import empty_log
from ledger.stores.reading import prepared_pages, read_question

_KEPT = (
    Fact.LICENSE_CREATED,
    Fact.INVOICE_ISSUED,
    Fact.PARTNER_REGISTERED,
    Fact.PARTNER_TERMS_CHANGED,
)

_TOLD_EVERY = 500


@dataclass(frozen=True)
class Books:
    """A journal in the forms in which it is handed out; the same log gives the same bytes."""

    journal: Journal
    faults: list[DataFault]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Return one object a posting, amounts in minor units (debits positive) and dates as text."""
        text = pl.col("date", "billing_date").cast(pl.String)
        return self.journal.postings.with_columns(text).drop("total").to_dicts()

    def beancount(self) -> Iterator[str]:
        """Yield the lines of a beancount file."""
        return books.beancount(self.journal)

    def hledger(self) -> Iterator[str]:
        """Yield the lines of an hledger file."""
        return books.hledger(self.journal)


def show_journal(
    ledger: Ledger,
    *,
    since: date | None = None,
    until: date | None = None,
    license_ids: Sequence[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Books:
    """Return the books of all licences, or of some, issued on `since` or later and before `until`.

    The days are those of each licence. `progress` is told how many invoices are read. Raises
    LicenseNotFound for a licence asked for by name that is not known.
    """
    history, commissions = _read(ledger, license_ids)
    unknown = set(license_ids) - set(history.licenses["license_id"])
    if unknown:
        raise not_known(ledger, min(unknown), to_us(ledger.now()))
    issued = issued_frame(_counted(issued_invoices(ledger, license_ids=license_ids), progress))
    positions = ledger.store.positions_of(issued["known_through"].unique().to_list())
    whole = journal(history, issued, positions, commissions)
    posted = within(whole, since, until)
    return Books(posted, [_unbalanced(row) for row in posted.unbalanced.iter_rows(named=True)])


def within(whole: Journal, since: date | None, until: date | None) -> Journal:
    """Return the part of a journal from a day on and before another."""
    parts = []
    for frame in (whole.postings, whole.unbalanced):
        chosen = frame if since is None else frame.filter(pl.col("date") >= since)
        parts.append(chosen if until is None else chosen.filter(pl.col("date") < until))
    return Journal(*parts)


def issued_frame(invoices: Iterator[Issued]) -> pl.DataFrame:
    """Return issued invoices in the columns of ISSUED_SCHEMA."""
    rows = [
        (
            position,
            event.license_id,
            to_us(event.effective_at),
            event.number,
            event.billing_date,
            event.known_through,
            [
                {
                    "kind": line.kind,
                    "pricing_model": getattr(line, "pricing_model", None),
                    "amount": line.amount,
                }
                for line in event.lines
            ],
            event.total,
        )
        for event, position in invoices
    ]
    return pl.DataFrame(rows, schema=ISSUED_SCHEMA, orient="row")


def _counted(invoices: Iterator[Issued], progress: Callable[[int], None] | None) -> Iterator[Issued]:
    for count, invoice in enumerate(invoices, start=1):
        if progress is not None and count % _TOLD_EVERY == 0:
            progress(count)
        yield invoice


def _read(ledger: Ledger, license_ids: Sequence[str]) -> tuple[History, Commissions]:
    """Read who pays what, and the partners' terms; nothing that seats do."""
    if license_ids:
        log = pl.concat(read_question(ledger.store, license_ids, None))
    else:
        log = pl.concat([empty_log(), *prepared_pages(ledger.store, _terms_only)])
    terms = decode_terms(_terms_only(log))
    issued_us = issue_instants(terms)
    parties = terms.filter(pl.col("fact") != Fact.INVOICE_ISSUED)
    history = assemble(empty_log(), parties, Programme.of(parties, issued_us), {}, to_us(ledger.now()))
    return history, Commissions.of(terms, issued_us)


def _terms_only(page: pl.DataFrame) -> pl.DataFrame:
    return page.filter(pl.col("fact").is_in(_KEPT))


def _unbalanced(row: dict[str, Any]) -> DataFault:
    return DataFault(
        code="unbalanced_invoice",
        message=f"invoice {row['number']} of licence {row['license_id']} (position {row['position']}): its "
        f"lines come to {row['lines_total']} minor units of {row['currency']}, its total is {row['total']}; "
        "it is not posted",
        mend="find out which of the two the customer was sent, and post the difference by hand",
    )
