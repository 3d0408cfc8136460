"""How long the page of licences takes over 100,000 of them, beside the bare query that finds its rows.

The tables are filled directly, as `follow` would leave them: two stretches and thirteen invoices a licence. A
page is asked for by an auditor over the application itself, signed in, with its template; the use case alone
stands beside it. The worst filter finds nothing and has to look at all licences.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import httpx
import polars as pl
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher

from benchmarks.measuring import Table, milliseconds, verdict, work_folder
from desk.web.app import create_app
from ledger.application.accounts.accounts import Accounts
from ledger.application.accounts.api_keys import create_api_key
from ledger.application.accounts.roles import Right, UserRole
from ledger.application.accounts.users import add_user
from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.list_licenses import LicenseFilter, list_licenses
from ledger.application.recording import CommandMeta
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.calendar import add_months
from ledger.rules.instants import to_us

LICENSES = 100_000
MONTHS = 13
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ASKS = 40
TARGET_MS = 100.0
_BARE = (
    "SELECT * FROM license_step_1 WHERE valid_from <= :at AND (valid_to > :at OR valid_to IS NULL) {where} "
    "ORDER BY license_id LIMIT 51"
)
# name, what the address says, the same for the use case, the same in SQL
QUESTIONS: tuple[tuple[str, dict[str, str], LicenseFilter, str], ...] = (
    ("the first page", {}, LicenseFilter(), ""),
    (
        "a partner's",
        {"partner": "partner-77"},
        LicenseFilter(partner_id="partner-77"),
        "AND partner_id = 'partner-77'",
    ),
    (
        "changing soon",
        {"changing": "1"},
        LicenseFilter(changing_soon=True),
        "AND next_pricing_model IS NOT NULL",
    ),
    ("none is like that", {"q": "zzz"}, LicenseFilter(text="zzz"), "AND license_id LIKE '%zzz%'"),
)


def fill(ledger: Ledger) -> None:
    """Put the rows of all licences into the read models, which then know the log to its end."""
    create_license(
        ledger, license_id="0", source="signup", plan="team", billing_cycle="monthly", meta=CommandMeta()
    )
    last, models = ledger.store.last_recorded(), ledger.read_models(create=True)
    assert last is not None
    assert models is not None
    through_us = to_us(NOW + timedelta(days=45))
    version = models.create_version(
        SCHEMAS, schema_version(), builder="benchmark", through_us=through_us, created_us=0, partitions=1
    )
    frames = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
    ids = pl.DataFrame({"number": range(LICENSES)}).with_columns(
        license_id=pl.format("license-{}", pl.col("number").cast(pl.String).str.zfill(6)),
        partner_id=pl.format("partner-{}", pl.col("number") % 500),
    )
    position = {"position": last.position, "recorded_us": last.recorded_us, "through_us": through_us}
    with models.moving(version, {0: 0}, **position) as change:
        change.load(frames | {"license_step": _steps(ids)})
        for month in range(MONTHS):
            change.load(frames | {"invoice": _invoices(ids, add_months(date(2025, 11, 15), month))})
    models.build_indexes(version)
    models.switch(version, SCHEMAS)


def _steps(ids: pl.DataFrame) -> pl.DataFrame:
    created, begun = NOW - timedelta(days=400), NOW - timedelta(days=386)
    changes = pl.col("number") % 1_000 == 0
    fixed = {
        "plan": "team",
        "billing_cycle": "monthly",
        "pricing_model": "pps",
        "currency": "USD",
        "source": "partner_app",
        "payer": "partner",
        "partner_programme": "solution",
    }
    row = ids.with_columns(pl.lit(value).alias(name) for name, value in fixed.items())
    trial = row.with_columns(
        valid_from=pl.lit(created),
        valid_to=pl.lit(begun),
        status=pl.lit("trial"),
        next_pricing_model=pl.lit(None),
    )
    active = row.with_columns(
        valid_from=pl.lit(begun),
        valid_to=pl.when(changes).then(pl.lit(NOW + timedelta(days=14))),
        status=pl.lit("active"),
        next_pricing_model=pl.when(changes).then(pl.lit("ppu")),
    )
    return _shaped("license_step", pl.concat([trial, active], how="vertical_relaxed"))


def _invoices(ids: pl.DataFrame, day: date) -> pl.DataFrame:
    return _shaped(
        "invoice",
        ids.with_columns(
            billing_date=pl.lit(day), billing_at=pl.lit(datetime(day.year, day.month, day.day, tzinfo=UTC)),
            period_start=pl.lit(day), period_end=pl.lit(add_months(day, 1)), pricing_model=pl.lit("pps"),
            currency=pl.lit("USD"), plan=pl.lit("team"), billing_cycle=pl.lit("monthly"), total=pl.lit(4900),
            number=pl.lit(None), payer=pl.lit("partner"),
        ),
    )  # fmt: skip


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(column).cast(dtype) for column, dtype in SCHEMAS[name].items())


def _fetch(bare: sqlite3.Connection, statement: str) -> list[Any]:
    return bare.execute(statement, {"at": to_us(NOW)}).fetchall()


def samples(work: Callable[[], Any]) -> list[float]:
    """Return how long each of many runs took, after one to warm up."""
    work()
    found = []
    for _ in range(ASKS):
        began = perf_counter()
        work()
        found.append(perf_counter() - began)
    return found


def measure() -> Table:
    """Return the table."""
    table = Table(
        f"The page of licences, of {LICENSES:,}, ms",
        ("asked for", "bare query", "use case", "page", "page p99", "page / bare query", "median"),
    )
    with work_folder() as folder:
        url = f"sqlite:///{folder / 'ledger.db'}"
        with Ledger.open(url, create=True, clock=lambda: NOW) as ledger:
            fill(ledger)
            bare_file = closing(sqlite3.connect(folder / "ledger.db.read-models"))
            fast = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
            with (
                Accounts.open(ledger, fast) as accounts,
                bare_file as bare,
                start_blocking_portal() as portal,
            ):
                add_user(accounts, name="ada", role=UserRole.AUDITOR, password=None)
                secret, _ = create_api_key(accounts, user="ada", label="", scopes=[Right.READ_LICENSES])
                client = httpx.AsyncClient(
                    transport=httpx.ASGITransport(create_app(ledger, accounts)),
                    base_url="http://ledger",
                    headers={"Authorization": f"Bearer {secret}"},
                )
                for name, address, only, where in QUESTIONS:
                    path = f"/licenses?{urlencode(address)}"
                    statement = _BARE.format(where=where)
                    query = samples(partial(_fetch, bare, statement))
                    listed = samples(partial(list_licenses, ledger, as_of=NOW, only=only))
                    shown = samples(partial(portal.call, client.get, path))
                    times = [milliseconds(each) for each in (query, listed, shown)]
                    page = times[2][0]
                    table.rows.append(
                        (
                            name,
                            *(f"{median:.1f}" for median, _ in times),
                            f"{times[2][1]:.1f}",
                            f"{page / times[0][0]:.1f}",
                            verdict(page, TARGET_MS, at_most=True),
                        )
                    )
    return table


if __name__ == "__main__":
    print(measure().markdown())
