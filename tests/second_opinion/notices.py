"""Tell which licences a cutover will switch, when each is due a notice, and if it came (docs/rules.md §7)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.second_opinion.days import first_instant, local_date
from tests.second_opinion.facts import Facts
from tests.second_opinion.licences import Cutover, Licence
from tests.second_opinion.periods import Period, may_switch, periods, pricing_model_of
from tests.second_opinion.words import Event, Log, date_of, in_order, instant_text

SENT_CHANNELS = ("email", "in_app")


@dataclass(frozen=True, slots=True)
class Charge:
    """The first charge under a cutover's model, and the model before it."""

    date: date
    model_before: str
    model_after: str


def charge_of(facts: Facts, cutover: Cutover) -> Charge | None:
    """Find the charge date of a cutover that will switch the licence; None if it does not switch it."""
    licence = facts.licence
    if not may_switch(cutover, licence) or licence.created_at >= first_instant(cutover.on, licence.zone):
        return None
    before, period = first_period_from(facts, cutover.on)
    if facts.cancelled_by(period.first_at):
        return None
    model_before = pricing_model_of(facts, before) if before is not None else licence.first_model
    model_after = pricing_model_of(facts, period)
    if model_before == cutover.pricing_model or model_after != cutover.pricing_model:
        return None
    return Charge(period.first_date, model_before, model_after)


def first_period_from(facts: Facts, day: date) -> tuple[Period | None, Period]:
    """Find the period before (None for D_0) and the first period that begins on or after `day`."""
    laid, before = periods(facts), None
    while (period := next(laid)).first_date < day:
        before = period
    return before, period


def sent_notices(log: Log, cut: int, licence: Licence, cutover: Cutover) -> dict[tuple[date, str], Event]:
    """Give the first known NoticeSent, by (effective_at, position), for each charge date and channel."""
    first: dict[tuple[date, str], Event] = {}
    wanted = (licence.license_id, cutover.cutover_id)
    sent = [event for event in log.events[:cut] if event.type == "NoticeSent"]
    for event in in_order(sent):
        if (event.fields["license_id"], event.fields["cutover_id"]) == wanted:
            first.setdefault((date_of(event.fields["charge_date"]), event.fields["channel"]), event)
    return first


@dataclass(frozen=True, slots=True)
class Times:
    """When the notice for a charge date is due, and when the charge comes."""

    due_on: date
    due_at: datetime
    charged_at: datetime


def times_of(licence: Licence, cutover: Cutover, charge_date: date) -> Times:
    """Count back from the charge date in local days."""
    due_on = charge_date - timedelta(days=cutover.notice_days)
    return Times(due_on, first_instant(due_on, licence.zone), first_instant(charge_date, licence.zone))


def state_of(channel: str, sent: Event | None, times: Times, at: datetime) -> str:
    """Name a notice's state at an instant."""
    if sent is not None:
        return "sent"
    if at < times.due_at:
        return "scheduled"
    if at < times.charged_at:
        return "showing" if channel == "banner" else "due"
    return "ended" if channel == "banner" else "missed"


def notices_of(log: Log, cut: int, facts: Facts, at: datetime) -> list[dict[str, Any]]:
    """Make the notices of one licence from every known fact; `at` decides the states only."""
    rows: list[dict[str, Any]] = []
    for cutover in facts.cutovers:
        charge = charge_of(facts, cutover)
        if charge is None:
            continue
        models = {"pricing_model_before": charge.model_before, "pricing_model_after": charge.model_after}
        sent = sent_notices(log, cut, facts.licence, cutover)
        present = {(charge.date, channel) for channel in ("banner", *SENT_CHANNELS)}
        moved = {key for key in sent if key[1] in SENT_CHANNELS}
        for day, channel in present | moved:
            notice = sent.get((day, channel)) if channel in SENT_CHANNELS else None
            times = times_of(facts.licence, cutover, day)
            rows.append(
                {
                    "license_id": facts.licence.license_id,
                    "cutover_id": cutover.cutover_id,
                    "channel": channel,
                    "charge_date": day.isoformat(),
                    "due_at": instant_text(times.due_at),
                    "state": state_of(channel, notice, times, at),
                    "late": is_late(facts.licence, notice, times),
                    **models,
                }
            )
    return rows


def is_late(licence: Licence, sent: Event | None, times: Times) -> bool:
    """Tell whether a notice was first sent on a local date after the one on which it was due."""
    return sent is not None and local_date(sent.effective_at, licence.zone) > times.due_on
