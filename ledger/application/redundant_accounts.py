"""Find the accounts that nobody uses, and what suspending them before the next charge saves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from ledger.application.ask import DataFault, Question, missing_price, read_history
from ledger.application.ledger import Ledger
from ledger.projections.redundant import redundant
from ledger.rules.instants import from_us, to_us


@dataclass(frozen=True)
class RedundantAgent:
    """An active agent without a recent seat; `saves_minor` is None where the licence has no next charge."""

    agent_id: str
    last_seat_at: datetime | None
    saves_minor: int | None


@dataclass(frozen=True)
class RedundantAccounts:
    """A licence's redundant agents and its next charge, as it is and with all of them suspended.

    Amounts are in minor units of `currency` and None where no invoice will be made on `charge_date`; a
    cancelled licence has no charge date and no agents. `fault` says which price the charge lacks.
    """

    license_id: str
    currency: str | None
    charge_date: date | None
    agents_active: int
    expected_minor: int | None
    without_minor: int | None
    saves_minor: int | None
    agents: tuple[RedundantAgent, ...]
    fault: DataFault | None = None


def redundant_accounts(
    ledger: Ledger, license_ids: Sequence[str], days: int, at: datetime
) -> list[RedundantAccounts]:
    """Return for each licence (none named: for all) its agents who held no seat in `days` days before `at`.

    By license_id; as known at `at`. Raises LicenseNotFound for a name that is not known then.
    """
    read = read_history(ledger, Question(at, None, tuple(license_ids)))
    found = redundant(read.history, days, to_us(at))
    named = found.agents.join(read.names, on="position", how="left", maintain_order="left")
    agents: dict[str, list[RedundantAgent]] = {}
    for license_id, last_seat_us, saves, subject in named.select(
        "license_id", "last_seat_us", "saves", pl.col("subject").cast(pl.String)
    ).iter_rows():
        last = None if last_seat_us is None else from_us(last_seat_us)
        agents.setdefault(license_id, []).append(RedundantAgent(subject, last, saves))
    alive = {row["license_id"]: row for row in found.licenses.iter_rows(named=True)}
    faults = {row["license_id"]: missing_price(row) for row in found.unpriced.iter_rows(named=True)}
    return [
        _accounts(license_id, alive.get(license_id), agents.get(license_id, []), faults.get(license_id))
        for license_id in read.history.licenses["license_id"]
    ]


def _accounts(
    license_id: str,
    row: Mapping[str, Any] | None,
    agents: Sequence[RedundantAgent],
    fault: DataFault | None,
) -> RedundantAccounts:
    if row is None:
        return RedundantAccounts(license_id, None, None, 0, None, None, None, ())
    return RedundantAccounts(
        license_id=license_id,
        currency=row["currency"],
        charge_date=row["charge_date"],
        agents_active=row["agents_active"],
        expected_minor=row["expected"],
        without_minor=row["without"],
        saves_minor=row["saves"],
        agents=tuple(agents),
        fault=fault,
    )
