"""Rows that come as an archive keeps them are not sorted again; others are."""

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from ledger.projections import accounts
from tests.archive.world import LINES
from tests.projections.frames import FramedLog, framed

FACTS = {"license", "subject", "fact"}


@pytest.fixture
def log() -> FramedLog:
    """Return the sample programme, in which no agent and ChatBot of a licence share an id."""
    rows = framed([json.loads(line) for line in LINES]).rows
    order = ["license_id", "subject", "effective_us", "position"]
    return FramedLog(rows.sort(order), framed([json.loads(line) for line in LINES]).positions)


@pytest.fixture
def sorted_facts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return what grows by one whenever facts are sorted."""
    sort: Callable[..., pl.DataFrame] = pl.DataFrame.sort
    times: list[int] = []

    def counting(frame: pl.DataFrame, *by: Any, **options: Any) -> pl.DataFrame:
        if set(frame.columns) >= FACTS:
            times.append(frame.height)
        return sort(frame, *by, **options)

    monkeypatch.setattr(accounts, "_MANY", 0)
    monkeypatch.setattr(pl.DataFrame, "sort", counting)
    return times


def by_position(log: FramedLog) -> pl.DataFrame:
    """Return the facts without the subjects' numbers, which depend on the way."""
    return log.history(2**62).facts.drop("subject").sort("position")


class TestAssemble:
    def test_leaves_rows_that_are_in_order(self, log: FramedLog, sorted_facts: list[int]) -> None:
        facts = log.history(2**62).facts
        assert sorted_facts == []
        assert by_position(log.shuffled(3)).equals(by_position(log))
        assert len(sorted_facts) == 2
        assert facts.select("license", "subject").n_unique() == facts["subject"].n_unique()

    def test_leaves_partitions_one_after_the_other(self, log: FramedLog, sorted_facts: list[int]) -> None:
        order = ["odd", "license_id", "subject", "effective_us", "position"]
        odd = pl.col("license_id").hash(1) % 2
        partitions = FramedLog(log.rows.with_columns(odd=odd).sort(order).drop("odd"), log.positions)
        facts = partitions.history(2**62).facts
        assert sorted_facts == []
        assert facts.equals(log.history(2**62).facts)

    @pytest.mark.parametrize("column", ["license_id", "subject", "effective_us", "position"])
    def test_sorts_what_is_out_of_order(self, log: FramedLog, sorted_facts: list[int], column: str) -> None:
        rows = log.rows.with_row_index("row")
        order = ["license_id", "subject", "effective_us", "position"]
        order = [*order[: order.index(column)], column]
        descending = [name == column for name in order]
        disordered = FramedLog(rows.sort(order, descending=descending).drop("row"), log.positions)
        assert by_position(disordered).equals(by_position(log))
        assert len(sorted_facts) == 2

    @pytest.mark.parametrize("whole_numbers_end", [2**63, 1])
    def test_sorts_many_rows_as_it_sorts_a_few(
        self, log: FramedLog, monkeypatch: pytest.MonkeyPatch, whole_numbers_end: int
    ) -> None:
        disordered = log.coded().shuffled(5)
        a_few = disordered.history(2**62).facts
        monkeypatch.setattr(accounts, "_MANY", 0)
        monkeypatch.setattr(accounts, "_WHOLE_NUMBERS_END", whole_numbers_end)
        assert disordered.history(2**62).facts.equals(a_few)
        assert a_few.equals(a_few.sort("license", "subject", "effective_us", "position"))
