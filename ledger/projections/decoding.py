"""From the log's states to columns: the few events whose fields a projection needs, decoded all at once."""

from collections.abc import Mapping

import polars as pl

from ledger.events.catalogue import CATALOGUE, TOPICS, decode, encode
from ledger.events.facts import SEAT_FACTS_END, Fact
from ledger.rules.words import BillingCycle

_FIELDS = pl.Struct(
    {
        "source": pl.String,
        "partner_id": pl.String,
        "payer": pl.String,
        "plan": pl.String,
        "billing_cycle": pl.String,
        "currency": pl.String,
        "billing_anchor": pl.String,
        "time_zone": pl.String,
        "pricing_model": pl.String,
        "programme": pl.String,
        "discount_rate": pl.String,
        "commission_rate": pl.String,
        "unit_amount": pl.Int64,
        "cutover_id": pl.String,
        "applies_to": pl.Struct({"source": pl.String, "programme": pl.String}),
        "takes_effect": pl.String,
        "on": pl.String,
        "notice_days": pl.Int32,
        "number": pl.String,
        "billing_date": pl.String,
        "known_through": pl.String,
        "charge_date": pl.String,
        "channel": pl.String,
    }
)
# By topic, the fields without which its events are none.
_NEEDED = {
    TOPICS[event]: needed
    for event, model in CATALOGUE.items()
    if (
        needed := [
            name
            for name in _FIELDS.to_schema()
            if name in model.model_fields and model.model_fields[name].is_required()
        ]
    )
}
# How a value begins that is not of a type.
_OTHERWISE: Mapping[pl.DataType | type[pl.DataType] | pl.datatypes.DataTypeClass, str] = {
    pl.String: r"[-0-9tf\[{]",
    pl.Struct: r"[^\s{]",
    pl.Int64: r"-?[0-9]*[^-0-9\s,}]",
    pl.Int32: r"-?[0-9]*[^-0-9\s,}]",
}


def _of_another_type() -> str:
    """Return the pattern of a state in which a needed field has another JSON type; null is none of them.

    A quote within a value is escaped, so nothing but a field looks like one.
    """
    needed = {name for of_topic in _NEEDED.values() for name in of_topic}
    by_pattern: dict[str, list[str]] = {}
    for name, dtype in _FIELDS.to_schema().items():
        if name in needed:
            by_pattern.setdefault(_OTHERWISE[dtype.base_type()], []).append(name)
    return "|".join(rf'"(?:{"|".join(names)})":\s*{begin}' for begin, names in by_pattern.items())


_OF_ANOTHER_TYPE = _of_another_type()


def decode_terms(log: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the log that carry terms, with the fields of their state as columns.

    `log` has position, license_id, fact, effective_us, recorded_us, topic and state; those stay, but for
    topic and state. Events of an older version pass through the upcasters first. Empty in, empty out. Raises
    UnreadableEvent, and a ComputeError for a state that is no JSON.
    """
    rows = log.filter(pl.col("fact") >= SEAT_FACTS_END)
    state = rows["state"].cast(pl.String)
    older = rows.with_row_index("row").filter(~pl.col("topic").is_in(list(TOPICS.values())))
    if not older.is_empty():
        lifted = [encode(decode(*event)).decode() for event in older.select("topic", "state").iter_rows()]
        state = state.scatter(older["row"], pl.Series(lifted, dtype=pl.String))
    keep = rows.select(
        "position", pl.col("license_id").cast(pl.String), "fact", "effective_us", "recorded_us"
    )
    fields = state.str.json_decode(_FIELDS).struct.unnest()
    _refuse_lacking(rows["topic"], state, fields)
    return keep.hstack(fields)


def _refuse_lacking(topics: pl.Series, state: pl.Series, fields: pl.DataFrame) -> None:
    """Raise UnreadableEvent for an event without a field that it needs, not to read it as nothing.

    One of another JSON type is as none: a number would be read as the text of its digits.
    """
    told = fields.with_columns(topic=topics, state=state)
    lacks = (
        (pl.col("topic") == topic) & pl.any_horizontal(pl.col(name).is_null() for name in needed)
        for topic, needed in _NEEDED.items()
    )
    suspected = told.filter(pl.any_horizontal(pl.col("state").str.contains(_OF_ANOTHER_TYPE), *lacks))
    for topic, text in suspected.select("topic", "state").iter_rows():
        decode(topic, text.encode())


def known_through_ids(terms: pl.DataFrame) -> list[str]:
    """Return the ids that issued invoices name as the last event they knew."""
    return terms["known_through"].drop_nulls().unique().to_list()


def issue_instants(terms: pl.DataFrame) -> pl.Series:
    """Return the instants (µs) at which invoices were recorded as issued."""
    return terms.filter(pl.col("fact") == Fact.INVOICE_ISSUED)["recorded_us"]


def day(column: str) -> pl.Expr:
    """Return a date written YYYY-MM-DD as days since 1970."""
    return pl.col(column).str.to_date("%Y-%m-%d").to_physical()


def period_months(column: str) -> pl.Expr:
    """Return the months of a period of that billing cycle, null where there is none."""
    annual = pl.col(column) == BillingCycle.ANNUAL.value
    return pl.when(annual).then(BillingCycle.ANNUAL.months).when(~annual).then(BillingCycle.MONTHLY.months)
