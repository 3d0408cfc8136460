"""Say how billing stands: which invoice went out last, and what should have gone out by now and did not."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from ledger.application.ask import Question, read_history
from ledger.application.held_models import of_read_models
from ledger.application.issued_invoices import Issued, last_issued
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import SHORT_LOG
from ledger.projections.read_models import read_models, schema_version
from ledger.rules.instants import from_us, to_us
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.counting import count_unissued


@dataclass(frozen=True)
class Unbilled:
    """Invoices whose date has come and that are not issued, of how many licences, and the oldest date."""

    invoices: int
    licenses: int
    oldest: date | None


@dataclass(frozen=True)
class BillingStanding:
    """The invoice that was issued last (None: none yet), and what waits; None if only a rebuild can tell."""

    last: Issued | None
    unbilled: Unbilled | None


def billing_standing(ledger: Ledger, at: datetime) -> BillingStanding:
    """Return how billing stands at an instant; from the read models, or from a log that is short."""
    return BillingStanding(last_issued(ledger), _unbilled(ledger, at))


def _unbilled(ledger: Ledger, at: datetime) -> Unbilled | None:
    last = ledger.store.last_recorded()
    if last is None:
        return Unbilled(0, 0, None)
    counted = of_read_models(
        ledger, lambda models: count_unissued(models, schema_version=schema_version(), at_us=to_us(at))
    )
    if counted is not None and not isinstance(counted, NotFresh):
        return Unbilled(*counted)
    if last.position > SHORT_LOG:
        return None
    read = read_history(ledger, Question(at, from_us(last.recorded_us)))
    frame = read_models(read.history, to_us(at), read.names).frames()["invoice"]
    waiting = frame.filter(pl.col("number").is_null() & (pl.col("billing_at") <= pl.lit(at)))
    oldest = waiting["billing_date"].min()
    return Unbilled(
        waiting.height, waiting["license_id"].n_unique(), oldest if isinstance(oldest, date) else None
    )
