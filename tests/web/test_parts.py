"""The small parts that pages are made of."""

from datetime import UTC, datetime, timedelta

import pytest

from desk.web.charts import HEIGHT, LEFT, RIGHT, WIDTH, counts_chart
from desk.web.downloads import safe_text
from desk.web.names import NameConvertor
from desk.web.times import BadMoment, read_moment
from ledger.application.show_license import SeatStep

SINCE = datetime(2024, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)


class TestNames:
    @pytest.mark.parametrize(
        "name", ["plain", "a/b", ".", "..", "...", "~", "%2F", "a b", "ü", "@x.example", "\\"]
    )
    def test_come_back_as_they_were(self, name: str) -> None:
        written = NameConvertor().to_string(name)
        assert "/" not in written
        assert "%" not in written
        assert written.strip(".")
        assert NameConvertor().convert(written) == name


class TestSafeText:
    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\uff1d1"])
    def test_is_marked_where_a_formula_would_begin(self, text: str) -> None:
        assert safe_text(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "acme", "a=1", "1-2", "'=1"])
    def test_is_left_alone_elsewhere(self, text: str) -> None:
        assert safe_text(text) == text


class TestReadMoment:
    def test_takes_days_times_and_instants(self) -> None:
        assert read_moment(" 2024-08-11 ") == datetime(2024, 8, 11, tzinfo=UTC)
        assert read_moment("2024-08-11 07:00") == datetime(2024, 8, 11, 7, tzinfo=UTC)
        assert read_moment("2024-08-11T09:00:00+02:00") == datetime(2024, 8, 11, 7, tzinfo=UTC)
        for wrong in ("", "now", "0001-01-01T00:00:00+14:00"):
            with pytest.raises(BadMoment):
                read_moment(wrong)


class TestCountsChart:
    def test_draws_steps_from_left_to_right(self) -> None:
        steps = [SeatStep(SINCE, SINCE + DAY, 1, 0, 1), SeatStep(SINCE + DAY, None, 4, 2, 3)]
        chart = counts_chart(
            steps, SINCE + 2 * DAY, [(SINCE + DAY, "event", "x"), (SINCE - DAY, "event", "y")]
        )
        assert chart is not None
        middle = (LEFT + WIDTH - RIGHT) / 2
        assert chart.lines[0].path.startswith(f"M{LEFT} ")
        assert f"H{int(middle)}V" in chart.lines[0].path
        assert chart.lines[0].path.endswith(f"H{WIDTH - RIGHT}")
        assert [(line.count, line.last) for line in chart.lines] == [("ppa", 4), ("pps", 2), ("ppu", 3)]
        assert [(mark.x, mark.label) for mark in chart.marks] == [(middle, "x")]
        assert [tick.label for tick in chart.counts] == ["0", "1", "2", "3", "4"]

    def test_has_a_stroke_for_what_came_and_went_within_a_pixel(self) -> None:
        at = SINCE + 500 * DAY
        steps = [
            SeatStep(SINCE, at, 0, 0, 0),
            SeatStep(at, at + timedelta(minutes=1), 9, 9, 9),
            SeatStep(at + timedelta(minutes=1), None, 0, 0, 0),
        ]
        chart = counts_chart(steps, SINCE + 1000 * DAY, [])
        assert chart is not None
        assert chart.lines[0].path.count("V") == 2

    def test_stays_small_for_many_steps(self) -> None:
        steps = [SeatStep(SINCE + place * DAY / 24, None, place % 7, 0, 1) for place in range(20_000)]
        chart = counts_chart(steps, SINCE + 1000 * DAY, [])
        assert chart is not None
        assert len(chart.lines[0].path) < 30_000
        assert all(0 <= tick.place <= HEIGHT for tick in chart.counts)
        assert len(chart.months) <= 9

    def test_is_none_before_anything_happened(self) -> None:
        assert counts_chart([], SINCE, []) is None
        assert counts_chart([SeatStep(SINCE, None, 0, 0, 0)], SINCE, []) is None
        flat = counts_chart([SeatStep(SINCE, None, 0, 0, 0)], SINCE + DAY, [])
        assert flat is not None
        assert [tick.label for tick in flat.counts] == ["0", "1"]
