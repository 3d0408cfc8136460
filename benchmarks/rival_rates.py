"""A rebuild from PostgreSQL to PostgreSQL, against what one would use or write instead.

The rivals: the library's own ProjectionRunner keeping seat counts (`projection_runner.py`), on the first
events of the same log; one statement with window functions on PostgreSQL and the same in DuckDB over the
archive (`sql_rival.py`), which compute seat counts and recurring invoices alone and write nothing. The
rebuild computes all read models of all licences, adjustments included, loads them, builds their indexes and
switches to them: from the store alone, and from the archive. Like for like, the statements are compared with
computing all read models in two processes and writing nothing. Rebuilds are medians of 3. DuckDB has both
processors and all memory, and PostgreSQL's statement has 512 MB to sort in and is kept from the nested loops
that it would choose.

    uv run python -m benchmarks.rivals 10450         # licences; that many make a million events

`rivals.py` only starts this: worker processes import the program that they belong to, and need nothing of it.
"""

from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from statistics import median
from time import perf_counter

import duckdb
import psycopg

from benchmarks.measuring import Table, postgres_server, seconds, verdict, work_folder
from benchmarks.programme import AS_OF
from benchmarks.projection_runner import runner_rate
from benchmarks.rebuilding import all_projections, in_two
from benchmarks.simulated import import_file, write_simulated
from benchmarks.sql_rival import duckdb_statement, postgres_statement
from ledger.application.archive_log import archive_log
from ledger.application.ledger import Ledger
from ledger.rules.instants import to_us
from ledger.stores.archive.manifest import read_contents
from ledger.stores.archive.place import Place
from replay.rebuild.ordering import new_order
from replay.rebuild.plan import tasks_of
from replay.rebuild.rebuilding import Report, rebuild

LICENSES = 10_450
RUNNER_EVENTS = 30_000
ROUNDS = 3
SCHEMA = "benchmark"
RUNNER_TARGET, SQL_TARGET, INTO_POSTGRES_TARGET = 200.0, 5.0, 300_000.0


def rebuilt(url: str, folder: Path, *, from_archive: bool) -> tuple[float, Report]:
    """Return the seconds of a rebuild with two processes, and what it came to."""
    order = new_order(
        url,
        projections=(),
        archive_url=str(folder / "archive"),
        from_archive=from_archive,
        staging_url=str(folder / "staging"),
        workers=2,
        cluster=None,
    )
    with Ledger.open(url, create=False) as ledger:
        began = perf_counter()
        report = rebuild(ledger, order, lambda _: None)
        return perf_counter() - began, report


def computed_alone(archive: Path, until_us: int) -> float:
    """Return the seconds that two warm processes take for all read models, nothing written, as the rivals."""
    contents = read_contents(Place.at(str(archive)))
    tasks = tasks_of([contents], "", contents.until_position, until_us, until_us)
    return in_two(tasks, all_projections)[0]


def in_postgres(conninfo: str) -> tuple[float, object]:
    """Return the seconds of the statement on PostgreSQL, and its sums."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"ANALYZE {SCHEMA}.stored_events")
        connection.execute("SET work_mem = '512MB'")
        # it knows nothing of how many rows a WITH gives, and would walk over them one by one
        connection.execute("SET enable_nestloop = off")
        statement = postgres_statement(f"{SCHEMA}.stored_events", to_us(AS_OF))
        return _timed(lambda: connection.execute(statement).fetchone())


def in_duckdb(archive: Path) -> tuple[float, object]:
    """Return the seconds of the statement in DuckDB over the archive's files, and its sums."""
    log = (
        "(SELECT position, license_id, subject, fact, epoch_us(effective_at) AS effective_us, state "
        f"FROM read_parquet('{archive}/segments/*/*.parquet'))"
    )
    with duckdb.connect() as connection:
        statement = duckdb_statement(log, to_us(AS_OF))
        return _timed(lambda: connection.execute(statement).fetchone())


def _timed(ask: Callable[[], object]) -> tuple[float, object]:
    began = perf_counter()
    found = ask()
    return perf_counter() - began, found


def measure(licenses: int = LICENSES) -> Table:
    """Measure on one PostgreSQL server."""
    table = Table("A rebuild against its rivals", ("what", "seconds", "events/s", "the ledger is", "target"))
    with work_folder() as folder, postgres_server() as conninfo:
        url = f"{conninfo}{'&' if '?' in conninfo else '?'}schema={SCHEMA}"
        path = folder / "programme.jsonl"
        events = write_simulated(licenses, path)
        import_file(url, path)
        with Ledger.open(url, create=False) as ledger:
            archived_s = seconds(lambda: archive_log(ledger, str(folder / "archive")))
        from_store = [rebuilt(url, folder, from_archive=False) for _ in range(ROUNDS)]
        from_archive = [rebuilt(url, folder, from_archive=True) for _ in range(ROUNDS)]
        if len({report.digest for _, report in from_store + from_archive}) > 1:
            raise AssertionError("store and archive came to different rows")
        from_store_s = median(taken_s for taken_s, _ in from_store)
        from_archive_s, report = sorted(from_archive, key=itemgetter(0))[ROUNDS // 2]
        computed_s = computed_alone(folder / "archive", to_us(AS_OF))
        runner = runner_rate(url, min(RUNNER_EVENTS, events))
        postgres_s, in_both = in_postgres(conninfo)
        duckdb_s, found = in_duckdb(folder / "archive")

    def row(what: str, taken_s: float, target: str = "", times: float | None = None) -> None:
        ratio = f"{times:,.1f} times as fast" if times else ""
        table.rows.append((what, f"{taken_s:,.2f}", f"{events / taken_s:,.0f}", ratio, target))

    into = verdict(events / from_archive_s, INTO_POSTGRES_TARGET)
    row("the log into the archive", archived_s)
    row("all projections from the archive, nothing written", computed_s)
    row("rebuild of everything, from the store", from_store_s)
    row("rebuild of everything, from the archive", from_archive_s, into)
    times = events / from_store_s / runner
    row("ProjectionRunner, seat counts", events / runner, verdict(times, RUNNER_TARGET), times)
    for what, taken_s, target in (
        ("one statement on PostgreSQL", postgres_s, SQL_TARGET),
        ("the same in DuckDB over the archive", duckdb_s, None),
    ):
        times = taken_s / computed_s
        row(what, taken_s, verdict(times, target) if target else "", times)
        row(f"{what}, against all written to PostgreSQL", taken_s, "", taken_s / from_archive_s)
    rows = sum(report.rows.values())
    table.notes.append(
        f"{events:,} events of {licenses:,} licences make {rows:,} rows. Both statements found {in_both} "
        f"and {found}: licences, the sum of their counts, recurring invoices and their sum. Digest of the "
        f"rebuilt rows {report.digest[:16]}…, the same from store and archive."
    )
    return table
