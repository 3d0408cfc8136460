"""The rival of a rebuild: the library's own ProjectionRunner, which keeps the seat counts of all licences.

It reads the ledger's log through the library's subscription and writes counts and tracking in one
transaction an event, as the library has it. The agents' states are kept in memory, so that each event costs
two statements and no look-up; what has no effect on a count is tracked all the same.
"""

import os
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from ledger.events.entry import Entry
from ledger.stores.mapper import LedgerMapper

_CHANGES = {"AgentCreated": (1, 0), "AgentActivated": (1, -1), "AgentSuspended": (-1, 1)}


class LogApplication(Application[str]):
    """The ledger's log as an application of the library; its name is what the table begins with."""

    name = "stored"

    def construct_mapper(self) -> Mapper[str]:
        """Return the mapper that wrote the log."""
        return LedgerMapper()


class SeatCountView(PostgresTrackingRecorder):
    """A row of counts a licence, changed in the transaction that tracks the event."""

    def __init__(self, datastore: PostgresDatastore, **names: Any) -> None:
        super().__init__(datastore, **names)
        table = SQL("{}.{}").format(Identifier(datastore.schema), Identifier("runner_seat_count"))
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS {} (license_id text PRIMARY KEY, agents_active bigint, "
                "agents_suspended bigint, chatbots bigint, seats_in_use bigint)"
            ).format(table)
        )
        self._add = SQL(
            "INSERT INTO {0} AS was VALUES (%s, %s, %s, %s, %s) ON CONFLICT (license_id) DO UPDATE SET "
            "agents_active = was.agents_active + excluded.agents_active, "
            "agents_suspended = was.agents_suspended + excluded.agents_suspended, "
            "chatbots = was.chatbots + excluded.chatbots, "
            "seats_in_use = was.seats_in_use + excluded.seats_in_use"
        ).format(table)

    def add(self, license_id: str, changes: tuple[int, int, int, int], tracking: Tracking) -> None:
        """Add to a licence's counts and track the event."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            if any(changes):
                cursor.execute(self._add, (license_id, *changes), prepare=True)


class SeatCounts(Projection[SeatCountView]):
    """Count the seats, one event at a time."""

    name = "seat_counts"

    def __init__(self, view: SeatCountView) -> None:
        super().__init__(view)
        self._active: dict[tuple[str, str], bool] = {}
        self._free: set[tuple[str, str]] = set()
        self._seated: set[tuple[str, str]] = set()

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Take in an event of the log."""
        event = domain_event.event if isinstance(domain_event, Entry) else domain_event
        license_id = event.license_id or ""
        self.view.add(license_id, self._changes(event, (license_id, event.subject or "")), tracking)

    def _changes(self, event: Any, agent: tuple[str, str]) -> tuple[int, int, int, int]:
        if event.type in ("ChatBotAdded", "ChatBotRemoved"):
            return 0, 0, 1 if event.type == "ChatBotAdded" else -1, 0
        if event.type == "SeatTaken" and self._active.get(agent) and agent not in self._seated:
            self._seated.add(agent)
            return 0, 0, 0, int(agent not in self._free)
        freed = -self._free_seat(agent) if event.type not in ("SeatTaken", "AgentActivated") else 0
        if event.type == "AgentDeleted":
            active = self._active.pop(agent)
            return -int(active), -int(not active), 0, freed
        if event.type == "AgentCreated":
            (self._free.add if event.complimentary else self._free.discard)(agent)
        if event.type in _CHANGES:
            self._active[agent] = event.type != "AgentSuspended"
            return *_CHANGES[event.type], 0, freed
        return 0, 0, 0, freed

    def _free_seat(self, agent: tuple[str, str]) -> int:
        if agent not in self._seated:
            return 0
        self._seated.remove(agent)
        return int(agent not in self._free)


def environment(url: str) -> dict[str, str]:
    """Return the library's settings for a store's URL."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", "public")
    query = "&".join(f"{name}={value}" for name, value in options.items())
    found = conninfo_to_dict(parts._replace(query=query).geturl())
    return {
        "PERSISTENCE_MODULE": "ledger.stores.postgres",
        "POSTGRES_DBNAME": str(found["dbname"]),
        "POSTGRES_HOST": str(found["host"]),
        "POSTGRES_PORT": str(found.get("port", 5432)),
        "POSTGRES_USER": str(found["user"]),
        "POSTGRES_PASSWORD": str(found.get("password", "")),
        "POSTGRES_SCHEMA": schema,
        "POSTGRES_ORIGINATOR_ID_TYPE": "text",
    }


def runner_rate(url: str, until_position: int, timeout_s: float = 600) -> float:
    """Return the positions a second that the runner passes, from the log's begin to a position."""
    began = perf_counter()
    with ProjectionRunner(
        application_class=LogApplication, projection_class=SeatCounts, view_class=SeatCountView,
        env={**os.environ, **environment(url)},
    ) as runner:  # fmt: skip
        runner.wait(until_position, timeout=timeout_s)
        return until_position / (perf_counter() - began)
