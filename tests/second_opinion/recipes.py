"""Say what a random history is made of: its years, its licences, its programme; all of it from one seed.

Every part draws from a generator of its own, named after the part. So a smaller recipe leaves the parts that
remain as they were, and Hypothesis can shrink a failing history by dropping licences and events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from tests.second_opinion.days import billing_date, first_instant, local_date

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
NUDGES = (-MICROSECOND, timedelta(0), timedelta(0), MICROSECOND)
PLANS = ("starter", "team", "business")
CYCLES = ("monthly", "annual")
CURRENCIES = ("USD", "EUR", "JPY")
SOURCES = ("signup", "partner_app")
MODELS = ("ppa", "pps", "ppu")
ODD_ZONES = (
    "America/Havana",
    "Asia/Beirut",
    "America/Santiago",
    "Africa/Cairo",
    "Atlantic/Azores",
    "Pacific/Auckland",
    "Asia/Kolkata",
    "America/Scoresbysund",
    "America/New_York",
    "Europe/Warsaw",
    "UTC",
)
SKIPPED_DAY_ZONE = "Pacific/Apia"
PARTNERS = {
    "partner-a": ("solution", "0.20", "0.20"),
    "partner-b": ("solution", "0.333", None),
    "partner-c": ("solution", None, None),
    "partner-d": ("affiliate", "0.125", "0.2"),
    "partner-e": ("affiliate", None, "0.15"),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a history is made from; `events_per_licence` has one number for each licence."""

    seed: int
    starts_on: date
    years: int
    events_per_licence: Sequence[int]
    cutovers: int
    price_changes: int
    terms_changes: int

    @property
    def start(self) -> datetime:
        """Give the instant at which the programme begins."""
        return datetime(self.starts_on.year, self.starts_on.month, self.starts_on.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """Give the instant after which nothing is recorded."""
        return self.start + timedelta(days=365 * self.years)

    def random(self, *part: object) -> Random:
        """Give the part's own generator."""
        return Random("/".join(str(name) for name in (self.seed, *part)))


@dataclass(frozen=True, slots=True)
class Sketch:
    """A licence to come: what must be known before its events can be placed in time."""

    license_id: str
    effective_at: datetime
    recorded_at: datetime
    zone: str
    named_anchor: date | None
    partner_id: str | None
    source: str

    @property
    def created_on(self) -> date:
        """Give the local creation date."""
        return local_date(self.effective_at, self.zone)

    @property
    def anchor(self) -> date:
        """Give D_0."""
        return self.named_anchor or self.created_on + 14 * DAY

    def billing_instant(self, rng: Random, after: datetime, before: datetime) -> datetime:
        """Draw a billing instant, or a microsecond beside it, roughly in a span."""
        months = (after.year - self.anchor.year) * 12 + after.month - self.anchor.month
        span = max(1, (before - after).days // 30)
        n = max(0, months + rng.randint(0, span))
        return first_instant(billing_date(self.anchor, n), self.zone) + rng.choice(NUDGES)


def between(rng: Random, low: datetime, high: datetime) -> datetime:
    """Draw an instant from low to high, both included; low if the span is empty."""
    width = (high - low) // MICROSECOND
    return low + rng.randint(0, width) * MICROSECOND if width > 0 else low


def sketches_of(recipe: Recipe) -> list[Sketch]:
    """Sketch the recipe's licences."""
    return [sketch_of(recipe, number) for number in range(len(recipe.events_per_licence))]


def sketch_of(recipe: Recipe, number: int) -> Sketch:
    """Sketch one licence; one in four is recorded months after it began."""
    rng = recipe.random("licence", number)
    zone = zone_of(recipe, rng)
    effective_at = between(rng, recipe.start + 2 * DAY, recipe.start + (recipe.end - recipe.start) / 2)
    if rng.random() < 0.2:
        effective_at = first_instant(effective_at.date(), zone) + rng.choice(NUDGES)
    late = rng.random() < 0.25
    recorded_at = effective_at + (rng.randint(5, 240) * DAY if late else timedelta(0))
    return Sketch(
        license_id=f"lic-{number}",
        effective_at=effective_at,
        recorded_at=recorded_at,
        zone=zone,
        named_anchor=anchor_of(rng, local_date(effective_at, zone)),
        partner_id=rng.choice([None, *PARTNERS, "partner-a", "partner-b"]),
        source=rng.choice(SOURCES),
    )


def zone_of(recipe: Recipe, rng: Random) -> str:
    """Draw a zone; around 2011 mostly the one that left out a whole day."""
    if recipe.starts_on.year < 2012 and rng.random() < 0.6:
        return SKIPPED_DAY_ZONE
    return rng.choice([*ODD_ZONES, SKIPPED_DAY_ZONE])


def anchor_of(rng: Random, created_on: date) -> date | None:
    """Draw a billing anchor after the creation date, often late in the month; None to have the default."""
    if rng.random() < 0.25:
        return None
    after = [created_on + days * DAY for days in range(1, 130)]
    wanted = rng.choice([(29,), (30,), (31,), (28, 29, 30, 31), tuple(range(1, 32)), (created_on.day,)])
    leap_days = [created_on + days * DAY for days in range(1, 420)]
    leap_days = [day for day in leap_days if (day.month, day.day) == (2, 29)]
    if leap_days and rng.random() < 0.25:
        return leap_days[0]
    if rng.random() < 0.1:
        return after[0]
    return rng.choice([day for day in after if day.day in wanted])


def ticks_of(recipe: Recipe, number: int, sketch: Sketch) -> list[datetime]:
    """Draw when the licence's events are recorded: anywhere, at billing instants, or two at once."""
    ticks: list[datetime] = []
    for tick in range(recipe.events_per_licence[number]):
        rng = recipe.random("tick", number, tick)
        chance = rng.random()
        if ticks and chance < 0.12:
            at = ticks[-1]
        elif chance < 0.35:
            at = sketch.billing_instant(rng, sketch.recorded_at, recipe.end)
        elif chance < 0.55:
            at = between(rng, sketch.recorded_at, min(recipe.end, sketch.recorded_at + 60 * DAY))
        else:
            at = between(rng, sketch.recorded_at, recipe.end)
        ticks.append(min(max(at, sketch.recorded_at), max(recipe.end, sketch.recorded_at)))
    return ticks
