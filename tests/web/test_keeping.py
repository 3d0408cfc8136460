"""Answers that are kept, and the drawings of progress."""

from datetime import UTC, date, datetime, timedelta

import pytest

from desk.web.keeping import FRESH_OF_LONG_LOG, Kept, Moment, moment_of
from desk.web.progress import BAR_WIDTH, HEIGHT, LEFT, RIGHT, WIDTH, bar_of, columns_of
from ledger.application.ledger import Ledger
from tests.web.conftest import NOW

AT = datetime(2024, 8, 6, tzinfo=UTC)
KINDS = ("switched", "upcoming")


def present(seconds: int = 0, log: int = 7) -> Moment:
    at = AT + timedelta(seconds=seconds)
    return Moment(at, at, is_present=True, log=log)


class TestKept:
    def test_gives_the_same_answer_while_it_is_fresh(self) -> None:
        kept = Kept()
        assert kept.answer("a", present(), lambda _: 1) == (present(), 1)
        assert kept.answer("a", present(29), lambda _: 2) == (present(), 1)
        assert kept.answer("a", present(30), lambda _: 3) == (present(30), 3)

    def test_asks_anew_once_the_log_has_more(self) -> None:
        kept = Kept()
        kept.answer("a", present(), lambda _: 1)
        assert kept.answer("a", present(log=8), lambda _: 2)[1] == 2
        assert kept.answer("b", present(), lambda _: 3)[1] == 3

    def test_keeps_what_is_over_for_good(self) -> None:
        kept, past = Kept(), Moment(AT, AT, is_present=False, log=0)
        assert kept.answer("a", past, lambda _: 1)[1] == 1
        assert kept.answer("a", past, lambda _: 2)[1] == 1
        other = Moment(AT, AT + timedelta(seconds=1), is_present=False, log=0)
        assert kept.answer("a", other, lambda _: 3)[1] == 3

    def test_keeps_a_few_only_and_no_failure(self) -> None:
        kept = Kept()
        with pytest.raises(ZeroDivisionError):
            kept.answer("a", present(), lambda _: 1 // 0)
        assert kept.answer("a", present(), lambda _: 1)[1] == 1
        for number in range(8):
            kept.answer(number, present(), lambda _: 0)
        assert kept.answer("a", present(), lambda _: 2)[1] == 2


class TestMomentOf:
    def test_tells_the_end_of_the_log_where_an_answer_hangs_on_it(self, ledger: Ledger) -> None:
        last = ledger.store.last_recorded()
        assert last is not None
        assert moment_of(ledger, NOW, NOW, is_present=True) == Moment(
            NOW, NOW, is_present=True, log=last.position
        )
        past = NOW - timedelta(days=30)
        assert moment_of(ledger, NOW, past, is_present=False).log == 0
        assert moment_of(ledger, past, NOW, is_present=False).log == last.position

    def test_of_a_long_log_lets_an_answer_be_older(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.web.keeping.SHORT_LOG", 10)
        moment = moment_of(ledger, NOW, NOW, is_present=True)
        assert (moment.log, moment.fresh) == (0, FRESH_OF_LONG_LOG)
        kept, later = Kept(), timedelta(seconds=119)
        kept.answer("a", moment, lambda _: 1)
        again = moment_of(ledger, NOW + later, NOW + later, is_present=True)
        assert kept.answer("a", again, lambda _: 2)[1] == 1


class TestColumns:
    def test_stand_where_their_day_is_one_kind_on_the_other(self) -> None:
        first = date(2024, 8, 11)
        counted = [(first, "switched", 2), (first, "upcoming", 1), (first + timedelta(days=3), "upcoming", 3)]
        chart = columns_of(counted, KINDS, datetime(2024, 8, 12, 12, tzinfo=UTC))
        assert chart is not None
        assert [column.first for column in chart.columns] == [first, first + timedelta(days=3)]
        below, above = chart.columns[0].parts
        assert (below.kind, above.kind) == KINDS
        assert above.start + above.size == below.start
        assert below.size == pytest.approx(2 * above.size, abs=0.2)
        assert chart.as_of_x == pytest.approx(LEFT + 1.5 / 7 * (WIDTH - LEFT - RIGHT), abs=0.1)
        assert all(0 <= tick.place <= HEIGHT for tick in chart.counts)

    @pytest.mark.parametrize(("days", "columns"), [(61, 62), (300, 44), (3_000, 100)])
    def test_are_days_weeks_or_months(self, days: int, columns: int) -> None:
        first = date(2024, 1, 1)
        counted = [(first + timedelta(days=place), "switched", 1) for place in range(days + 1)]
        chart = columns_of(counted, KINDS, AT - timedelta(days=4_000))
        assert chart is not None
        assert chart.as_of_x is None
        assert abs(len(chart.columns) - columns) <= 1
        assert sum(part.many for column in chart.columns for part in column.parts) == days + 1
        assert len(chart.days) <= 9

    def test_are_none_of_nothing(self) -> None:
        assert columns_of([], KINDS, AT) is None


class TestBar:
    def test_has_parts_that_fill_it(self) -> None:
        parts = bar_of({"sent": 3, "missed": 1, "odd": 0}, ("sent", "late", "missed"))
        assert [(part.kind, part.many, part.start, part.size) for part in parts] == [
            ("sent", 3, 0.0, BAR_WIDTH * 0.75),
            ("missed", 1, BAR_WIDTH * 0.75, BAR_WIDTH * 0.25),
        ]
        assert bar_of({}, KINDS) == ()
