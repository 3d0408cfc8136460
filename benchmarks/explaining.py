"""How long it takes to explain an invoice in a running process, beside reading and billing its licence.

The licences are those of `one_licence.py`. Another one of 10,000 events has agents recorded late all the
time, so that its invoices are full of adjustments, each told fact by fact.
"""

import gc
import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from io import BytesIO
from random import Random

from benchmarks import one_licence
from benchmarks.measuring import Table, milliseconds, postgres_server, verdict, work_folder
from benchmarks.one_licence import BEGIN, END, SIZES, sampled, told
from ledger.application.ask import Question, ask_invoices
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.rules.instants import format_instant, to_us
from ledger.stores.reading import read_question
from replay.explain.explaining import explain

ASKS = 200
TARGET_P99_MS = 100.0
LATE = "measured-late"
LATE_AGENTS_A_MONTH = 4
LATE_BY = timedelta(days=35)


def late_agents() -> list[dict[str, object]]:
    """Return the lines of a licence like the largest one, with agents besides who are recorded weeks late."""
    lines = [line | {"license_id": LATE, "id": f"late/{line['id']}"} for line in told(LATE, SIZES[-1])]
    months = (END - BEGIN).days // 30 - 3
    for number in range(months * LATE_AGENTS_A_MONTH):
        at = BEGIN + timedelta(days=10) + number * timedelta(days=30) / LATE_AGENTS_A_MONTH
        name = f"late-{number}@{LATE}.example"
        made = {"license_id": LATE, "agent_id": name, "actor": "system"}
        times = {"effective_at": format_instant(at), "recorded_at": format_instant(at + LATE_BY)}
        lines.append({"type": "AgentCreated", "role": "agent", "id": f"late-{number}", **made, **times})
        gone = at + timedelta(days=45)
        times = {"effective_at": format_instant(gone), "recorded_at": format_instant(gone)}
        lines.append({"type": "AgentDeleted", "id": f"gone-{number}", **made, **times})
    return lines


def history() -> bytes:
    """Return the history of `one_licence.py` with the late licence, in the order of recording."""
    lines = [json.loads(line) for line in one_licence.history().splitlines()]
    lines += late_agents()
    lines.sort(key=lambda line: str(line["recorded_at"]))
    return "\n".join(json.dumps(line) for line in lines).encode() + b"\n"


def measure_licence(ledger: Ledger, license_id: str) -> tuple[float, float, float, float]:
    """Return in ms the medians of reading, of billing and of explaining, and the 99th percentile of that."""
    asked = Question(END, END, (license_id,))
    dates = [date.fromisoformat(json.loads(row)["billing_date"]) for row in ask_invoices(ledger, asked).lines]
    rng = Random(7)
    questions: Sequence[Question] = [asked] * ASKS

    def explain_one(question: Question) -> None:
        explain(ledger, license_id, rng.choice(dates), question.as_of, question.known_at)

    # as a server does once it is up: what it has loaded is not looked through again at every collection
    gc.collect()
    gc.freeze()
    read, _ = milliseconds(
        sampled(lambda _: read_question(ledger.store, (license_id,), to_us(END)), questions)
    )
    billed, _ = milliseconds(sampled(partial(ask_invoices, ledger), questions))
    explained, p99 = milliseconds(sampled(explain_one, questions))
    gc.unfreeze()
    return read, billed, explained, p99


def measure_store(url: str, store: str, lines: bytes) -> list[tuple[str, ...]]:
    """Return a row for each licence."""
    rows: list[tuple[str, ...]] = []
    licenses = {f"{size:,}": f"measured-{size}" for size in SIZES} | {f"{SIZES[-1]:,}, many late": LATE}
    with Ledger.open(url, create=True) as ledger:
        import_history(ledger, BytesIO(lines))
        for name, license_id in licenses.items():
            read, billed, explained, p99 = measure_licence(ledger, license_id)
            figures = (f"{value:.1f}" for value in (read, billed, explained, p99))
            ratio = f"{explained / read:.1f}"
            rows.append((store, name, *figures, ratio, verdict(p99, TARGET_P99_MS, at_most=True)))
    return rows


def measure() -> Table:
    """Measure both databases."""
    table = Table(
        "Explaining one invoice, milliseconds",
        ("store", "events", "reading its rows", "billing it", "median", "p99", "times reading", "p99 target"),
        notes=[
            f"{ASKS} asks each, of any invoice of two and a half years. Billing is the question `invoices` "
            "about the licence. The late licence's invoices each correct earlier ones, fact by fact."
        ],
    )
    lines = history()
    with work_folder() as folder:
        table.rows += measure_store(f"sqlite:///{folder / 'ledger.db'}", "SQLite", lines)
    with postgres_server() as url:
        table.rows += measure_store(url, "PostgreSQL", lines)
    return table


if __name__ == "__main__":
    print(measure().markdown())
