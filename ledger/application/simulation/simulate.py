"""Write the history of a whole simulated programme, line by line in the order of recording."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from ledger.application.simulation.buckets import Buckets, sort_key
from ledger.application.simulation.dice import Dice
from ledger.application.simulation.instants import DAY_US, day_number
from ledger.application.simulation.programme import (
    LOG_BEGINS_US,
    STORY_BEGINS_US,
    Fact,
    build_programme,
    describe,
)
from ledger.application.simulation.story import tell_story

EARLIEST_UNTIL = date(2021, 2, 1)
LINES_PER_LICENSE = 100
PROGRESS_EVERY = 500


def simulate(
    licenses: int,
    seed: int,
    until: date,
    out: BinaryIO,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write a history file of `licenses` licences that signed up from 2021 until the day `until`, included.

    The same arguments give the same bytes everywhere. Every line is legal where it stands (docs/rules.md §2).
    `progress` is called with the number of licences told so far. No licence gives the programme's own lines.
    Lines wait in the system's temporary folder, about as many bytes as the file will have at most.

    Returns the number of lines written. Raises ValueError for a negative number of licences or an `until`
    before February 2021.
    """
    if licenses < 0:
        raise ValueError(f"the number of licences is {licenses}; it cannot be negative")
    if until < EARLIEST_UNTIL:
        raise ValueError(
            f"until is {until}; the story begins in January 2021, so name a day from {EARLIEST_UNTIL} on"
        )
    end_us = (day_number(until) + 1) * DAY_US
    programme = build_programme(licenses, seed, end_us)
    written = 0
    with TemporaryDirectory(prefix="simulated-history-") as folder:
        buckets = Buckets(Path(folder), LOG_BEGINS_US, end_us, licenses * LINES_PER_LICENSE)
        buckets.add(_keyed(0, "programme", programme.facts))
        # in the order of sign-up, so that what was recorded before the next one's is complete
        for number in range(licenses):
            earliest_us = signup_floor_us(number, licenses, end_us)
            written += buckets.write_before(earliest_us, out)
            license_id = f"lic-{number + 1:07d}"
            facts = tell_story(license_id, Dice(f"{license_id}/{seed}"), earliest_us, end_us, programme)
            buckets.add(_keyed(number + 1, license_id, facts))
            if progress and (number + 1) % PROGRESS_EVERY == 0:
                progress(number + 1)
        written += buckets.write_rest(out)
    if progress:
        progress(licenses)
    return written


def signup_floor_us(number: int, licenses: int, end_us: int) -> int:
    """Give the instant before which nothing of this licence is recorded; later years see more sign-ups."""
    share = number / licenses
    span_us = end_us - STORY_BEGINS_US - 3 * DAY_US
    return STORY_BEGINS_US + int(span_us * (1.25 * share - 0.25 * share * share))


def _keyed(story: int, name: str, facts: list[Fact]) -> list[tuple[int, str]]:
    """Write a story's facts, which come in the order of recording, as numbered and keyed lines."""
    return [
        (fact[0], f"{sort_key(fact[0], story, place)}{describe(fact, name, place)}")
        for place, fact in enumerate(facts, start=1)
    ]
