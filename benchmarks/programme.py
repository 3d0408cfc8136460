"""How fast the seats, invoices and notices of a whole programme are computed, against a fold in plain Python.

A simulated programme of a million events is imported once; then every measurement runs in a process of its
own, with its peak memory. "kernel" starts from a history in memory; "from the store" reads the log,
assembles it and computes all three. The rivals read the same log by the library's select_notifications and
decode each event. The plain fold (`plain_fold.py`) counts the seats only, or bills and notices as well, to
the same totals. The plain reading is the tests' second opinion, which
gives every line that the ledger gives; it is asked about one licence in LITERAL_STEP, and the time for the
others is scaled.
"""

import json
import os
import resource
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import polars as pl

from benchmarks.measuring import Table, median_seconds, postgres_server, seconds, verdict, work_folder
from benchmarks.plain_fold import fold, fold_seats, notified
from benchmarks.simulated import import_file, write_simulated
from ledger.application.ask import Question, read_history
from ledger.application.ledger import Ledger
from ledger.projections.history import History
from ledger.projections.invoices import invoices
from ledger.projections.notices import notices
from ledger.projections.seats import seats
from tests.second_opinion.reading import Ask, answer

LICENSES = 10_450
AS_OF = datetime(2025, 12, 31, 23, tzinfo=UTC)
QUESTION = Question(AS_OF)
KERNEL_RUNS, STORE_RUNS = 7, 5
LITERAL_STEP = 50
ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")
SEATS_TARGET, ALL_TARGET, RATIO_TARGET, MEMORY_TARGET_GB = 5e6, 1e6, 20.0, 2.0


def all_three(history: History) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Compute seats, invoices and notices of a history, nothing of it worked out before."""
    history, as_of_us = replace(history), QUESTION.as_of_us
    return (
        seats(history, as_of_us),
        invoices(history, as_of_us).invoices,
        notices(history, as_of_us),
    )


def kernel(url: str) -> dict[str, float]:
    """Time the projections alone, on a history made ready."""
    with Ledger.open(url, create=False) as ledger:
        history = read_history(ledger, QUESTION).history
    all_three(history)
    return {
        "seats": median_seconds(lambda: seats(replace(history), QUESTION.as_of_us), KERNEL_RUNS),
        "invoices": median_seconds(lambda: invoices(history, QUESTION.as_of_us), KERNEL_RUNS),
        "notices": median_seconds(lambda: notices(history, QUESTION.as_of_us), KERNEL_RUNS),
        "all": median_seconds(lambda: all_three(history), KERNEL_RUNS),
    }


def from_store(url: str) -> dict[str, float]:
    """Time reading, assembling and computing all three."""
    with Ledger.open(url, create=False) as ledger:
        read, computed = [], []
        for _ in range(STORE_RUNS):
            began = perf_counter()
            history = read_history(ledger, QUESTION).history
            read.append(perf_counter() - began)
            computed.append(seconds(lambda history=history: all_three(history)))  # type: ignore[misc]  # mypy knows no type of a default
            del history
    return {
        "read": median(read),
        "all": median(a + b for a, b in zip(read, computed, strict=True)),
        "slowest": max(a + b for a, b in zip(read, computed, strict=True)),
    }


def seats_from_store(url: str) -> dict[str, float]:
    """Time reading, assembling and counting seats."""
    with Ledger.open(url, create=False) as ledger:
        return {
            "all": median_seconds(
                lambda: seats(read_history(ledger, QUESTION).history, QUESTION.as_of_us), STORE_RUNS
            )
        }


def plain(url: str) -> dict[str, float]:
    """Time the plain fold of everything, once: it takes long enough."""
    with Ledger.open(url, create=False) as ledger:
        return {"all": seconds(lambda: fold(ledger.store.recorder, AS_OF))}


def plain_seats(url: str) -> dict[str, float]:
    """Time the plain fold of seats."""
    with Ledger.open(url, create=False) as ledger:
        return {"all": seconds(lambda: fold_seats(ledger.store.recorder, AS_OF))}


def literal(url: str) -> dict[str, float]:
    """Time the plain reading: all decoding, and the rules for some of the licences, scaled to all."""
    with Ledger.open(url, create=False) as ledger:
        began = perf_counter()
        programme: list[tuple[int, dict[str, Any]]] = []
        licences: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        for position, event in notified(ledger.store.recorder):
            license_id = event.get("license_id")
            (programme if license_id is None else licences[license_id]).append((position, event))
        decoded = perf_counter() - began
    asked = sorted(licences)[::LITERAL_STEP]
    histories = [
        [event for _, event in sorted(programme + licences[license_id], key=lambda one: one[0])]
        for license_id in asked
    ]
    ruled = seconds(lambda: [answer(lines, ask, AS_OF) for lines in histories for ask in ASKS])
    return {"all": decoded + ruled * len(licences) / len(asked)}


def agreement(url: str) -> dict[str, float]:
    """Compare both: licences with equal seat facts, licences billed alike, notices."""
    with Ledger.open(url, create=False) as ledger:
        ours = all_three(read_history(ledger, QUESTION).history)
        folded = fold(ledger.store.recorder, AS_OF)
    facts = ours[0].select("license_id", "agents_active", "agents_suspended", "chatbots", "seats_in_use")
    billed: dict[str, dict[date, int]] = defaultdict(dict)
    for license_id, day, total in ours[1].select("license_id", "billing_date", "total").iter_rows():
        if total:
            billed[license_id][day] = total
    return {
        "licenses": len(folded.seats),
        "seats": sum(folded.seats[license_id] == tuple(row) for license_id, *row in facts.iter_rows()),
        "billed": sum(billed[license_id] == totals for license_id, totals in folded.billed.items()),
        "notices": ours[2].height,
        "plain_notices": folded.notices,
    }


WORKS: dict[str, Callable[[str], dict[str, float]]] = {
    work.__name__: work
    for work in (kernel, from_store, seats_from_store, plain, plain_seats, literal, agreement)
}


def in_a_process(work: str, url: str) -> dict[str, float]:
    """Do one of WORKS in a process of its own; adds its peak memory in GB."""
    command = [sys.executable, "-m", "benchmarks.programme", work, url]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure_store(url: str, store: str, path: Path, table: Table) -> None:
    """Import the history and add a row for each measurement."""
    import_file(url, path)
    with Ledger.open(url, create=False) as ledger:
        last = ledger.store.last_recorded()
    events = last.position if last is not None else 0
    found = {work: in_a_process(work, url) for work in WORKS}

    def row(what: str, taken_s: float, target: str, memory: float | None = None) -> None:
        rate = f"{events / taken_s / 1e6:.2f} M"
        table.rows.append((store, what, f"{taken_s:.2f}", rate, f"{memory:.2f}" if memory else "", target))

    alone, whole, rival = found["kernel"], found["from_store"], found["plain"]
    row("kernel: seats", alone["seats"], verdict(events / alone["seats"], SEATS_TARGET))
    row("kernel: invoices", alone["invoices"], "")
    row("kernel: notices", alone["notices"], "")
    row("kernel: all three", alone["all"], verdict(events / alone["all"], ALL_TARGET))
    row("from the store: reading and assembling", whole["read"], "")
    memory = verdict(whole["peak_gb"], MEMORY_TARGET_GB, at_most=True)
    row("from the store: all three", whole["all"], f"memory {memory}", whole["peak_gb"])
    row("from the store: seats", found["seats_from_store"]["all"], "", found["seats_from_store"]["peak_gb"])
    row("plain fold: all three", rival["all"], "", rival["peak_gb"])
    row("plain reading: all three (scaled)", found["literal"]["all"], "", found["literal"]["peak_gb"])
    row("plain fold: seats", found["plain_seats"]["all"], "", found["plain_seats"]["peak_gb"])
    ratios = {
        "literal": found["literal"]["all"] / whole["all"],
        "all three": rival["all"] / whole["all"],
        "seats": found["plain_seats"]["all"] / found["seats_from_store"]["all"],
    }
    agreed = found["agreement"]
    table.notes.append(
        f"{store}: {events:,} events of {agreed['licenses']:,.0f} licences. All three from the store are "
        f"{ratios['all three']:.1f} times as fast as the plain fold, which gives the same totals: "
        f"{verdict(ratios['all three'], RATIO_TARGET)}; {ratios['literal']:.0f} times as fast as the plain "
        f"reading, which gives the same lines: {verdict(ratios['literal'], RATIO_TARGET)}. Seats alone: "
        f"{ratios['seats']:.1f} times as fast as the fold. Kernel and fold found the same seats for "
        f"{agreed['seats']:,.0f} licences, the same invoices for {agreed['billed']:,.0f}, and "
        f"{agreed['notices']:,.0f} and {agreed['plain_notices']:,.0f} notices."
    )


def measure() -> Table:
    """Measure both databases."""
    table = Table(
        "A whole programme",
        ("store", "what", "seconds", "events/s", "peak GB", "target"),
    )
    with work_folder() as folder:
        path = folder / "programme.jsonl"
        write_simulated(LICENSES, path)
        measure_store(f"sqlite:///{folder / 'ledger.db'}", "SQLite", path, table)
        with postgres_server() as url:
            measure_store(url, "PostgreSQL", path, table)
    return table


def main(arguments: list[str]) -> None:
    """Measure everything, or do the one work that a measuring process asks for."""
    if not arguments:
        print(measure().markdown())
        return
    work, url = arguments
    found: dict[str, Any] = WORKS[work](url)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**found, "peak_gb": peak_kib * 1024 / 1e9}))


if __name__ == "__main__":
    main(sys.argv[1:])
