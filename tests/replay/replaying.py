"""Replay cutovers on history lines, without a store in between."""

import json
from collections.abc import Sequence
from datetime import datetime

from ledger.application.ask import Question
from ledger.events.catalogue import parse_line
from ledger.events.programme import CutoverAnnounced
from ledger.rules.instants import parse_instant
from replay.announced import chosen
from replay.cutover import CutoverReplay, replayed
from tests.projections.frames import FramedLog, Line, framed


def cutovers_in(lines: Sequence[Line], known_at: datetime) -> tuple[CutoverAnnounced, ...]:
    """Give the cutovers known at an instant, in the order of the log."""
    events = [
        parse_line(json.dumps(line))
        for line in lines
        if line["type"] == "CutoverAnnounced" and parse_instant(line["recorded_at"]) <= known_at
    ]
    return tuple(event for event in events if isinstance(event, CutoverAnnounced))


class Told:
    """A history whose cutovers can be replayed again and again."""

    def __init__(self, lines: Sequence[Line], log: FramedLog | None = None) -> None:
        self.lines = lines
        self.log = log or framed(lines)

    def replay(self, cutover_id: str, as_of: datetime, known_at: datetime | None = None) -> CutoverReplay:
        """Replay one cutover."""
        question = Question(as_of, known_at)
        announced = chosen(cutovers_in(self.lines, known_at or as_of), cutover_id, question.known_us)
        return replayed(self.log.history(question.known_us), announced, question)
