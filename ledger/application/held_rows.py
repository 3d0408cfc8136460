"""Rows for a question from the read models, where these are fresh enough; else why the log is asked."""

from collections.abc import Sequence

from ledger.application.held_models import of_read_models
from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.stores.read_models.asking import Held, NotFresh, read_held
from ledger.stores.read_models.store import ReadModelStore


def held_rows(
    ledger: Ledger, tables: Sequence[str], *, as_of_us: int, known_us: int, license_ids: Sequence[str]
) -> Held | NotFresh:
    """Return the rows of some tables that answer a question as the log would.

    That is so if the live versions are this release's and know the log to its end, the question knows all of
    the log, its as_of is within their horizon, and nobody asked for is parked. Damaged ones are warned of.
    """

    def read(models: ReadModelStore) -> Held | NotFresh:
        last = ledger.store.last_recorded()
        if last is None or known_us < last.recorded_us:
            return NotFresh("it asks what was known before the end of the log")
        return read_held(
            models,
            {table: SCHEMAS[table] for table in tables},
            schema_version=schema_version(),
            last=last,
            as_of_us=as_of_us,
            license_ids=license_ids,
        )

    return of_read_models(ledger, read)
