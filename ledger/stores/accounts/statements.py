"""The accounts' tables and statements, in SQL that both databases share: :name a parameter, {…} a table."""

TABLES = (
    "account_user",
    "account_session",
    "account_key",
    "account_access",
    "account_count",
    "account_secret",
    "account_read",
)

# {text}, {big} and {serial} are the databases' words; every statement may run again.
CREATE = (
    "CREATE TABLE IF NOT EXISTS {account_user} (name {text} PRIMARY KEY, role {text} NOT NULL, "
    "partner_id {text}, password_hash {text}, created_us {big} NOT NULL, disabled_us {big})",
    "CREATE TABLE IF NOT EXISTS {account_session} (token_hash {text} PRIMARY KEY, user_name {text} NOT NULL, "
    "csrf {text} NOT NULL, began_us {big} NOT NULL, rotated_us {big} NOT NULL, seen_us {big} NOT NULL, "
    "expires_us {big} NOT NULL, previous_hash {text}, previous_until_us {big})",
    "CREATE INDEX IF NOT EXISTS account_session_previous ON {account_session} (previous_hash)",
    "CREATE INDEX IF NOT EXISTS account_session_user ON {account_session} (user_name)",
    "CREATE TABLE IF NOT EXISTS {account_key} (prefix {text} PRIMARY KEY, secret_hash {text} NOT NULL, "
    "user_name {text} NOT NULL, label {text} NOT NULL, scopes {text} NOT NULL, created_us {big} NOT NULL, "
    "expires_us {big} NOT NULL, last_used_us {big}, revoked_us {big})",
    "CREATE TABLE IF NOT EXISTS {account_access} (number {serial}, at_us {big} NOT NULL, "
    "user_name {text} NOT NULL, via {text} NOT NULL, action {text} NOT NULL, license_id {text} NOT NULL, "
    "detail {text} NOT NULL)",
    "CREATE INDEX IF NOT EXISTS account_access_license ON {account_access} (license_id, number)",
    "CREATE TABLE IF NOT EXISTS {account_count} (name {text} PRIMARY KEY, times {big} NOT NULL, "
    "expires_us {big} NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {account_secret} (name {text} PRIMARY KEY, value {text} NOT NULL)",
    "CREATE TABLE IF NOT EXISTS {account_read} (user_name {text} NOT NULL, notice_id {text} NOT NULL, "
    "position {big} NOT NULL, read_us {big} NOT NULL, PRIMARY KEY (user_name, notice_id))",
)

_USER = "name, role, partner_id, password_hash, created_us, disabled_us"
ADD_USER = (
    f"INSERT INTO {{account_user}} ({_USER}) VALUES (:name, :role, :partner_id, :password_hash, :created_us, "
    ":disabled_us) ON CONFLICT (name) DO NOTHING RETURNING name"
)
USER = f"SELECT {_USER} FROM {{account_user}} WHERE name = :name"
USERS = f"SELECT {_USER} FROM {{account_user}} ORDER BY name"
SET_PASSWORD = "UPDATE {account_user} SET password_hash = :password_hash WHERE name = :name RETURNING name"  # noqa: S105 - SQL
SET_DISABLED = "UPDATE {account_user} SET disabled_us = :disabled_us WHERE name = :name RETURNING name"

_SESSION = "token_hash, user_name, csrf, began_us, rotated_us, seen_us, expires_us"
ADD_SESSION = (
    f"INSERT INTO {{account_session}} ({_SESSION}) VALUES (:token_hash, :user_name, :csrf, :began_us, "
    ":rotated_us, :seen_us, :expires_us)"
)
SESSION = (
    f"SELECT {_SESSION} FROM {{account_session}} WHERE (token_hash = :token_hash OR "
    "(previous_hash = :token_hash AND previous_until_us > :now_us)) AND expires_us > :now_us"
)
ROTATE = (
    "UPDATE {account_session} SET token_hash = :new_hash, previous_hash = :token_hash, "
    "previous_until_us = :previous_until_us, rotated_us = :now_us WHERE token_hash = :token_hash "
    "RETURNING token_hash"
)
SEE = (
    "UPDATE {account_session} SET seen_us = :now_us, expires_us = :expires_us WHERE token_hash = :token_hash"
)
END_SESSION = "DELETE FROM {account_session} WHERE token_hash = :token_hash OR previous_hash = :token_hash"
END_SESSIONS_OF = "DELETE FROM {account_session} WHERE user_name = :name"
FORGET_SESSIONS = "DELETE FROM {account_session} WHERE expires_us <= :now_us"

_KEY = "prefix, secret_hash, user_name, label, scopes, created_us, expires_us, last_used_us, revoked_us"
ADD_KEY = (
    f"INSERT INTO {{account_key}} ({_KEY}) VALUES (:prefix, :secret_hash, :user_name, :label, :scopes, "
    ":created_us, :expires_us, :last_used_us, :revoked_us)"
)
KEY = f"SELECT {_KEY} FROM {{account_key}} WHERE prefix = :prefix"
KEYS = f"SELECT {_KEY} FROM {{account_key}} ORDER BY created_us, prefix"
KEY_USED = "UPDATE {account_key} SET last_used_us = :now_us WHERE prefix = :prefix"
REVOKE_KEY = (
    "UPDATE {account_key} SET revoked_us = :now_us WHERE prefix = :prefix AND revoked_us IS NULL "
    "RETURNING prefix"
)

ADD_ACCESS = (
    "INSERT INTO {account_access} (at_us, user_name, via, action, license_id, detail) "
    "VALUES (:at_us, :user_name, :via, :action, :license_id, :detail)"
)
_ACCESS = "number, at_us, user_name, via, action, license_id, detail"
ACCESSES = (
    f"SELECT {_ACCESS} FROM {{account_access}} WHERE number < :before ORDER BY number DESC LIMIT :at_most"
)
ACCESSES_OF = (
    f"SELECT {_ACCESS} FROM {{account_access}} WHERE license_id = :license_id AND number < :before "
    "ORDER BY number DESC LIMIT :at_most"
)

COUNT = (
    "INSERT INTO {account_count} (name, times, expires_us) VALUES (:name, :amount, :expires_us) "
    "ON CONFLICT (name) DO UPDATE SET "
    "times = CASE WHEN {account_count}.expires_us <= :now_us THEN excluded.times "
    "ELSE {account_count}.times + excluded.times END, "
    "expires_us = CASE WHEN {account_count}.expires_us <= :now_us THEN excluded.expires_us "
    "ELSE {account_count}.expires_us END RETURNING times"
)
COUNTED = "SELECT times, expires_us FROM {account_count} WHERE name = :name AND expires_us > :now_us"
FORGET_COUNT = "DELETE FROM {account_count} WHERE name = :name"
FORGET_COUNTS = "DELETE FROM {account_count} WHERE expires_us <= :now_us"

KEEP_SECRET = "INSERT INTO {account_secret} VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"  # noqa: S105 - SQL
SECRET = "SELECT value FROM {account_secret} WHERE name = :name"  # noqa: S105 - SQL

MARK_READ = (
    "INSERT INTO {account_read} (user_name, notice_id, position, read_us) "
    "VALUES (:user_name, :notice_id, :position, :read_us) ON CONFLICT (user_name, notice_id) "
    "DO UPDATE SET position = excluded.position, read_us = excluded.read_us"
)
FORGET_READ = (
    "DELETE FROM {account_read} WHERE user_name = :user_name AND notice_id <> '' AND position <= :position"
)
READ_NOTICES = "SELECT notice_id, position FROM {account_read} WHERE user_name = :user_name"
