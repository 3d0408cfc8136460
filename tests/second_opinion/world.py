"""Keep a random history while it is being made: its lines, and each licence's timeline so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from tests.second_opinion.legality import State, may_record, walk, with_event
from tests.second_opinion.licences import Licence, licence_of
from tests.second_opinion.recipes import DAY, NUDGES, Recipe, Sketch, between
from tests.second_opinion.words import Event, Log, event_of, instant_text

SYSTEM = "system"


@dataclass(slots=True)
class Site:
    """One licence in the making."""

    sketch: Sketch
    licence: Licence
    timeline: list[Event] = field(default_factory=list)
    acted: set[str] = field(default_factory=set)
    issued_n: int = -1
    issued_through: int = 0
    issued_at: datetime | None = None
    attempts: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def state(self, at: datetime) -> State:
        """Give the licence's state at an instant, from everything recorded so far."""
        return walk(self.timeline, at).state


@dataclass(slots=True)
class World:
    """The history so far."""

    recipe: Recipe
    sketches: list[Sketch]
    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    sites: dict[str, Site] = field(default_factory=dict)

    @property
    def log(self) -> Log:
        """Give the log so far."""
        return Log(self.events)

    def draft(
        self,
        name: str,
        effective_at: datetime,
        recorded_at: datetime,
        fields: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Write a line, without recording it."""
        return {
            "id": f"event-{len(self.lines)}",
            "type": name,
            **fields,
            "effective_at": instant_text(effective_at),
            "recorded_at": instant_text(recorded_at),
            "actor": fields.get("actor", SYSTEM),
        }

    def record(
        self,
        name: str,
        effective_at: datetime,
        recorded_at: datetime,
        fields: Mapping[str, Any],
    ) -> Event:
        """Add an event that needs no check against a licence's timeline."""
        line = self.draft(name, effective_at, recorded_at, fields)
        event = event_of(len(self.lines), line)
        self.lines.append(line)
        self.events.append(event)
        return event

    def create(self, sketch: Sketch, fields: Mapping[str, Any]) -> None:
        """Record a licence's creation."""
        event = self.record("LicenseCreated", sketch.effective_at, sketch.recorded_at, fields)
        self.sites[sketch.license_id] = Site(sketch, licence_of(self.log, event), [event])

    def try_fact(
        self,
        site: Site,
        name: str,
        effective_at: datetime,
        recorded_at: datetime,
        fields: Mapping[str, Any],
    ) -> bool:
        """Record a fact of a licence or its seats if the whole timeline stays legal; tell whether it was."""
        fields = {"license_id": site.licence.license_id, **fields}
        event = event_of(len(self.lines), self.draft(name, effective_at, recorded_at, fields))
        if effective_at < site.licence.created_at or not may_record(site.timeline, event):
            return False
        site.timeline = with_event(site.timeline, self.record(name, effective_at, recorded_at, fields))
        if fields.get("actor", SYSTEM) != SYSTEM:
            site.acted.add(fields["actor"])
        return True


def late_or_now(rng: Random, site: Site, at: datetime) -> datetime:
    """Draw when a fact recorded at `at` became true: now, or earlier, often at a telling instant."""
    chance, begun = rng.random(), site.licence.created_at
    if chance < 0.6:
        return at
    if chance < 0.7:
        return between(rng, begun, at)
    if chance < 0.82:
        return between(rng, max(begun, at - 100 * DAY), at)
    if chance < 0.92:
        moment = site.sketch.billing_instant(rng, begun, at)
    else:
        moment = rng.choice(site.timeline).effective_at
    return moment if begun <= moment <= at else at


def now_or_ahead(rng: Random, site: Site, at: datetime) -> datetime:
    """Draw when a fact announced at `at` becomes true: now, or later, often at a telling instant."""
    chance = rng.random()
    if chance < 0.4:
        return at
    if chance < 0.6:
        return at + rng.choice(NUDGES[1:])
    if chance < 0.8:
        return between(rng, at, at + 150 * DAY)
    return max(at, site.sketch.billing_instant(rng, at, at + 150 * DAY))


def any_time(rng: Random, site: Site, at: datetime) -> datetime:
    """Draw when a change that may be recorded late or announced ahead becomes true."""
    return late_or_now(rng, site, at) if rng.random() < 0.5 else now_or_ahead(rng, site, at)
