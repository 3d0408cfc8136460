"""Ask the ledger for seats, invoices or notices at any point in time, as known then or later."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ledger.aggregates.license import LicenseNotFound
from ledger.application.held_rows import held_rows
from ledger.application.ledger import Ledger
from ledger.events.streams import license_stream
from ledger.projections import canonical
from ledger.projections.accounts import Accounts, accounts_of
from ledger.projections.decoding import decode_terms, issue_instants, known_through_ids
from ledger.projections.history import History, assemble
from ledger.projections.invoices import invoices
from ledger.projections.notices import notices
from ledger.projections.programme import Programme
from ledger.projections.read_models import clashing_seats_in, invoices_in, notices_in, seats_in
from ledger.projections.seats import clashing_seats, seats
from ledger.rules.instants import format_instant, from_us, to_us
from ledger.stores.columns import empty_log
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.reading import prepared_pages, read_license, read_question


class LicenseNotKnownYet(LicenseNotFound):
    """Raised for a licence that is recorded, but later than the question knows."""

    code = "license_not_known_yet"
    template = "Licence {name!r} was not known yet at {known_at}."

    def __init__(self, name: str, known_at: datetime, recorded_at: datetime) -> None:
        """Say from which moment on it is known."""
        super().__init__(
            what="licence",
            name=name,
            known_at=format_instant(known_at),
            recorded_at=format_instant(recorded_at),
        )
        self.hint = f"Ask with a later --known-at: it was recorded at {format_instant(recorded_at)}."


@dataclass(frozen=True)
class Question:
    """What is asked: valid time, transaction time (default: the valid time), and of whom (default: all)."""

    as_of: datetime
    known_at: datetime | None = None
    license_ids: tuple[str, ...] = ()

    @property
    def as_of_us(self) -> int:
        """Return as_of in µs since 1970 UTC."""
        return to_us(self.as_of)

    @property
    def known_us(self) -> int:
        """Return known_at in µs since 1970 UTC."""
        return to_us(self.known_at or self.as_of)


@dataclass(frozen=True)
class DataFault:
    """Something recorded that keeps an answer from being whole: what it is and what would mend it."""

    code: str
    message: str
    mend: str


@dataclass(frozen=True)
class Answer:
    """Rows as canonical JSON lines in their promised order, and the data faults met on the way.

    `source` says in a sentence what was read for it; the same bytes come from either.
    """

    lines: list[str]
    faults: list[DataFault]
    source: str = ""

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the lines; equal digests are equal answers."""
        return digest_of(self.lines)


def digest_of(lines: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of lines, each with its line end."""
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line.encode() + b"\n")
    return whole.hexdigest()


@dataclass(frozen=True)
class LicensesLog:
    """What is recorded of some licences, not yet sorted into a history: see `assemble`."""

    log: pl.DataFrame
    terms: pl.DataFrame
    programme: Programme
    positions: Mapping[str, int]


@dataclass(frozen=True)
class Read:
    """What a question needs, read from the store: the history, and the seat facts' names by position."""

    history: History
    names: pl.DataFrame


def ask_seats(ledger: Ledger, question: Question) -> Answer:
    """Return the seat counts of every licence created by as_of (docs/rules.md §3).

    Raises LicenseNotFound for a licence asked for by name that is not known.
    """
    held, source = _held(ledger, question, "seat_step", "fault")
    if held is not None:
        counted, clashing = seats_in(held["seat_step"], question.as_of_us), _clashing_in(held, question)
    else:
        accounts, names = read_accounts(ledger, question)
        counted, clashing = seats(accounts, question.as_of_us), _clashing(accounts, names, question)
    return Answer(canonical.seat_lines(counted).to_list(), _seat_faults(clashing), source)


def ask_invoices(ledger: Ledger, question: Question) -> Answer:
    """Return the invoices of every billing date that has come by as_of (docs/rules.md §6)."""
    held, source = _held(ledger, question, "invoice", "invoice_line", "fault")
    if held is not None:
        billed = invoices_in(held["invoice"], held["invoice_line"], held["fault"], question.as_of_us)
        clashing = _clashing_in(held, question)
    else:
        read = read_history(ledger, question)
        billed = invoices(read.history, question.as_of_us)
        clashing = _clashing(read.history, read.names, question)
    faults = [missing_price(row) for row in billed.unpriced.iter_rows(named=True)]
    return Answer(canonical.invoice_lines(billed).to_list(), faults + _seat_faults(clashing), source)


def ask_notices(ledger: Ledger, question: Question) -> Answer:
    """Return the notices of cutovers, with their states at as_of (docs/rules.md §7)."""
    held, source = _held(ledger, question, "notice")
    if held is not None:
        announced = notices_in(held["notice"], question.as_of_us)
    else:
        announced = notices(read_history(ledger, question).history, question.as_of_us)
    return Answer(canonical.notice_lines(announced).to_list(), [], source)


def recorded_later(ledger: Ledger, question: Question) -> datetime | None:
    """Return when the log's last event was recorded, if that is after what the question knows; else None."""
    last = ledger.store.last_recorded()
    return from_us(last.recorded_us) if last is not None and last.recorded_us > question.known_us else None


QUESTIONS: Mapping[str, Callable[[Ledger, Question], Answer]] = {
    "seats": ask_seats,
    "invoices": ask_invoices,
    "notices": ask_notices,
}


def _held(ledger: Ledger, question: Question, *tables: str) -> tuple[Mapping[str, pl.DataFrame] | None, str]:
    """Return the rows of read models that answer the question, None if the log must, and which it is."""
    found = held_rows(
        ledger,
        tables,
        as_of_us=question.as_of_us,
        known_us=question.known_us,
        license_ids=question.license_ids,
    )
    if isinstance(found, NotFresh):
        return None, f"Answered from the log: {found.reason}."
    if found.unknown:
        raise LicenseNotFound(what="licence", name=min(found.unknown))
    versions = ", ".join(map(str, found.versions))
    return found.frames, f"Answered from the read models, version {versions}."


def read_history(ledger: Ledger, question: Question) -> Read:
    """Read what a question needs and no more: some licences' streams, or the log in pages."""
    store, known_us = ledger.store, question.known_us
    if question.license_ids:
        of = read_licenses(ledger, question.license_ids, known_us)
    else:
        pages = list(prepared_pages(store, _decoded, until_recorded_us=known_us)) or [_decoded(empty_log())]
        log, terms = (pl.concat(parts) for parts in zip(*pages, strict=True))
        programme = Programme.of(terms, issue_instants(terms))
        of = LicensesLog(log, terms, programme, store.positions_of(known_through_ids(terms)))
    history = assemble(of.log, of.terms, of.programme, of.positions, known_us)
    _all_known(ledger, question, history)
    return Read(history, of.log.select("position", "subject"))


def read_licenses(ledger: Ledger, license_ids: Sequence[str], known_us: int) -> LicensesLog:
    """Read what was recorded of some licences by an instant; of unknown ones there are no rows."""
    log, announced = read_question(ledger.store, license_ids, known_us)
    terms = decode_terms(log)
    programme = ledger.programme(announced, issue_instants(terms))
    return LicensesLog(log, terms, programme, ledger.store.positions_of(known_through_ids(terms)))


def read_accounts(ledger: Ledger, question: Question) -> tuple[Accounts, pl.DataFrame]:
    """Read what counting seats needs, and the seat facts' names by position: no terms, no event's state."""
    known_us = question.known_us
    if question.license_ids:
        log = read_license(ledger.store, question.license_ids, known_us)
    else:
        pages = prepared_pages(ledger.store, _narrow, until_recorded_us=known_us)
        log = pl.concat([_narrow(empty_log()), *pages])
    accounts = accounts_of(log, known_us)
    _all_known(ledger, question, accounts)
    return accounts, log.select("position", "subject")


def _all_known(ledger: Ledger, question: Question, accounts: Accounts) -> None:
    unknown = set(question.license_ids) - set(accounts.licenses["license_id"])
    if unknown:
        raise not_known(ledger, min(unknown), question.known_us)


def not_known(ledger: Ledger, license_id: str, known_us: int) -> LicenseNotFound:
    """Return why a licence is not known by an instant: it was recorded later, or never."""
    rows = ledger.store.rows_under(license_stream(license_id), None)
    if not rows:
        return LicenseNotFound(what="licence", name=license_id)
    return LicenseNotKnownYet(license_id, from_us(known_us), from_us(rows[0].row.recorded_us))


def _decoded(page: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a page without its states, and the terms in them."""
    return _narrow(page), decode_terms(page)


def _narrow(page: pl.DataFrame) -> pl.DataFrame:
    """Return a page without its states; names as codes, a fraction of their text."""
    return page.drop("topic", "state").with_columns(pl.col("license_id", "subject").cast(pl.Categorical))


def missing_price(row: Mapping[str, object]) -> DataFault:
    """Return the fault of a row of `Invoices.unpriced`."""
    key = f"{row['plan']}, {row['billing_cycle']}, {row['currency']}"
    return DataFault(
        code="missing_price",
        message=f"licence {row['license_id']}: no price is known for {key} on {row['date']}; "
        "that period is not billed",
        mend=f"publish a price for {key} effective on or before {row['date']}",
    )


def _clashing(accounts: Accounts, names: pl.DataFrame, question: Question) -> pl.DataFrame:
    clashing = clashing_seats(accounts).filter(pl.col("effective_us") <= question.as_of_us)
    if clashing.is_empty():
        return clashing
    return clashing.join(names, on="position", how="left", maintain_order="left")


def _clashing_in(held: Mapping[str, pl.DataFrame], question: Question) -> pl.DataFrame:
    return clashing_seats_in(held["fault"], question.as_of_us)


def _seat_faults(clashing: pl.DataFrame) -> list[DataFault]:
    """Return the fault of each row of license_id, subject, effective_us, position."""
    return [
        DataFault(
            code="seat_clash",
            message=(
                f"licence {row['license_id']}: agent {row['subject']} took a seat at "
                f"{format_instant(from_us(row['effective_us']))} (position {row['position']}) "
                "while not able to hold one; the seat does not count"
            ),
            mend="record the missing activation or release with its own time, or leave it as it is",
        )
        for row in clashing.iter_rows(named=True)
    ]
