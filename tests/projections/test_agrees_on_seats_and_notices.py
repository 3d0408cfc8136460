"""The kernel's seats and notices of random histories are those of the second opinion; so are batches."""

from hypothesis import given, settings

from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.second_opinion.reading import Ask, answer, faults

ASKS: tuple[Ask, ...] = ("seats", "invoices", "notices")


class TestSeatsAndNotices:
    @given(drawn())
    def test_agree_with_the_second_opinion(self, of: Drawn) -> None:
        for as_of, known_at in of.questions:
            asked = of.log.at(as_of, known_at)
            assert asked.rows("seats") == answer(of.lines, "seats", as_of, known_at)
            assert asked.rows("notices") == answer(of.lines, "notices", as_of, known_at)
            clashes = [
                of.log.positions[fault["id"]]
                for fault in faults(of.lines, as_of, known_at)
                if fault["kind"] == "seat_clash"
            ]
            assert asked.clashing_positions() == sorted(clashes)


class TestABatch:
    @settings(max_examples=FEWER_EXAMPLES)
    @given(drawn(most=2))
    def test_answers_as_its_licences_do_one_by_one(self, of: Drawn) -> None:
        alone = {license_id: of.log.only(license_id) for license_id in of.license_ids}
        for as_of, known_at in of.questions:
            asked = of.log.at(as_of, known_at)
            apart = [log.at(as_of, known_at) for _, log in sorted(alone.items())]
            for ask in ASKS:
                assert asked.lines(ask) == [line for one in apart for line in one.lines(ask)]
            assert asked.missing_prices() == [row for one in apart for row in one.missing_prices()]
            clashing = [position for one in apart for position in one.clashing_positions()]
            assert asked.clashing_positions() == sorted(clashing)
