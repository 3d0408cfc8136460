"""The SQL that only PostgreSQL understands, in one place; {schema} and {log} are filled in, quoted."""

from psycopg.sql import Identifier

from ledger.events.facts import Fact
from ledger.stores.queries import Dialect, packed_columns

SCHEMA_VERSION = "1"

# Of issued invoices alone, so that recording anything else costs next to nothing (ledger.stores.issuing).
INDEXES = {
    "issued_by_position": "CREATE INDEX IF NOT EXISTS issued_by_position "
    f"ON {{log}} (notification_id) WHERE fact = {int(Fact.INVOICE_ISSUED)}",
    "issued_by_number": "CREATE INDEX IF NOT EXISTS issued_by_number "
    f"ON {{log}} (length(subject), subject) WHERE fact = {int(Fact.INVOICE_ISSUED)}",
}
INDEXES_FOUND = "SELECT indexname FROM pg_indexes WHERE schemaname = %(schema)s"

# Names are compared by their bytes (COLLATE "C"), so that a range of names is a range of the index.
CREATE_TABLES = (
    "CREATE SCHEMA IF NOT EXISTS {schema}",
    """
CREATE TABLE IF NOT EXISTS {log} (
    notification_id bigserial NOT NULL UNIQUE,
    originator_version bigint NOT NULL,
    effective_us bigint NOT NULL,
    recorded_us bigint NOT NULL,
    fact smallint NOT NULL,
    originator_id text COLLATE "C" NOT NULL,
    license_id text COLLATE "C",
    subject text COLLATE "C",
    event_id text COLLATE "C" NOT NULL UNIQUE,
    topic text NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
) WITH (
    autovacuum_enabled = true,
    autovacuum_vacuum_threshold = 100000000,
    autovacuum_vacuum_scale_factor = 0.5,
    autovacuum_analyze_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.01
)""",
    "CREATE TABLE IF NOT EXISTS {schema}.ledger_meta (key text PRIMARY KEY, value text NOT NULL)",
    f"INSERT INTO {{schema}}.ledger_meta VALUES ('schema_version', '{SCHEMA_VERSION}') "
    "ON CONFLICT (key) DO NOTHING",
    *INDEXES.values(),
)
# Two processes that make the same store at once would fail on each other's CREATE … IF NOT EXISTS.
ONE_MAKER = "SELECT pg_advisory_xact_lock(hashtext('license-ledger'), hashtext({schema_name}))"

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %(schema)s"
SCHEMA_VERSION_FOUND = "SELECT value FROM {schema}.ledger_meta WHERE key = 'schema_version'"
LEDGER_ID = "SELECT value FROM {schema}.ledger_meta WHERE key = 'ledger_id'"
NEW_LEDGER_ID = (
    "INSERT INTO {schema}.ledger_meta VALUES ('ledger_id', gen_random_uuid()::text) "
    "ON CONFLICT (key) DO NOTHING"
)

_COLUMNS = (
    ("originator_id", "text"),
    ("originator_version", "bigint"),
    ("event_id", "text"),
    ("license_id", "text"),
    ("subject", "text"),
    ("fact", "smallint"),
    ("effective_us", "bigint"),
    ("recorded_us", "bigint"),
    ("topic", "text"),
    ("state", "bytea"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
COPY_TYPES = ("bigint", *(type_name for _, type_name in _COLUMNS))

LAST_VERSION = "SELECT coalesce(max(originator_version), 0) FROM {log} WHERE originator_id = %s"
LAST_RECORDED_US = "SELECT recorded_us FROM {log} ORDER BY notification_id DESC LIMIT 1"

# Positions follow the order of the arrays; the states go over in binary.
INSERT_ROWS = (
    f"INSERT INTO {{log}} ({_NAMES}) SELECT {_NAMES} FROM unnest("
    + ", ".join(f"%{'b' if type_name == 'bytea' else 's'}::{type_name}[]" for _, type_name in _COLUMNS)
    + f") WITH ORDINALITY AS given ({_NAMES}, place) ORDER BY place RETURNING notification_id"
)

COPY_ROWS = f"COPY {{log}} (notification_id, {_NAMES}) FROM STDIN (FORMAT BINARY)"

_SEQUENCE = "pg_get_serial_sequence({log_name}, 'notification_id')"
# The sequence knows positions that were given and rolled back; under the table lock nobody else draws one.
LAST_GIVEN_POSITION = f"SELECT coalesce(pg_sequence_last_value({_SEQUENCE}::regclass), 0)"
GIVE_POSITIONS = f"SELECT setval({_SEQUENCE}, %(last)s)"

_PACKED = packed_columns(
    "string_agg",
    "notification_id",
    "convert_from(state, 'UTF8')",
    whole="{}::text",
    flag="({})::integer",
)
# The sub-select lets the texts be joined in the order of the index, without a sort for each of them.
PACKED_PAGE = f"""
SELECT {_PACKED} FROM (
    SELECT * FROM {{log}} WHERE notification_id > %(after)s AND notification_id <= %(until)s
    ORDER BY notification_id
) AS page
"""

# ADBC reads a statement without parameters by COPY, which is what makes it fast: whole numbers go in.
WHOLE_PAGE = """
SELECT notification_id AS position, event_id, license_id, subject, fact, effective_us, recorded_us,
    topic, state
FROM {log} WHERE notification_id > {after} AND notification_id <= {until} ORDER BY notification_id
"""
# Held by a session: it goes when the session does, however that ends.
TRY_ALONE = "SELECT pg_try_advisory_lock(hashtext('license-ledger ' || %(work)s), hashtext(%(schema)s))"

END_ALONE = "SELECT pg_advisory_unlock(hashtext('license-ledger ' || %(work)s), hashtext(%(schema)s))"

EXPORT_PAGE = """
SELECT count(*), string_agg(state, '\\x0a'::bytea ORDER BY notification_id) || '\\x0a'::bytea
FROM {log} WHERE notification_id > %(after)s AND notification_id <= %(until)s
"""


def quoted(name: str) -> str:
    """Return a name as it stands in SQL."""
    return Identifier(name).as_string()


def dialect(log: str) -> Dialect:
    """Return the words for a table, its name given as it stands in SQL."""
    return Dialect(
        log=log,
        position="notification_id",
        parameter=lambda name: f"%({name})s",
        among=lambda name: f"= ANY(%({name})s)",
        list_value=list,
        packed=_PACKED,
    )
