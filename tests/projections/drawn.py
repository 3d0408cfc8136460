"""Draw a random history, its log in columns and what to ask of it, the way every property here wants them."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from tests.projections.frames import FramedLog, framed
from tests.second_opinion.histories import History, Question, histories, questions
from tests.second_opinion.licences import licences_in
from tests.second_opinion.reading import Ask, answer, faults
from tests.second_opinion.words import log_of

ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")

EXAMPLES = settings.get_profile(settings.get_current_profile_name()).max_examples
# For laws that see less than the comparisons with the second opinion do, or cost more for each example.
FEWER_EXAMPLES = max(10, EXAMPLES // 10)


@dataclass(frozen=True)
class Drawn:
    """A history's lines, its log (rows in any order, positions with gaps) and questions about it."""

    lines: History
    log: FramedLog
    questions: list[Question]

    @property
    def license_ids(self) -> list[str]:
        """Name the licences."""
        return [licence.license_id for licence in licences_in(log_of(self.lines), len(self.lines))]


@st.composite
def drawn(draw: st.DrawFn, most: int = 3) -> Drawn:
    """Draw a history with one to `most` questions; half of the logs are out of order and have gaps."""
    lines = draw(histories())
    seed = draw(st.one_of(st.none(), st.integers(0, 2**16)))
    log = framed(lines, spaced_by=seed)
    return Drawn(lines, log if seed is None else log.shuffled(seed).coded(), draw(questions(lines, most)))


def assert_agrees(of: Drawn, questions: list[Question]) -> None:
    """Compare all answers and data faults with those of the second opinion."""
    for as_of, known_at in questions:
        asked = of.log.at(as_of, known_at)
        for ask in ASKS:
            assert asked.rows(ask) == answer(of.lines, ask, as_of, known_at)
        found = faults(of.lines, as_of, known_at)
        assert [{"kind": "missing_price", **row} for row in asked.missing_prices()] == [
            fault for fault in found if fault["kind"] == "missing_price"
        ]
        assert asked.clashing_positions() == sorted(
            of.log.positions[fault["id"]] for fault in found if fault["kind"] == "seat_clash"
        )
