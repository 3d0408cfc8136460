"""A history read many lines at a time leaves the log, the refusals and the counts of one read one by one."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.application.import_history import ImportReport, LineRefused
from ledger.application.ledger import Ledger
from ledger.events.plain_lines import Alike, PlainLines
from replay.sample import sample_history
from tests.application.desk import exported, imported
from tests.events.odd_lines import odd_lines


def _canonical(line: bytes) -> bytes:
    """Return a line with its instants as the ledger writes them: only then is it plain."""
    return re.sub(rb'(T\d\d:\d\d:\d\d)Z"', rb'\1.000000Z"', line)


SAMPLE = [_canonical(one) for one in sample_history().splitlines()]
HISTORY = b"".join(one + b"\n" for one in SAMPLE)


@contextmanager
def line_by_line() -> Iterator[None]:
    """Take no line for a plain one."""

    def none(_: PlainLines, lines: object) -> list[Alike]:
        return []

    with patch.object(PlainLines, "read", none):
        yield


@contextmanager
def a_ledger() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder, Ledger.open(f"sqlite:///{folder}/l.db", create=True) as ledger:
        yield ledger


def came_of(history: bytes, *, keep_going: bool) -> tuple[object, object, str]:
    """Return the log after an import into an empty one, the report or refusal, and what was left out."""
    told = io.StringIO()
    with a_ledger() as ledger:
        answer: ImportReport | dict[str, object]
        try:
            answer = imported(ledger, history, keep_going=keep_going, refused=told)
        except LineRefused as refused:
            answer = {**refused.as_dict(), "hint": refused.hint}
        return ledger.store.read_whole_page(0, 10_000).rows(), answer, told.getvalue()


def agrees(history: bytes) -> None:
    for keep_going in (False, True):
        with line_by_line():
            alone = came_of(history, keep_going=keep_going)
        assert came_of(history, keep_going=keep_going) == alone


class TestImportOfLinesReadTogether:
    def test_records_the_same_log(self) -> None:
        assert (
            sum(len(alike.places) for alike in PlainLines().read(HISTORY.splitlines(keepends=True)))
            > len(SAMPLE) // 2
        )
        agrees(HISTORY)
        agrees(sample_history())

    @pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
    def test_records_the_same_log_whatever_the_order_of_the_fields(self, separators: tuple[str, str]) -> None:
        lines = [json.loads(one) for one in SAMPLE]
        turned = [dict(reversed(one.items())) if number % 3 else one for number, one in enumerate(lines)]
        agrees(b"".join(json.dumps(one, separators=separators).encode() + b"\n" for one in turned))

    def test_passes_over_what_it_wrote(self) -> None:
        with a_ledger() as ledger:
            imported(ledger, HISTORY)
            log = exported(ledger)
        with a_ledger() as ledger:
            assert imported(ledger, log + log).already_known == log.count(b"\n")
            assert exported(ledger) == log

    @settings(max_examples=12)
    @given(st.lists(st.tuples(st.integers(0, len(SAMPLE)), odd_lines()), max_size=8), st.randoms())
    def test_says_the_same_of_odd_lines_between(self, odd: list[tuple[int, bytes]], chance: Random) -> None:
        lines = [one + b"\n" for one in SAMPLE]
        for place, one in sorted(odd, reverse=True):
            lines.insert(place, one)
        for _ in range(3):
            first, second = (chance.randrange(len(lines)) for _ in range(2))
            lines[first], lines[second] = lines[second], lines[first]
        agrees(b"".join(lines))
