"""The SQL that only SQLite understands, in one place."""

import json

from ledger.events.facts import Fact
from ledger.stores.columns import SEPARATOR
from ledger.stores.queries import Dialect, packed_columns

SCHEMA_VERSION = "1"

# Of issued invoices alone, so that recording anything else costs next to nothing (ledger.stores.issuing).
INDEXES = {
    "issued_by_position": "CREATE INDEX IF NOT EXISTS issued_by_position "
    f"ON stored_events (position) WHERE fact = {int(Fact.INVOICE_ISSUED)}",
    "issued_by_number": "CREATE INDEX IF NOT EXISTS issued_by_number "
    f"ON stored_events (length(subject), subject) WHERE fact = {int(Fact.INVOICE_ISSUED)}",
}
INDEXES_FOUND = "SELECT name FROM sqlite_master WHERE type = 'index'"

# AUTOINCREMENT: a position is never given twice, even if the newest row was deleted. The state comes last:
# reading the columns before it leaves it alone.
CREATE_TABLES = (
    """
CREATE TABLE IF NOT EXISTS stored_events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    originator_id TEXT NOT NULL,
    originator_version INTEGER NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    license_id TEXT,
    subject TEXT,
    fact INTEGER NOT NULL,
    effective_us INTEGER NOT NULL,
    recorded_us INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    UNIQUE (originator_id, originator_version)
)""",
    "CREATE TABLE IF NOT EXISTS ledger_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    f"INSERT OR IGNORE INTO ledger_meta VALUES ('schema_version', '{SCHEMA_VERSION}')",
    *INDEXES.values(),
)

SCHEMA_VERSION_FOUND = "SELECT value FROM ledger_meta WHERE key = 'schema_version'"
LEDGER_ID = "SELECT value FROM ledger_meta WHERE key = 'ledger_id'"
NEW_LEDGER_ID = "INSERT OR IGNORE INTO ledger_meta VALUES ('ledger_id', lower(hex(randomblob(16))))"
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"

LAST_VERSION = "SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id = ?"
LAST_RECORDED_US = "SELECT recorded_us FROM stored_events ORDER BY position DESC LIMIT 1"
LAST_GIVEN_POSITION = "SELECT seq FROM sqlite_sequence WHERE name = 'stored_events'"
COLUMN_COUNT = 11
_ROW = f"({','.join('?' * COLUMN_COUNT)})"
INSERT_ROW = f"INSERT INTO stored_events VALUES {_ROW}"


def insert_rows(count: int) -> str:
    """Return the statement that inserts so many rows at once."""
    return f"INSERT INTO stored_events VALUES {','.join([_ROW] * count)}"


_FROM_PAGE = "FROM stored_events WHERE position > :after AND position <= :until"


def _packed(values: str) -> str:
    return f"group_concat({values}, '{SEPARATOR}')"


_PACKED_COLUMNS = packed_columns("group_concat", "position", "state")
PACKED_PAGE = f"SELECT {_PACKED_COLUMNS} {_FROM_PAGE}"

PACKED_WHOLE_PAGE = f"""
SELECT
    {_packed("position")},
    {_packed("event_id")},
    {_packed("coalesce(license_id, '')")},
    {_packed("coalesce(subject, '')")},
    {_packed("fact")},
    {_packed("effective_us")},
    {_packed("recorded_us")},
    {_packed("topic")},
    {_packed("state")}
{_FROM_PAGE}
"""

EXPORT_PAGE = f"SELECT COUNT(*), CAST(group_concat(state, char(10)) || char(10) AS BLOB) {_FROM_PAGE}"

DIALECT = Dialect(
    log="stored_events",
    position="position",
    parameter=lambda name: f":{name}",
    among=lambda name: f"IN (SELECT value FROM json_each(:{name}))",
    list_value=lambda values: json.dumps(list(values)),
    packed=_PACKED_COLUMNS,
)
