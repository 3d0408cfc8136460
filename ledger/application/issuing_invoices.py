"""Issue drafted invoices in one transaction: numbers without gaps, each event decided on by its aggregate."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import NamedTuple, cast

import polars as pl

from ledger.aggregates.invoices import InvoiceContext, Invoices
from ledger.aggregates.license import License
from ledger.application.ask import DataFault, digest_of
from ledger.application.deciding import decide
from ledger.application.invoice_drafts import Drafts, Past
from ledger.application.issued_invoices import Issued
from ledger.application.ledger import Ledger
from ledger.application.recording import not_before_the_last
from ledger.application.remembering import SessionPast
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import propose
from ledger.events.entry import Entry
from ledger.events.paper import InvoiceIssued
from ledger.projections import canonical
from ledger.projections import invoices as kernel
from ledger.rules.errors import LedgerError
from ledger.rules.instants import from_us
from ledger.rules.words import SYSTEM_ACTOR
from ledger.stores.bulk import WritingSession
from ledger.stores.errors import StoreLocked, StoreUnreachable
from ledger.stores.issuing import NUMBER_DIGITS
from ledger.stores.mapper import content_of_event

_OF_THE_STORE = (StoreLocked, StoreUnreachable)


class IssuedNow(NamedTuple):
    """An invoice that was issued, with its canonical line as `invoices` prints it."""

    issued: Issued
    line: str
    currency: str


class Outcome(NamedTuple):
    """What became of drafts; `contested` are licences of which something else was recorded meanwhile."""

    issued: Sequence[IssuedNow]
    switched: int
    contested: Sequence[str]
    faults: Sequence[DataFault] = ()


def issue_drafts(
    ledger: Ledger, session: WritingSession, drafts: Drafts, license_ids: Sequence[str], series: str
) -> Outcome:
    """Record the drafts of some licences in a session that has just begun; the caller commits.

    Nothing is recorded of licences about which something was recorded behind the drafts' position, nor of
    any if the programme changed. Raises what a store does.
    """
    contested = _contested(ledger, session, drafts, license_ids)
    free = [license_id for license_id in license_ids if license_id not in contested]
    if not free:
        return Outcome((), 0, sorted(contested))
    issued, switched, faults = _Issuing(ledger, session, drafts, free).issue(series)
    return Outcome(issued, switched, sorted(contested), faults)


def _contested(
    ledger: Ledger, session: WritingSession, drafts: Drafts, license_ids: Sequence[str]
) -> frozenset[str]:
    end = session.last_recorded()
    if end is None or end.position == drafts.position:
        return frozenset()
    touched = ledger.store.following.touched(drafts.position, end.position)
    mine = frozenset(license_ids)
    return mine if touched.programme else mine & touched.license_ids


class _Issuing:
    """One transaction's worth of switches and invoices."""

    def __init__(
        self, ledger: Ledger, session: WritingSession, drafts: Drafts, license_ids: Sequence[str]
    ) -> None:
        self._ledger = ledger
        self._session = session
        self._drafts = drafts
        self._license_ids = set(license_ids)
        self._now = not_before_the_last(ledger.now(), session)
        self._faults: list[DataFault] = []

    def issue(self, series: str) -> tuple[Sequence[IssuedNow], int, Sequence[DataFault]]:
        """Return what was issued, how many switches were recorded, and who was left out."""
        switched = self._record_switches()
        numbered = self._numbered(f"{series}-{self._now.year}-")
        issued = self._issue(numbered) if numbered.invoices.height else []
        return issued, switched, self._faults

    def _record_switches(self) -> int:
        """Record the switches; a licence that refuses its own is left out and reported."""
        past, count = SessionPast(self._session), 0
        for license_id, at_us, model in self._drafts.switches:
            if license_id not in self._license_ids:
                continue
            fields: dict[str, object] = {"license_id": license_id, "pricing_model": model}
            try:
                entry = decide(self._proposed("PricingModelSwitched", from_us(at_us), fields), past)
            except _OF_THE_STORE:
                raise
            except LedgerError as refusal:
                self._leave_out(license_id, refusal)
                continue
            self._place(entry)
            count += 1
        return count

    def _numbered(self, prefix: str) -> kernel.Invoices:
        """Return the drafts that stand, with the next numbers of the series by licence and billing date."""
        stand = pl.col("license_id").is_in(list(self._license_ids))
        invoices = pl.concat(self._drafts.invoices).filter(stand).sort("license_id", "billing_date")
        lines = pl.concat(self._drafts.lines).filter(stand)
        first = 1 + self._session.last_invoice_number(prefix)
        numbers = [f"{prefix}{number:0{NUMBER_DIGITS}}" for number in range(first, first + invoices.height)]
        numbered = invoices.with_columns(number=pl.Series(numbers, dtype=pl.String))
        return kernel.Invoices(numbered, lines, unpriced=pl.DataFrame())

    def _issue(self, numbered: kernel.Invoices) -> list[IssuedNow]:
        """Record the invoices; each knows the log's last event, or what its draft says."""
        last = self._session.last_recorded()
        if last is None:
            raise AssertionError("an invoice is of a licence, and that is recorded")
        papers = _Papers(self._drafts.pasts)
        id_at = cache(self._session.event_id_at)
        issued = []
        lines = canonical.invoice_lines(numbered)
        for line, currency in zip(lines, numbered.invoices["currency"], strict=True):
            said = json.loads(line)
            cut = self._drafts.cuts.get((said["license_id"], date.fromisoformat(said["billing_date"])))
            known = last.position if cut is None else cut
            entry = papers.decide(self._event(line, said, id_at(known)), known)
            position = self._place(entry)
            issued.append(IssuedNow(Issued(cast(InvoiceIssued, entry.event), position), line, currency))
        return issued

    def _event(self, line: str, said: Mapping[str, object], known_through: str) -> InvoiceIssued:
        fields = {name: said[name] for name in ("license_id", "billing_date", "number", "lines", "total")}
        fields |= {"known_through": known_through, "digest": digest_of([line])}
        return cast(InvoiceIssued, self._proposed("InvoiceIssued", self._now, fields))

    def _proposed(self, event_type: str, at: datetime, fields: Mapping[str, object]) -> LedgerEvent:
        return propose(
            event_type,
            id=self._ledger.new_id(),
            actor=SYSTEM_ACTOR,
            effective_at=at,
            recorded_at=self._now,
            **fields,
        )

    def _place(self, entry: Entry) -> int:
        stream, version, event = entry
        return self._session.place(stream, version, content_of_event(event))

    def _leave_out(self, license_id: str, refusal: LedgerError) -> None:
        self._license_ids.discard(license_id)
        self._faults.append(
            DataFault(
                code=refusal.code,
                message=f"licence {license_id} is not billed: {refusal}",
                mend=refusal.hint or "look at the licence's log",
            )
        )


class _Papers:
    """The aggregates of issued invoices, taken up where the drafts found them."""

    def __init__(self, pasts: Mapping[str, Past]) -> None:
        self._pasts = pasts
        self._open: dict[str, tuple[Invoices, License]] = {}
        self._known: dict[str, int | None] = {}

    def decide(self, event: InvoiceIssued, known: int) -> Entry:
        """Return the invoice's place in its stream; raises what the aggregate refuses."""
        license_id = event.license_id
        past = self._pasts[license_id]
        opened = self._open.get(license_id)
        if opened is None:
            license_ = License.named(license_id)
            license_.replay(Entry(license_.id, 1, past.created))
            opened = Invoices.resumed(license_id, past.last, past.invoices_version), license_
            self._open[license_id] = opened
        context = InvoiceContext(
            license=opened[1],
            known_through=known,
            # nothing recorded by any instant that has come stands behind what the invoice knows
            last_by_instant=known,
            known_through_before=self._known.get(license_id, past.known_through),
        )
        entry = opened[0].decide(event, context)
        opened[0].collect_events()
        self._known[license_id] = known
        return entry
