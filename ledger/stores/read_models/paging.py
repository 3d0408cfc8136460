"""One page of the licences that stand so and so at an instant, found by the database."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.asking import NotFresh
from ledger.stores.read_models.catalogue import State
from ledger.stores.read_models.layout import AT, physical
from ledger.stores.read_models.store import ReadModelStore, checkpoints, table_versions
from ledger.stores.read_models.transactions import Transaction

_NEEDED = ("license_step", "invoice")


@dataclass(frozen=True)
class Sought:
    """What licences are looked for at an instant; None: anything. At most `at_most`, by id after `after`.

    `text` is a part of the licence's or its partner's id, a to z in any case. `changes_by_us` says that the
    pricing model changes up to that instant.
    """

    as_of_us: int
    at_most: int
    after: str | None = None
    text: str | None = None
    partner_id: str | None = None
    pricing_model: str | None = None
    status: str | None = None
    changes_by_us: int | None = None


@dataclass(frozen=True)
class HeldPage:
    """Rows of license_step, by id, and the invoices of these licences around the instant.

    `known` is the last event that every row knows.
    """

    steps: pl.DataFrame
    invoices: pl.DataFrame
    known: LastRecorded


def read_page(
    models: ReadModelStore,
    schemas: Mapping[str, pl.Schema],
    sought: Sought,
    *,
    schema_version: str,
    invoices_since_us: int,
) -> HeldPage | NotFresh:
    """Return a page from the live versions, however far behind they are; NotFresh where they cannot answer.

    All of it is seen at one moment. Invoices are those with a billing date after `invoices_since_us`.
    """
    with models.transaction(writing=False) as work:
        live = {one.table: one for one in table_versions(work) if one.state is State.LIVE}
        for table in _NEEDED:
            if table not in live:
                return NotFresh(f"{table} is not built")
            if live[table].schema_version != schema_version:
                return NotFresh(f"{table} was built by another release")
        versions = {live[table].version for table in _NEEDED}
        parts = [one for one in checkpoints(work) if one.version in versions]
        if any(one.through_us < sought.as_of_us for one in parts):
            return NotFresh("it asks beyond their horizon")
        first = min(parts, key=lambda one: one.position)
        name = {table: work.qualified(physical(table, live[table].version)) for table in _NEEDED}
        columns = {table: ", ".join(f'"{column}"' for column in schemas[table]) for table in _NEEDED}
        instants = {"at": sought.as_of_us, "changes_by": sought.changes_by_us, "since": invoices_since_us}
        parameters = {
            "after": sought.after,
            "text": None if sought.text is None else f"%{_escaped(sought.text)}%",
            "partner_id": sought.partner_id,
            "pricing_model": sought.pricing_model,
            "status": sought.status,
            **{name: None if us is None else work.instant(us) for name, us in instants.items()},
        }
        steps = work.read(
            f"SELECT {columns['license_step']} FROM {name['license_step']} WHERE {_condition(work, sought)} "
            f"ORDER BY license_id LIMIT {sought.at_most:d}",
            parameters,
            schemas["license_step"],
        )
        among, ids = work.among(steps["license_id"].to_list())
        invoices = work.read(
            f"SELECT {columns['invoice']} FROM {name['invoice']} "
            f"WHERE license_id {among} AND billing_at > :since",
            {**parameters, "ids": ids},
            schemas["invoice"],
        )
    return HeldPage(steps, invoices, LastRecorded(first.position, first.recorded_us))


def _condition(work: Transaction, sought: Sought) -> str:
    conditions = [AT["license_step"]]
    if sought.after is not None:
        conditions.append("license_id > :after")
    if sought.text is not None:
        conditions.append(f"({work.contains('license_id')} OR {work.contains('partner_id')})")
    conditions += [
        f"{column} = :{column}"
        for column in ("partner_id", "pricing_model", "status")
        if getattr(sought, column) is not None
    ]
    if sought.changes_by_us is not None:
        conditions.append("next_pricing_model IS NOT NULL AND valid_to <= :changes_by")
    return " AND ".join(conditions)


def _escaped(text: str) -> str:
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    return text
