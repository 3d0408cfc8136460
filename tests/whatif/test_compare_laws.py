"""What holds of every comparison, whatever the history."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.application.ask import QUESTIONS, Question
from ledger.application.issued_invoices import issued_invoices
from ledger.application.ledger import Ledger
from ledger.rules.instants import parse_instant
from replay.compare.comparing import Comparison, Moment, compare
from replay.compare.issued import compare_invoice
from replay.compare.rows import KEYS
from tests.projections.drawn import FEWER_EXAMPLES
from tests.second_opinion.histories import History, questions
from tests.whatif.world import few_licences, ledger_of

EACH = settings(
    max_examples=max(6, FEWER_EXAMPLES // 2), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rows_at(ledger: Ledger, name: str, moment: Moment) -> dict[tuple[str, ...], Any]:
    lines = QUESTIONS[name](ledger, Question(moment.as_of, moment.known_at)).lines
    return {tuple(row[part] for part in KEYS[name]): row for row in map(json.loads, lines)}


def moments(data: st.DataObject, lines: History) -> tuple[Moment, Moment]:
    found = data.draw(questions(lines, 2).filter(lambda asked: len(asked) == 2))
    first, second = (Moment(as_of, known_at or as_of) for as_of, known_at in found)
    return first, second


def applied(ledger: Ledger, found: Comparison, name: str) -> dict[tuple[str, ...], Any]:
    """Give the rows of the first look with every difference made."""
    rows = rows_at(ledger, name, found.before)
    for one in found.licenses:
        for row in one.rows:
            if row.question != name:
                continue
            assert rows.pop(row.key, None) == row.before
            if row.after is not None:
                rows[row.key] = row.after
    return rows


class TestAComparison:
    @EACH
    @given(st.data())
    def test_of_a_look_with_itself_is_empty(self, tmp_path: Path, data: st.DataObject) -> None:
        lines = data.draw(few_licences())
        moment, _ = moments(data, lines)
        with ledger_of(tmp_path, lines, parse_instant(lines[-1]["recorded_at"])) as (ledger, _clock):
            found = compare(ledger, moment, moment, limit=None)
        assert (found.differing, found.licenses) == (0, ())
        assert all(counts.before == counts.after for counts in found.counts.values())

    @EACH
    @given(st.data())
    def test_leads_from_one_look_to_the_other(self, tmp_path: Path, data: st.DataObject) -> None:
        lines = data.draw(few_licences())
        before, after = moments(data, lines)
        with ledger_of(tmp_path, lines, parse_instant(lines[-1]["recorded_at"])) as (ledger, _clock):
            found = compare(ledger, before, after, limit=None)
            back = compare(ledger, after, before, limit=None)
            for name, counts in found.counts.items():
                rows = applied(ledger, found, name)
                assert rows == rows_at(ledger, name, after)
                assert len(rows) == counts.after
                assert counts.after - counts.before == counts.added - counts.gone
        assert [one.events for one in found.licenses] == [one.events for one in back.licenses]
        assert all(one.license_id in {row.key[0] for row in one.rows} for one in found.licenses)
        for one in found.licenses:
            for row in one.rows:
                sums = [0 if side is None else side.get("total", 0) for side in (row.before, row.after)]
                assert sum(pair.difference_minor for pair in row.all_lines) == sums[1] - sums[0]

    @EACH
    @given(st.data())
    def test_names_an_event_wherever_a_seat_count_of_a_licence_differs(
        self, tmp_path: Path, data: st.DataObject
    ) -> None:
        # counts do not change by themselves: only what happened, or came to be known, can do it
        lines = data.draw(few_licences())
        before, after = moments(data, lines)
        with ledger_of(tmp_path, lines, parse_instant(lines[-1]["recorded_at"])) as (ledger, _clock):
            found = compare(ledger, before, after, questions=["seats"], limit=None)
        assert all(one.events for one in found.licenses)


class TestAnIssuedInvoice:
    @EACH
    @given(few_licences())
    def test_differs_by_what_later_ones_correct(self, tmp_path: Path, lines: History) -> None:
        now = parse_instant(lines[-1]["recorded_at"]) + timedelta(days=800)
        with ledger_of(tmp_path, lines, now) as (ledger, _clock):
            for one in list(issued_invoices(ledger))[:3]:
                found = compare_invoice(ledger, one.event.number)
                # a later date has come since all was known: everything is corrected
                assert found.own_difference_minor == found.corrected_minor
                assert found.own_difference_minor == 0 or found.late
                if not found.late:
                    assert found.row.before == found.row.after
