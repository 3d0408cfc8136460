"""From the log's states to columns: the few events whose fields a projection needs, decoded all at once."""

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
# How values of a type begin, as a pattern; a whole number, to its end.
_BEGIN: dict[pl.DataType | type[pl.DataType] | pl.datatypes.DataTypeClass, str] = {
    pl.String: '"',
    pl.Struct: r"\{",
    pl.Int64: "-?[0-9]+[,}]",
    pl.Int32: "-?[0-9]+[,}]",
}


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
    for topic, needed in _NEEDED.items():
        of_topic = told.filter(pl.col("topic") == topic)
        lacking = of_topic.filter(pl.any_horizontal(_lacks(name) for name in needed))
        for text in lacking["state"]:
            decode(topic, text.encode())


def _lacks(name: str) -> pl.Expr:
    """Tell where a field is null, or does not begin as its type does in the text that events are stored in.

    A quote within a value is escaped, so nothing but a field looks like one. What is stored in another way
    is suspected wrongly, and costs the time to decode it.
    """
    begin = _BEGIN.get(_FIELDS.to_schema()[name].base_type())
    lacks = pl.col(name).is_null()
    return lacks if begin is None else lacks | ~pl.col("state").str.contains(f'"{name}":{begin}')


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
