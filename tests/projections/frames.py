"""Put history lines in front of the kernel as a store would, without a database in between."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Any, cast

import polars as pl

from ledger.aggregates.creation import CreationContext
from ledger.aggregates.license import License
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import encode, parse_line, topic_of
from ledger.events.facts import SEAT_FACTS_END
from ledger.events.license import LicenseCreated, LicenseDraft
from ledger.events.programme import CutoverAnnounced, PartnerRegistered
from ledger.events.streams import license_stream
from ledger.projections import canonical
from ledger.projections.decoding import decode_terms, issue_instants, known_through_ids
from ledger.projections.history import History, assemble
from ledger.projections.invoices import Invoices, invoices
from ledger.projections.notices import notices
from ledger.projections.programme import Programme
from ledger.projections.seats import clashing_seats, seats
from ledger.rules.instants import to_us
from ledger.rules.words import Programme as PartnerProgramme
from ledger.stores.columns import LOG_SCHEMA
from tests.second_opinion.reading import Ask

Line = Mapping[str, Any]
Row = dict[str, Any]
_MOST_SKIPPED = 5


@dataclass(frozen=True)
class FramedLog:
    """A log in columns, and what its ids stand at; questions go to the kernel's own functions."""

    rows: pl.DataFrame
    positions: Mapping[str, int]

    def shuffled(self, seed: int) -> "FramedLog":
        """Return the same rows in another order, which must not matter."""
        return replace(self, rows=self.rows.sample(fraction=1.0, shuffle=True, seed=seed))

    def coded(self) -> "FramedLog":
        """Return the same rows with names as codes, the way a whole log is read."""
        return replace(
            self, rows=self.rows.with_columns(pl.col("license_id", "subject").cast(pl.Categorical))
        )

    def only(self, license_id: str) -> "FramedLog":
        """Return the licence's own rows and the programme's."""
        mine = pl.col("license_id").is_null() | (pl.col("license_id") == license_id)
        return replace(self, rows=self.rows.filter(mine))

    @cached_property
    def terms(self) -> pl.DataFrame:
        """Decode the rows that carry terms, once."""
        return decode_terms(self.rows)

    def history(self, known_us: int) -> History:
        """Assemble what is known at an instant (µs since 1970)."""
        terms = self.terms
        programme = Programme.of(terms.filter(pl.col("recorded_us") <= known_us), issue_instants(terms))
        named = {name: self.positions[name] for name in known_through_ids(terms)}
        return assemble(self.rows, terms, programme, named, known_us)

    def at(self, as_of: datetime, known_at: datetime | None = None) -> "Asked":
        """Ask at a pair of instants; known_at defaults to as_of."""
        return Asked(self.history(to_us(known_at or as_of)), to_us(as_of))

    def ask(self, ask: Ask, as_of: datetime, known_at: datetime | None = None) -> list[Row]:
        """Answer one question in the rows that the ledger prints."""
        return self.at(as_of, known_at).rows(ask)


@dataclass(frozen=True)
class Asked:
    """One history asked at one instant (µs since 1970)."""

    history: History
    as_of_us: int

    @cached_property
    def invoices(self) -> Invoices:
        """Make the invoices, once for rows and faults."""
        return invoices(self.history, self.as_of_us)

    def lines(self, ask: Ask) -> list[str]:
        """Answer in canonical JSON lines."""
        if ask == "seats":
            return canonical.seat_lines(seats(self.history, self.as_of_us)).to_list()
        if ask == "invoices":
            return canonical.invoice_lines(self.invoices).to_list()
        return canonical.notice_lines(notices(self.history, self.as_of_us)).to_list()

    def rows(self, ask: Ask) -> list[Row]:
        """Answer in dicts, read back from the canonical lines."""
        return [json.loads(line) for line in self.lines(ask)]

    def missing_prices(self) -> list[Row]:
        """Give the periods without a price, dates as text."""
        return self.invoices.unpriced.with_columns(pl.col("date").cast(pl.String)).to_dicts()

    def clashing_positions(self) -> list[int]:
        """Give where the SeatTaken without effect stand, as far as a seats question sees them."""
        found = clashing_seats(self.history).filter(pl.col("effective_us") <= self.as_of_us)
        return found["position"].to_list()


def framed(lines: Sequence[Line], spaced_by: int | None = None) -> FramedLog:
    """Turn history lines, in recorded order, into the log's columns.

    Positions are 1, 2, 3, … or, with the seed `spaced_by`, have gaps. No lines give a log without rows.
    """
    events = recorded(lines)
    positions = _positions(len(events), spaced_by)
    rows = [_row(position, event) for position, event in zip(positions, events, strict=True)]
    ids = [event.id for event in events]
    return FramedLog(
        pl.DataFrame(rows, schema=LOG_SCHEMA, orient="row"), dict(zip(ids, positions, strict=True))
    )


def recorded(lines: Sequence[Line]) -> list[LedgerEvent]:
    """Read the lines as import would, each new licence completed by its aggregate from those before it."""
    programmes: dict[str, PartnerProgramme] = {}
    cutovers: list[CutoverAnnounced] = []
    events: list[LedgerEvent] = []
    for line in lines:
        event = parse_line(json.dumps(line))
        if isinstance(event, PartnerRegistered):
            programmes[event.partner_id] = event.programme
        elif isinstance(event, CutoverAnnounced):
            cutovers.append(event)
        elif isinstance(event, LicenseDraft):
            event = completed(event, CreationContext(programmes.get(event.partner_id or ""), tuple(cutovers)))
        events.append(event)
    return events


def completed(draft: LicenseDraft, context: CreationContext) -> LicenseCreated:
    """Let the aggregate decide on a new licence."""
    aggregate = License(license_stream(draft.license_id))
    return cast(LicenseCreated, aggregate.decide(draft, context).event)


def _positions(count: int, spaced_by: int | None) -> list[int]:
    if spaced_by is None:
        return list(range(1, count + 1))
    rng = Random(spaced_by)
    return list(accumulate(rng.randint(1, _MOST_SKIPPED) for _ in range(count)))


def _row(position: int, event: LedgerEvent) -> tuple[Any, ...]:
    has_state = event.fact >= SEAT_FACTS_END
    return (
        position,
        event.license_id,
        event.subject,
        int(event.fact),
        to_us(event.effective_at),
        to_us(event.recorded_at),
        topic_of(event) if has_state else None,
        encode(event).decode() if has_state else None,
    )
