"""The read models say at every instant what the questions say, to the byte."""

import hashlib
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.projections import canonical
from ledger.projections.invoices import invoices
from ledger.projections.notices import notices
from ledger.projections.read_models import (
    CODE_VERSION,
    SCHEMAS,
    ReadModels,
    clashing_seats_in,
    invoices_in,
    notices_in,
    read_models,
    schema_version,
    seats_in,
)
from ledger.projections.seats import clashing_seats, seats
from ledger.rules.instants import to_us
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import FramedLog, framed
from tests.projections.test_golden import MOMENTS, instants, sample_lines

# A change of what the same events give needs a new CODE_VERSION, or rows that were built before would pass
# for fresh. Each pin is the SHA-256 of the sample programme's read models.
PINNED = {2: "d45702ee641a3715386e6dee4b36f230411480f6baac1715e5decc83c73ecdb3"}
END_US = to_us(instants("at-the-end")[0])
DAY_US = 86_400_000_000


def built(log: FramedLog, known_us: int, through_us: int) -> ReadModels:
    return read_models(log.history(known_us), through_us, log.rows.select("position", "subject"))


def digest(models: ReadModels) -> str:
    whole = hashlib.sha256()
    for name, frame in models.frames().items():
        whole.update(name.encode() + frame.write_ndjson().encode())
    return whole.hexdigest()


def assert_same_answers(log: FramedLog, models: ReadModels, known_us: int, as_of_us: int) -> None:
    history = log.history(known_us)
    assert (
        canonical.seat_lines(seats_in(models.seat_step, as_of_us)).to_list()
        == canonical.seat_lines(seats(history, as_of_us)).to_list()
    )
    billed = invoices(history, as_of_us)
    read = invoices_in(models.invoice, models.invoice_line, models.fault, as_of_us)
    assert canonical.invoice_lines(read).to_list() == canonical.invoice_lines(billed).to_list()
    assert read.unpriced.rows() == billed.unpriced.rows()
    assert (
        canonical.notice_lines(notices_in(models.notice, as_of_us)).to_list()
        == canonical.notice_lines(notices(history, as_of_us)).to_list()
    )
    clashing = clashing_seats(history).filter(pl.col("effective_us") <= as_of_us)
    found = clashing_seats_in(models.fault, as_of_us)
    assert found.select(clashing.columns).rows() == clashing.rows()


def moments_of(models: ReadModels) -> list[int]:
    """Give every instant at which something changes in a licence's read models, in µs."""
    columns = [
        frame[name].dt.epoch("us")
        for frame in models.frames().values()
        for name, dtype in frame.schema.items()
        if dtype == pl.Datetime("us", "UTC")
    ]
    return pl.concat([column.rename("us") for column in columns]).drop_nulls().unique().sort().to_list()


class TestReadModels:
    @settings(max_examples=2 * FEWER_EXAMPLES)
    @given(drawn(most=2), st.data())
    def test_say_what_the_questions_say_at_every_instant(self, of: Drawn, data: st.DataObject) -> None:
        for as_of, known_at in of.questions:
            known_us, through_us = to_us(known_at or as_of), to_us(as_of) + 90 * DAY_US
            models = built(of.log, known_us, through_us)
            changes = [us for us in moments_of(models) if us <= through_us] or [to_us(as_of)]
            near = data.draw(st.lists(st.sampled_from(changes), max_size=3))
            for as_of_us in {to_us(as_of), through_us, *near, *(us - 1 for us in near)}:
                assert_same_answers(of.log, models, known_us, as_of_us)

    @pytest.mark.parametrize("moment", MOMENTS)
    def test_say_what_the_questions_say_of_the_sample_programme(self, moment: str) -> None:
        log = framed(sample_lines())
        as_of, known_at = instants(moment)
        models = built(log, to_us(known_at), END_US)
        assert_same_answers(log, models, to_us(known_at), to_us(as_of))

    def test_have_their_schemas(self) -> None:
        for models in (built(framed(sample_lines()), END_US, END_US), built(framed([]), END_US, END_US)):
            assert {name: frame.schema for name, frame in models.frames().items()} == SCHEMAS

    def test_are_empty_without_events(self) -> None:
        assert all(frame.is_empty() for frame in built(framed([]), END_US, END_US).frames().values())


class TestSeatStep:
    @settings(max_examples=2 * FEWER_EXAMPLES)
    @given(drawn(most=1))
    def test_changes_with_every_step_and_leaves_no_gap(self, of: Drawn) -> None:
        as_of, known_at = of.questions[0]
        steps = built(of.log, to_us(known_at or as_of), to_us(as_of)).seat_step
        by_license = steps.partition_by("license_id")
        for rows in by_license:
            figures = rows.drop("license_id", "valid_from", "valid_to").rows()
            assert all(one != other for one, other in pairwise(figures))
            assert rows["valid_to"].to_list() == [*rows["valid_from"].to_list()[1:], None]
            assert rows["valid_from"].is_sorted()


class TestSchemaVersion:
    def test_is_raised_with_the_answers(self) -> None:
        assert {CODE_VERSION: digest(built(framed(sample_lines()), END_US, END_US))} == PINNED

    def test_begins_with_the_code_version(self) -> None:
        assert schema_version().startswith(f"{CODE_VERSION}-")
