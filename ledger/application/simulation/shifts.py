"""Let agents take and release seats on a working day."""

from ledger.application.simulation.instants import HOUR_US, MINUTE_US, SECOND_US
from ledger.application.simulation.license_facts import LicenseFacts
from ledger.application.simulation.staff import Account, Staff

MOST_AT_WORK = 5
LEFT_OVERNIGHT = 0.01
SUSPENDED_AT_WORK = 0.004
FORGOTTEN_RELEASE = 0.25


def work_a_day(facts: LicenseFacts, staff: Staff, morning_us: int) -> None:
    """Tell one day's seats, of a few of the agents; `morning_us` is eight o'clock there."""
    dice = facts.dice
    free = staff.free_agents(morning_us)
    if not free:
        return
    most = min(len(free), MOST_AT_WORK)
    first = dice.below(len(free))
    for number in range(dice.between(1, most)):
        _work_a_shift(facts, staff, free[(first + number) % len(free)], morning_us)


def _work_a_shift(facts: LicenseFacts, staff: Staff, account: Account, morning_us: int) -> None:
    dice = facts.dice
    taken_us = morning_us + dice.below(3 * HOUR_US)
    released_us = taken_us + 2 * HOUR_US + dice.below(6 * HOUR_US)
    if dice.chance(LEFT_OVERNIGHT):
        released_us += 15 * HOUR_US
    taken_recorded_us, released_recorded_us = _entered(facts, taken_us, released_us)
    seat = f'{facts.me},"agent_id":"{account.name}"'
    facts.tell(taken_recorded_us, taken_us, f'"type":"SeatTaken",{seat}', account.name)
    if account.may_go and taken_recorded_us == taken_us and dice.chance(SUSPENDED_AT_WORK):
        # being suspended frees the seat: nothing is left to release
        away_us = taken_us + HOUR_US + dice.below(30 * MINUTE_US)
        staff.suspend(account, away_us, away_us)
        return
    facts.tell(released_recorded_us, released_us, f'"type":"SeatReleased",{seat}', account.name)
    account.free_us = released_recorded_us


def _entered(facts: LicenseFacts, taken_us: int, released_us: int) -> tuple[int, int]:
    """Decide when the seat's two facts are recorded: a shift, or only its end, may be entered late."""
    recorded_us = facts.recorded(released_us)
    if recorded_us == released_us:
        return taken_us, released_us
    if facts.dice.chance(FORGOTTEN_RELEASE):
        return taken_us, recorded_us
    return recorded_us, recorded_us + SECOND_US
