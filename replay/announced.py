"""The cutovers as known at an instant, and which of them decides the model of a new licence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import polars as pl

from ledger.aggregates.creation import CreationContext, resolve
from ledger.application.ledger import Ledger
from ledger.events.catalogue import decode
from ledger.events.facts import Fact
from ledger.events.license import LicenseDraft
from ledger.events.programme import CutoverAnnounced
from ledger.rules.errors import NotFound
from ledger.rules.instants import format_instant, from_us
from ledger.rules.words import BillingCycle, Programme, Source
from ledger.stores.reading import read_programme


class CutoverNotFound(NotFound):
    """Raised for a cutover that is not announced, or was not yet known at the instant asked for."""

    code = "cutover_not_found"
    template = "There is no cutover {name!r} in this ledger as known at {known_at}."
    hint = "Check its id, or ask with a later --known-at: it may have been announced after that."


@dataclass(frozen=True)
class Announced:
    """One cutover among all those known, which are in the order of the log."""

    cutover: CutoverAnnounced
    known: tuple[CutoverAnnounced, ...]

    def winner(self, source: Source, programme: Programme | None, created: date) -> CutoverAnnounced | None:
        """Return the cutover that sets the model of a licence created that day (docs/rules.md §4)."""
        deciding = [c for c in self.known if c.on <= created and c.covers(source, programme)]
        return sorted(deciding, key=lambda c: c.on)[-1] if deciding else None

    def model_without(self, source: Source, programme: Programme | None, created: date) -> str:
        """Return the model that a new licence of that day would get if this cutover did not exist."""
        others = [c for c in self.known if c is not self.cutover]
        at = datetime.combine(created, time(12), tzinfo=UTC)
        draft = LicenseDraft(
            id="would-be",
            actor="system",
            effective_at=at,
            recorded_at=at,
            license_id="would-be",
            source=source,
            partner_id=None if programme is None else "would-be",
            plan="any",
            billing_cycle=BillingCycle.MONTHLY,
        )
        return resolve(draft, CreationContext(programme, others)).pricing_model.value


def find_cutover(ledger: Ledger, cutover_id: str, known_us: int) -> Announced:
    """Return the cutover of that id with all that are known; raises CutoverNotFound."""
    return chosen(known_cutovers(ledger, known_us), cutover_id, known_us)


def known_cutovers(ledger: Ledger, known_us: int) -> tuple[CutoverAnnounced, ...]:
    """Return the cutovers known by an instant, in the order of the log."""
    rows = read_programme(ledger.store, known_us, partner_ids=())
    rows = rows.filter(pl.col("fact") == Fact.CUTOVER_ANNOUNCED).select("topic", "state")
    return tuple(_cutovers(rows.iter_rows()))


def chosen(known: tuple[CutoverAnnounced, ...], cutover_id: str, known_us: int) -> Announced:
    """Return the cutover of that id among those known, in the order of the log; raises CutoverNotFound."""
    for cutover in known:
        if cutover.cutover_id == cutover_id:
            return Announced(cutover, known)
    raise CutoverNotFound(what="cutover", name=cutover_id, known_at=format_instant(from_us(known_us)))


def _cutovers(rows: Iterable[tuple[str, str]]) -> Iterable[CutoverAnnounced]:
    for topic, state in rows:
        event = decode(topic, state.encode())
        if isinstance(event, CutoverAnnounced):
            yield event


def with_creation_models(announced: Announced, licenses: pl.DataFrame) -> pl.DataFrame:
    """Add decided_by, model_due and model_without to licences: source, partner_programme, created_day.

    `decided_by` is the cutover that sets the model of a licence created that day and `model_due` that model,
    both null if none does; `model_without` is the model if the replayed cutover did not exist. Asked once for
    each kind of licence and day, of the same code that decides on new licences.
    """
    kind = ["source", "partner_programme", "created_day"]
    kinds = licenses.select(kind).unique()
    answers = [_creation_models(announced, *row) for row in kinds.iter_rows()]
    schema = {"decided_by": pl.String, "model_due": pl.String, "model_without": pl.String}
    decided = kinds.hstack(pl.DataFrame(answers, schema=schema, orient="row"))
    return licenses.join(decided, on=kind, how="left", nulls_equal=True, maintain_order="left")


def _creation_models(
    announced: Announced, source_name: str, programme_name: str | None, created_day: int
) -> tuple[str | None, str | None, str]:
    source = Source(source_name)
    programme = None if programme_name is None else Programme(programme_name)
    created = date.fromordinal(created_day + date(1970, 1, 1).toordinal())
    winner = announced.winner(source, programme, created)
    due = (None, None) if winner is None else (winner.cutover_id, winner.pricing_model.value)
    return *due, announced.model_without(source, programme, created)
