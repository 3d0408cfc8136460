"""What a billing run needs of the kernel: what is still to be issued, and which cutovers took effect."""

from dataclasses import replace

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.billing_dates import with_period
from ledger.projections.billing_index import billing_day, with_first_index
from ledger.projections.calendar_tables import ZoneTable, day_of_month, month_of
from ledger.projections.history import History
from ledger.projections.invoices import Invoices
from ledger.projections.terms import ANCHOR, TermsInForce, of_license

CUT_SCHEMA = pl.Schema({"license": pl.Int32(), "n": pl.Int32(), "cut_position": pl.Int64()})
CALENDAR_SCHEMA = pl.Schema({"license_id": pl.String(), "time_zone": pl.String(), "anchor": pl.Date()})


def unissued(history: History, billed: Invoices) -> pl.DataFrame:
    """Return the invoices that exist, are not issued and still can be: none of a later date is issued.

    Columns: license, n, license_id, billing_date, billing_us; by (license, n).
    """
    licenses = history.licenses.select("license", "license_id", "anchor_month")
    issued = history.issued.group_by("license").agg(issued_n=pl.col("n").max())
    day = pl.col("billing_date").cast(pl.Int32)
    return (
        billed.invoices.filter(pl.col("number").is_null())
        .join(licenses, on="license_id", maintain_order="left")
        .with_columns(n=month_of(day) - pl.col("anchor_month"))
        .join(issued, on="license", how="left", maintain_order="left")
        .filter(pl.col("n") > pl.col("issued_n").fill_null(-1))
        .select("license", "n", "license_id", "billing_date", "billing_us")
    )


def with_issued(history: History, cuts: pl.DataFrame, recorded_us: int) -> History:
    """Return the history as it is once some invoices are issued: CUT_SCHEMA, knowing up to cut_position.

    They have neither number nor place in the log yet. The unissued ones after them know no less
    (docs/rules.md §6).
    """
    more = cuts.with_columns(
        number=pl.lit(None, pl.String),
        recorded_us=pl.lit(recorded_us, pl.Int64),
        position=pl.lit(None, pl.Int64),
    )
    issued = pl.concat([history.issued, more.select(history.issued.columns)])
    return replace(history, issued=issued.sort("license", "n"))


def cutover_switches(history: History, through_us: int, recorded_us: int) -> pl.DataFrame:
    """Return the switches that cutovers bring about in periods begun by an instant and not yet issued.

    A period's model comes from a cutover if it is not what the switches before it, or else the licence's
    first model, say. Columns: license_id, at_us (the period's first instant), model; by license and at_us.
    What is recorded of them makes them disappear. All that is known counts.
    """
    found: list[pl.DataFrame] = []
    while True:
        first = _unsaid(history, through_us).group_by("license", maintain_order=True).first()
        if first.is_empty():
            break
        found.append(first)
        history = replace(history, changes=_with_switches(history.changes, first, recorded_us))
    rows = pl.concat(found) if found else _unsaid(history, through_us)
    return rows.sort("license", "at_us").select(
        "at_us", license_id=pl.lit(history.licenses["license_id"]).gather("license"), model="model"
    )


def _unsaid(history: History, through_us: int) -> pl.DataFrame:
    """Return begun, unissued periods whose model no switch says: license, at_us, model."""
    of = of_license(history, "plan", "model")
    if history.cutovers.is_empty():
        return history.licenses.clear().select("license", at_us=pl.lit(0, pl.Int64), model="model")
    grid = _begun_periods(history, through_us)
    said = TermsInForce(history.terms.filter(pl.col("fact") != Fact.CUTOVER_ANNOUNCED), "license")
    in_force = history.terms_in_force.with_terms(grid, pl.col("n"), of["plan"], of["model"])
    cancelled_us = said.cancelled_us(history.licenses.height)
    return in_force.with_columns(
        said=said.with_terms(grid, pl.col("n"), of["plan"], of["model"])["model"]
    ).filter(
        (pl.col("model") != pl.col("said")) & (pl.col("at_us") < pl.lit(cancelled_us).gather("license"))
    ).select("license", "at_us", "model")  # fmt: skip


def _begun_periods(history: History, through_us: int) -> pl.DataFrame:
    """Return license, n and at_us of begun periods behind the last issued invoice, where cutovers apply."""
    issued = history.issued.group_by("license").agg(issued_n=pl.col("n").max())
    licenses = history.licenses.join(history.cutovers.select("license").unique(), on="license", how="semi")
    licenses = with_first_index(history.zones, licenses, next_n=pl.lit(through_us + 1, pl.Int64))
    grid = (
        licenses.join(issued, on="license", how="left", maintain_order="left")
        .select(
            "license",
            *ANCHOR,
            n=pl.int_ranges(pl.col("issued_n").fill_null(-1) + 1, pl.col("next_n"), dtype=pl.Int32),
        )
        .explode("n", empty_as_null=False, keep_nulls=False)
    )
    periods = with_period(history.stretches, grid, "n")
    return periods.filter(pl.col("start_n") == pl.col("n")).select(
        "license", "n", at_us=history.zones.instant(pl.col("zone"), billing_day(pl.col("n")))
    )


def _with_switches(changes: pl.DataFrame, switches: pl.DataFrame, recorded_us: int) -> pl.DataFrame:
    """Return the changes with switches behind all that is recorded."""
    last = pl.lit((1 << 62) + changes.height, pl.Int64)
    more = switches.select(
        "license",
        fact=pl.lit(int(Fact.PRICING_MODEL_SWITCHED), changes.schema["fact"]),
        plan=pl.lit(None, pl.String),
        effective_us="at_us",
        recorded_us=pl.lit(recorded_us, pl.Int64),
        position=last,
        model="model",
        months=pl.lit(None, changes.schema["months"]),
    )
    return pl.concat([changes, more.select(changes.columns)]).sort("license", "effective_us", "position")


def come_between(calendar: pl.DataFrame, from_us: int | None, until_us: int) -> pl.DataFrame:
    """Return the licences with a billing date whose instant lies between two, both included.

    `calendar` is CALENDAR_SCHEMA; without `from_us` all dates count. Columns: license_id, anchor, last_n (the
    last date that has come); in the order of `calendar`.
    """
    zones, rows = _placed(calendar)
    edges = {"next_n": pl.lit(until_us + 1, pl.Int64)}
    if from_us is not None:
        edges["from_n"] = pl.lit(from_us, pl.Int64)
    rows = with_first_index(zones, rows, **edges)
    first_n = pl.col("from_n") if from_us is not None else pl.lit(0)
    return rows.filter(pl.col("next_n") > first_n).select("license_id", "anchor", last_n=pl.col("next_n") - 1)


def next_instant(calendar: pl.DataFrame, after_us: int) -> int | None:
    """Return the first instant behind another at which a billing date of a licence comes; None without any.

    `calendar` is CALENDAR_SCHEMA.
    """
    zones, rows = _placed(calendar)
    rows = with_first_index(zones, rows, n=pl.lit(after_us + 1, pl.Int64))
    instants = rows.select(at_us=zones.instant(pl.col("zone"), billing_day(pl.col("n"))))
    first: int | None = instants["at_us"].min()  # type: ignore[assignment]  # an Int64 column
    return first


def _placed(calendar: pl.DataFrame) -> tuple[ZoneTable, pl.DataFrame]:
    """Return the zones of a calendar, and its licences with what billing dates are computed from."""
    zones = ZoneTable(tuple(calendar["time_zone"].unique().sort()))
    anchor = pl.col("anchor").cast(pl.Int32)
    return zones, calendar.select(
        "license_id",
        "anchor",
        zone=pl.col("time_zone").replace_strict(zones.offsets, return_dtype=pl.Int32)
        if zones.offsets
        else pl.lit(None, pl.Int32),
        anchor_month=month_of(anchor),
        anchor_dom=day_of_month(anchor),
    )
