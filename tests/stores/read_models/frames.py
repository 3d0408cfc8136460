"""Frames of read models for the tests of stores: small ones with every type, and their schemas."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import polars as pl

from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.asking import Held, NotFresh, read_held
from ledger.stores.read_models.store import ReadModelStore

INSTANT = pl.Datetime("us", "UTC")
SCHEMAS = {
    "seat_step": pl.Schema(
        {"license_id": pl.String(), "valid_from": INSTANT, "valid_to": INSTANT, "ppa": pl.Int64()}
    ),
    "invoice": pl.Schema(
        {"license_id": pl.String(), "billing_date": pl.Date(), "billing_at": INSTANT, "total": pl.Int64()}
    ),
    "notice": pl.Schema(
        {
            "license_id": pl.String(),
            "charge_date": pl.Date(),
            "cutover_id": pl.String(),
            "channel": pl.String(),
            "charge_at": INSTANT,
            "late": pl.Boolean(),
        }
    ),
}
START = datetime(2024, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
DAY = timedelta(days=1)
DAY_US = 86_400_000_000
VERSION = "1-abc"
END = LastRecorded(10, 1_000)


def frames(license_ids: Iterable[str], ppa: int = 7) -> dict[str, pl.DataFrame]:
    """Return a step that ended after a day, one that lasts, an invoice and a notice of each licence."""
    ids = list(license_ids)
    steps: list[tuple[object, ...]] = [
        row for one in ids for row in ((one, START, START + DAY, ppa), (one, START + DAY, None, ppa + 1))
    ]
    rows: dict[str, list[tuple[object, ...]]] = {
        "seat_step": steps,
        "invoice": [(one, START.date(), START, -(2**40)) for one in ids],
        "notice": [(one, START.date(), "ü'\"\\: %s", "email", START, True) for one in ids],
    }
    return {name: pl.DataFrame(rows[name], schema=SCHEMAS[name], orient="row") for name in SCHEMAS}


def held(
    models: ReadModelStore,
    as_of_us: int,
    license_ids: tuple[str, ...] = (),
    *,
    version: str = VERSION,
    last: LastRecorded = END,
) -> Held | NotFresh:
    """Ask for the rows of all tables."""
    return read_held(
        models, SCHEMAS, schema_version=version, last=last, as_of_us=as_of_us, license_ids=license_ids
    )


def fresh(models: ReadModelStore, as_of_us: int, license_ids: tuple[str, ...] = ()) -> Held:
    """Ask for the rows of all tables, which must be fresh enough."""
    found = held(models, as_of_us, license_ids)
    assert isinstance(found, Held), found
    return found
