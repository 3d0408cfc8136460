"""Tell the life of one licence, from sign-up to cancellation, as facts that are legal as they are recorded.

What keeps them legal: the facts of one subject (an account with its seats, a ChatBot, the plan, the cycle,
the model) are told in the order in which they became true, and none is recorded before the one told before
it. So whatever part of the log one has read, every subject's own timeline is whole.
"""

from ledger.application.simulation.dice import Dice
from ledger.application.simulation.instants import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    SECOND_US,
    at_us,
    day_text,
    working_day,
)
from ledger.application.simulation.license_facts import LicenseFacts, Origin
from ledger.application.simulation.notices import notice_facts
from ledger.application.simulation.programme import PLANS, Fact, Partner, Programme
from ledger.application.simulation.shifts import work_a_day
from ledger.application.simulation.staff import Staff
from ledger.application.simulation.world import PLACES

WINDOW_US = 30 * DAY_US
SIGNUPS_PAY_PER_USER_US = at_us(2022, 1, 3)
PARTNER_APP_PAYS_PER_USER_US = at_us(2024, 6, 9)
MODELS = ("ppa", "pps", "ppu")

CHURN = 0.012
RECORDED_LATE_AS_A_WHOLE = 0.003


def tell_story(
    license_id: str, dice: Dice, earliest_us: int, end_us: int, programme: Programme
) -> list[Fact]:
    """Give a licence's facts in the order of recording, those recorded before `end_us` only.

    Nothing is recorded before `earliest_us`. The list is empty if the licence signs up at the end or later.
    """
    origin = _sign_up(license_id, dice, earliest_us, programme)
    late_us = origin.born_us
    if dice.chance(RECORDED_LATE_AS_A_WHOLE):
        late_us += dice.between(1, 20) * DAY_US + dice.below(HOUR_US)
    facts = LicenseFacts(origin, dice)
    staff = Staff(facts)
    _create(facts, dice)
    staff.open_accounts()
    _live(facts, staff, end_us)
    notices = notice_facts(facts, end_us)
    told = facts.told + notices
    if late_us > origin.born_us:
        told = [fact._replace(recorded_us=max(fact.recorded_us, late_us)) for fact in told]
    told.sort(key=_recorded)
    return [fact for fact in told if fact.recorded_us < end_us]


def _recorded(fact: Fact) -> int:
    return fact.recorded_us


def _sign_up(license_id: str, dice: Dice, earliest_us: int, programme: Programme) -> Origin:
    """Decide who signs up, where and through whom."""
    place = dice.one_of(PLACES)
    offset_us = place.offset_minutes * MINUTE_US
    # the day after the earliest, within office hours: winter and summer time agree on the local date
    day = (earliest_us + offset_us) // DAY_US + 1
    born_us = day * DAY_US - offset_us + 9 * HOUR_US + dice.below(9 * HOUR_US)
    draw = dice.roll()
    partner, source = None, "signup"
    if draw < 0.40:
        partner, source = _partner(programme.resellers, born_us, dice), "partner_app"
    elif draw < 0.55:
        partner = _partner(programme.affiliates, born_us, dice)
        source = "partner_app" if dice.chance(0.5) else "signup"
    anchor = None
    if dice.chance(0.15):
        # a trial made longer, often to the last day of a month
        anchor = day + dice.between(5, 45)
    return Origin(
        license_id=license_id,
        born_us=born_us,
        birthday=day,
        offset_us=offset_us,
        time_zone=place.time_zone,
        currency=dice.one_of(place.currencies),
        source=source,
        partner=partner,
        is_resold=draw < 0.40,
        anchor=anchor,
        plan=PLANS[0] if draw > 0.9 else PLANS[1] if dice.chance(0.55) else PLANS[2],
        billing_cycle="annual" if dice.chance(0.3) else "monthly",
    )


def _partner(partners: list[Partner], born_us: int, dice: Dice) -> Partner:
    """Draw one of the partners registered by then; early ones have the most customers."""
    known = sum(1 for partner in partners[:8] if partner.registered_us < born_us)
    if known == 8:
        low, high = 8, len(partners)
        while low < high:
            middle = (low + high) // 2
            if partners[middle].registered_us < born_us:
                low = middle + 1
            else:
                high = middle
        known = low
    share = dice.roll()
    return partners[int(share * share * known)]


def _create(facts: LicenseFacts, dice: Dice) -> None:
    origin = facts.origin
    fields = [f'"type":"LicenseCreated",{facts.me},"source":"{origin.source}"']
    if origin.partner:
        fields.append(f'"partner_id":"{origin.partner.partner_id}"')
    fields.append(f'"plan":"{origin.plan}","billing_cycle":"{origin.billing_cycle}"')
    if origin.currency != "USD":
        fields.append(f'"currency":"{origin.currency}"')
    if origin.anchor is not None:
        fields.append(f'"billing_anchor":"{day_text(origin.anchor)}"')
    if origin.time_zone != "UTC":
        fields.append(f'"time_zone":"{origin.time_zone}"')
    facts.model = _default_model(origin)
    # named only where no cutover on creation can apply
    if origin.is_resold and origin.born_us < PARTNER_APP_PAYS_PER_USER_US and dice.chance(0.06):
        facts.model = "ppa"
        fields.append('"pricing_model":"ppa"')
    facts.tell(origin.born_us, origin.born_us, ",".join(fields), "system")


def _default_model(origin: Origin) -> str:
    """Guess the model that the licence gets; a day off around a cutover does no harm here."""
    born_us = origin.born_us
    if origin.source == "signup":
        return "ppu" if born_us >= SIGNUPS_PAY_PER_USER_US else "ppa"
    if born_us >= PARTNER_APP_PAYS_PER_USER_US:
        return "ppu"
    return "pps" if origin.is_resold else "ppa"


def _live(facts: LicenseFacts, staff: Staff, end_us: int) -> None:
    dice = facts.dice
    begin_us = facts.origin.born_us
    while begin_us < end_us:
        _live_a_month(facts, staff, begin_us)
        begin_us += WINDOW_US
        if dice.chance(CHURN):
            _cancel(facts, begin_us)
            return


def _live_a_month(facts: LicenseFacts, staff: Staff, begin_us: int) -> None:
    """Spread a few days with something to tell over thirty days."""
    dice, offset_us = facts.dice, facts.origin.offset_us
    count = dice.between(1, 3) if facts.origin.is_resold else dice.between(0, 2)
    for number in range(count):
        some_us = begin_us + int((number + dice.roll()) * WINDOW_US / count)
        day = working_day((some_us + offset_us) // DAY_US)
        morning_us = day * DAY_US - offset_us + 8 * HOUR_US
        if morning_us <= facts.origin.born_us:
            continue
        if dice.chance(0.62):
            work_a_day(facts, staff, morning_us)
        else:
            _change_something(facts, staff, morning_us + dice.below(9 * HOUR_US))


def _change_something(facts: LicenseFacts, staff: Staff, now_us: int) -> None:
    draw = facts.dice.roll()
    if draw < 0.82:
        staff.change(now_us)
    elif draw < 0.91:
        _change_plan(facts, now_us)
    elif draw < 0.96:
        _change_cycle(facts, now_us)
    else:
        _switch_model(facts, now_us)


def _change_plan(facts: LicenseFacts, now_us: int) -> None:
    if facts.plan_free_us >= now_us:
        return
    effective_us, recorded_us = facts.any_time(now_us)
    facts.plan = facts.dice.one_of([plan for plan in PLANS if plan != facts.plan])
    body = f'"type":"PlanChanged",{facts.me},"plan":"{facts.plan}"'
    facts.tell(recorded_us, effective_us, body, facts.actor(now_us))
    facts.plan_free_us = max(recorded_us, effective_us)


def _change_cycle(facts: LicenseFacts, now_us: int) -> None:
    if facts.cycle_free_us >= now_us:
        return
    effective_us = now_us
    if facts.dice.chance(0.5):
        effective_us += facts.dice.between(3, 40) * DAY_US
    facts.billing_cycle = "monthly" if facts.billing_cycle == "annual" else "annual"
    body = f'"type":"BillingCycleChanged",{facts.me},"billing_cycle":"{facts.billing_cycle}"'
    facts.tell(now_us, effective_us, body, facts.actor(now_us))
    facts.cycle_free_us = effective_us
    facts.cycle_changed = True


def _switch_model(facts: LicenseFacts, now_us: int) -> None:
    if facts.model_free_us >= now_us:
        return
    effective_us, recorded_us = facts.any_time(now_us)
    facts.model = facts.dice.one_of([model for model in MODELS if model != facts.model])
    body = f'"type":"PricingModelSwitched",{facts.me},"pricing_model":"{facts.model}"'
    facts.tell(recorded_us, effective_us, body, "system")
    facts.model_free_us = max(recorded_us, effective_us)
    facts.model_switched = True


def _cancel(facts: LicenseFacts, now_us: int) -> None:
    """End the licence after everything told, most often at once, at times ahead, seldom in arrears."""
    dice = facts.dice
    recorded_us = effective_us = max(now_us, facts.latest_us()) + SECOND_US + dice.below(9 * HOUR_US)
    when = dice.roll()
    if when < 0.35:
        effective_us += dice.between(1, 45) * DAY_US
    elif when < 0.45:
        recorded_us += dice.between(1, 20) * DAY_US
    facts.cancelled_us = effective_us
    facts.tell(recorded_us, effective_us, f'"type":"LicenseCancelled",{facts.me}', facts.actor(effective_us))
