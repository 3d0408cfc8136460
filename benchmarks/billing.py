"""How many licences are billed a second, against the database alone writing the same rows.

A simulated programme whose invoices are issued up to a month before its end is billed for its last month:
nearly every licence has one invoice due. Then once more, when nothing is due, by a new run (which looks at
every licence) and by a worker that has looked before. The rival, "bare bulk", is handed the rows of that
month's invoices ready made and writes them into the same table of a copy: one executemany with SQLite, one
COPY … FROM STDIN (FORMAT BINARY) with PostgreSQL, and a commit. It computes, decides and numbers nothing.
"""

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg

from benchmarks.measuring import Table, postgres_server, seconds, work_folder
from benchmarks.simulated import import_file, write_simulated
from ledger.application.billing_lookout import BillingLookout
from ledger.application.ledger import Ledger
from ledger.application.run_billing import run_billing
from ledger.stores.log_row import LogRow, Recorded, content_of
from ledger.stores.postgres_sql import COPY_ROWS, COPY_TYPES
from ledger.stores.sqlite_sql import INSERT_ROW

LICENSES = 4_000
ROUNDS = 3
NOW = datetime(2025, 12, 31, tzinfo=UTC)
MONTH_BEFORE = datetime(2025, 12, 1, tzinfo=UTC)


def now() -> datetime:
    """Return the end of the simulated history."""
    return NOW


def run(url: str, history: Path) -> tuple[dict[str, float], list[Recorded]]:
    """Bill a new store; returns figures by name and the rows of the last month's invoices."""
    import_file(url, history)
    with Ledger.open(url, create=False, clock=now) as ledger:
        lookout = BillingLookout()
        before = run_billing(ledger, until=MONTH_BEFORE, lookout=lookout)
        end = ledger.store.last_recorded()
        reports = []
        month_s = seconds(lambda: reports.append(run_billing(ledger)))
        again_s = seconds(lambda: run_billing(ledger))
        run_billing(ledger, lookout=lookout)
        look_s = seconds(lambda: run_billing(ledger, lookout=lookout))
        last = ledger.store.last_recorded()
        if end is None or last is None:
            raise AssertionError("the programme has events")
        rows = [row for page in ledger.store.issued.pages(end.position, last.position) for row in page]
    figures = {
        "licenses": len({one.row.license_id for one in rows}),
        "invoices": reports[0].issued,
        "before": before.issued,
        "month_s": month_s,
        "again_s": again_s,
        "look_s": look_s,
    }
    return figures, rows


def bulk_s(url: str, folder: Path, rows: Sequence[Recorded], server: str | None) -> float:
    """Return how long the database alone takes for the rows, in an empty log of its own."""
    if server is None:
        copy = folder / "bare.db"
        copy.unlink(missing_ok=True)
        Ledger.open(f"sqlite:///{copy}", create=True).close()
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            placed = [(position, *_of(row)) for position, row in rows]

            def write() -> None:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(INSERT_ROW, placed)
                connection.execute("COMMIT")

            return seconds(write)
    bare_url = f"{url}_bare"
    Ledger.open(bare_url, create=True).close()
    schema = bare_url.rpartition("=")[2]
    statement = COPY_ROWS.format(log=f'"{schema}".stored_events')
    with psycopg.connect(server) as other:

        def copy_in() -> None:
            with other.cursor() as cursor, cursor.copy(statement.encode()) as into:
                into.set_types(COPY_TYPES)
                for position, row in rows:
                    into.write_row((position, *_of(row)))
            other.commit()

        return seconds(copy_in)


def _of(row: LogRow) -> tuple[object, ...]:
    return row.originator_id, row.originator_version, *content_of(row)


def measure(licenses: int = LICENSES) -> Table:
    """Bill on both stores, some rounds each, and show medians."""
    table = Table(
        "Billing runs",
        (
            "store", "licences/s", "invoices/s", "bare bulk, rows/s", "ratio", "nothing due, licences/s",
            "a worker's look, ms",
        ),
    )  # fmt: skip
    with work_folder() as folder, postgres_server() as server:
        history = folder / "history.jsonl"
        write_simulated(licenses, history)
        mark = "&" if "?" in server else "?"
        for store, url in (
            ("SQLite", f"sqlite:///{folder}/round_%d.db"),
            ("PostgreSQL", f"{server.replace('%', '%%')}{mark}schema=round_%d"),
        ):
            found = []
            for at in range(ROUNDS):
                figures, rows = run(url % at, history)
                bare = bulk_s(url % at, folder, rows, server if store == "PostgreSQL" else None)
                found.append({**figures, "bare": bare})
            table.rows.append(_row(store, found))
    said = f"{licenses:,} simulated licences, their earlier invoices issued; one month is billed."
    table.notes.append(f"{said} Medians of {ROUNDS}.")
    return table


def _row(store: str, found: Sequence[dict[str, float]]) -> tuple[str, ...]:
    invoices, licenses = found[0]["invoices"], found[0]["licenses"]
    month, again, look, bare = (
        median(one[name] for one in found) for name in ("month_s", "again_s", "look_s", "bare")
    )
    return (
        store,
        f"{licenses / month:,.0f}",
        f"{invoices / month:,.0f}",
        f"{invoices / bare:,.0f}",
        f"{bare / month:.2f}",
        f"{licenses / again:,.0f}",
        f"{look * 1_000:,.0f}",
    )


if __name__ == "__main__":
    sys.stdout.write(measure(int(sys.argv[1]) if len(sys.argv) > 1 else LICENSES).markdown())
