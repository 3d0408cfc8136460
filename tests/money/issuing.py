"""Issue the invoices of a history, as a billing run does, so that there are books to look at."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.application.issued_invoices import Issued
from ledger.application.show_journal import issued_frame
from ledger.events.catalogue import parse_line
from ledger.events.paper import InvoiceIssued
from ledger.projections.commission import Commissions
from ledger.projections.decoding import issue_instants
from ledger.projections.journal import Journal, journal
from ledger.rules.instants import to_us
from tests.projections.frames import FramedLog, Line, framed
from tests.second_opinion.words import instant_of, instant_text


def filled(lines: Sequence[Line], log: FramedLog | None = None) -> list[Line]:
    """Give issued invoices without lines those that the ledger answers with, as known at the end."""
    end = instant_of(lines[-1]["recorded_at"])
    rows = {row["number"]: row for row in (log or framed(lines)).at(end).rows("invoices") if row["number"]}
    return [
        {**line, **{name: rows[line["number"]][name] for name in ("lines", "total")}}
        if line["type"] == "InvoiceIssued" and line["number"] in rows and not line["lines"]
        else line
        for line in lines
    ]


def with_all_issued(lines: Sequence[Line], until: datetime) -> list[Line]:
    """Add the InvoiceIssued of every invoice due by `until` and not issued, all recorded then.

    Each knows what was recorded by its billing date, so that it bills what the question answers.
    """
    asked = framed(lines).at(until)
    recorded_us = [to_us(instant_of(line["recorded_at"])) for line in lines]
    last_issued = {
        line["license_id"]: line["billing_date"] for line in lines if line["type"] == "InvoiceIssued"
    }
    due_us = asked.invoices.invoices["billing_us"].to_list()
    rows = sorted(
        zip(due_us, asked.rows("invoices"), strict=True), key=lambda due: (due[0], due[1]["license_id"])
    )
    added: list[dict[str, Any]] = []
    for billing_us, row in rows:
        if row["billing_date"] <= last_issued.get(row["license_id"], ""):
            continue
        known_through = lines[bisect_right(recorded_us, billing_us) - 1]["id"]
        added.append(
            {
                "id": f"issued-{len(added) + 1:06d}",
                "type": "InvoiceIssued",
                "number": f"2025-{len(added) + 1:06d}",
                **{name: row[name] for name in ("license_id", "billing_date", "lines", "total")},
                "known_through": known_through,
                "digest": "",
                "effective_at": instant_text(until),
                "recorded_at": instant_text(until),
                "actor": "system",
            }
        )
    return [*lines, *added]


def journal_of(lines: Sequence[Line], log: FramedLog | None = None) -> Journal:
    """Post what was issued in a history, without a store in between."""
    log = log or framed(lines)
    end_us = to_us(instant_of(lines[-1]["recorded_at"]))
    events = [(parse_line(json.dumps(line)), line["id"]) for line in lines if line["type"] == "InvoiceIssued"]
    issued = issued_frame(
        Issued(event, log.positions[name]) for event, name in events if isinstance(event, InvoiceIssued)
    )
    return journal(
        log.history(end_us), issued, log.positions, Commissions.of(log.terms, issue_instants(log.terms))
    )
