"""The columns in which a log is handed to projections, and the ways from a database's answer to them."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from ledger.events.facts import SEAT_FACTS_END

LOG_SCHEMA = pl.Schema(
    {
        "position": pl.Int64(),
        "license_id": pl.String(),
        "subject": pl.String(),
        "fact": pl.Int16(),
        "effective_us": pl.Int64(),
        "recorded_us": pl.Int64(),
        "topic": pl.String(),
        "state": pl.String(),
    }
)
# All that a row says but its place in a stream: what an archive keeps.
WHOLE_SCHEMA = pl.Schema(
    {
        "position": pl.Int64(),
        "event_id": pl.String(),
        "license_id": pl.String(),
        "subject": pl.String(),
        "fact": pl.Int16(),
        "effective_us": pl.Int64(),
        "recorded_us": pl.Int64(),
        "topic": pl.String(),
        "state": pl.String(),
    }
)
# ASCII's record separator: ids take no control characters and JSON escapes them, so it is in no value.
SEPARATOR = "\x1e"
# Position, fact and whether the two times differ (0 or 1) travel as one number, (position * FACTS + fact) * 2
# and the last: writing and reading numbers is what costs, and most events are recorded as they happen.
FACTS = 64
# Characters that Python takes apart before Polars has begun to.
_SHORT = 32_000
_EACH_ROW = ("position", "license_id", "subject", "effective_us")


def empty_log() -> pl.DataFrame:
    """Return a log without rows."""
    return pl.DataFrame(schema=LOG_SCHEMA)


def log_of_rows(rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Return the rows, their values in the order of LOG_SCHEMA, as columns in the order of position."""
    if not rows:
        return empty_log()
    columns = dict(zip(LOG_SCHEMA, zip(*rows, strict=True), strict=True))
    return pl.DataFrame(columns, schema=LOG_SCHEMA).sort("position")


def log_of_packed(parts: Sequence[Sequence[str | None]]) -> pl.DataFrame:
    """Return the log whose columns are each one text of values with SEPARATOR between them, in some parts.

    The first four texts have a value for every row: position, fact and whether its times differ in one,
    license_id and subject with nothing standing for null, effective_us. The fifth says how long after its
    effective_us an event was recorded (negative: before), for the rows whose times differ. The last two have
    values for the rows from SEAT_FACTS_END on only: topic and state. Texts that are None mean no rows.
    """
    packed = _joined(parts)
    if packed[0] is None:
        return empty_log()
    place, *others = (_unpacked(name, text or "") for name, text in zip(_EACH_ROW, packed[:4], strict=True))
    columns = pl.DataFrame([place, *others, _recorded_us(place, others[-1], packed[4])])
    fact = pl.col("position") // 2 % FACTS
    has_state = fact >= SEAT_FACTS_END
    row = pl.when(has_state).then(has_state.cum_sum() - 1)
    log = columns.select(
        pl.col("position") // (2 * FACTS),
        *(pl.when(pl.col(name) != "").then(name).alias(name) for name in ("license_id", "subject")),
        fact.cast(LOG_SCHEMA["fact"]).alias("fact"),
        "effective_us",
        "recorded_us",
        *(
            pl.lit(None, pl.String).alias(name)
            if text is None
            else pl.lit(_unpacked(name, text)).gather(row).alias(name)
            for name, text in zip(("topic", "state"), packed[5:], strict=True)
        ),
    )
    return log if log["position"].is_sorted() else log.sort("position")


def _joined(parts: Sequence[Sequence[str | None]]) -> Sequence[str | None]:
    """Return the texts of all parts as those of one."""
    if len(parts) == 1:
        return parts[0]
    columns = ([text for text in texts if text is not None] for texts in zip(*parts, strict=True))
    return [SEPARATOR.join(texts) if texts else None for texts in columns] or [None]


def _recorded_us(packed: pl.Series, effective_us: pl.Series, lags: str | None) -> pl.Series:
    """Return when each row was recorded, from the numbers that say which rows have a lag."""
    recorded_us = effective_us.alias("recorded_us")
    if lags is None:
        return recorded_us
    rows = (packed % 2 == 1).arg_true()
    return recorded_us.scatter(rows, effective_us.gather(rows) + _unpacked("recorded_us", lags))


def whole_of_packed(packed: Sequence[str | None]) -> pl.DataFrame:
    """Return the rows (WHOLE_SCHEMA) whose columns are each one text, as in `log_of_packed`, by position."""
    if packed[0] is None:
        return pl.DataFrame(schema=WHOLE_SCHEMA)
    rows = pl.DataFrame(
        [_unpacked(name, text or "") for name, text in zip(WHOLE_SCHEMA, packed, strict=True)]
    )
    return rows.with_columns(pl.col(name).replace("", None) for name in ("license_id", "subject")).sort(
        "position"
    )


def _unpacked(name: str, text: str) -> pl.Series:
    dtype = WHOLE_SCHEMA[name]
    if len(text) < _SHORT:
        values = text.split(SEPARATOR)
        return pl.Series(name, values if dtype == pl.String else [*map(int, values)], dtype=dtype)
    split = pl.Series(name, [text]).str.split(SEPARATOR).explode()
    return split if dtype == pl.String else split.cast(dtype)
