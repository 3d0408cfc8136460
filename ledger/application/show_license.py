"""Show a licence whole: how it stands, its counts over time, invoices, notices and what comes next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import Question, Read, read_history
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import ListedLicense
from ledger.events.license import LicenseCreated
from ledger.events.streams import license_stream
from ledger.projections import canonical
from ledger.projections.license_pages import license_rows, standing_at
from ledger.projections.read_models import ReadModels, invoices_in, notices_in, read_models, seats_in
from ledger.rules.instants import LAST_YEAR, format_instant, to_us

# The next charge of a licence that pays once a year is within it.
_AHEAD = timedelta(days=400)
_LAST = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)
Row = Mapping[str, Any]


class LicenseNotCreatedYet(LicenseNotFound):
    """Raised for a licence that is known, and created later than the instant that is asked about."""

    code = "license_not_created_yet"
    template = "Licence {name!r} was created at {created_at}, after the moment that is asked about."
    hint = "Ask about a later moment."


@dataclass(frozen=True)
class SeatStep:
    """The three counts in a stretch of time, `until` excluded (None: it lasts)."""

    since: datetime
    until: datetime | None
    ppa: int
    pps: int
    ppu: int


@dataclass(frozen=True)
class TermsStep:
    """Status and terms in a stretch of time, `until` excluded (None: it lasts)."""

    since: datetime
    until: datetime | None
    status: str
    plan: str
    billing_cycle: str
    pricing_model: str


@dataclass(frozen=True)
class LicenseSheet:
    """All that a page about a licence says at an instant, as known at another.

    `counts`, `invoices`, `next_invoice` and `notices` are rows of the questions of those names; invoices are
    those whose date has come, `next_invoice` what is expected next if nothing more happens. The steps are all
    that is known, of later instants as well.
    """

    summary: ListedLicense
    created_at: datetime
    time_zone: str
    billing_anchor: date
    counts: Row
    invoices: tuple[Row, ...]
    next_invoice: Row | None
    notices: tuple[Row, ...]
    seat_steps: tuple[SeatStep, ...]
    terms_steps: tuple[TermsStep, ...]


def show_license(
    ledger: Ledger, license_id: str, *, as_of: datetime, known_at: datetime | None = None
) -> LicenseSheet:
    """Return a licence's sheet; raises LicenseNotFound, LicenseNotKnownYet and LicenseNotCreatedYet."""
    return sheet_of(ledger, Question(as_of, known_at, (license_id,)))


def sheet_of(ledger: Ledger, question: Question) -> LicenseSheet:
    """Return the sheet of the one licence that a question is about."""
    read = read_history(ledger, question)
    (license_id,) = question.license_ids
    as_of = question.as_of
    frames = read_models(read.history, to_us(min(as_of + _AHEAD, _LAST)), read.names)
    standing = standing_at(frames.license_step, pl.lit(as_of))
    created = creation_of(ledger, license_id)
    if standing.is_empty():
        raise LicenseNotCreatedYet(
            what="licence", name=license_id, created_at=format_instant(created.effective_at)
        )
    summary = license_rows(standing, frames.invoice, as_of).row(0, named=True)
    expected = _expected(frames, as_of)
    if expected is not None:
        summary |= {
            "next_charge": expected["total"],
            "next_charge_date": date.fromisoformat(expected["billing_date"]),
        }
    return LicenseSheet(
        summary=ListedLicense(**summary),
        created_at=created.effective_at,
        time_zone=created.time_zone,
        billing_anchor=created.billing_anchor,
        counts=_rows(canonical.seat_lines(seats_in(frames.seat_step, question.as_of_us)))[0],
        invoices=_billed(frames, as_of),
        next_invoice=expected,
        notices=_rows(canonical.notice_lines(notices_in(frames.notice, question.as_of_us))),
        seat_steps=tuple(
            SeatStep(*row)
            for row in frames.seat_step.select("valid_from", "valid_to", "ppa", "pps", "ppu").iter_rows()
        ),
        terms_steps=_terms_steps(frames.license_step),
    )


def creation_of(ledger: Ledger, license_id: str) -> LicenseCreated:
    """Return how a licence came to be, by all that is recorded; raises LicenseNotFound."""
    stored = ledger.store.recorder.select_events(license_stream(license_id), limit=1)
    events = [ledger.store.mapper.to_domain_event(event).event for event in stored]
    for event in events:
        if isinstance(event, LicenseCreated):
            return event
    raise LicenseNotFound(what="licence", name=license_id)


def expected_invoice(read: Read, after: datetime) -> Row | None:
    """Return the first invoice after an instant, as it would be if nothing more happened; None if none comes.

    For histories of one licence.
    """
    return _expected(read_models(read.history, to_us(min(after + _AHEAD, _LAST)), read.names), after)


def _expected(frames: ReadModels, after: datetime) -> Row | None:
    coming = frames.invoice.filter(pl.col("billing_at") > pl.lit(after))["billing_at"].min()
    return _billed(frames, coming)[-1] if isinstance(coming, datetime) else None


def _billed(frames: ReadModels, as_of: datetime) -> tuple[Row, ...]:
    billed = invoices_in(frames.invoice, frames.invoice_line, frames.fault, to_us(as_of))
    return _rows(canonical.invoice_lines(billed))


def _terms_steps(license_step: pl.DataFrame) -> tuple[TermsStep, ...]:
    columns = ("valid_from", "valid_to", "status", "plan", "billing_cycle", "pricing_model")
    return tuple(TermsStep(*row) for row in license_step.select(columns).iter_rows())


def _rows(lines: pl.Series) -> tuple[Row, ...]:
    return tuple(json.loads(line) for line in lines)
