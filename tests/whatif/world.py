"""Random histories in a store of their own, and a copy in which what was supposed is really recorded."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from ledger.application.ask import Question, ask_invoices
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, record
from ledger.events.streams import license_stream
from ledger.rules.instants import parse_instant
from replay.preview.changes import OF_ACCOUNTS, Change, ChangeKind
from tests.application.desk import HandClock, history, imported
from tests.second_opinion.histories import History, make_history
from tests.second_opinion.recipes import Recipe

Row = dict[str, Any]
_EVENTS = {
    ChangeKind.SUSPEND: ("AgentSuspended", "agent_id"),
    ChangeKind.ACTIVATE: ("AgentActivated", "agent_id"),
    ChangeKind.DELETE: ("AgentDeleted", "agent_id"),
    ChangeKind.PRICING_MODEL: ("PricingModelSwitched", "pricing_model"),
    ChangeKind.PLAN: ("PlanChanged", "plan"),
    ChangeKind.CYCLE: ("BillingCycleChanged", "billing_cycle"),
}


@st.composite
def few_licences(draw: st.DrawFn) -> History:
    """Draw a history of one or two licences over two years."""
    recipe = Recipe(
        seed=draw(st.integers(0, 2**32)),
        starts_on=draw(st.sampled_from([date(2011, 6, 1), date(2021, 1, 1), date(2023, 1, 1)])),
        years=2,
        events_per_licence=draw(st.lists(st.integers(6, 25), min_size=1, max_size=2)),
        cutovers=draw(st.integers(0, 4)),
        price_changes=draw(st.integers(0, 4)),
        terms_changes=draw(st.integers(0, 3)),
    )
    return make_history(recipe)


@contextmanager
def ledger_of(folder: Path, lines: Sequence[Row], now: datetime) -> Iterator[tuple[Ledger, HandClock]]:
    """Open a store that holds some lines, its clock at `now`."""
    clock = HandClock()
    clock.now = now
    with Ledger.open(f"sqlite:///{folder / uuid4().hex}.db", create=True, clock=clock) as ledger:
        report = imported(ledger, history(*lines))
        assert report.recorded == len(lines)
        yield ledger, clock


def known_by(lines: Sequence[Row], at: datetime) -> list[Row]:
    """Give the lines recorded by an instant."""
    return [line for line in lines if parse_instant(line["recorded_at"]) <= at]


def accounts(lines: Sequence[Row], license_id: str, kind: str) -> list[str]:
    """Name all agents or ChatBots that the lines speak of."""
    mine = [line for line in lines if line.get("license_id") == license_id]
    return sorted({line[kind] for line in mine if kind in line}) or ["nobody"]


def record_changes(
    ledger: Ledger, clock: HandClock, license_id: str, changes: Sequence[tuple[Change, datetime]]
) -> None:
    """Record what each change stands for at its time, as commands would, in the order of recording."""
    now = clock.now

    def recorded_at(change: Change, effective_at: datetime) -> datetime:
        return max(now, effective_at) if change.kind in OF_ACCOUNTS else now

    for change, effective_at in sorted(changes, key=lambda one: recorded_at(*one)):
        clock.now = recorded_at(change, effective_at)
        for event_type, fields in _deeds(ledger, license_id, change):
            record(ledger, CommandMeta(at=effective_at), event_type, license_id=license_id, **fields)


def _deeds(ledger: Ledger, license_id: str, change: Change) -> Iterator[tuple[str, Row]]:
    match change.kind:
        case ChangeKind.ADD_AGENTS:
            for _ in range(int(change.value)):
                yield "AgentCreated", {"agent_id": uuid4().hex, "role": "agent"}
        case ChangeKind.ADD_CHATBOTS:
            for _ in range(int(change.value)):
                yield "ChatBotAdded", {"bot_id": uuid4().hex}
        case ChangeKind.REMOVE_CHATBOTS:
            there: list[str] = []
            for _, row in ledger.store.rows_under(license_stream(license_id), None):
                line = json.loads(row.state)
                if line["type"] == "ChatBotAdded":
                    there.append(line["bot_id"])
                elif line["type"] == "ChatBotRemoved":
                    there.remove(line["bot_id"])
            for bot_id in there[-int(change.value) :]:
                yield "ChatBotRemoved", {"bot_id": bot_id}
        case _:
            event_type, field = _EVENTS[change.kind]
            yield event_type, {field: change.value}


def invoices_ahead(
    ledger: Ledger, license_id: str, at: datetime, until: datetime, known_at: datetime
) -> dict[str, Row]:
    """Give the invoices, by date, whose dates come after one instant and by another."""
    rows = map(json.loads, ask_invoices(ledger, Question(until, known_at, (license_id,))).lines)
    come = map(json.loads, ask_invoices(ledger, Question(at, known_at, (license_id,))).lines)
    past = {row["billing_date"] for row in come}
    return {row["billing_date"]: row for row in rows if row["billing_date"] not in past}
