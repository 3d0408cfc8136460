"""Counts over all licences, made by the database: what waits to be issued, and whose licences there are."""

from datetime import date
from typing import NamedTuple

from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.layout import AT, physical
from ledger.stores.read_models.store import ReadModelStore, checkpoints, table_versions
from ledger.stores.read_models.transactions import Transaction


class Unissued(NamedTuple):
    """How many invoices have no number though their date has come, of how many licences, since when."""

    invoices: int
    licenses: int
    oldest: date | None


class PartnerCount(NamedTuple):
    """How many licences a partner has that are not cancelled, on which model, and how many change it soon."""

    partner_id: str
    pricing_model: str
    licenses: int
    changing: int


def count_unissued(models: ReadModelStore, *, schema_version: str, at_us: int) -> Unissued | None:
    """Count from the live version, however far behind it is; None where it cannot answer."""
    with models.transaction(writing=False) as work:
        name = _live(work, "invoice", schema_version, at_us)
        if name is None:
            return None
        ((invoices, licenses, oldest),) = work.run(
            f"SELECT count(*), count(DISTINCT license_id), min(billing_date) FROM {name} "
            f"WHERE number IS NULL AND {AT['invoice']}",
            {"at": work.instant(at_us)},
        )
    # SQLite has no dates
    return Unissued(invoices, licenses, date.fromisoformat(oldest) if isinstance(oldest, str) else oldest)


def count_by_partner(
    models: ReadModelStore, *, schema_version: str, at_us: int, soon_us: int
) -> list[PartnerCount] | None:
    """Count from the live version, however far behind it is, by partner and model; None where it cannot."""
    with models.transaction(writing=False) as work:
        name = _live(work, "license_step", schema_version, at_us)
        if name is None:
            return None
        rows = work.run(
            "SELECT partner_id, pricing_model, count(*), "
            "sum(CASE WHEN next_pricing_model IS NOT NULL AND valid_to <= :soon THEN 1 ELSE 0 END) "
            f"FROM {name} WHERE {AT['license_step']} AND partner_id IS NOT NULL "
            "AND status <> 'cancelled' GROUP BY partner_id, pricing_model ORDER BY partner_id, pricing_model",
            {"at": work.instant(at_us), "soon": work.instant(soon_us)},
        )
    return [PartnerCount(partner_id, model, many, int(soon)) for partner_id, model, many, soon in rows]


def _live(work: Transaction, table: str, schema_version: str, at_us: int) -> str | None:
    live = [one for one in table_versions(work) if one.table == table and one.state is State.LIVE]
    if not live or live[0].schema_version != schema_version:
        return None
    parts = [one for one in checkpoints(work) if one.version == live[0].version]
    if any(one.through_us < at_us for one in parts):
        return None
    return work.qualified(physical(table, live[0].version))
