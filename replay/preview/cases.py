"""A licence several times over, each time with other events supposed, billed in one run of the kernel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ledger.application.ask import DataFault, LicensesLog, missing_price
from ledger.projections import canonical
from ledger.projections.decoding import decode_terms
from ledger.projections.history import History, assemble
from ledger.projections.invoices import Invoices, invoices
from ledger.projections.notices import charges
from ledger.projections.what_if import without_cutover
from ledger.stores.columns import log_of_rows
from ledger.stores.mapper import LedgerMapper
from replay.preview.deciding import Decided

Row = Mapping[str, Any]
# wide enough that cases are in the order of their numbers
_DIGITS = 6


def history_of_cases(of: LicensesLog, license_id: str, cases: Sequence[Sequence[Decided]]) -> History:
    """Return one history in which each case is a licence, numbered from 0, with its events added.

    The events stand behind all that is recorded, as rows like those that recording them would leave. `of`
    has the rows of the one licence and of nobody else.
    """
    last = max([0, *of.positions.values(), _most(of.log["position"])])
    known_us = _most(of.log["recorded_us"])
    logs, terms = [], []
    for number, decided in enumerate(cases):
        added = _rows(decided, last)
        known_us = max(known_us, _most(added["recorded_us"]))
        name = pl.lit(f"{number:0{_DIGITS}d}").alias("license_id")
        logs.append(pl.concat([of.log, added]).drop("topic", "state").with_columns(name))
        terms.append(pl.concat([of.terms, decode_terms(added)]).with_columns(name))
    return assemble(pl.concat(logs), pl.concat(terms), of.programme, of.positions, known_us)


def _most(column: pl.Series) -> int:
    most = column.max()
    return most if isinstance(most, int) else 0


def _rows(decided: Sequence[Decided], last: int) -> pl.DataFrame:
    rows = [LedgerMapper().to_stored_event(one.entry) for one in decided]
    return log_of_rows(
        [
            (
                position,
                row.license_id,
                row.subject,
                row.fact,
                row.effective_us,
                row.recorded_us,
                row.topic,
                row.state.decode(),
            )
            for position, row in enumerate(rows, start=last + 1)
        ]
    )


@dataclass(frozen=True)
class Switch:
    """The first charge under a cutover that will switch a case; `day` as text, models as their codes."""

    case: int
    cutover_id: str
    day: str
    at_us: int
    before: str
    after: str


def switches_ahead(history: History, at_us: int) -> list[Switch]:
    """Return the switches whose charge comes after an instant, by case and day."""
    rows = charges(history).filter(pl.col("charge_us") > at_us)
    return [
        Switch(*row)
        for row in rows.sort("license", "charge_us")
        .select(
            "license",
            "cutover_id",
            pl.col("charge_day").cast(pl.Int32).cast(pl.Date).cast(pl.String),
            "charge_us",
            pl.col("before").cast(pl.String),
            pl.col("after").cast(pl.String),
        )
        .iter_rows()
    ]


@dataclass(frozen=True)
class Bills:
    """The invoices of each case, by billing date (as text), and when each date comes (µs since 1970 UTC).

    Rows are those of `ask_invoices`. `faults` are the missing prices of each case, with the day they are for.
    """

    rows: Sequence[Mapping[str, Row]]
    instants: Mapping[str, int]
    faults: Sequence[Mapping[str, DataFault]]

    def total(self, case: int, day: str) -> int:
        """Return what a case is charged on a day, 0 without an invoice."""
        row = self.rows[case].get(day)
        return 0 if row is None else int(row["total"])


def bill(history: History, license_id: str, until_us: int, but_for: str | None = None) -> Bills:
    """Bill all cases up to an instant, as if the cutover `but_for` had not been announced."""
    supposed = history if but_for is None else without_cutover(history, but_for)
    billed = invoices(supposed, until_us)
    count = history.licenses.height
    rows: list[dict[str, Row]] = [{} for _ in range(count)]
    for line in canonical.invoice_lines(billed):
        row = json.loads(line)
        rows[int(row["license_id"])][row["billing_date"]] = row | {"license_id": license_id}
    instants = dict(
        billed.invoices.select(pl.col("billing_date").cast(pl.String), "billing_us").unique().iter_rows()
    )
    return Bills(rows, instants, _faults(billed, license_id, count))


def _faults(billed: Invoices, license_id: str, count: int) -> list[dict[str, DataFault]]:
    faults: list[dict[str, DataFault]] = [{} for _ in range(count)]
    for row in billed.unpriced.iter_rows(named=True):
        fault = missing_price(row | {"license_id": license_id})
        faults[int(row["license_id"])].setdefault(str(row["date"]), fault)
    return faults
