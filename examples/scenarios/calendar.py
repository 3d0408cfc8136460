"""Licences that show dates: month ends, leap years, cycles, plans, cancellations."""

from examples.scenarios.pen import Pen


def acme_reseller_month_end(pen: Pen) -> None:
    """An anchor on 31 January: every month's last day, and 31 again where there is one.

    One ChatBot is one seat: 49.00 less 20 % (9.80) = 39.20 on 31 Jan, 29 Feb, 31 Mar and 30 Apr 2024.
    From 31 Aug pay-per-user: owner and Acme's own account, 2 x 49.00 = 98.00 less 19.60 = 78.40.
    """
    shop = pen.license("acme-reseller-month-end", "2024-01-17 09:00", partner="acme")
    shop.hires("2024-01-17 10:00", "care@acme.example", role="admin", complimentary=True)
    shop.adds_bots("2024-01-20 10:00", "faq-bot")
    for billing_date in ("2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-07-31"):
        shop.expects(billing_date, recurring=4900, discount=-980)
    shop.expects("2024-08-31", recurring=9800, discount=-1960)
    shop.is_noticed("2024-08-17 08:00", "in_app", "2024-08-31")
    shop.is_noticed("2024-08-17 08:01", "email", "2024-08-31")
    shop.expects_notices(
        ("2024-08-31", "banner", "ended", False),
        ("2024-08-31", "email", "sent", False),
        ("2024-08-31", "in_app", "sent", False),
    )


def signup_leap_year(pen: Pen) -> None:
    """A year with a leap day has 366 days.

    15 Mar 2023 to 15 Mar 2024. Hired on 28 Feb 2024 with 16 days left: 492.00 x 16/366 = 21.51. With
    the next year's 2 x 492.00 = 984.00: 1,005.51.
    """
    shop = pen.license("signup-leap-year", "2023-03-01 10:00", cycle="annual")
    shop.hires("2024-02-28 10:00", "ida")
    shop.expects("2023-03-15", recurring=49200)
    shop.expects("2024-03-15", recurring=98400, true_up=(2151,))


def signup_tokyo_trial(pen: Pen) -> None:
    """The trial counts from the local date, and yen have no cents.

    Signed up at 1:30 on 2 Mar 2024 in Tokyo, still 1 March in UTC: the anchor is 16 March. 16 Mar:
    ¥9,700. Hired on 20 Mar with 27 of 31 days left: 9,700 x 27/31 = ¥8,448. 16 Apr: 2 x 9,700 + 8,448 =
    ¥27,848.
    """
    shop = pen.license(
        "signup-tokyo-trial", "2024-03-01 16:30", plan="business", currency="JPY", time_zone="Asia/Tokyo"
    )
    shop.hires("2024-03-20 01:00", "yuki")
    shop.expects("2024-03-15")
    shop.expects("2024-03-16", recurring=9700)
    shop.expects("2024-04-16", recurring=19400, true_up=(8448,))


def signup_monthly_to_annual(pen: Pen) -> None:
    """A cycle change said ahead begins with the next period; inside the year only true-ups are
    invoiced.

    - 5 May 2024: monthly, 2 x 24.00 = 48.00. On 20 May annual is ordered from 1 June.
    - 5 June: a year, 2 x 240.00 = 480.00. 5 July: nothing owed, no invoice.
    - 5 Aug: hired on 10 July, 330 of 365 days left: 240.00 x 330/365 = 216.99.
    """
    shop = pen.license("signup-monthly-to-annual", "2024-03-22 10:00", plan="starter")
    shop.hires("2024-03-23 10:00", "ida")
    shop.changes_cycle("2024-06-01 00:00", "annual", recorded="2024-05-20 10:00")
    shop.hires("2024-07-10 10:00", "jan")
    shop.expects("2024-05-05", recurring=4800)
    shop.expects("2024-06-05", recurring=48000)
    shop.expects("2024-07-05")
    shop.expects("2024-08-05", true_up=(21699,))
    shop.expects("2024-09-05")


def signup_annual_to_monthly(pen: Pen) -> None:
    """Leaving the annual cycle waits for the year's end.

    The year from 12 May 2023 cost 240.00. Monthly is ordered on 1 Feb 2024: nothing on 12 Mar, 24.00
    from 12 May.
    """
    shop = pen.license("signup-annual-to-monthly", "2023-04-28 10:00", plan="starter", cycle="annual")
    shop.changes_cycle("2024-02-01 10:00", "monthly")
    shop.expects("2023-05-12", recurring=24000)
    shop.expects("2024-03-12")
    shop.expects("2024-05-12", recurring=2400)
    shop.expects("2024-06-12", recurring=2400)


def signup_plan_upgrade(pen: Pen) -> None:
    """A new plan begins with the next period; until then growth costs the old price.

    20 June 2024: starter, 24.00. Business is ordered on 25 June. Hired on 28 June with 22 of 30 days
    left: 24.00 x 22/30 = 17.60. 20 July: 2 x 69.00 = 138.00 and 17.60: 155.60.
    """
    shop = pen.license("signup-plan-upgrade", "2024-06-06 10:00", plan="starter")
    shop.changes_plan("2024-06-25 10:00", "business")
    shop.hires("2024-06-28 10:00", "ida")
    shop.expects("2024-06-20", recurring=2400)
    shop.expects("2024-07-20", recurring=13800, true_up=(1760,))


def signup_plan_ahead(pen: Pen) -> None:
    """A plan change said ahead, true from the very instant of a billing date, counts on that date.

    1 Aug 2024: starter, 24.00. 1 Sep 0:00: team, 49.00.
    """
    shop = pen.license("signup-plan-ahead", "2024-06-17 10:00", plan="starter")
    shop.changes_plan("2024-09-01 00:00", "team", recorded="2024-07-01 10:00")
    shop.expects("2024-08-01", recurring=2400)
    shop.expects("2024-09-01", recurring=4900)


def signup_left_in_time(pen: Pen) -> None:
    """Cancelled the evening before a billing date: no more charge.

    20 Mar 2024: 24.00; cancelled on 19 Apr: nothing on 20 Apr.
    """
    shop = pen.license("signup-left-in-time", "2024-03-06 10:00", plan="starter")
    shop.cancels("2024-04-19 18:00")
    shop.expects("2024-03-20", recurring=2400)
    shop.expects("2024-04-20")


def signup_left_on_the_stroke(pen: Pen) -> None:
    """Cancelled, ahead, for the billing date's own instant: cancelled counts.

    Said on 2 Apr 2024 for 20 Apr 0:00: nothing on 20 Apr. From that instant the counts are 0.
    """
    shop = pen.license("signup-left-on-the-stroke", "2024-03-06 11:00", plan="starter")
    shop.cancels("2024-04-20 00:00", recorded="2024-04-02 10:00")
    shop.expects("2024-03-20", recurring=2400)
    shop.expects("2024-04-20")
    shop.expects_counts("2024-04-19 23:59:59", ppu=1, ppa=1, pps=0)
    shop.expects_counts("2024-04-20 00:00", ppu=0, ppa=0, pps=0, agents_active=1)


def signup_left_owing(pen: Pen) -> None:
    """Cancelled after a billing date: no refund, and what grew before is still owed on the next date.

    20 Apr 2024: 24.00. Hired on 25 Apr, 25 of 30 days left: 24.00 x 25/30 = 20.00. Cancelled on 28 Apr.
    20 May: 20.00.
    """
    shop = pen.license("signup-left-owing", "2024-03-06 12:00", plan="starter")
    shop.hires("2024-04-25 10:00", "ida")
    shop.cancels("2024-04-28 10:00")
    shop.expects("2024-04-20", recurring=2400)
    shop.expects("2024-05-20", true_up=(2000,))
    shop.expects("2024-06-20")


SCENARIOS = (
    acme_reseller_month_end,
    signup_leap_year,
    signup_tokyo_trial,
    signup_monthly_to_annual,
    signup_annual_to_monthly,
    signup_plan_upgrade,
    signup_plan_ahead,
    signup_left_in_time,
    signup_left_on_the_stroke,
    signup_left_owing,
)
