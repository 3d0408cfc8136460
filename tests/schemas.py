"""Schemas of a test in PostgreSQL: the log's, and those that the ledger makes beside it."""

import psycopg
from psycopg.sql import SQL, Identifier


def drop_schemas(server: str, schema: str) -> None:
    """Remove a schema and all whose names begin with its name."""
    with psycopg.connect(server, autocommit=True) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [schema]
        ).fetchall()
        for (name,) in found:
            connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(name)))
