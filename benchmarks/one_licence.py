"""How long a question about one licence takes in a running process, beside the time of reading its rows.

Licences of 50, 1,000 and 10,000 events stand in a simulated programme of many others. Each is a reseller's
customer that an announced cutover switches, with agents who take and release seats through two and a half
years, and some ChatBots recorded late. Every ask has an as_of of its own in the last year, so that nothing
but the programme's terms can be remembered from the one before.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from random import Random
from time import perf_counter
from typing import Any

from benchmarks.measuring import Table, milliseconds, postgres_server, verdict, work_folder
from benchmarks.simulated import simulated_lines
from ledger.application.ask import Answer, Question, ask_invoices, ask_notices, ask_seats
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.rules.instants import format_instant, parse_instant, to_us
from ledger.stores.reading import read_question

OTHERS = 200
SIZES = (50, 1_000, 10_000)
ASKS = 250
BEGIN = datetime(2023, 6, 1, 9, tzinfo=UTC)
END = datetime(2025, 12, 31, tzinfo=UTC)
LATE_SHARE = 0.01
LATE_BY = timedelta(days=4)
AGENTS = 12
# in ms, above the time of reading the licence's rows
TARGETS_MS = {"seats": 10.0, "invoices": 50.0, "notices": 30.0}
Ask = Callable[[Ledger, Question], Answer]


def told(license_id: str, event_count: int) -> list[dict[str, Any]]:
    """Return the lines of a licence with so many events; shifts of equal length follow one another."""
    rng = Random(license_id)
    lines = [
        _line("LicenseCreated", license_id, BEGIN, source="signup", partner_id="reseller", plan="team",
              billing_cycle="monthly", time_zone="Europe/Warsaw"),
    ]  # fmt: skip
    owner = f"owner@{license_id}.example"
    agents = [f"agent-{number}@{license_id}.example" for number in range(AGENTS)]
    lines.append(_line("AgentCreated", license_id, BEGIN, agent_id=owner, role="owner"))
    lines += [_line("AgentCreated", license_id, BEGIN, agent_id=agent, role="agent") for agent in agents]
    lines += [_line("ChatBotAdded", license_id, BEGIN, bot_id=f"bot-{number}") for number in range(2)]
    shifts = (event_count - len(lines)) // 2
    step = (END - BEGIN - timedelta(days=40)) / shifts
    for number in range(shifts):
        taken = BEGIN + timedelta(hours=1) + step * number
        released = taken + min(step * (AGENTS // 2), timedelta(hours=6))
        if rng.random() < LATE_SHARE:
            bot_id = f"late-bot-{number}"
            lines.append(_line("ChatBotAdded", license_id, taken, LATE_BY, bot_id=bot_id))
            lines.append(_line("ChatBotRemoved", license_id, released, LATE_BY, bot_id=bot_id))
        else:
            agent_id = agents[number % AGENTS]
            lines.append(_line("SeatTaken", license_id, taken, agent_id=agent_id))
            lines.append(_line("SeatReleased", license_id, released, agent_id=agent_id))
    for number, line in enumerate(lines):
        line["id"] = f"{license_id}/{number}"
    return lines


def _line(
    event_type: str, license_id: str, at: datetime, late_by: timedelta = timedelta(0), **fields: Any
) -> dict[str, Any]:
    times = {"effective_at": format_instant(at), "recorded_at": format_instant(at + late_by)}
    return {"type": event_type, "license_id": license_id, "actor": "system", **fields, **times}


def programme() -> list[dict[str, Any]]:
    """Return the lines of the reseller; the simulated programme brings prices and cutovers."""
    at = format_instant(BEGIN - timedelta(days=1))
    fields = {"partner_id": "reseller", "programme": "solution", "discount_rate": "0.2"}
    times = {"effective_at": at, "recorded_at": at, "actor": "system", "id": "reseller"}
    return [{"type": "PartnerRegistered", **fields, **times}]


def history() -> bytes:
    """Return the whole history, in the order of recording."""
    lines: list[tuple[datetime, str]] = []
    for text in simulated_lines(OTHERS):
        lines.append((parse_instant(json.loads(text)["recorded_at"]), text.decode()))
    measured = [line for size in SIZES for line in told(f"measured-{size}", size)]
    for line in [*programme(), *measured]:
        lines.append((parse_instant(line["recorded_at"]), json.dumps(line)))
    lines.sort(key=lambda pair: pair[0])
    return "\n".join(text for _, text in lines).encode() + b"\n"


def sampled(work: Callable[[Question], object], questions: Sequence[Question]) -> list[float]:
    """Return the seconds that the work takes for each question, after a few to warm up."""
    taken = []
    for number, question in enumerate([*questions[:10], *questions]):
        began = perf_counter()
        work(question)
        if number >= 10:
            taken.append(perf_counter() - began)
    return taken


def measure_licence(ledger: Ledger, license_id: str) -> dict[str, tuple[float, float]]:
    """Return median and p99 in ms of reading the licence's rows and of the three questions."""
    rng = Random(7)
    questions = [
        Question(END - timedelta(seconds=rng.randrange(365 * 86_400)), END, (license_id,))
        for _ in range(ASKS)
    ]
    known_us = to_us(END)

    def read(question: Question) -> None:
        read_question(ledger.store, question.license_ids, known_us)

    asks: dict[str, Ask] = {"seats": ask_seats, "invoices": ask_invoices, "notices": ask_notices}
    found = {"read": milliseconds(sampled(read, questions))}
    for name, ask in asks.items():
        found[name] = milliseconds(sampled(partial(ask, ledger), questions))
    return found


def measure_store(url: str, store: str, lines: bytes) -> list[tuple[str, ...]]:
    """Return a row for each licence and question."""
    rows: list[tuple[str, ...]] = []
    with Ledger.open(url, create=True) as ledger:
        import_history(ledger, BytesIO(lines))
        for size in SIZES:
            found = measure_licence(ledger, f"measured-{size}")
            read = found["read"][0]
            for ask, target in TARGETS_MS.items():
                value, p99 = found[ask]
                rows.append(
                    (
                        store,
                        f"{size:,}",
                        ask,
                        f"{read:.1f}",
                        f"{value:.1f}",
                        f"{value - read:.1f}",
                        f"{p99:.1f}",
                        verdict(value - read, target, at_most=True),
                    )
                )
    return rows


def measure() -> Table:
    """Measure both databases."""
    table = Table(
        "One licence, milliseconds",
        ("store", "events", "question", "reading its rows", "median", "above reading", "p99", "target"),
        notes=[
            f"{ASKS} asks each, every one with an as_of of its own, among {OTHERS} other licences. The "
            "targets are for the median above the time of reading the rows."
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
