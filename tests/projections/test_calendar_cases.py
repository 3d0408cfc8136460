"""Billing dates, periods and local days of odd calendars, worked out by hand beside each case."""

import pytest

from tests.projections.told import Told, nudged


class TestMonthEnds:
    def test_a_day_that_a_month_does_not_have_is_its_last_and_comes_back(self) -> None:
        story = Told().price(2900).licence("ppu", billing_anchor="2024-03-31")
        # always from the anchor: 30 April does not make the next one 30 May
        assert story.periods("2024-07-31") == [
            ("2024-03-31", "2024-04-30", "ppu"),
            ("2024-04-30", "2024-05-31", "ppu"),
            ("2024-05-31", "2024-06-30", "ppu"),
            ("2024-06-30", "2024-07-31", "ppu"),
            ("2024-07-31", "2024-08-31", "ppu"),
        ]

    def test_a_rise_in_the_period_of_a_leap_february_is_charged_in_29ths(self) -> None:
        story = Told().price(2900).licence("ppu", "2024-01-10", billing_anchor="2024-01-31")
        # 31 January to 29 February are 29 days; 15 to 28 February are 14 of them: 2900 x 14/29 = 1400.
        assert story.agent("a", "2024-02-15").bills("2024-02-29") == {
            "2024-01-31": [("recurring", None, 0, 0)],
            "2024-02-29": [("recurring", None, 1, 2900), ("true_up", "2024-02-15", 1, 1400)],
        }

    def test_years_from_29_february_begin_on_the_28th_until_the_next_leap_year(self) -> None:
        story = Told().price(36500, billing_cycle="annual")
        story.licence("ppu", "2024-02-10", billing_anchor="2024-02-29", billing_cycle="annual")
        story.agent("a", "2024-02-29T12:00:00Z").agent("b", "2028-02-28T12:00:00Z")
        assert story.periods("2028-03-01") == [
            ("2024-02-29", "2025-02-28", "ppu"),
            ("2025-02-28", "2026-02-28", "ppu"),
            ("2026-02-28", "2027-02-28", "ppu"),
            ("2027-02-28", "2028-02-29", "ppu"),
            ("2028-02-29", "2029-02-28", "ppu"),
        ]
        bills = story.bills("2028-03-01")
        # All 365 days of the year are left on its first: the whole price, on the next billing date's invoice.
        assert bills["2024-03-29"] == [("true_up", "2024-02-29", 1, 36500)]
        # 28 February 2027 to 29 February 2028 are 366 days, the last of them is left: 36500/366 = 99.73.
        assert bills["2028-02-29"] == [("recurring", None, 2, 73000), ("true_up", "2028-02-28", 1, 100)]


# zone, local day, the first instant of the day, the next billing date, the days between
FIRST_INSTANTS = [
    # Clocks in Havana go from 00:00 (UTC-5) to 01:00 (UTC-4): the day begins at 01:00 local.
    ("America/Havana", "2024-03-10", "2024-03-10T05:00:00Z", "2024-04-10"),
    # and from 01:00 (UTC-4) back to 00:00 (UTC-5): the first of the two midnights counts.
    ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-12-03"),
    # Beirut goes from 00:00 (UTC+2) to 01:00 (UTC+3).
    ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z", "2024-04-30"),
    # So does Cairo, and from 24:00 (21:00Z) back to 23:00: midnight comes once, an hour later, at UTC+2.
    ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z", "2024-05-26"),
    ("Africa/Cairo", "2024-11-01", "2024-10-31T22:00:00Z", "2024-12-01"),
    # The Azores go from 01:00 (UTC) back to 00:00 (UTC-1): midnight comes at 00:00Z and at 01:00Z.
    ("Atlantic/Azores", "2024-10-27", "2024-10-27T00:00:00Z", "2024-11-27"),
    ("Asia/Kolkata", "2024-03-15", "2024-03-14T18:30:00Z", "2024-04-15"),
    ("UTC", "2024-03-15", "2024-03-15T00:00:00Z", "2024-04-15"),
]


class TestFirstInstants:
    @pytest.mark.parametrize(("zone", "day", "instant", "next_date"), FIRST_INSTANTS)
    def test_decide_when_an_invoice_has_come_and_whom_it_counts(
        self, zone: str, day: str, instant: str, next_date: str
    ) -> None:
        before, after = nudged(instant, -1), nudged(instant, 1)
        story = Told().price(3000).licence("ppu", "2024-02-20", billing_anchor=day, time_zone=zone)
        story.agent("a", before).agent("b", instant).agent("c", after)
        assert story.bills(before) == {}
        # the agent at the very instant counts, the one a microsecond later does not
        assert story.bills(instant) == {day: [("recurring", None, 2, 6000)]}
        # that one is a rise on the period's first day, with all of its days left: 3000 x n/n
        assert story.bills(f"{next_date}T12:00:00Z")[next_date] == [
            ("recurring", None, 3, 9000),
            ("true_up", day, 1, 3000),
        ]

    def test_put_a_rise_on_its_local_day(self) -> None:
        story = Told().price(3000).licence("ppu", time_zone="America/New_York")
        # 03:00Z on 16 April is 23:00 on the 15th in New York (UTC-4): 16 of 30 days are left, 3000 x 16/30.
        story.agent("a", "2024-04-16T03:00:00Z")
        # 04:00Z is midnight: 15 days are left.
        story.agent("b", "2024-04-16T04:00:00Z")
        assert story.bills("2024-05-02")["2024-05-01"] == [
            ("recurring", None, 2, 6000),
            ("true_up", "2024-04-15", 1, 1600),
            ("true_up", "2024-04-16", 1, 1500),
        ]


class TestASkippedDay:
    """Samoa went from 29 to 31 December 2011: 30 December began and ended at 10:00Z of that day."""

    def story(self, anchor: str) -> Told:
        story = Told().price(3100)
        return story.licence("ppu", "2011-10-10", billing_anchor=anchor, time_zone="Pacific/Apia")

    def test_is_a_billing_date_whose_instant_is_the_first_after_it(self) -> None:
        story = self.story("2011-11-30").agent("a", "2011-12-30T10:00:00Z")
        # 30 November began at 10:00Z as well: Samoa was at UTC-10 by then (summer time).
        assert story.bills("2011-11-30T09:59:59.999999Z") == {}
        assert [*story.bills("2011-12-30T09:59:59.999999Z")] == ["2011-11-30"]
        # the agent at the jump itself is there when the period of the 30th begins
        assert story.bills("2011-12-30T10:00:00Z")["2011-12-30"] == [("recurring", None, 1, 3100)]

    def test_counts_among_the_days_of_a_period(self) -> None:
        story = self.story("2011-11-30").agent("a", "2011-12-29T12:00:00Z").agent("b", "2011-12-30T12:00:00Z")
        bills = story.bills("2012-01-31")
        # Samoa was at UTC-10: 12:00Z is 02:00 on the 29th, the last of 30 days: 3100/30 = 103.33.
        assert bills["2011-12-30"] == [("recurring", None, 1, 3100), ("true_up", "2011-12-29", 1, 103)]
        # Then at UTC+14: 12:00Z is 02:00 on the 31st; 30 of the 31 days to 30 January are left: 3000.
        assert bills["2012-01-30"] == [("recurring", None, 2, 6200), ("true_up", "2011-12-31", 1, 3000)]

    def test_shares_its_instant_with_the_day_after(self) -> None:
        story = (
            self.story("2011-10-31")
            .agent("a", "2011-12-30T10:00:00Z")
            .agent("b", "2011-12-30T10:00:00.000001Z")
        )
        # the date is the 31st, its instant the same 10:00Z; 31 of 31 days are left for the second agent
        assert story.bills("2012-01-31")["2011-12-31"] == [("recurring", None, 1, 3100)]
        assert story.bills("2012-01-31")["2012-01-31"] == [
            ("recurring", None, 2, 6200),
            ("true_up", "2011-12-31", 1, 3100),
        ]

    def test_may_begin_in_the_month_after(self) -> None:
        # Kiritimati left out 31 December 1994: the billing date's instant is 1 January's, 10:00Z on the 31st.
        story = Told().price(3100, "1990-01-01")
        story.licence("ppu", "1994-09-10", billing_anchor="1994-10-31", time_zone="Pacific/Kiritimati")
        story.agent("a", "1994-12-31T10:00:00Z").agent("b", "1994-12-31T10:00:00.000001Z")
        assert story.bills("1995-02-01")["1994-12-31"] == [("recurring", None, 1, 3100)]
        # b rose on 1 January, with 30 of the 31 days to 31 January left: 3100 x 30/31
        assert story.bills("1995-02-01")["1995-01-31"] == [
            ("recurring", None, 2, 6200),
            ("true_up", "1995-01-01", 1, 3000),
        ]
