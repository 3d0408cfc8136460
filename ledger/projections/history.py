"""The log's columns, as known at an instant, sorted into the frames that every projection reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ledger.events.facts import SEAT_FACTS_END, Fact
from ledger.projections.billing_index import first_index_from_day
from ledger.projections.calendar_tables import ZoneTable, day_of_month, month_of
from ledger.projections.decoding import day, period_months
from ledger.projections.models import MODEL
from ledger.projections.programme import Programme
from ledger.projections.states import subject_states
from ledger.rules.words import Payer

_TIMES = ("effective_us", "recorded_us", "position")
# Of fewer rows it costs more to find out whether they are in order than to sort them.
_WORTH_A_LOOK = 10_000
_CHANGES = (
    Fact.PRICING_MODEL_SWITCHED,
    Fact.PLAN_CHANGED,
    Fact.BILLING_CYCLE_CHANGED,
    Fact.LICENSE_CANCELLED,
)


@dataclass(frozen=True)
class History:
    """What is known of some licences, in frames, and of the programme.

    `licenses`: one row a licence in the order of license_id; `license` is its row number everywhere else.
    `facts`: agent, ChatBot and seat events by (license, subject, effective_us, position). `changes`: model,
    plan, cycle changes and cancellations by (license, effective_us, position). `issued`: issued invoices
    by (license, n), with their positions and that of the last event that each knew. `sent`: notices sent.
    """

    licenses: pl.DataFrame
    facts: pl.DataFrame
    changes: pl.DataFrame
    issued: pl.DataFrame
    sent: pl.DataFrame
    zones: ZoneTable
    programme: Programme

    @cached_property
    def states(self) -> pl.DataFrame:
        """Return what stands after each of the facts, `subject_states` of them; worked out once."""
        return subject_states(self.facts, self.changes)


def assemble(
    log: pl.DataFrame, terms: pl.DataFrame, programme: Programme, positions: Mapping[str, int], known_us: int
) -> History:
    """Sort what was recorded by `known_us` into a History.

    `log` has position, license_id, subject, fact, effective_us, recorded_us in any order; `terms` is
    `decode_terms` of it; `programme` was prepared from what was known at the same instant; `positions` says
    where the ids of `known_through_ids` stand. An empty log gives empty frames.
    """
    terms = terms.filter((pl.col("recorded_us") <= known_us) & pl.col("license_id").is_not_null())
    fact = pl.col("fact")
    created = terms.filter(fact == Fact.LICENSE_CREATED)
    zones = ZoneTable(tuple(created["time_zone"].unique().sort()))
    licenses = _licenses(created, programme.partners, zones)
    ids = pl.Enum(licenses["license_id"])
    return History(
        licenses=licenses,
        facts=_facts(log.filter((fact < SEAT_FACTS_END) & (pl.col("recorded_us") <= known_us)), ids),
        changes=_changes(terms.filter(fact.is_in(_CHANGES)), ids),
        issued=_issued(terms.filter(fact == Fact.INVOICE_ISSUED), ids, licenses, positions),
        sent=_sent(terms.filter(fact == Fact.NOTICE_SENT), ids),
        zones=zones,
        programme=programme,
    )


def _license(ids: pl.Enum) -> pl.Expr:
    return pl.col("license_id").cast(ids).to_physical().cast(pl.Int32).alias("license")


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
            *_TIMES,
            partner_pays=pl.col("payer") == Payer.PARTNER.value,
            model=pl.col("pricing_model").cast(MODEL),
            months=period_months("billing_cycle"),
            anchor_month=month_of(pl.col("anchor")),
            anchor_dom=day_of_month(pl.col("anchor")),
            created_day=zones.local_day(pl.col("zone"), pl.col("effective_us")),
        )
    )


def _facts(rows: pl.DataFrame, ids: pl.Enum) -> pl.DataFrame:
    is_bot = pl.col("fact").is_in([Fact.CHATBOT_ADDED, Fact.CHATBOT_REMOVED]).cast(pl.UInt32)
    facts = rows.select(_license(ids), "subject", pl.col("fact").cast(pl.Int8), *_TIMES, is_bot=is_bot)
    if _is_in_order(facts):
        # an archive's partition: the next subject gets the next number, and nothing is sorted
        return facts.with_columns(subject=_begins().cum_sum().cast(pl.UInt32)).drop("is_bot")
    code = pl.col("subject").cast(pl.Categorical).to_physical().cast(pl.UInt32) * 2 + pl.col("is_bot")
    facts = facts.with_columns(subject=code).drop("is_bot")
    # By each key apart, the last one first: the first two are all but in order already, and one number is
    # sorted far faster than a row of four.
    group = pl.col("license").cast(pl.Int64) * (1 << 32) + pl.col("subject")
    for key in (pl.col("position"), pl.col("effective_us"), group):
        facts = facts.sort(key, maintain_order=True)
    return facts


def _is_in_order(facts: pl.DataFrame) -> bool:
    """Tell whether there are many rows, by licence, subject, effective_us and position already."""
    if facts.height < _WORTH_A_LOOK or facts.schema["subject"] != pl.String:
        return False
    return facts["license"].is_sorted() and not facts.select(_goes_back().any()).item()


def _begins() -> pl.Expr:
    """Tell which rows are the first of their licence and subject; an agent and a ChatBot may share an id."""
    return pl.any_horizontal(
        pl.col(name) != pl.col(name).shift() for name in ("license", "subject", "is_bot")
    ).fill_null(value=True)


def _goes_back() -> pl.Expr:
    """Tell which rows should stand before the row above them."""
    back = pl.lit(value=False)
    for name in ("position", "effective_us", "is_bot", "subject", "license"):
        value = pl.col(name)
        back = (value < value.shift()) | ((value == value.shift()) & back)
    return back


def _changes(rows: pl.DataFrame, ids: pl.Enum) -> pl.DataFrame:
    return rows.select(
        _license(ids),
        "fact",
        "plan",
        *_TIMES,
        model=pl.col("pricing_model").cast(MODEL),
        months=period_months("billing_cycle"),
    ).sort("license", "effective_us", "position")


def _issued(
    rows: pl.DataFrame, ids: pl.Enum, licenses: pl.DataFrame, positions: Mapping[str, int]
) -> pl.DataFrame:
    if rows.is_empty():
        return pl.DataFrame(
            schema={
                "license": pl.Int32,
                "n": pl.Int32,
                "number": pl.String,
                "cut_position": pl.Int64,
                "recorded_us": pl.Int64,
                "position": pl.Int64,
            }
        )
    return (
        rows.select(
            _license(ids),
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
    return rows.select(_license(ids), "cutover_id", "channel", *_TIMES, charge_day=day("charge_date")).sort(
        "license", "effective_us", "position"
    )
