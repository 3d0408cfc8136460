"""The log's columns, as known at an instant, sorted into the frames that every projection reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.accounts import TIMES, Accounts, accounts_of, license_number
from ledger.projections.billing_dates import segments
from ledger.projections.billing_index import first_index_from_day
from ledger.projections.calendar_tables import ZoneTable, day_of_month, month_of
from ledger.projections.decoding import day, period_months
from ledger.projections.models import MODEL
from ledger.projections.programme import Programme
from ledger.projections.terms import TermsInForce, applicable_cutovers, license_terms
from ledger.rules.words import Payer

_CHANGES = (
    Fact.PRICING_MODEL_SWITCHED,
    Fact.PLAN_CHANGED,
    Fact.BILLING_CYCLE_CHANGED,
    Fact.LICENSE_CANCELLED,
)
_NONE_ISSUED = pl.DataFrame(
    schema={
        "license": pl.Int32,
        "n": pl.Int32,
        "number": pl.String,
        "cut_position": pl.Int64,
        "recorded_us": pl.Int64,
        "position": pl.Int64,
    }
)
_NONE_SENT = pl.DataFrame(
    schema={
        "license": pl.Int32,
        "cutover_id": pl.String,
        "channel": pl.String,
        **dict.fromkeys(TIMES, pl.Int64),
        "charge_day": pl.Int32,
    }
)


@dataclass(frozen=True)
class History(Accounts):
    """What is known of some licences, in frames, and of the programme.

    `licenses` has all that a licence was created with. `changes`: model, plan, cycle changes and
    cancellations by (license, effective_us, position). `issued`: issued invoices by (license, n), with their
    positions and that of the last event that each knew. `sent`: notices sent.
    """

    changes: pl.DataFrame
    issued: pl.DataFrame
    sent: pl.DataFrame
    zones: ZoneTable
    programme: Programme

    @cached_property
    def cutovers(self) -> pl.DataFrame:
        """Return `applicable_cutovers` of the licences."""
        return applicable_cutovers(self.licenses, self.programme.cutovers, self.zones)

    @cached_property
    def terms(self) -> pl.DataFrame:
        """Return `license_terms` of the licences."""
        return license_terms(self.licenses, self.changes, self.cutovers, self.zones)

    @cached_property
    def terms_in_force(self) -> TermsInForce:
        """Return the terms by licence, all that is known of them."""
        return TermsInForce(self.terms, "license")

    @cached_property
    def stretches(self) -> pl.DataFrame:
        """Return `segments` of the licences."""
        return segments(self.licenses, self.terms, "license")


def assemble(
    log: pl.DataFrame, terms: pl.DataFrame, programme: Programme, positions: Mapping[str, int], known_us: int
) -> History:
    """Sort what was recorded by `known_us` into a History.

    `log` is as for `accounts_of`; `terms` is `decode_terms` of it; `programme` was prepared from what was
    known at the same instant; `positions` says where the ids of `known_through_ids` stand. An empty log gives
    empty frames.
    """
    accounts = accounts_of(log, known_us)
    terms = terms.filter((pl.col("recorded_us") <= known_us) & pl.col("license_id").is_not_null())
    kinds = {kind: rows for (kind,), rows in terms.partition_by("fact", as_dict=True).items()}
    nothing = terms.clear()
    created = kinds.get(Fact.LICENSE_CREATED, nothing)
    zones = ZoneTable(tuple(created["time_zone"].unique().sort()))
    licenses = _licenses(created, programme.partners, zones)
    ids = pl.Enum(licenses["license_id"])
    return History(
        licenses=licenses,
        facts=accounts.facts,
        cancelled=accounts.cancelled,
        changes=_changes(pl.concat([kinds[kind] for kind in _CHANGES if kind in kinds] or [nothing]), ids),
        issued=_issued(kinds.get(Fact.INVOICE_ISSUED, nothing), ids, licenses, positions),
        sent=_sent(kinds.get(Fact.NOTICE_SENT, nothing), ids),
        zones=zones,
        programme=programme,
    )


def _coded(column: str, codes: Mapping[str, int], dtype: type[pl.Int32 | pl.Int64]) -> pl.Expr:
    """Return the code of each text; with no codes at all Polars would keep the column as text."""
    return pl.col(column).replace_strict(codes, return_dtype=dtype) if codes else pl.lit(None, dtype=dtype)


def _licenses(created: pl.DataFrame, partners: pl.DataFrame, zones: ZoneTable) -> pl.DataFrame:
    return (
        created.join(partners, on="partner_id", how="left")
        .sort("license_id")
        .with_row_index("license")
        .with_columns(
            pl.col("license").cast(pl.Int32),
            zone=_coded("time_zone", zones.offsets, pl.Int32),
            anchor=day("billing_anchor"),
        )
        .select(
            "license",
            "license_id",
            "source",
            "partner_id",
            "partner_programme",
            "rate_group",
            "plan",
            "currency",
            "zone",
            *TIMES,
            partner_pays=pl.col("payer") == Payer.PARTNER.value,
            model=pl.col("pricing_model").cast(MODEL),
            months=period_months("billing_cycle"),
            anchor_month=month_of(pl.col("anchor")),
            anchor_dom=day_of_month(pl.col("anchor")),
            created_day=zones.local_day(pl.col("zone"), pl.col("effective_us")),
        )
    )


def _changes(rows: pl.DataFrame, ids: pl.Enum) -> pl.DataFrame:
    return rows.select(
        license_number(ids),
        "fact",
        "plan",
        *TIMES,
        model=pl.col("pricing_model").cast(MODEL),
        months=period_months("billing_cycle"),
    ).sort("license", "effective_us", "position")


def _issued(
    rows: pl.DataFrame, ids: pl.Enum, licenses: pl.DataFrame, positions: Mapping[str, int]
) -> pl.DataFrame:
    if rows.is_empty():
        return _NONE_ISSUED
    return (
        rows.select(
            license_number(ids),
            "number",
            "recorded_us",
            "position",
            billing_day=day("billing_date"),
            cut_position=_coded("known_through", positions, pl.Int64),
        )
        .join(licenses.select("license", "anchor_month", "anchor_dom"), on="license")
        .select(
            "license",
            "number",
            "cut_position",
            "recorded_us",
            "position",
            n=first_index_from_day(pl.col("billing_day")),
        )
        .sort("license", "n")
    )


def _sent(rows: pl.DataFrame, ids: pl.Enum) -> pl.DataFrame:
    if rows.is_empty():
        return _NONE_SENT
    return rows.select(
        license_number(ids), "cutover_id", "channel", *TIMES, charge_day=day("charge_date")
    ).sort("license", "effective_us", "position")
