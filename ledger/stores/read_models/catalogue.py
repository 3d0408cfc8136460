"""The catalogue of read models: versions, which is live, checkpoints, followers and parked licences."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a version of a table is for."""

    BUILDING = "building"
    LIVE = "live"
    PREVIOUS = "previous"
    OLD = "old"


@dataclass(frozen=True)
class TableVersion:
    """One version of one table; `builder` is who made it, `partitions` the number of its checkpoints."""

    table: str
    version: int
    state: State
    schema_version: str
    builder: str
    partitions: int


@dataclass(frozen=True)
class Checkpoint:
    """How far a partition of a version knows the log, and up to which instant its invoices are made.

    `recorded_us` is the instant at which the event at `position` was recorded; both are 0 before any.
    """

    version: int
    partition: int
    position: int
    recorded_us: int
    through_us: int
    owner: str | None


@dataclass(frozen=True)
class Parked:
    """A licence that a version does not follow, for an event that could not be understood."""

    license_id: str
    position: int
    event_id: str
    reason: str
    since_us: int


# {text} and {big} are the databases' words; every statement may run again.
CREATE = (
    "CREATE TABLE IF NOT EXISTS {read_model_log} (ledger_id {text} PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS {read_model_version} (version {big} PRIMARY KEY, "
    "schema_version {text} NOT NULL, "
    "builder {text} NOT NULL, partitions {big} NOT NULL, created_us {big} NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {read_model_table} (table_name {text} NOT NULL, version {big} NOT NULL, "
    "state {text} NOT NULL, PRIMARY KEY (table_name, version))",
    "CREATE TABLE IF NOT EXISTS {read_model_checkpoint} (version {big} NOT NULL, part {big} NOT NULL, "
    "position {big} NOT NULL, recorded_us {big} NOT NULL, through_us {big} NOT NULL, owner {text}, "
    "PRIMARY KEY (version, part))",
    "CREATE TABLE IF NOT EXISTS {read_model_follower} (owner {text} PRIMARY KEY, until_us {big} NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {read_model_parked} (version {big} NOT NULL, license_id {text} NOT NULL, "
    "position {big} NOT NULL, event_id {text} NOT NULL, reason {text} NOT NULL, since_us {big} NOT NULL, "
    "PRIMARY KEY (version, license_id))",
)

LOG_OF = "SELECT ledger_id FROM {read_model_log}"
SET_LOG = "INSERT INTO {read_model_log} VALUES (:ledger_id)"

TABLE_VERSIONS = (
    "SELECT t.table_name, t.version, t.state, v.schema_version, v.builder, v.partitions "
    "FROM {read_model_table} t JOIN {read_model_version} v ON v.version = t.version "
    "ORDER BY t.table_name, t.version"
)
LAST_VERSION = "SELECT coalesce(max(version), 0) FROM {read_model_version}"
NEW_VERSION = (
    "INSERT INTO {read_model_version} (version, schema_version, builder, partitions, created_us) "
    "VALUES (:version, :schema_version, :builder, :partitions, :created_us)"
)
NEW_TABLE = "INSERT INTO {read_model_table} VALUES (:name, :version, 'building')"
NEW_CHECKPOINT = (
    "INSERT INTO {read_model_checkpoint} (version, part, position, recorded_us, through_us) "
    "VALUES (:version, :part, 0, 0, :through_us)"
)
SET_STATE = "UPDATE {read_model_table} SET state = :state WHERE table_name = :name AND version = :version"
FORGET_TABLE = "DELETE FROM {read_model_table} WHERE table_name = :name AND version = :version"
# A version keeps its number for ever, so that a name is not given twice; what it knows goes with its tables.
FORGET_REST = tuple(
    f"DELETE FROM {table} WHERE version NOT IN (SELECT version FROM {{read_model_table}})"
    for table in ("{read_model_checkpoint}", "{read_model_parked}")
)

CHECKPOINTS = (
    "SELECT version, part, position, recorded_us, through_us, owner "
    "FROM {read_model_checkpoint} ORDER BY version, part"
)
MOVE = (
    "UPDATE {read_model_checkpoint} SET position = :position, recorded_us = :recorded_us, "
    "through_us = :through_us WHERE version = :version AND part = :part AND position = :expected "
    "RETURNING part"
)

GREET = (
    "INSERT INTO {read_model_follower} VALUES (:owner, :until_us) "
    "ON CONFLICT (owner) DO UPDATE SET until_us = excluded.until_us"
)
FORGET_FOLLOWERS = "DELETE FROM {read_model_follower} WHERE until_us <= :now_us OR owner = :leaving"
FOLLOWERS = "SELECT owner FROM {read_model_follower}"
LEASE = "UPDATE {read_model_checkpoint} SET owner = :owner WHERE version = :version AND part = :part"
RELEASE = "UPDATE {read_model_checkpoint} SET owner = NULL WHERE owner = :owner"

PARKED = (
    "SELECT version, license_id, position, event_id, reason, since_us FROM {read_model_parked} "
    "ORDER BY license_id, position, version"
)
PARK = (
    "INSERT INTO {read_model_parked} (version, license_id, position, event_id, reason, since_us) "
    "VALUES (:version, :license_id, :position, :event_id, :reason, :since_us) "
    "ON CONFLICT (version, license_id) DO UPDATE SET position = excluded.position, "
    "event_id = excluded.event_id, reason = excluded.reason"
)
UNPARK = "DELETE FROM {read_model_parked} WHERE version = :version AND license_id {among_ids}"

# Until versions had their own, the parked were those of all versions together.
PARKED_OF_ALL = "SELECT license_id, position, event_id, reason, since_us FROM {read_model_parked}"
DROP_PARKED = "DROP TABLE {read_model_parked}"
VERSIONS_WITH_TABLES = "SELECT DISTINCT version FROM {read_model_table}"
