"""Plain programmes for tests of billing: many licences that cost little to make."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.application.issued_invoices import Issued
from ledger.rules.instants import format_instant
from tests.application.desk import history

START = datetime(2024, 1, 1, tzinfo=UTC)
UNIT_AMOUNT = 2_000


def line(name: str, at: datetime, **fields: Any) -> dict[str, Any]:
    instant = format_instant(at)
    return {
        "id": f"{name}/{'/'.join(map(str, fields.values()))}", "type": name, "actor": "system", **fields,
        "effective_at": instant, "recorded_at": instant,
    }  # fmt: skip


def price(unit_amount: int = UNIT_AMOUNT, at: datetime = START, **key: str) -> dict[str, Any]:
    key = {"plan": "team", "billing_cycle": "monthly", "currency": "USD"} | key
    return line("PricePublished", at, **key, unit_amount=unit_amount)


def licences(count: int, **fields: Any) -> Iterator[dict[str, Any]]:
    """Yield licences with an agent each, one created after the other in January 2024."""
    for number in range(count):
        at = START + timedelta(minutes=number * 15 % 40_000, seconds=1)
        name = f"licence-{number:05}"
        told = {"source": "signup", "plan": "team", "billing_cycle": "monthly", "time_zone": "Europe/Warsaw"}
        yield line("LicenseCreated", at, license_id=name, **told | fields)
        yield line("AgentCreated", at, license_id=name, agent_id=f"ann@{name}.example", role="owner")


def programme(count: int, **fields: Any) -> bytes:
    """Return the history of a price and so many licences."""
    lines = sorted([price(), *licences(count, **fields)], key=lambda told: str(told["recorded_at"]))
    return history(*lines)


def assert_no_gap(issued: Iterable[Issued], series: str = "INV") -> None:
    """Check that the numbers of each year run from 1 without a gap, in the order of the log, each once."""
    by_year: dict[int, list[str]] = {}
    for event, _ in issued:
        by_year.setdefault(event.recorded_at.year, []).append(event.number)
    for year, numbers in by_year.items():
        assert numbers == [f"{series}-{year}-{number:06}" for number in range(1, len(numbers) + 1)]


def assert_each_once(issued: Iterable[Issued], dates_of: dict[str, list[date]]) -> None:
    """Check that each licence has one invoice for each of its dates."""
    found: dict[str, Counter[date]] = {}
    for event, _ in issued:
        found.setdefault(event.license_id, Counter())[event.billing_date] += 1
    assert found == {license_id: Counter(dates) for license_id, dates in dates_of.items()}


def read(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(text) for text in lines.splitlines()]
