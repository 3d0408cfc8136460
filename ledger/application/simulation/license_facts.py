"""Keep what a licence's story needs to remember while it is told."""

from typing import NamedTuple

from ledger.application.simulation.dice import Dice
from ledger.application.simulation.instants import DAY_US, HOUR_US
from ledger.application.simulation.programme import Fact, Partner

LATE = 0.0165
AHEAD = 0.3
LONGEST_HOURS_LATE = 72
LONGEST_DAYS_LATE = 28
FIRST_CYCLE_CHANGE_DAYS = 25


class Origin(NamedTuple):
    """Say how a licence began; days are counted from 1970-01-01 in the licence's own zone."""

    license_id: str
    born_us: int
    birthday: int
    offset_us: int
    time_zone: str
    currency: str
    source: str
    partner: Partner | None
    is_resold: bool
    anchor: int | None
    plan: str
    billing_cycle: str


class LicenseFacts:
    """Collect the facts told so far, with the terms they left the licence on.

    `*_free_us` is when the subject's last fact was true and recorded: its next one comes after.
    """

    __slots__ = (
        "admin",
        "admin_from_us",
        "billing_cycle",
        "cancelled_us",
        "cycle_changed",
        "cycle_free_us",
        "dice",
        "me",
        "model",
        "model_free_us",
        "model_switched",
        "origin",
        "owner",
        "plan",
        "plan_free_us",
        "told",
    )

    def __init__(self, origin: Origin, dice: Dice) -> None:
        self.origin = origin
        self.dice = dice
        self.me = f'"license_id":"{origin.license_id}"'
        self.told: list[Fact] = []
        self.plan = origin.plan
        self.billing_cycle = origin.billing_cycle
        self.model = "ppa"
        self.plan_free_us = self.model_free_us = origin.born_us
        # a licence recorded late as a whole must not have a cycle change in what is caught up
        self.cycle_free_us = origin.born_us + FIRST_CYCLE_CHANGE_DAYS * DAY_US
        self.cycle_changed = self.model_switched = False
        self.cancelled_us: int | None = None
        self.owner = "system"
        self.admin: str | None = None
        self.admin_from_us = 0

    def tell(self, recorded_us: int, effective_us: int, body: str, actor: str) -> None:
        """Add a fact."""
        self.told.append(Fact(recorded_us, effective_us, body, actor))

    def latest_us(self) -> int:
        """Give the last instant at which anything told so far is true or recorded."""
        return max(max(fact.recorded_us, fact.effective_us) for fact in self.told)

    def actor(self, now_us: int) -> str:
        """Name who does something at `now_us`: mostly the owner, else an admin who is there, or the system.

        The owner and the first admin stay active for as long as the licence lives.
        """
        draw = self.dice.roll()
        if draw < 0.25 and self.admin and self.admin_from_us < now_us:
            return self.admin
        return "system" if draw > 0.95 else self.owner

    def recorded(self, effective_us: int) -> int:
        """Decide when a fact is recorded: at once, or hours to weeks later now and then."""
        dice = self.dice
        if dice.roll() >= LATE:
            return effective_us
        if dice.chance(0.7):
            return effective_us + dice.between(1, LONGEST_HOURS_LATE) * HOUR_US + dice.below(HOUR_US)
        return effective_us + dice.between(3, LONGEST_DAYS_LATE) * DAY_US + dice.below(HOUR_US)

    def any_time(self, now_us: int) -> tuple[int, int]:
        """Decide (effective, recorded) of a fact that may be announced ahead or entered late."""
        if self.dice.chance(AHEAD):
            return now_us + self.dice.between(2, 40) * DAY_US, now_us
        return now_us, self.recorded(now_us)
