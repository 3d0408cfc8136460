"""What an auditor looks for in the replay of a cutover, each with a stable code and in words."""

import polars as pl

from ledger.events.programme import CutoverAnnounced
from ledger.projections.history import History
from replay.scope import SCOPE_COLUMNS

EXCEPTION_CODES = (
    "notice_late",
    "notice_missed",
    "charge_date_moved",
    "switched_early",
    "already_on_it",
    "shielded",
    "overruled",
    "cancelled",
    "created_on_another_model",
    "switched_before_first_period",
    "billed_on_another_model",
    "not_billed_on_charge_date",
)
_ORDER = pl.Enum(EXCEPTION_CODES)


def exceptions_of(
    history: History,
    cutover: CutoverAnnounced,
    *,
    scope: pl.DataFrame,
    notices: pl.DataFrame,
    first_bills: pl.DataFrame,
    as_of_us: int,
) -> pl.DataFrame:
    """Return license_id, code and words of every exception, by license_id and then as in EXCEPTION_CODES.

    `scope` has SCOPE_COLUMNS; `notices` are the cutover's; `first_bills` has license_id, billing_date and
    pricing_model of the first recurring line from the charge date on.
    """
    dated = _with_dates(history, scope)
    found = [
        *_of_notices(dated, notices),
        *_of_switching(dated, cutover),
        *_of_creation(dated, cutover),
        *_of_billing(dated, first_bills, as_of_us),
    ]
    rows = pl.concat(found).with_columns(order=pl.col("code").cast(_ORDER))
    return rows.sort("license_id", "order", "words").drop("order")


def _with_dates(history: History, scope: pl.DataFrame) -> pl.DataFrame:
    """Add in words the local dates that exceptions speak of."""
    zone = pl.col("zone")
    days = {
        "created": pl.col("created_day"),
        "charge": pl.col("charge_day"),
        "cancelled": history.zones.local_day(zone, _within(pl.col("cancelled_us"))),
        "early": history.zones.local_day(zone, pl.col("early_us")),
        "late": history.zones.local_day(zone, pl.col("late_us")),
    }
    dates = {f"{name}_on": day.cast(pl.Int32).cast(pl.Date).cast(pl.String) for name, day in days.items()}
    return scope.select(*SCOPE_COLUMNS).with_columns(**dates)


def _within(us: pl.Expr) -> pl.Expr:
    """Return the instant, null where it is the one that stands for never."""
    return pl.when(us < 1 << 62).then(us)


def _exception(rows: pl.DataFrame, code: str, words: str, *columns: str) -> pl.DataFrame:
    """Return an exception for each row; `words` has {} for each column in turn."""
    return rows.select("license_id", code=pl.lit(code), words=pl.format(words, *columns))


def _of_notices(scope: pl.DataFrame, notices: pl.DataFrame) -> list[pl.DataFrame]:
    rows = notices.with_columns(
        name=pl.col("channel").replace({"in_app": "in-app notice", "email": "e-mail"}),
        on=pl.col("charge_date").cast(pl.String),
    ).join(scope.select("license_id", "charge_on"), on="license_id")
    moved = rows.filter(pl.col("on") != pl.col("charge_on"))
    return [
        _exception(
            rows.filter("late"),
            "notice_late",
            "The {} of the charge on {} was sent after it was due.",
            "name",
            "on",
        ),
        _exception(
            rows.filter(pl.col("state") == "missed"),
            "notice_missed",
            "No {} was sent before the charge on {}.",
            "name",
            "on",
        ),
        _exception(
            moved,
            "charge_date_moved",
            "The {} was sent for a charge on {}; it was moved to {} since.",
            "name",
            "on",
            "charge_on",
        ),
    ]


def _of_switching(scope: pl.DataFrame, cutover: CutoverAnnounced) -> list[pl.DataFrame]:
    model, on = cutover.pricing_model.value, cutover.on.isoformat()
    rows = scope.filter(~pl.col("at_creation"))
    gone = pl.col("cancelled_us") <= pl.col("charge_us")
    same_before = ~gone & (pl.col("model_before") == model)
    another = ~gone & (pl.col("period_model") != model)
    by_switch, shielded = pl.col("early_us").is_not_null(), pl.col("late_us").is_not_null()
    return [
        _exception(
            rows.filter(same_before & by_switch),
            "switched_early",
            f"On {model} already by its own switch of {{}}, before the cutover.",
            "early_on",
        ),
        _exception(
            rows.filter(same_before & ~by_switch),
            "already_on_it",
            f"On {model} already when the cutover came, since it began on {{}} on {{}}.",
            "created_model",
            "created_on",
        ),
        _exception(
            rows.filter(another & ~same_before & shielded),
            "shielded",
            f"Kept from the cutover by its own switch of {{}}, after {on}: {{}} from {{}}.",
            "late_on",
            "period_model",
            "charge_on",
        ),
        _exception(
            rows.filter(another & ~same_before & ~shielded),
            "overruled",
            "Another cutover decides the period from {}: {}.",
            "charge_on",
            "period_model",
        ),
        _exception(
            rows.filter(gone),
            "cancelled",
            "Cancelled on {}, by the charge date {}.",
            "cancelled_on",
            "charge_on",
        ),
    ]


def _of_creation(scope: pl.DataFrame, cutover: CutoverAnnounced) -> list[pl.DataFrame]:
    model = cutover.pricing_model.value
    created_since = scope.filter(pl.col("model_due").is_not_null())
    mistaken = pl.col("created_model") != pl.col("model_due")
    at_creation = created_since.filter("at_creation")
    return [
        _exception(
            created_since.filter(mistaken),
            "created_on_another_model",
            "Created on {} on {}; {} makes it {}.",
            "created_on",
            "created_model",
            "decided_by",
            "model_due",
        ),
        _exception(
            at_creation.filter(~mistaken & (pl.col("created_model") != model)),
            "overruled",
            "Created on {}, when {} made it {}.",
            "created_on",
            "decided_by",
            "created_model",
        ),
        _exception(
            at_creation.filter((pl.col("created_model") == model) & (pl.col("period_model") != model)),
            "switched_before_first_period",
            f"Created on {model}, and on {{}} when its first period began on {{}}.",
            "period_model",
            "charge_on",
        ),
    ]


def _of_billing(scope: pl.DataFrame, first_bills: pl.DataFrame, as_of_us: int) -> list[pl.DataFrame]:
    owed = scope.filter(
        (pl.col("charge_us") <= as_of_us) & (pl.col("cancelled_us") > pl.col("charge_us"))
    ).join(first_bills, on="license_id", how="left", maintain_order="left")
    billed_on = pl.col("billing_date").cast(pl.String)
    on_time = (billed_on == pl.col("charge_on")).fill_null(value=False)
    return [
        _exception(
            owed.filter(on_time & (pl.col("pricing_model") != pl.col("period_model"))),
            "billed_on_another_model",
            "The invoice of {} was made on {}, not {}: it did not know better; later ones adjust it.",
            "charge_on",
            "pricing_model",
            "period_model",
        ),
        _exception(
            owed.filter(~on_time),
            "not_billed_on_charge_date",
            "The period from {} has no line on its date: no price, or the licence, was not known then.",
            "charge_on",
        ),
    ]
