"""How many commands a second, against the bare library saving one equal event.

The ledger suspends and activates an agent in turn through its use cases: the agent's and the actor's state
are checked, a late fact would be, the id is unique. The rival gets an aggregate from the library's
repository, triggers one event with the same fields, and saves it: same database, same durability, the
library's cache of the same size, which hands out its aggregates without copying them.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from benchmarks.measuring import Table, postgres_server, seconds, verdict, work_folder
from ledger.application.activate_agent import activate_agent
from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta
from ledger.application.suspend_agent import suspend_agent

COMMANDS_A_ROUND = 400
ROUNDS = 9
TARGET = 0.8
LICENSE, AGENT, OWNER = "lic-1", "ida@shop.example", "owner@shop.example"


class BareAgent(Aggregate):
    """An agent as the bare library keeps it: its last state, and no rule."""

    def __init__(self, license_id: str, agent_id: str) -> None:
        self.license_id = license_id
        self.agent_id = agent_id
        self.status = "active"

    @staticmethod
    def create_id(license_id: str, agent_id: str) -> UUID:
        """Return the aggregate's id."""
        return uuid5(NAMESPACE_URL, f"{license_id}/{agent_id}")

    @event("Changed")
    def change(  # noqa: PLR0917 - the library wants the fields by name
        self, event_id: str, license_id: str, agent_id: str, actor: str, effective_at: datetime, status: str
    ) -> None:
        """Record a change of state with the fields that the ledger's events have."""
        del event_id, license_id, agent_id, actor, effective_at
        self.status = status


def bare_round(app: Application[UUID], agent: UUID) -> None:
    """Save COMMANDS_A_ROUND events, one by one."""
    for number in range(COMMANDS_A_ROUND):
        found: BareAgent = app.repository.get(agent)
        status = "suspended" if number % 2 == 0 else "active"
        found.change(uuid4().hex, LICENSE, AGENT, OWNER, datetime.now(UTC), status)
        app.save(found)


def ledger_round(ledger: Ledger) -> None:
    """Record COMMANDS_A_ROUND commands, one by one."""
    meta = CommandMeta(actor=OWNER)
    for number in range(COMMANDS_A_ROUND):
        command = suspend_agent if number % 2 == 0 else activate_agent
        command(ledger, license_id=LICENSE, agent_id=AGENT, meta=meta)


@contextmanager
def prepared_ledger(url: str) -> Iterator[Ledger]:
    """Open a ledger with one licence, its owner and an agent."""
    meta = CommandMeta()
    with Ledger.open(url, create=True) as ledger:
        create_license(
            ledger, license_id=LICENSE, source="signup", plan="starter", billing_cycle="monthly", meta=meta
        )
        create_agent(ledger, license_id=LICENSE, agent_id=OWNER, role="owner", meta=meta)
        create_agent(ledger, license_id=LICENSE, agent_id=AGENT, meta=meta)
        yield ledger


def rates(url: str, environment: dict[str, str]) -> tuple[float, float]:
    """Return commands a second of the ledger and of the rival: medians of rounds taken in turn."""
    settings = {"AGGREGATE_CACHE_MAXSIZE": "1000", "DEEPCOPY_FROM_AGGREGATE_CACHE": "n"}
    app: Application[UUID] = Application({**environment, **settings})
    agent = BareAgent(LICENSE, AGENT)
    app.save(agent)
    with prepared_ledger(url) as ledger:
        works: list[Callable[[], None]] = [lambda: ledger_round(ledger), lambda: bare_round(app, agent.id)]
        for work in works:
            work()  # connections, caches, prepared statements
        taken = [[seconds(work) for work in works] for _ in range(ROUNDS)]
    app.close()
    ours, bare = (COMMANDS_A_ROUND / median(times) for times in zip(*taken, strict=True))
    return ours, bare


def sqlite_rates(folder: Path) -> tuple[float, float]:
    """Measure on SQLite files."""
    environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "bare.db")}
    return rates(f"sqlite:///{folder / 'ledger.db'}", environment)


def postgres_rates(url: str) -> tuple[float, float]:
    """Measure on two schemas of one PostgreSQL server."""
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - only this half needs the driver

    parts = conninfo_to_dict(url)
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts.get("port", 5432)),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts.get("password", "")),
    }
    return rates(f"{url}{'&' if '?' in url else '?'}schema=benchmark", environment)


def measure() -> Table:
    """Measure both databases."""
    table = Table(
        "Commands a second",
        ("store", "ledger", "bare library", "ratio", "target"),
        notes=[
            "One agent is suspended and activated in turn through the use cases; the bare library triggers "
            f"and saves one event with the same fields. Medians of {ROUNDS} rounds of {COMMANDS_A_ROUND}, in "
            "turn. Commits reach the disk as each database has it by default."
        ],
    )
    with work_folder() as folder:
        found = {"SQLite": sqlite_rates(folder)}
    with postgres_server() as url:
        found["PostgreSQL"] = postgres_rates(url)
    for store, (ours, bare) in found.items():
        table.rows.append(
            (store, f"{ours:,.0f}", f"{bare:,.0f}", f"{ours / bare:.2f}", verdict(ours / bare, TARGET))
        )
    return table


if __name__ == "__main__":
    os.environ.setdefault("LEDGER_LOG", "warning")
    print(measure().markdown())
