"""Which licences a cutover is about, and what it did to each of them (docs/rules.md §4 and §7)."""

from datetime import date

import polars as pl

from ledger.events.facts import Fact
from ledger.events.programme import AppliesTo
from ledger.projections.billing_dates import segments, with_charge_n, with_period
from ledger.projections.billing_index import billing_day
from ledger.projections.history import History
from ledger.projections.terms import TermsInForce, license_terms, of_license
from ledger.rules.words import TakesEffect
from replay.announced import Announced, with_creation_models

SCOPE_COLUMNS = (
    "license", "license_id", "currency", "zone", "outcome", "at_creation", "created_day", "created_model",
    "decided_by", "model_due", "charge_day", "charge_us", "model_before", "period_model", "cancelled_us",
    "early_us", "late_us",
)  # fmt: skip
_FIRST = pl.lit(0, pl.Int32)
_NO_INSTANT = pl.lit(None, pl.Int64)
_DAY_0 = date(1970, 1, 1).toordinal()


def of_class(applies_to: AppliesTo) -> pl.Expr:
    """Return whether a licence (source, partner_programme) is of the class of a cutover."""
    if applies_to.source is not None:
        return pl.col("source") == applies_to.source.value
    return (pl.col("partner_programme") == applies_to.programme).fill_null(value=False)


def scope_of(history: History, announced: Announced, as_of_us: int) -> pl.DataFrame:
    """Return SCOPE_COLUMNS for every licence that the cutover is about, by license.

    `history` holds the licences of the cutover's class. A cutover on creation is about those created on or
    after its day. One on billing dates is about those whose periods it can decide and who were not gone when
    it became known, and about those created since (`at_creation`) that began on another model than was due.

    `outcome`: switched, upcoming (the charge date has not come), created (on its model), not_switched.
    `charge_day`: the first billing date from `on` on with which a period begins; `model_before` and
    `period_model` are the models of the periods that end and begin there; of a licence `at_creation`,
    `model_before` is the one it would have begun on without the cutover. `model_due` is what the cutovers
    known now say of a new licence of that day, `decided_by` the one that says so. `early_us` is the last
    switch to the model by the period before, `late_us` the last since `on` by the period from `charge_day`.
    """
    terms = history.terms_in_force
    created = _created_since(history, announced, terms)
    if announced.cutover.takes_effect is TakesEffect.ON_CREATION:
        return created.sort("license")
    to_switch = _to_switch(history, announced, terms, as_of_us)
    passed_over = created.join(to_switch, on="license", how="anti")
    mistaken = passed_over.filter(pl.col("created_model") != pl.col("model_due"))
    return pl.concat([to_switch, mistaken]).sort("license")


def _created_since(history: History, announced: Announced, terms: TermsInForce) -> pl.DataFrame:
    """Return SCOPE_COLUMNS of the licences created on or after the cutover's day, decided at creation."""
    on_day = announced.cutover.on.toordinal() - _DAY_0
    licenses = history.licenses.filter(pl.col("created_day") >= on_day)
    created = with_creation_models(announced, licenses).with_columns(
        created_model=pl.col("model").cast(pl.String),
        charge_day=billing_day(_FIRST),
        period_model=_models(history, terms, licenses, _FIRST),
    )
    on_its_model = pl.col("created_model") == announced.cutover.pricing_model.value
    return created.with_columns(
        outcome=pl.when(on_its_model).then(pl.lit("created")).otherwise(pl.lit("not_switched")),
        at_creation=pl.lit(value=True),
        charge_us=history.zones.instant(pl.col("zone"), pl.col("charge_day")),
        model_before="model_without",
        cancelled_us=pl.lit(terms.cancelled_us(history.licenses.height)).gather("license"),
        early_us=_NO_INSTANT,
        late_us=_NO_INSTANT,
    ).select(SCOPE_COLUMNS)


def _to_switch(history: History, announced: Announced, terms: TermsInForce, as_of_us: int) -> pl.DataFrame:
    """Return SCOPE_COLUMNS of the licences whose periods a cutover on billing dates can decide."""
    model = announced.cutover.pricing_model.value
    rows = with_creation_models(announced, _first_periods(history, announced, terms))
    alive = pl.col("cancelled_us") > pl.col("charge_us")
    switched = alive & (pl.col("model_before") != model) & (pl.col("period_model") == model)
    come = pl.col("charge_us") <= as_of_us
    known_in_time = alive | (pl.col("cancelled_us") > pl.col("recorded_us"))
    outcome = pl.when(switched & come).then(pl.lit("switched")).when(switched).then(pl.lit("upcoming"))
    return (
        _with_switches(history, rows.filter(known_in_time), model)
        .with_columns(outcome=outcome.otherwise(pl.lit("not_switched")), at_creation=pl.lit(value=False))
        .select(SCOPE_COLUMNS)
    )


def _first_periods(history: History, announced: Announced, terms: TermsInForce) -> pl.DataFrame:
    """Return the first period of each licence that begins on or after the cutover's day, and its models."""
    cutovers = history.cutovers.filter(pl.col("cutover_id") == announced.cutover.cutover_id)
    terms_of_it = license_terms(history.licenses, history.changes, cutovers, history.zones)
    stretches = segments(history.licenses, terms_of_it, "license")
    charge_n, before_n = pl.col("charge_n"), pl.col("before_n")
    rows = with_charge_n(stretches, cutovers)
    day_before = rows.select("license", n=(charge_n - 1).clip(lower_bound=0))
    rows = rows.with_columns(
        **of_license(history, "license_id", "currency", "source", "partner_programme", "created_day"),
        before_n=with_period(stretches, day_before, "n")["start_n"],
        created_model=of_license(history, "model")["model"].cast(pl.String),
        cancelled_us=pl.lit(terms.cancelled_us(history.licenses.height)).gather("license"),
    )
    of_period_before = _models(history, terms, rows, before_n)
    return rows.with_columns(
        charge_day=billing_day(charge_n),
        before_day=pl.when(charge_n > 0).then(billing_day(before_n)),
        model_before=pl.when(charge_n > 0).then(of_period_before).otherwise("created_model"),
        period_model=_models(history, terms, rows, charge_n),
    ).with_columns(
        charge_us=history.zones.instant(pl.col("zone"), pl.col("charge_day")),
        before_us=history.zones.instant(pl.col("zone"), pl.col("before_day")),
    )


def _models(history: History, terms: TermsInForce, rows: pl.DataFrame, n: pl.Expr) -> pl.Series:
    """Return the model of the period that begins on D_n of each row's licence."""
    asked = rows.select("license", n=n)
    first = of_license(history, "model")["model"]
    found = terms.with_terms(asked, pl.col("n"), pl.lit(None, pl.String), first)
    return found["model"].cast(pl.String)


def _with_switches(history: History, rows: pl.DataFrame, model: str) -> pl.DataFrame:
    """Add the last switch to the model by the period before, and the last since the cutover's day."""
    switches = history.changes.filter(pl.col("fact") == Fact.PRICING_MODEL_SWITCHED).select(
        "license", switched_us="effective_us", switched_to="model"
    )
    at = pl.col("switched_us")
    early = (at <= pl.col("before_us")) & (pl.col("switched_to") == model)
    late = (at >= pl.col("on_us")) & (at <= pl.col("charge_us"))
    found = (
        rows.select("license", "before_us", "on_us", "charge_us")
        .join(switches, on="license")
        .group_by("license")
        .agg(early_us=at.filter(early).max(), late_us=at.filter(late).max())
    )
    return rows.join(found, on="license", how="left", maintain_order="left")
