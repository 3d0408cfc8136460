"""The whole answer about the sample programme, kept in files, so that any change of it is seen in a review.

`uv run python -m tests.projections.test_golden` writes them anew where a change is meant; read the
difference before committing it: the arithmetic of each licence is in examples/README.md.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from replay.sample import sample_history
from tests.projections.frames import FramedLog, framed
from tests.second_opinion.reading import Ask, answer
from tests.second_opinion.story import at

FOLDER = Path(__file__).parent / "golden"
ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")
# name of the file, as of, known at
MOMENTS = {
    "before-the-first-cutover": ("2024-06-09T23:59:59.999999Z", "2024-06-09T23:59:59.999999Z"),
    "when-the-second-takes-effect": ("2024-08-11", "2024-08-11"),
    "the-same-as-known-at-the-end": ("2024-08-11", "2024-12-20"),
    "at-the-end": ("2024-12-20", "2024-12-20"),
}


def sample_lines() -> list[dict[str, Any]]:
    """Give the sample programme without the line that it holds twice."""
    return [json.loads(line) for line in dict.fromkeys(sample_history().decode().splitlines())]


def instants(moment: str) -> tuple[datetime, datetime]:
    """Give as_of and known_at of a moment."""
    as_of, known_at = MOMENTS[moment]
    return at(as_of), at(known_at)


def answered(log: FramedLog, moment: str) -> str:
    """Give all answers at a moment, one JSON object a line, each named by its question."""
    asked = log.at(*instants(moment))
    return "".join(f'{{"{ask}":{line}}}\n' for ask in ASKS for line in asked.lines(ask))


@pytest.fixture(scope="module")
def log() -> FramedLog:
    return framed(sample_lines(), spaced_by=0).shuffled(0)


@pytest.mark.parametrize("moment", MOMENTS)
class TestTheSampleProgramme:
    def test_is_answered_as_kept(self, log: FramedLog, moment: str) -> None:
        assert answered(log, moment) == (FOLDER / f"{moment}.jsonl").read_text(encoding="utf-8")

    def test_is_kept_as_the_second_opinion_has_it(self, moment: str) -> None:
        kept = [
            json.loads(line) for line in (FOLDER / f"{moment}.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        assert kept == [{ask: row} for ask in ASKS for row in answer(sample_lines(), ask, *instants(moment))]

    def test_is_written_canonically(self, log: FramedLog, moment: str) -> None:
        asked = log.at(*instants(moment))
        for ask in ASKS:
            assert asked.lines(ask) == [
                json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in asked.rows(ask)
            ]


class TestTheFolder:
    def test_holds_a_file_for_each_moment_and_nothing_else(self) -> None:
        assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(MOMENTS)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in MOMENTS:
        (FOLDER / f"{name}.jsonl").write_text(answered(framed(sample_lines()), name), encoding="utf-8")
