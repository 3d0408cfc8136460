"""Exact amounts and look-ups hold at any size and agree with plain arithmetic."""

from collections.abc import Sequence
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.projections.exact import rounded_ratio
from ledger.projections.lookups import Cut, KnownTerms
from ledger.projections.timeline import LANE, running_max
from ledger.rules.money import MAX_UNIT_AMOUNT_MINOR, RATE_SCALE
from tests.second_opinion.words import rounded

MOST = 2**63 - 1


def ratio(factors: list[int], divisor: int) -> int:
    """Ask the kernel for one rounded ratio."""
    columns = [f"f{i}" for i in range(len(factors))]
    frame = pl.DataFrame(
        {name: [factor] for name, factor in zip(columns, factors, strict=True)} | {"d": [divisor]}
    )
    return int(frame.select(rounded_ratio([pl.col(name) for name in columns], pl.col("d"))).item())


class TestRoundedRatio:
    @pytest.mark.parametrize(
        ("factors", "divisor", "whole"),
        [
            ([1], 2, 1),  # a half goes away from zero, which is up
            ([5], 2, 3),
            ([49], 100, 0),
            ([2001, 15], 30, 1001),  # 1000.5
            ([0, 7], 3, 0),
            # 2 million accounts at the highest price for 365 of 366 days, far over 2^63 before the division:
            # 730 x 10^18 / 366 = 1994535519125683060.1...
            ([2_000_000, MAX_UNIT_AMOUNT_MINOR, 365], 366, 1_994_535_519_125_683_060),
            # a discount of 99.9999999999 % of the largest amount there is
            ([MOST, RATE_SCALE - 1], RATE_SCALE, 9_223_372_036_845_552_435),
            ([MOST, RATE_SCALE], RATE_SCALE, MOST),
        ],
    )
    def test_is_exact(self, factors: list[int], divisor: int, whole: int) -> None:
        assert ratio(factors, divisor) == whole

    @given(st.integers(0, 2**31), st.integers(0, 10**12), st.integers(0, 366), st.integers(1, 366))
    @example(1, 1, 1, 2)
    def test_is_the_fraction_rounded_once(self, count: int, amount: int, days: int, divisor: int) -> None:
        exact = Fraction(count * amount * days, divisor)
        if exact <= MOST:
            assert ratio([count, amount, days], divisor) == rounded(exact)

    def test_takes_a_plain_number_as_divisor(self) -> None:
        frame = pl.DataFrame({"f": [3]})
        assert frame.select(rounded_ratio([pl.col("f")], 2)).item() == 2

    def test_raises_where_64_bits_do_not_hold_the_result(self) -> None:
        with pytest.raises(pl.exceptions.InvalidOperationError):
            ratio([MOST, 2], 1)


class TestRunningMax:
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, LANE - 1)), max_size=30))
    def test_begins_anew_with_each_group(self, rows: list[tuple[int, int]]) -> None:
        rows = sorted(rows, key=lambda row: row[0])
        frame = pl.DataFrame(rows, schema={"group": pl.Int64, "value": pl.Int64}, orient="row")
        told = frame.select(running_max(pl.col("group"), pl.col("value"))).to_series().to_list()
        assert told == [
            max(value for group, value in rows[: i + 1] if group == rows[i][0]) for i in range(len(rows))
        ]


Term = tuple[int, int, int]  # group, effective, how long after its predecessor it was recorded


class TestKnownTerms:
    @given(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 3)), max_size=12),
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 14), st.integers(0, 8), st.integers(-1, 14)),
            min_size=1,
            max_size=12,
        ),
    )
    @example([(0, 5, 0), (0, 5, 1), (1, 0, 0)], [(0, 5, 0, -1), (0, 5, 1, -1), (0, 5, 0, 2), (1, 4, 0, -1)])
    def test_give_the_latest_known_value(
        self, told: list[Term], asked: list[tuple[int, int, int, int]]
    ) -> None:
        terms, recorded = [], 0
        for position, (group, effective, later) in enumerate(told):
            recorded += later
            terms.append((group, position * 100, effective, recorded, position * 2))
        groups = sorted({group for group, *_ in terms})
        frame = pl.DataFrame(
            [(groups.index(group), *rest) for group, *rest in terms],
            schema=["group", "value", "effective_us", "recorded_us", "position"],
            orient="row",
        ).cast(pl.Int64)
        known = KnownTerms(
            frame.sample(fraction=1.0, shuffle=True, seed=len(told)).with_columns(
                is_late=pl.col("recorded_us") > pl.col("effective_us")
            )
        )
        # a question never asks about an instant after its own cut
        questions = [(group, at, at + after, through) for group, at, after, through in asked]
        rows = pl.DataFrame(
            [(groups.index(group) if group in groups else None, *rest) for group, *rest in questions],
            schema={"group": pl.Int64, "at": pl.Int64, "cut_us": pl.Int64, "through": pl.Int64},
            orient="row",
        )
        cut = Cut(pl.col("cut_us"), pl.col("through"))
        found = known.with_value(rows, "found", pl.col("group"), pl.col("at"), cut)["found"].to_list()
        assert found == [_by_hand(terms, *question) for question in questions]


def _by_hand(
    terms: Sequence[tuple[int, int, int, int, int]], group: int, at: int, cut: int, through: int
) -> int | None:
    """Look through all terms for the last in force that was recorded by the cut or stands up to `through`."""
    in_force = [
        (effective, position, value)
        for of, value, effective, recorded, position in terms
        if of == group and effective <= at and (recorded <= cut or position <= through)
    ]
    return max(in_force)[2] if in_force else None
