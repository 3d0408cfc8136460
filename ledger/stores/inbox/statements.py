"""The inbox's one table and what is asked of it; {inbox}, {key} and {big} are the databases' own words."""

_COLUMNS = (
    "delivery_id, received_us, first_us, fact, organization_id, license_id, action, subject, body, outcome, "
    "code, reason, position"
)
CREATE = (
    "CREATE TABLE IF NOT EXISTS {inbox} (delivery_id {key}, received_us {big} NOT NULL, "
    "first_us {big} NOT NULL, fact text NOT NULL, organization_id text NOT NULL, license_id text, "
    "action text NOT NULL, subject text NOT NULL, body text NOT NULL, outcome text NOT NULL, code text, "
    "reason text, position {big}, settled_us {big})",
    "CREATE INDEX IF NOT EXISTS webhook_inbox_fact ON {inbox} (fact, received_us)",
    "CREATE INDEX IF NOT EXISTS webhook_inbox_subject ON {inbox} (subject, delivery_id)",
    "CREATE INDEX IF NOT EXISTS webhook_inbox_outcome ON {inbox} (outcome)",
)

# The clocks of two receivers differ, so the first one may seem to have come a moment after.
FIRST = (
    f"SELECT {_COLUMNS} FROM {{inbox}} WHERE fact = :fact AND first_us = received_us "
    "AND received_us BETWEEN :now_us - :within_us AND :now_us + :within_us "
    "ORDER BY received_us DESC, delivery_id DESC LIMIT 1"
)
OVERTAKEN = (
    "SELECT count(*) FROM {inbox} WHERE subject = :subject AND delivery_id > :first_id AND fact <> :fact "
    "AND (organization_id = :organization_id OR license_id = :license_id)"
)
TAKE_IN = (
    "INSERT INTO {inbox} (received_us, first_us, fact, organization_id, license_id, action, subject, body, "
    "outcome) VALUES (:received_us, :first_us, :fact, :organization_id, :license_id, :action, :subject, "
    f":body, :outcome) RETURNING {_COLUMNS}"
)
SETTLE = (
    "UPDATE {inbox} SET outcome = :outcome, code = :code, reason = :reason, position = :position, "
    "license_id = coalesce(:license_id, license_id), settled_us = :settled_us "
    "WHERE delivery_id = :delivery_id AND outcome IN ('received', 'kept_aside')"
)
ONE = f"SELECT {_COLUMNS} FROM {{inbox}} WHERE delivery_id = :delivery_id"
WITH_OUTCOMES = f"SELECT {_COLUMNS} FROM {{inbox}} WHERE outcome IN ({{outcomes}}) ORDER BY delivery_id"
COUNTS = "SELECT outcome, count(*) FROM {inbox} GROUP BY outcome ORDER BY outcome"
OF_SUBJECT = (
    f"SELECT {_COLUMNS} FROM {{inbox}} WHERE subject = :subject AND delivery_id < :before_id "
    "AND (organization_id = :organization_id OR license_id = :license_id) "
    "AND outcome IN ('recorded', 'awaiting_approval', 'withdrawn') ORDER BY delivery_id DESC LIMIT 1"
)
