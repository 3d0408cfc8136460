"""Answer the ledger's three questions from history lines alone, as a second opinion on the kernel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from tests.second_opinion.facts import history_of
from tests.second_opinion.invoices import Books
from tests.second_opinion.licences import licences_in
from tests.second_opinion.notices import notices_of
from tests.second_opinion.seats import steps_of
from tests.second_opinion.words import (
    LICENSE_FACTS,
    SEAT_FACTS,
    Event,
    Log,
    in_order,
    instant_text,
    log_of,
)

Row = dict[str, Any]
Ask = Literal["seats", "invoices", "notices"]


def answer(
    lines: Sequence[Mapping[str, Any]],
    ask: Ask,
    as_of: datetime,
    known_at: datetime | None = None,
) -> list[Row]:
    """Answer one question from history lines in recorded order; known_at defaults to as_of.

    Rows come sorted by license_id, then date, cutover_id and channel; no licence known gives no row.
    """
    log = log_of(lines)
    cut = log.cut_at(as_of if known_at is None else known_at)
    answers = {"seats": seats, "invoices": invoices, "notices": notices}
    return answers[ask](log, cut, as_of)


def seats(log: Log, cut: int, as_of: datetime) -> list[Row]:
    """Count every licence that exists at as_of, from the events known at the cut and effective by then."""
    rows = []
    for license_id, events in visible(log, cut, as_of).items():
        counts = steps_of(events)[0][-1].counts
        rows.append(
            {
                "license_id": license_id,
                "agents_active": counts.agents_active,
                "agents_suspended": counts.agents_suspended,
                "chatbots": counts.chatbots,
                "seats_in_use": counts.seats_in_use,
                "ppa": counts.ppa,
                "pps": counts.pps,
                "ppu": counts.ppu,
            }
        )
    return rows


def visible(log: Log, cut: int, as_of: datetime) -> dict[str, list[Event]]:
    """Give each licence's own and seat events, in order, known at the cut and effective by as_of."""
    events: dict[str, list[Event]] = {}
    for event in in_order(log.events[:cut]):
        if event.effective_at <= as_of and event.type in (*LICENSE_FACTS, *SEAT_FACTS):
            events.setdefault(event.fields["license_id"], []).append(event)
    return dict(sorted(events.items()))


def invoices(log: Log, cut: int, as_of: datetime) -> list[Row]:
    """Make every licence's invoices whose billing date has come by as_of."""
    rows: list[Row] = []
    for licence in licences_in(log, cut):
        rows += Books(log, history_of(log, licence), cut).invoices(as_of)
    return rows


def notices(log: Log, cut: int, as_of: datetime) -> list[Row]:
    """Make the notices of every licence that a known cutover will switch; as_of decides their states."""
    rows: list[Row] = []
    for licence in licences_in(log, cut):
        rows += notices_of(log, cut, history_of(log, licence).facts(cut), as_of)
    return sorted(
        rows,
        key=lambda r: (
            r["license_id"],
            r["charge_date"],
            r["cutover_id"],
            r["channel"],
        ),
    )


def faults(
    lines: Sequence[Mapping[str, Any]],
    as_of: datetime,
    known_at: datetime | None = None,
) -> list[dict[str, Any]]:
    """Name what is wrong with the data: prices missing from invoices, and SeatTaken that clash.

    Missing prices are those still unresolved at the licence's latest knowledge cut; clashes are those among
    the events that a `seats` question sees. Sorted by license_id; missing prices first.
    """
    log = log_of(lines)
    cut = log.cut_at(as_of if known_at is None else known_at)
    found = missing_prices(log, cut, as_of) + seat_clashes(log, cut, as_of)
    return sorted(found, key=lambda fault: (fault["license_id"], fault["kind"]))


def missing_prices(log: Log, cut: int, as_of: datetime) -> list[dict[str, Any]]:
    """Name the recurring lines left out for want of a price."""
    return [
        {
            "kind": "missing_price",
            "license_id": missing.license_id,
            "plan": missing.plan,
            "billing_cycle": missing.billing_cycle,
            "currency": missing.currency,
            "date": missing.date.isoformat(),
        }
        for licence in licences_in(log, cut)
        for missing in Books(log, history_of(log, licence), cut).missing_prices(as_of)
    ]


def seat_clashes(log: Log, cut: int, as_of: datetime) -> list[dict[str, Any]]:
    """Name the SeatTaken that have no effect."""
    return [
        {
            "kind": "seat_clash",
            "license_id": license_id,
            "agent_id": event.fields["agent_id"],
            "effective_at": instant_text(event.effective_at),
            "id": event.fields.get("id"),
        }
        for license_id, events in visible(log, cut, as_of).items()
        for event in steps_of(events)[1]
    ]
