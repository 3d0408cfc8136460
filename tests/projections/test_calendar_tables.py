"""The tables of days say what the calendar says, in every time zone there is."""

from datetime import date, timedelta
from itertools import groupby
from random import Random

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.projections.billing_index import billing_day, first_index_from_day, with_first_index
from ledger.projections.calendar_tables import ZoneTable, day_in_month, day_of_month, month_of
from ledger.rules.calendar import first_instant, local_date, zone_names
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, from_us, to_us
from tests.second_opinion.days import billing_date

EPOCH = date(1970, 1, 1)
FIRST, LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
BY_REGION = {
    region: list(zones)
    for region, zones in groupby(sorted(zone_names()), key=lambda name: name.partition("/")[0])
}
DAYS_EACH = 40
# A day that some zone skipped, and changes of the clocks at midnight, go with the random days of every zone.
TELLING = [date(2011, 12, 30), date(2011, 12, 31), date(2024, 3, 10), date(2024, 3, 31), date(2024, 11, 3)]

dates = st.dates(FIRST, LAST)


def day_number(day: date) -> int:
    """Count the days since 1970."""
    return (day - EPOCH).days


def sampled_days(seed: str) -> list[date]:
    """Give telling days and random ones."""
    rng = Random(seed)
    return TELLING + [FIRST + timedelta(days=rng.randrange((LAST - FIRST).days)) for _ in range(DAYS_EACH)]


class TestZoneTable:
    @pytest.mark.parametrize("region", BY_REGION)
    def test_knows_the_first_instant_of_a_day_and_the_day_of_an_instant(self, region: str) -> None:
        days = sampled_days(region)
        for zone in BY_REGION[region]:
            table = ZoneTable((zone,))
            instants = [to_us(first_instant(day, zone)) for day in days]
            asked = pl.DataFrame({"day": [day_number(day) for day in days], "us": instants}).with_columns(
                pl.col("day").cast(pl.Int32), zone=pl.lit(table.offsets[zone], pl.Int32)
            )
            told = asked.select(
                instant=table.instant(pl.col("zone"), pl.col("day")),
                before=table.local_day(pl.col("zone"), pl.col("us") - 1),
                at=table.local_day(pl.col("zone"), pl.col("us")),
            )
            assert told["instant"].to_list() == instants
            assert told["at"].to_list() == [day_number(local_date(from_us(us), zone)) for us in instants]
            assert told["before"].to_list() == [
                day_number(local_date(from_us(us - 1), zone)) for us in instants
            ]

    def test_keeps_zones_apart(self) -> None:
        table = ZoneTable(("Asia/Kolkata", "Pacific/Apia", "UTC"))
        day = day_number(date(2024, 3, 15))
        asked = pl.DataFrame({"zone": list(table.offsets.values())}, schema={"zone": pl.Int32})
        told = asked.select(table.instant(pl.col("zone"), pl.lit(day, pl.Int32)))
        assert told.to_series().to_list() == [
            to_us(first_instant(date(2024, 3, 15), z)) for z in table.offsets
        ]

    def test_without_zones_answers_about_nothing(self) -> None:
        asked = pl.DataFrame(schema={"zone": pl.Int32, "day": pl.Int32, "us": pl.Int64})
        table = ZoneTable(())
        assert asked.select(table.instant(pl.col("zone"), pl.col("day"))).is_empty()
        assert asked.select(table.local_day(pl.col("zone"), pl.col("us"))).is_empty()


class TestMonths:
    @given(dates, st.integers(1, 31))
    @example(date(2024, 2, 29), 31)
    @example(date(2100 - 1, 12, 31), 31)
    def test_are_those_of_the_calendar(self, day: date, anchor_day: int) -> None:
        asked = pl.DataFrame({"day": [day_number(day)]}, schema={"day": pl.Int32})
        [[month, dom, clamped]] = asked.select(
            month=month_of(pl.col("day")),
            dom=day_of_month(pl.col("day")),
            clamped=day_in_month(month_of(pl.col("day")), pl.lit(anchor_day, pl.Int32)),
        ).rows()
        [[first_month]] = asked.select(month_of(pl.lit(day_number(FIRST), pl.Int32))).rows()
        assert month - first_month == (day.year - FIRST.year) * 12 + day.month - FIRST.month
        assert dom == day.day
        first = day.replace(day=1)
        length = ((first + timedelta(days=31)).replace(day=1) - first).days
        assert EPOCH + timedelta(days=clamped) == day.replace(day=min(anchor_day, length))


class TestBillingIndex:
    @given(st.dates(FIRST, date(2060, 12, 31)), st.integers(0, 400))
    @example(date(2024, 1, 31), 1)
    @example(date(2024, 2, 29), 12)
    def test_counts_dates_from_the_anchor(self, anchor: date, n: int) -> None:
        rows = _anchored(anchor, "UTC", n=n)
        told = rows.select(billing_day(pl.col("n"))).item()
        assert EPOCH + timedelta(days=told) == billing_date(anchor, n)

    @given(st.dates(FIRST, date(2060, 12, 31)), st.integers(-800, 9000))
    @example(date(2024, 1, 31), 29)
    @example(date(2024, 1, 31), 30)
    def test_finds_the_first_date_from_a_day_on(self, anchor: date, days: int) -> None:
        day = max(FIRST, anchor + timedelta(days=days))
        told = (
            _anchored(anchor, "UTC", day=day_number(day)).select(first_index_from_day(pl.col("day"))).item()
        )
        assert told == next(n for n in range(2000) if billing_date(anchor, n) >= day)

    @given(
        st.sampled_from(["UTC", "Pacific/Apia", "America/Havana", "Asia/Beirut", "America/New_York"]),
        st.dates(date(2010, 1, 1), date(2012, 12, 31)),
        st.integers(0, 36),
        st.sampled_from([-86_400_000_000, -1, 0, 1, 86_400_000_000]),
    )
    @example("Pacific/Apia", date(2011, 11, 30), 1, 0)
    @example("Pacific/Apia", date(2011, 10, 31), 2, 0)
    # Kiritimati left out 31 December 1994: its instant is the first of another month.
    @example("Pacific/Kiritimati", date(1994, 10, 31), 2, 0)
    @example("Pacific/Kiritimati", date(1994, 10, 31), 2, 1)
    def test_finds_the_first_date_from_an_instant_on(
        self, zone: str, anchor: date, n: int, nudge: int
    ) -> None:
        instant = to_us(first_instant(billing_date(anchor, n), zone)) + nudge
        table = ZoneTable((zone,))
        rows = _anchored(anchor, zone, us=instant).with_columns(zone=pl.lit(0, pl.Int32))
        told = with_first_index(table, rows, found=pl.col("us"))["found"].item()
        assert told == next(
            n for n in range(2000) if to_us(first_instant(billing_date(anchor, n), zone)) >= instant
        )


def _anchored(anchor: date, zone: str, **columns: int) -> pl.DataFrame:
    """Give one row with the anchor's columns and those named."""
    row = pl.DataFrame({"anchor": [day_number(anchor)], **{name: [value] for name, value in columns.items()}})
    narrow = [pl.col(name).cast(pl.Int32) for name in row.columns if name != "us"]
    return row.with_columns(narrow).with_columns(
        anchor_month=month_of(pl.col("anchor")), anchor_dom=day_of_month(pl.col("anchor"))
    )
