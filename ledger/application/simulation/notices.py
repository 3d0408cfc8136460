"""Tell which notices went out ahead of the resellers' cutover, where the charge date is plain."""

from calendar import monthrange
from datetime import date, timedelta

from ledger.application.simulation.instants import DAY_US, EPOCH, HOUR_US, MINUTE_US, day_number, day_text
from ledger.application.simulation.license_facts import LicenseFacts
from ledger.application.simulation.programme import RESELLERS_ANNOUNCED_US, RESELLERS_ON, Fact

CUTOVER_ID = "resellers-2024-08-11"
NOTICE_DAYS = 14
TRIAL_DAYS = 14
NEVER_SENT = 0.02
SENT_LATE = 0.03
FAILED_FIRST = 0.1


def notice_facts(facts: LicenseFacts, end_us: int) -> list[Fact]:
    """Give what was sent in the app and by e-mail; empty where terms moved or nothing is switched."""
    origin, dice = facts.origin, facts.dice
    plain = origin.is_resold and not (facts.cycle_changed or facts.model_switched) and facts.model != "ppu"
    if not plain or origin.born_us > RESELLERS_ANNOUNCED_US:
        return []
    charge = day_number(_charge_date(origin.anchor or origin.birthday + TRIAL_DAYS, origin.billing_cycle))
    charge_us = charge * DAY_US - origin.offset_us
    if charge_us > end_us or (facts.cancelled_us and facts.cancelled_us < charge_us + DAY_US):
        return []
    told: list[Fact] = []
    for channel in ("in_app", "email"):
        if dice.chance(NEVER_SENT):
            continue
        when_us = charge_us - NOTICE_DAYS * DAY_US + 8 * HOUR_US + dice.below(3 * HOUR_US)
        if dice.chance(SENT_LATE):
            when_us += dice.between(1, 4) * DAY_US
        named = (
            f'{facts.me},"cutover_id":"{CUTOVER_ID}","charge_date":"{day_text(charge)}","channel":"{channel}"'
        )
        attempt = 1
        if dice.chance(FAILED_FIRST):
            told.append(Fact(when_us, when_us, f'"type":"NoticeFailed",{named},"attempt":1', "system"))
            attempt, when_us = 2, when_us + 30 * MINUTE_US
        told.append(Fact(when_us, when_us, f'"type":"NoticeSent",{named},"attempt":{attempt}', "system"))
    return told


def _charge_date(anchor_day: int, billing_cycle: str) -> date:
    """Find the first date, on or after the cutover, on which a period begins that always had this cycle."""
    anchor = EPOCH + timedelta(days=anchor_day)
    on = date(*RESELLERS_ON)
    step = 12 if billing_cycle == "annual" else 1
    months = 0
    while (charge := _add_months(anchor, months)) < on:
        months += step
    return charge


def _add_months(anchor: date, months: int) -> date:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))
