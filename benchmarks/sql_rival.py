"""The rivals of a rebuild that a user would write: one SQL statement on PostgreSQL, and the same in DuckDB.

The statement (`sql_rival.sql`) computes seat counts and recurring invoices with window functions and returns
only their sums: nothing is written, which is in its favour.
"""

from pathlib import Path

_STATEMENT = Path(__file__).with_suffix(".sql").read_text()
_FIELDS = (
    "plan", "billing_cycle", "pricing_model", "currency", "billing_anchor", "source", "partner_id",
    "unit_amount", "programme", "takes_effect",
)  # fmt: skip


def postgres_statement(log: str, as_of_us: int) -> str:
    """Return the statement for the table of a log."""
    state = "CAST(convert_from(state, 'UTF8') AS json)"
    fields = {name: f"{state} ->> '{name}'" for name in _FIELDS}
    return _STATEMENT.format(
        **fields,
        cutover_on=f"{state} ->> 'on'",
        applies_to_source=f"{state} -> 'applies_to' ->> 'source'",
        applies_to_programme=f"{state} -> 'applies_to' ->> 'programme'",
        log=f"(SELECT notification_id AS position, * FROM {log}) AS log",
        day_us="CAST(extract(epoch FROM day) AS bigint) * 1000000",
        months="(SELECT CAST(n AS integer) AS n FROM generate_series(0, 200) AS numbers (n))",
        as_of_us=as_of_us,
    )


def duckdb_statement(log: str, as_of_us: int) -> str:
    """Return the statement for a relation with the log's columns and times in µs."""
    fields = {name: f"json_extract_string(state, '$.{name}')" for name in _FIELDS}
    return _STATEMENT.format(
        **fields,
        cutover_on="json_extract_string(state, '$.on')",
        applies_to_source="json_extract_string(state, '$.applies_to.source')",
        applies_to_programme="json_extract_string(state, '$.applies_to.programme')",
        log=log,
        day_us="epoch_us(CAST(day AS timestamp))",
        months="(SELECT CAST(n AS integer) AS n FROM generate_series(0, 200) AS numbers (n))",
        as_of_us=as_of_us,
    )
