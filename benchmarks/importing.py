"""How fast a history file is imported, against recording its events one save at a time.

Both rivals record the very events of the file, in its order, each in a transaction of its own. "use case"
calls the command that a person would use for each of them, so its every event is checked as the import
checks it. "bare save" is handed rows made ready beforehand, checks nothing and lets the library's recorder
write them into the same tables. "bare bulk" is what the database does alone: all rows of the file, made
ready beforehand, into the same table with the same indexes, in one COPY … FROM STDIN (FORMAT BINARY) or,
with SQLite, one executemany, and a commit.

What an event of an import into SQLite costs in one process, in microseconds of processor time (Python 3.11, a
programme of 1,050 licences, 104,104 events; before and after in turn on a machine that others kept busy):

    step                                                       before   after
    reading lines and making events and rows of them              8.2     5.6
    looking up ids, deciding, placing                            10.0     7.9
    SQLite's insert                                               4.3     4.7, in a thread of its own
    commit                                                        1.2     1.2
    taking the file apart, the collector, giving memory back      1.7     1.6
    of these in the thread that decides                          25.4    16.4
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from io import BytesIO
from statistics import median
from typing import Any

import psycopg

from benchmarks.measuring import Table, postgres_server, seconds, verdict, work_folder
from benchmarks.simulated import simulated_lines
from ledger.application.activate_agent import activate_agent
from ledger.application.add_chatbot import add_chatbot
from ledger.application.announce_cutover import announce_cutover
from ledger.application.cancel_license import cancel_license
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.change_partner_terms import change_partner_terms
from ledger.application.change_plan import change_plan
from ledger.application.create_agent import create_agent
from ledger.application.create_license import create_license
from ledger.application.delete_agent import delete_agent
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.recording import CommandMeta
from ledger.application.register_partner import register_partner
from ledger.application.release_seat import release_seat
from ledger.application.remove_chatbot import remove_chatbot
from ledger.application.suspend_agent import suspend_agent
from ledger.application.switch_pricing_model import switch_pricing_model
from ledger.application.take_seat import take_seat
from ledger.rules.instants import parse_instant
from ledger.stores.log_row import LogRow, content_of
from ledger.stores.postgres_sql import COPY_ROWS, COPY_TYPES
from ledger.stores.sqlite_sql import INSERT_ROW

LICENSES = 1_050
PROCESSES = 2
SAVED_ONE_BY_ONE = 3_000
ROUNDS = 3
TARGET = 10.0
BULK_TARGET = 0.5
COMMANDS: dict[str, Callable[..., object]] = {
    "LicenseCreated": create_license,
    "AgentCreated": create_agent,
    "AgentSuspended": suspend_agent,
    "AgentActivated": activate_agent,
    "AgentDeleted": delete_agent,
    "ChatBotAdded": add_chatbot,
    "ChatBotRemoved": remove_chatbot,
    "SeatTaken": take_seat,
    "SeatReleased": release_seat,
    "PricingModelSwitched": switch_pricing_model,
    "PlanChanged": change_plan,
    "BillingCycleChanged": change_billing_cycle,
    "LicenseCancelled": cancel_license,
    "PartnerRegistered": register_partner,
    "PartnerTermsChanged": change_partner_terms,
    "PricePublished": publish_price,
    "CutoverAnnounced": announce_cutover,
}


class LineClock:
    """A clock that shows when each line was recorded."""

    def __init__(self) -> None:
        self.now = datetime(2000, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the instant that was set."""
        return self.now


def as_commands(lines: list[bytes]) -> list[tuple[datetime, Callable[..., object], dict[str, Any]]]:
    """Return each line as the instant of its recording, its command and the command's arguments."""
    return [_as_command(json.loads(line)) for line in lines]


def _as_command(fields: dict[str, Any]) -> tuple[datetime, Callable[..., object], dict[str, Any]]:
    command = COMMANDS[fields.pop("type")]
    recorded_at = parse_instant(fields.pop("recorded_at"))
    meta = CommandMeta(
        at=parse_instant(fields.pop("effective_at")), actor=fields.pop("actor"), key=fields.pop("id")
    )
    renamed = {"unit_amount": "unit_amount_minor"}
    days = {name: date.fromisoformat(fields.pop(name)) for name in ("on", "billing_anchor") if name in fields}
    applies_to = fields.pop("applies_to", {})
    named = {renamed.get(name, name): value for name, value in fields.items()}
    return recorded_at, command, {**named, **days, **applies_to, "meta": meta}


def import_rate(url: str, lines: list[bytes]) -> float:
    """Return events a second of an import into a new store."""
    history = b"\n".join(lines) + b"\n"
    with Ledger.open(url, create=True) as ledger:
        return len(lines) / seconds(lambda: import_history(ledger, BytesIO(history), processes=PROCESSES))


def use_case_rate(url: str, lines: list[bytes]) -> float:
    """Return events a second of one command for each event."""
    commands, clock = as_commands(lines), LineClock()

    def run() -> None:
        for recorded_at, command, arguments in commands:
            clock.now = recorded_at
            command(ledger, **arguments)

    with Ledger.open(url, create=True, clock=clock) as ledger:
        return len(lines) / seconds(run)


def bare_save_rate(url: str, lines: list[bytes], rows: list[LogRow]) -> float:
    """Return events a second of one call of the recorder for each row made ready."""

    def run() -> None:
        for row in rows:
            ledger.store.recorder.insert_events([row])

    with Ledger.open(url, create=True) as ledger:
        return len(lines) / seconds(run)


def bare_bulk_rate(url: str, rows: list[LogRow]) -> float:
    """Return events a second of one bulk write of all rows made ready, with its commit."""
    placed = [
        (position, row.originator_id, row.originator_version, *content_of(row))
        for position, row in enumerate(rows, 1)
    ]
    with Ledger.open(url, create=True):
        pass
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:

            def insert() -> None:
                file.executemany(INSERT_ROW, placed)
                file.commit()

            return len(rows) / seconds(insert)
    server, _, schema = url.rpartition("schema=")
    with psycopg.connect(server.rstrip("?&")) as connection, connection.cursor() as cursor:

        def copy_all() -> None:
            with cursor.copy(COPY_ROWS.format(log=f"{schema}.stored_events").encode()) as copy:
                copy.set_types(COPY_TYPES)
                for row in placed:
                    copy.write_row(row)
            connection.commit()

        return len(rows) / seconds(copy_all)


def rows_of(url: str, lines: list[bytes]) -> list[LogRow]:
    """Return the rows that an import of the lines writes."""
    ids = [json.loads(line)["id"] for line in lines]
    with Ledger.open(url, create=True) as ledger:
        import_history(ledger, BytesIO(b"\n".join(lines) + b"\n"))
        recorded = ledger.store.events_by_id(ids)
    return [recorded[event_id].row for event_id in ids]


def measure_store(new_url: Callable[[str], str]) -> list[float]:
    """Return the rates of import, use cases, bare saves and bare bulk: medians of rounds, on new stores."""
    lines = simulated_lines(LICENSES)
    # notices and invoices have no command: the rivals need not record them
    few = [line for line in lines if json.loads(line)["type"] in COMMANDS][:SAVED_ONE_BY_ONE]
    rows = rows_of(new_url("rows"), few)
    all_rows = rows_of(new_url("all_rows"), lines)
    rates = [
        (
            import_rate(new_url(f"import{turn}"), lines),
            use_case_rate(new_url(f"commands{turn}"), few),
            bare_save_rate(new_url(f"saves{turn}"), few, rows),
            bare_bulk_rate(new_url(f"bulk{turn}"), all_rows),
        )
        for turn in range(ROUNDS)
    ]
    return [median(found) for found in zip(*rates, strict=True)]


def measure() -> Table:
    """Measure both databases."""
    table = Table(
        "Import of a history file, events a second",
        (
            *("store", "import", "use case each", "ratio", "target"),
            *("bare save each", "ratio", "target", "bare bulk", "ratio", "target"),
        ),
        notes=[
            f"The import takes a simulated programme of {LICENSES:,} licences in {PROCESSES} processes; of "
            f"its events the first {SAVED_ONE_BY_ONE:,} that have a command are also recorded one by one: "
            "through the use cases, which check each event as the import does, and by the library's recorder "
            "that is handed finished rows and checks nothing. A transaction each. In bulk the database is "
            "handed all rows of the file, finished and unchecked, in one COPY in binary (PostgreSQL) or one "
            f"executemany (SQLite). Medians of {ROUNDS} rounds in turn."
        ],
    )
    with work_folder() as folder:
        found = {"SQLite": measure_store(lambda name: f"sqlite:///{folder / name}.db")}
    with postgres_server() as url:
        join = "&" if "?" in url else "?"
        found["PostgreSQL"] = measure_store(lambda name: f"{url}{join}schema={name}")
    for store, (whole, commands, saves, bulk) in found.items():
        table.rows.append(
            (
                *(store, f"{whole:,.0f}"),
                *(f"{commands:,.0f}", f"{whole / commands:.1f}", verdict(whole / commands, TARGET)),
                *(f"{saves:,.0f}", f"{whole / saves:.1f}", verdict(whole / saves, TARGET)),
                *(f"{bulk:,.0f}", f"{whole / bulk:.2f}", verdict(whole / bulk, BULK_TARGET)),
            )
        )
    return table


if __name__ == "__main__":
    print(measure().markdown())
