"""Notices of cutovers on billing dates, with their states at an instant (docs/rules.md §7)."""

import polars as pl

from ledger.projections.billing_dates import with_charge_n, with_period
from ledger.projections.billing_index import billing_day
from ledger.projections.history import History
from ledger.projections.terms import of_license
from ledger.rules.words import Channel

NOTICE_COLUMNS = (
    "license_id", "cutover_id", "channel", "charge_date", "due_at_us", "state", "late",
    "pricing_model_before", "pricing_model_after",
)  # fmt: skip
UNDECIDED_COLUMNS = (
    "license_id", "cutover_id", "channel", "charge_date", "due_at_us", "charge_at_us", "is_sent", "late",
    "pricing_model_before", "pricing_model_after",
)  # fmt: skip
_NOTICE = ["license", "cutover_id"]
_IS_BANNER = pl.col("channel") == Channel.BANNER.value


def notices(history: History, as_of_us: int) -> pl.DataFrame:
    """Return NOTICE_COLUMNS by (license_id, charge_date, cutover_id, channel).

    Every fact that `history` holds counts, whatever its effective_at; `as_of_us` decides the states only.
    `due_at_us` is in µs since 1970 UTC.
    """
    return notices_at(undecided_notices(history), as_of_us)


def undecided_notices(history: History) -> pl.DataFrame:
    """Return UNDECIDED_COLUMNS of every notice by (license_id, charge_date, cutover_id, channel).

    What a notice is, apart from any instant: when it is due and when the charge comes (µs since 1970 UTC),
    whether it was sent and if so late.
    """
    present = charges(history)
    sent = history.sent.unique([*_NOTICE, "charge_day", "channel"], keep="first", maintain_order=True).select(
        *_NOTICE, "charge_day", "channel", sent_us="effective_us"
    )
    channels = pl.DataFrame({"channel": [channel.value for channel in Channel]})
    rows = present.join(channels, how="cross").join(
        sent, on=[*_NOTICE, "charge_day", "channel"], how="left", maintain_order="left"
    )
    moved = (
        sent.rename({"charge_day": "old_day"})
        .join(present, on=_NOTICE)
        .filter(pl.col("old_day") != pl.col("charge_day"))
        .with_columns(charge_day="old_day")
    )
    rows = pl.concat([rows, moved.select(rows.columns)])
    return _with_instants(history, rows).sort("license_id", "charge_date", "cutover_id", "channel")


def notices_at(undecided: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Return NOTICE_COLUMNS of rows of `undecided_notices`, in their order, with the states at an instant."""
    due = pl.col("due_at_us") <= as_of_us
    charged = pl.col("charge_at_us") <= as_of_us
    shown = pl.when(charged).then(pl.lit("ended")).when(due).then(pl.lit("showing"))
    owed = pl.when(charged).then(pl.lit("missed")).when(due).then(pl.lit("due"))
    state = (
        pl.when(_IS_BANNER)
        .then(shown.otherwise(pl.lit("scheduled")))
        .when("is_sent")
        .then(pl.lit("sent"))
        .otherwise(owed.otherwise(pl.lit("scheduled")))
    )
    return undecided.with_columns(state=state).select(NOTICE_COLUMNS)


def charges(history: History) -> pl.DataFrame:
    """Return the first charge under each cutover that switches a licence.

    Columns: license, cutover_id, notice_days, zone, charge_day, charge_us, before, after (pricing models).
    A licence created at or after the first instant of `on`, cancelled by the charge, or on that model
    before has none.
    """
    terms, stretches = history.terms_in_force, history.stretches
    of = of_license(history, "model", "effective_us")
    charged = with_charge_n(stretches, history.cutovers.filter(of["effective_us"] < pl.col("on_us")))
    cancelled_us = pl.lit(terms.cancelled_us(history.licenses.height)).gather("license")
    before_n = charged.with_columns(n=(pl.col("charge_n") - 1).clip(lower_bound=0))
    before = with_period(stretches, before_n, "n").select("license", n="start_n")
    models = [
        terms.with_terms(asked, pl.col("n"), pl.lit(None, pl.String), of["model"])["model"]
        for asked in (before, charged.select("license", n="charge_n"))
    ]
    return (
        charged.with_columns(
            charge_day=billing_day(pl.col("charge_n")),
            before=pl.when(pl.col("charge_n") > 0).then(models[0]).otherwise(of["model"]),
            set_model=models[1],
            after="model",
        )
        .with_columns(charge_us=history.zones.instant(pl.col("zone"), pl.col("charge_day")))
        .filter(
            (pl.col("before") != pl.col("after"))
            & (pl.col("set_model") == pl.col("after"))
            & (pl.col("charge_us") < cancelled_us)
        )
        .select(*_NOTICE, "notice_days", "zone", "charge_day", "charge_us", "before", "after")
    )


def _with_instants(history: History, rows: pl.DataFrame) -> pl.DataFrame:
    """Return UNDECIDED_COLUMNS of rows of license, channel, zone, charge_day, sent_us and the models."""
    instant = history.zones.instant
    due_day = pl.col("charge_day") - pl.col("notice_days")
    return (
        rows.with_columns(is_sent=pl.col("sent_us").is_not_null() & ~_IS_BANNER)
        .with_columns(
            due_at_us=instant(pl.col("zone"), due_day),
            charge_at_us=instant(pl.col("zone"), pl.col("charge_day")),
            late=pl.when("is_sent")
            .then(history.zones.local_day(pl.col("zone"), pl.col("sent_us")) > due_day)
            .otherwise(pl.lit(value=False)),
            **of_license(history, "license_id"),
            charge_date=pl.col("charge_day").cast(pl.Int32).cast(pl.Date),
            pricing_model_before=pl.col("before").cast(pl.String),
            pricing_model_after=pl.col("after").cast(pl.String),
        )
        .select(UNDECIDED_COLUMNS)
    )
