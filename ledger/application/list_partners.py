"""List partners: their programme and terms, how many licences they have, and how many change soon."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from ledger.application.ask import Question, read_history
from ledger.application.held_models import of_read_models
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import SHORT_LOG, SOON
from ledger.application.show_statement import PartnerNotKnown
from ledger.projections.decoding import decode_terms
from ledger.projections.license_pages import standing_at
from ledger.projections.partners import partners
from ledger.projections.read_models import read_models, schema_version
from ledger.rules.instants import format_instant, from_us, to_us
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.counting import PartnerCount, count_by_partner
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.reading import read_programme


@dataclass(frozen=True)
class ListedPartner:
    """A partner; rates are decimal text, None where none is agreed on.

    `licenses` are those that are not cancelled, by pricing model, and `changing` how many of them change it
    soon; None where only a rebuild of the read models can tell.
    """

    partner_id: str
    programme: str
    registered_at: datetime
    discount_rate: str | None
    commission_rate: str | None
    licenses: dict[str, int] | None
    changing: int | None


def list_partners(ledger: Ledger, as_of: datetime, partner_id: str | None = None) -> list[ListedPartner]:
    """Return the partners, or the one that is named, by id, by all that is recorded."""
    named = None if partner_id is None else [partner_id]
    terms = decode_terms(read_programme(ledger.store, None, partner_ids=named))
    found = partners(terms, to_us(as_of))
    if partner_id is not None:
        found = found.filter(pl.col("partner_id") == partner_id)
    counted = _counts(ledger, as_of)
    return [
        ListedPartner(
            partner_id=row["partner_id"],
            programme=row["programme"],
            registered_at=from_us(row["registered_us"]),
            discount_rate=row["discount_rate"],
            commission_rate=row["commission_rate"],
            licenses=_licenses(counted, row["partner_id"]),
            changing=_changing(counted, row["partner_id"]),
        )
        for row in found.iter_rows(named=True)
    ]


def show_partner(ledger: Ledger, partner_id: str, as_of: datetime) -> ListedPartner:
    """Return one partner; raises PartnerNotKnown."""
    for one in list_partners(ledger, as_of, partner_id):
        return one
    raise PartnerNotKnown(what="partner", name=partner_id, known_at=format_instant(as_of))


def _licenses(counted: list[PartnerCount] | None, partner_id: str) -> dict[str, int] | None:
    if counted is None:
        return None
    return {one.pricing_model: one.licenses for one in counted if one.partner_id == partner_id}


def _changing(counted: list[PartnerCount] | None, partner_id: str) -> int | None:
    if counted is None:
        return None
    return sum(one.changing for one in counted if one.partner_id == partner_id)


def _counts(ledger: Ledger, as_of: datetime) -> list[PartnerCount] | None:
    """Count by the read models; by the log where there are none and it is short."""
    last, soon = ledger.store.last_recorded(), as_of + SOON
    if last is None:
        return []

    def count(models: ReadModelStore) -> list[PartnerCount] | None:
        return count_by_partner(
            models, schema_version=schema_version(), at_us=to_us(as_of), soon_us=to_us(soon)
        )

    counted = of_read_models(ledger, count)
    if counted is not None and not isinstance(counted, NotFresh):
        return counted
    if last.position > SHORT_LOG:
        return None
    read = read_history(ledger, Question(as_of, from_us(last.recorded_us)))
    steps = standing_at(
        read_models(read.history, to_us(as_of), read.names).frames()["license_step"], pl.lit(as_of)
    )
    changes = pl.col("next_pricing_model").is_not_null() & (pl.col("valid_to") <= pl.lit(soon))
    found = (
        steps.filter(pl.col("partner_id").is_not_null() & (pl.col("status") != "cancelled"))
        .group_by("partner_id", "pricing_model")
        .agg(pl.len(), changes.fill_null(value=False).sum())
        .sort("partner_id", "pricing_model")
    )
    return [PartnerCount(*row) for row in found.iter_rows()]
