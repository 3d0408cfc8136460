"""The archive's columns: from a log's rows to them, and from them to the history lines, byte for byte."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from ledger.events.facts import SEAT_FACTS_END, Fact

PositionsOf = Callable[[Sequence[str]], Mapping[str, int]]

INSTANT = pl.Datetime("us", "UTC")
ARCHIVE_SCHEMA = pl.Schema(
    {
        "position": pl.Int64(),
        "event_id": pl.String(),
        "type": pl.String(),
        "license_id": pl.String(),
        "subject": pl.String(),
        "effective_at": INSTANT,
        "recorded_at": INSTANT,
        "actor": pl.String(),
        "role": pl.String(),
        "fact": pl.Int16(),
        "topic": pl.String(),
        "state": pl.String(),
        "line": pl.String(),
        "known_through_position": pl.Int64(),
    }
)
# The canonical line ends with these; quotes inside a value are escaped, so nothing else can look like it.
_ACTOR = r',"actor":"((?:[^"\\]|\\.)*)","effective_at":"[^"]{27}","recorded_at":"[^"]{27}"\}$'
_CREATED = (Fact.AGENT_CREATED, Fact.COMPLIMENTARY_AGENT_CREATED)
_CHATBOTS = (Fact.CHATBOT_ADDED, Fact.CHATBOT_REMOVED)


def archive_rows(whole: pl.DataFrame, positions_of: PositionsOf) -> pl.DataFrame:
    """Return rows of WHOLE_SCHEMA as ARCHIVE_SCHEMA, in the order they came in.

    `state` and `topic` are those of events that need them. `line` is the history line of the others where
    it cannot be made from the columns again, which is tried for each. `positions_of` says where the events
    stand that issued invoices name as the last they knew.
    """
    is_seat = pl.col("fact") < SEAT_FACTS_END
    actor = pl.col("state").str.extract(_ACTOR)
    rows = whole.select(
        "position",
        "event_id",
        pl.col("topic").str.split_exact("@", 1).struct.field("field_0").alias("type"),
        "license_id",
        "subject",
        pl.col("effective_us").cast(INSTANT).alias("effective_at"),
        pl.col("recorded_us").cast(INSTANT).alias("recorded_at"),
        pl.when(actor.str.contains("\\", literal=True))
        .then(pl.col("state").str.json_path_match("$.actor"))
        .otherwise(actor)
        .alias("actor"),
        pl.when(pl.col("fact").is_in(_CREATED))
        .then(pl.col("state").str.extract(r'"role":"([a-z_]+)"'))
        .alias("role"),
        "fact",
        pl.when(~is_seat).then("topic").alias("topic"),
        "state",
        known_through_position=_known_through(whole, positions_of),
    )
    return rows.select(
        pl.exclude("state", "known_through_position"),
        pl.when(~is_seat).then("state").alias("state"),
        pl.when(is_seat & pl.col("state").ne_missing(_made_line())).then("state").alias("line"),
        "known_through_position",
    ).cast(ARCHIVE_SCHEMA)


def history_lines(rows: pl.DataFrame) -> pl.Series:
    """Return the history lines of rows of ARCHIVE_SCHEMA, without line ends."""
    return rows.select(line=pl.coalesce("state", "line", _made_line())).to_series()


def _known_through(whole: pl.DataFrame, positions_of: PositionsOf) -> pl.Series:
    issued = whole["fact"] == int(Fact.INVOICE_ISSUED)
    ids = whole.select(
        pl.when(issued).then(pl.col("state").str.json_path_match("$.known_through"))
    ).to_series()
    known = sorted(ids.drop_nulls().unique())
    positions = positions_of(known) if known else {}
    if not positions:
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, whole.height)
    return ids.replace_strict(positions, default=None, return_dtype=pl.Int64)


def _made_line() -> pl.Expr:
    """Make the line of an agent's, ChatBot's or seat event, as ledger.events.encoding does."""
    fact = pl.col("fact")
    is_free = (
        pl.when(fact == Fact.COMPLIMENTARY_AGENT_CREATED).then(pl.lit("true")).otherwise(pl.lit("false"))
    )
    subject = pl.when(fact.is_in(_CHATBOTS)).then(pl.lit(',"bot_id":')).otherwise(pl.lit(',"agent_id":'))
    created = pl.format(',"role":"{}","complimentary":{}', pl.col("role"), is_free)
    return pl.concat_str(
        pl.lit('{"id":'), _quoted("event_id"),
        pl.lit(',"type":"'), "type",
        pl.lit('","license_id":'), _quoted("license_id"),
        subject, _quoted("subject"),
        pl.when(fact.is_in(_CREATED)).then(created).otherwise(pl.lit("")),
        pl.lit(',"actor":'), _quoted("actor"),
        pl.lit(',"effective_at":"'), _instant("effective_at"),
        pl.lit('","recorded_at":"'), _instant("recorded_at"),
        pl.lit('"}'),
    )  # fmt: skip


def _quoted(column: str) -> pl.Expr:
    """Quote as JSON: ids take no control characters, so two signs are escaped."""
    text = (
        pl.col(column).str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    )
    return pl.lit('"') + text + pl.lit('"')


def _instant(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
