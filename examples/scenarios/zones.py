"""Licences in zones whose clocks skip or repeat midnight on a billing date."""

from examples.scenarios.pen import Pen


def signup_havana_no_midnight(pen: Pen) -> None:
    """In Havana 10 March 2024 begins at 1:00, 5:00 UTC.

    Hired at 4:30 UTC, 23:30 on 9 March there, 1 of 29 days left: 24.00 x 1/29 = 0.83. 10 Mar: 48.00 and
    0.83: 48.83.
    """
    shop = pen.license(
        "signup-havana-no-midnight", "2024-01-27 15:00", plan="starter", time_zone="America/Havana"
    )
    shop.hires("2024-03-10 04:30", "ida")
    shop.expects("2024-02-10", recurring=2400)
    shop.expects("2024-03-10", recurring=4800, true_up=(83,))


def signup_havana_two_midnights(pen: Pen) -> None:
    """In Havana 3 November 2024 has two midnights; the first, 4:00 UTC, begins the day.

    Hired at 4:30 UTC, 0:30 for the first time: inside the new period, on its first date, all of 30 days
    left: 24.00 x 30/30 = 24.00. 3 Nov: 24.00. 3 Dec: 48.00 and 24.00: 72.00.
    """
    shop = pen.license(
        "signup-havana-two-midnights", "2024-09-19 15:00", plan="starter", time_zone="America/Havana"
    )
    shop.hires("2024-11-03 04:30", "ida")
    shop.expects("2024-11-03", recurring=2400)
    shop.expects("2024-12-03", recurring=4800, true_up=(2400,))


def signup_beirut_month_end(pen: Pen) -> None:
    """In Beirut 31 March 2024 begins at 1:00, 22:00 UTC the evening before.

    Hired a second before, on 30 March, 1 of 31 days left: 24.00 x 1/31 = 0.77. 31 Mar: 48.00 and 0.77:
    48.77.
    """
    shop = pen.license("signup-beirut-month-end", "2024-01-17 09:00", plan="starter", time_zone="Asia/Beirut")
    shop.hires("2024-03-30 21:59:59", "ida")
    shop.expects("2024-02-29", recurring=2400)
    shop.expects("2024-03-31", recurring=4800, true_up=(77,))


def signup_cairo_left_at_one(pen: Pen) -> None:
    """In Cairo 26 April 2024 begins at 1:00, 22:00 UTC: cancelled at that instant is cancelled in time.

    26 Mar: 24.00. Said on 20 Apr for 25 Apr 22:00 UTC: nothing on 26 Apr.
    """
    shop = pen.license(
        "signup-cairo-left-at-one", "2024-03-12 09:00", plan="starter", time_zone="Africa/Cairo"
    )
    shop.cancels("2024-04-25 22:00", recorded="2024-04-20 09:00")
    shop.expects("2024-03-26", recurring=2400)
    shop.expects("2024-04-26")


def acme_santiago_switched(pen: Pen) -> None:
    """In Santiago 8 September 2024, the charge date, begins at 1:00, 4:00 UTC.

    Hired a second before: 2 x 49.00 = 98.00 less 19.60 = 78.40. Notices are due on 25 Aug at 4:00 UTC;
    sent a minute before, still 24 August there: not late.
    """
    shop = pen.license(
        "acme-santiago-switched", "2024-04-24 15:00", partner="acme", time_zone="America/Santiago"
    )
    shop.is_noticed("2024-08-25 03:59", "in_app", "2024-09-08")
    shop.is_noticed("2024-08-25 03:59:30", "email", "2024-09-08")
    shop.hires("2024-09-08 03:59:59", "ida")
    shop.expects("2024-08-08", recurring=0)
    shop.expects("2024-09-08", recurring=9800, discount=-1960)
    shop.expects_notices(
        ("2024-09-08", "banner", "ended", False),
        ("2024-09-08", "email", "sent", False),
        ("2024-09-08", "in_app", "sent", False),
    )


def signup_apia_a_day_ahead(pen: Pen) -> None:
    """In Apia it is tomorrow already: signed up on 30 June 2024 in UTC, 1 July there, the anchor is 15
    July.

    15 July begins at 11:00 UTC on the 14th; hired a minute before: 2 x 24.00 = 48.00.
    """
    shop = pen.license(
        "signup-apia-a-day-ahead", "2024-06-30 12:00", plan="starter", time_zone="Pacific/Apia"
    )
    shop.hires("2024-07-14 10:59", "ida")
    shop.expects("2024-07-15", recurring=4800)


SCENARIOS = (
    signup_havana_no_midnight,
    signup_havana_two_midnights,
    signup_beirut_month_end,
    signup_cairo_left_at_one,
    acme_santiago_switched,
    signup_apia_a_day_ahead,
)
