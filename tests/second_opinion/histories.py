"""Draw random legal histories and questions to ask of them, to compare two readings on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.second_opinion.happenings import happen
from tests.second_opinion.licences import Licence, licences_in
from tests.second_opinion.programme import (
    announce,
    change_price,
    change_terms,
    create_licence,
    open_programme,
)
from tests.second_opinion.recipes import (
    DAY,
    MICROSECOND,
    Recipe,
    Sketch,
    between,
    sketches_of,
    ticks_of,
)
from tests.second_opinion.words import instant_of, log_of
from tests.second_opinion.world import World

History = list[dict[str, Any]]
Question = tuple[datetime, datetime | None]
Deed = tuple[datetime, Callable[[World], None]]

STARTS = (
    date(2010, 11, 20),
    date(2011, 6, 1),
    date(2018, 12, 15),
    date(2021, 1, 1),
    date(2022, 3, 1),
    date(2023, 1, 1),
)


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Draw what a history is made of: two to six licences, twenty to about a hundred and fifty events."""
    return Recipe(
        seed=draw(st.integers(0, 2**32)),
        starts_on=draw(st.sampled_from(STARTS)),
        years=draw(st.integers(2, 4)),
        events_per_licence=draw(st.lists(st.integers(4, 30), min_size=2, max_size=6)),
        cutovers=draw(st.integers(0, 5)),
        price_changes=draw(st.integers(0, 5)),
        terms_changes=draw(st.integers(0, 4)),
    )


def histories() -> st.SearchStrategy[History]:
    """Draw history lines in recorded order, each with an `id`, each legal after those before it."""
    return recipes().map(make_history)


def make_history(recipe: Recipe) -> History:
    """Make the history that a recipe describes; the same recipe always gives the same lines."""
    world = World(recipe, sketches_of(recipe))
    open_programme(world)
    deeds = [*programme_deeds(recipe), *licence_deeds(recipe, world.sketches)]
    for _, deed in sorted(deeds, key=lambda timed: timed[0]):
        deed(world)
    return world.lines


def programme_deeds(recipe: Recipe) -> list[Deed]:
    """Place the programme's changes in time."""
    deeds: list[Deed] = []
    kinds = {
        "cutover": recipe.cutovers,
        "price": recipe.price_changes,
        "terms": recipe.terms_changes,
    }
    for kind, times in kinds.items():
        for number in range(times):
            rng = recipe.random(kind, number)
            at = between(rng, recipe.start + DAY, recipe.end)
            deeds.append((at, programme_deed(kind, number, at)))
    return deeds


def programme_deed(kind: str, number: int, at: datetime) -> Callable[[World], None]:
    """Make one change of the programme, to be done at its time."""

    def deed(world: World) -> None:
        """Do it."""
        rng = world.recipe.random(kind, number, "deed")
        if kind == "cutover":
            announce(world, rng, number, at)
        elif kind == "price":
            change_price(world, rng, at)
        else:
            change_terms(world, rng, at)

    return deed


def licence_deeds(recipe: Recipe, sketches: Sequence[Sketch]) -> list[Deed]:
    """Place the licences and what happens on them in time."""
    deeds: list[Deed] = []
    for number, sketch in enumerate(sketches):
        deeds.append((sketch.recorded_at, creation_deed(number, sketch)))
        for tick, at in enumerate(ticks_of(recipe, number, sketch)):
            deeds.append((at, happening_deed(number, tick, sketch, at)))
    return deeds


def creation_deed(number: int, sketch: Sketch) -> Callable[[World], None]:
    """Make a licence's creation, to be done at its time."""
    return lambda world: create_licence(world, world.recipe.random("creation", number), sketch)


def happening_deed(number: int, tick: int, sketch: Sketch, at: datetime) -> Callable[[World], None]:
    """Make something that happens on a licence, to be done at its time."""

    def deed(world: World) -> None:
        """Do it."""
        happen(
            world,
            world.sites[sketch.license_id],
            world.recipe.random("happening", number, tick),
            at,
        )

    return deed


@st.composite
def questions(draw: st.DrawFn, lines: Sequence[Mapping[str, Any]], most: int = 4) -> list[Question]:
    """Draw one to `most` different pairs (as_of, known_at) to ask a history; known_at None means as_of.

    Telling instants come up most: billing instants, the events' own times, the ends, each a microsecond
    early, exactly, or a microsecond late; known_at before, at and after as_of.
    """
    telling = telling_instants(lines)
    nudges = st.sampled_from((-MICROSECOND, timedelta(0), MICROSECOND))
    instants = st.builds(lambda instant, nudge: instant + nudge, st.sampled_from(telling), nudges)
    pairs = st.one_of(
        st.tuples(instants, st.none()),
        instants.map(lambda instant: (instant, instant)),
        st.tuples(instants, instants),
        st.tuples(instants, st.just(telling[-1])),
    )
    # not `unique`: to draw once more Hypothesis writes down the whole strategy, all instants of the history
    return list(dict.fromkeys(draw(st.lists(pairs, min_size=1, max_size=most))))


def telling_instants(lines: Sequence[Mapping[str, Any]]) -> list[datetime]:
    """Name the instants at which answers change, sorted; the last is over a year after the last line."""
    log = log_of(lines)
    if not log.events:
        return [datetime(2024, 1, 1, tzinfo=UTC)]
    first, last = log.events[0].recorded_at, log.events[-1].recorded_at
    end = last + 400 * DAY
    instants = {first, last, end}
    for line in lines:
        instants |= {
            instant_of(line["recorded_at"]),
            min(end, instant_of(line["effective_at"])),
        }
    for licence in licences_in(log, len(log.events)):
        instants |= set(billing_instants(licence, end))
    return sorted(instants)


def billing_instants(licence: Licence, end: datetime) -> list[datetime]:
    """Give a licence's billing instants up to `end`."""
    instants: list[datetime] = []
    while (instant := licence.instant(len(instants))) < end:
        instants.append(instant)
    return instants
