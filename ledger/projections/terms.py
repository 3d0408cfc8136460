"""The terms of a licence in force for a period: plan, model, cancellation (docs/rules.md §4 and §5)."""

from dataclasses import dataclass

import polars as pl

from ledger.events.facts import Fact
from ledger.projections.accounts import Accounts
from ledger.projections.billing_index import MONTHS_BOUND, first_index_from_day, with_first_index
from ledger.projections.calendar_tables import ZoneTable
from ledger.projections.lookups import Ask, Index, value_at, with_latest
from ledger.projections.models import MODEL

# A time after every instant that the ledger accepts.
FAR_FUTURE_US = 1 << 62
ANCHOR = ("zone", "anchor_month", "anchor_dom")
_ROWS = ("planned", "switched", "cut_over")
_COLUMNS = (
    "license",
    "fact",
    "plan",
    "model",
    "months",
    "since_us",
    "rank",
    "bears_n",
    "recorded_us",
    "position",
)


def of_license(accounts: Accounts, *columns: str) -> dict[str, pl.Expr]:
    """Return columns of each row's licence, for rows that have `license`."""
    return {name: pl.lit(accounts.licenses[name]).gather("license") for name in columns}


def license_terms(
    licenses: pl.DataFrame, changes: pl.DataFrame, cutovers: pl.DataFrame, zones: ZoneTable
) -> pl.DataFrame:
    """Return everything that sets a term of one licence, its cutovers on billing dates included.

    `licenses` and `changes` are those of a History, `cutovers` is `applicable_cutovers`. Columns: license,
    fact, plan, model, months (of a new billing cycle), since_us (when it took effect, for a cutover the first
    instant of its day), rank (their order among equals in bears_n: by effective_at, cutovers by `on`),
    bears_n (the first period index that it can decide), recorded_us, position.
    """
    changes = changes.with_columns(
        *(pl.lit(licenses[name]).gather("license").alias(name) for name in ANCHOR),
        since_us="effective_us",
        rank="effective_us",
    )
    changes = with_first_index(zones, changes, bears_n=pl.col("effective_us"))
    announced = cutovers.with_columns(
        fact=pl.lit(int(Fact.CUTOVER_ANNOUNCED), changes.schema["fact"]),
        plan=pl.lit(None, pl.String),
        months=pl.lit(None, pl.Int32),
        since_us="on_us",
        rank=pl.col("on").cast(pl.Int64),
    )
    return pl.concat([changes.select(_COLUMNS), announced.select(_COLUMNS)])


def applicable_cutovers(licenses: pl.DataFrame, cutovers: pl.DataFrame, zones: ZoneTable) -> pl.DataFrame:
    """Return each licence's cutovers on billing dates, those passed over left out (docs/rules.md §4).

    `licenses` are those of a History, `cutovers` those of a Programme. Columns: license, cutover_id, on,
    on_us, model, notice_days, bears_n, recorded_us, position, and zone, anchor_month, anchor_dom of the
    licence.
    """
    licenses = licenses.select(
        "license", "source", "partner_programme", *ANCHOR, "created_day", created_position="position"
    )
    by_class = [
        licenses.join(cutovers, left_on=mine, right_on=theirs, coalesce=False)
        for mine, theirs in (("source", "for_source"), ("partner_programme", "for_programme"))
    ]
    had_its_say = (pl.col("position") < pl.col("created_position")) & (pl.col("on") <= pl.col("created_day"))
    return (
        pl.concat(by_class)
        .filter(~had_its_say)
        .select(
            "license",
            "cutover_id",
            "on",
            "model",
            "notice_days",
            "recorded_us",
            "position",
            *ANCHOR,
            on_us=zones.instant(pl.col("zone"), pl.col("on")),
            bears_n=first_index_from_day(pl.col("on")),
        )
    )


class TermsInForce:
    """The terms by owner (a licence, or a key: one epoch of it), asked at the index of a billing date."""

    def __init__(self, terms: pl.DataFrame, owner: str) -> None:
        """Sort the rows of `license_terms`, given to owners, by kind."""
        ordered = terms.sort(owner, "bears_n", "rank", "position")
        kinds = {kind[0]: rows for kind, rows in ordered.partition_by("fact", as_dict=True).items()}
        nothing = ordered.clear()
        self._plans = _Kind.of(kinds.get(Fact.PLAN_CHANGED, nothing), owner)
        self._switches = _Kind.of(kinds.get(Fact.PRICING_MODEL_SWITCHED, nothing), owner)
        self._cutovers = _Kind.of(kinds.get(Fact.CUTOVER_ANNOUNCED, nothing), owner)
        self._cancellations = kinds.get(Fact.LICENSE_CANCELLED, nothing)
        self._cycle_rows = kinds.get(Fact.BILLING_CYCLE_CHANGED, nothing)
        self._owner = owner

    def cancelled_us(self, owners: int) -> pl.Series:
        """Return each owner's instant of cancellation, FAR_FUTURE_US where there is none."""
        never = pl.repeat(FAR_FUTURE_US, owners, dtype=pl.Int64, eager=True)
        if self._cancellations.is_empty():
            return never
        return never.scatter(self._cancellations[self._owner], self._cancellations["since_us"])

    def with_terms(self, rows: pl.DataFrame, n: pl.Expr, plan: pl.Expr, model: pl.Expr) -> pl.DataFrame:
        """Add plan and model of the period that begins on D_n; `plan` and `model` are the creation's.

        Of the cutovers only the last by (on, position) can decide: a switch that shields from it took effect
        after its day began, and so after the day of every cutover before it.
        """
        switched_to = value_at(self._switches.rows["model"], pl.col("switched"))
        return (
            self._with_rows(rows, n)
            .with_columns(
                plan=pl.coalesce(value_at(self._plans.rows["plan"], pl.col("planned")), plan),
                model=pl.when(self._is_cut_over())
                .then(value_at(self._cutovers.rows["model"], pl.col("cut_over")))
                .otherwise(pl.coalesce(switched_to, model))
                .cast(MODEL),
            )
            .drop(_ROWS)
        )

    def with_sources(self, rows: pl.DataFrame, n: pl.Expr) -> pl.DataFrame:
        """Add plan_position, model_position and cycle_position: of what sets the terms of D_n's period.

        They are null where nothing but the licence's creation does.
        """
        cycles = _Kind.of(self._cycle_rows, self._owner)
        found = with_latest(self._with_rows(rows, n), cycled=Ask(cycles.index, pl.col(self._owner), n))
        return found.with_columns(
            plan_position=value_at(self._plans.rows["position"], pl.col("planned")),
            model_position=pl.when(self._is_cut_over())
            .then(value_at(self._cutovers.rows["position"], pl.col("cut_over")))
            .otherwise(value_at(self._switches.rows["position"], pl.col("switched"))),
            cycle_position=value_at(cycles.rows["position"], pl.col("cycled")),
        ).drop(*_ROWS, "cycled")

    def _with_rows(self, rows: pl.DataFrame, n: pl.Expr) -> pl.DataFrame:
        """Add _ROWS: which plan, switch and cutover is the last to bear on D_n."""
        owner = pl.col(self._owner)
        return with_latest(
            rows,
            planned=Ask(self._plans.index, owner, n),
            switched=Ask(self._switches.index, owner, n),
            cut_over=Ask(self._cutovers.index, owner, n),
        )

    def _is_cut_over(self) -> pl.Expr:
        cut_over_us = value_at(self._cutovers.rows["since_us"], pl.col("cut_over"))
        shielded = value_at(self._switches.rows["since_us"], pl.col("switched")) >= cut_over_us
        return pl.col("cut_over").is_not_null() & ~shielded.fill_null(value=False)


@dataclass(frozen=True)
class _Kind:
    """The terms of one kind, in order, with the index by owner and first period."""

    rows: pl.DataFrame
    index: Index

    @classmethod
    def of(cls, rows: pl.DataFrame, owner: str) -> "_Kind":
        return cls(rows, Index.by_number(rows[owner], rows["bears_n"], MONTHS_BOUND))
