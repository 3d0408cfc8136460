"""The resellers' customers around 10 June and 11 August 2024: who is switched, when, and what it changes."""

from examples.scenarios.pen import Pen


def acme_bakery_peak(pen: Pen) -> None:
    """Pay-per-seat by the month, then pay-per-user: the reseller's own account was free and is not any
    more.

    - 24 Jan 2024: peak 1 since the sign-up: 49.00 less 20 % (9.80) = 39.20.
    - 24 Feb: peak 3 on 5 Feb, Acme's own seat not counted: 147.00 less 29.40 = 117.60.
    - 24 Mar: nobody sat: 0.00, a line all the same.
    - 24 Aug: pay-per-user, 4 active with Acme's own: 196.00 less 39.20 = 156.80.
    """
    bakery = pen.license("acme-bakery-peak", "2024-01-10 09:00", partner="acme")
    bakery.hires("2024-01-10 09:30", "care@acme.example", role="admin", complimentary=True)
    bakery.hires("2024-01-11 10:00", "ida", "jan")
    bakery.works("2024-01-15", "owner")
    bakery.works("2024-02-05", "owner", "ida", "jan", "care@acme.example")
    bakery.expects("2024-01-24", recurring=4900, discount=-980)
    bakery.expects("2024-02-24", recurring=14700, discount=-2940)
    bakery.expects("2024-03-24", recurring=0)
    bakery.is_noticed("2024-08-10 08:00", "in_app", "2024-08-24")
    bakery.is_noticed("2024-08-10 08:01", "email", "2024-08-24")
    bakery.expects("2024-08-24", recurring=19600, discount=-3920)
    bakery.expects_notices(
        ("2024-08-24", "banner", "ended", False),
        ("2024-08-24", "email", "sent", False),
        ("2024-08-24", "in_app", "sent", False),
    )


def acme_law_firm_suspends(pen: Pen) -> None:
    """Redundant accounts are suspended or deleted between the notice and the charge.

    8 active, of whom 3 chat. 20 July 2024: peak 3: 147.00 less 29.40 = 117.60. Noticed on 6 Aug; four
    are suspended on 14 Aug, one deleted on 16 Aug. 20 Aug: 3 x 49.00 = 147.00 less 29.40 = 117.60; with
    all 8 it were 313.60.
    """
    firm = pen.license("acme-law-firm-suspends", "2024-03-06 09:00", partner="acme")
    firm.hires("2024-03-06 10:00", "ida", "jan", "kim", "lea", "max", "noa", "pia")
    firm.works("2024-07-02", "owner", "ida", "jan")
    firm.works("2024-07-30", "owner", "ida", "jan")
    firm.is_noticed("2024-08-06 08:00", "in_app", "2024-08-20")
    firm.is_noticed("2024-08-06 08:01", "email", "2024-08-20")
    firm.suspends("2024-08-14 10:00", "kim", "lea", "max", "noa")
    firm.deletes("2024-08-16 10:00", "pia")
    firm.expects("2024-07-20", recurring=14700, discount=-2940)
    firm.expects("2024-08-20", recurring=14700, discount=-2940)
    firm.expects_counts("2024-08-13 00:00", ppu=8, ppa=8)
    firm.expects_counts("2024-08-20 00:00", ppu=3, ppa=7, agents_suspended=4)


def borealis_florist_four_bots(pen: Pen) -> None:
    """ChatBots took seats and are free now.

    13 July 2024: 2 agents and 4 ChatBots at one time: 6 x 49.00 = 294.00 less 12.5 % (36.75) = 257.25.
    13 Aug: pay-per-user, 2 x 49.00 = 98.00 less 12.25 = 85.75: 171.50 saved, all of it on ChatBot
    seats.
    """
    florist = pen.license("borealis-florist-four-bots", "2024-04-29 09:00", partner="borealis")
    florist.hires("2024-04-29 10:00", "ida")
    florist.adds_bots("2024-04-30 10:00", "faq-bot", "night-bot", "order-bot", "returns-bot")
    florist.works("2024-07-01", "owner", "ida")
    florist.works("2024-08-01", "owner", "ida")
    florist.is_noticed("2024-07-30 08:00", "in_app", "2024-08-13")
    florist.is_noticed("2024-07-30 08:01", "email", "2024-08-13")
    florist.expects("2024-07-13", recurring=29400, discount=-3675)
    florist.expects("2024-08-13", recurring=9800, discount=-1225)


def acme_hotel_annual(pen: Pen) -> None:
    """An annual licence is switched when its year ends, weeks after the cutover.

    - 18 Sep 2023: peak 3 and a ChatBot: 4 x 492.00 = 1,968.00 less 393.60 = 1,574.40.
    - Noticed on 4 Sep 2024; two of six are suspended on 10 Sep.
    - 18 Sep 2024: 4 active with Acme's own: 1,968.00 less 393.60 = 1,574.40; with all six it were
      2,361.60.
    """
    hotel = pen.license("acme-hotel-annual", "2023-09-04 09:00", partner="acme", cycle="annual")
    hotel.hires("2023-09-04 09:30", "care@acme.example", role="admin", complimentary=True)
    hotel.hires("2023-09-05 10:00", "ida", "jan", "kim", "lea")
    hotel.adds_bots("2023-09-06 10:00", "night-bot")
    hotel.works("2023-09-11", "owner", "ida", "jan")
    hotel.works("2024-05-20", "owner", "ida", "jan")
    hotel.is_noticed("2024-09-04 08:00", "in_app", "2024-09-18")
    hotel.is_noticed("2024-09-04 08:01", "email", "2024-09-18")
    hotel.suspends("2024-09-10 10:00", "jan", "kim")
    hotel.expects("2023-09-18", recurring=196800, discount=-39360)
    hotel.expects("2024-06-18")
    hotel.expects("2024-08-18")
    hotel.expects("2024-09-18", recurring=196800, discount=-39360)
    hotel.expects_notices(
        ("2024-09-18", "banner", "ended", False),
        ("2024-09-18", "email", "sent", False),
        ("2024-09-18", "in_app", "sent", False),
    )


def cobalt_eleventh_in_los_angeles(pen: Pen) -> None:
    """A period that begins on 11 August itself is switched, and days are local ones.

    In Los Angeles 11 Aug begins at 7:00 UTC, and notices are due at 7:00 UTC on 28 July. in_app goes
    out at 6:00, still 27 July there; the e-mail at 6:30 on the 29th, still 28 July: not late. 11 July
    2024: a ChatBot, 49.00 less 16.32. 11 Aug: 2 users, 98.00 less 32.63 = 65.37.
    """
    shop = pen.license(
        "cobalt-eleventh-in-los-angeles",
        "2024-05-28 17:00",
        partner="cobalt",
        time_zone="America/Los_Angeles",
    )
    shop.hires("2024-05-28 18:00", "ida")
    shop.adds_bots("2024-05-29 18:00", "faq-bot")
    shop.is_noticed("2024-07-28 06:00", "in_app", "2024-08-11")
    shop.is_noticed("2024-07-29 06:30", "email", "2024-08-11")
    shop.expects("2024-07-11", recurring=4900, discount=-1632)
    shop.expects("2024-08-11", recurring=9800, discount=-3263)
    shop.expects_notices(
        ("2024-08-11", "banner", "ended", False),
        ("2024-08-11", "email", "sent", False),
        ("2024-08-11", "in_app", "sent", False),
    )


def acme_created_9_june(pen: Pen) -> None:
    """Created at 23:30 on 9 June in New York, 10 June in UTC: pay-per-seat still, switched with the
    resellers.

    23 June 2024: two ChatBots' seats, 98.00 less 19.60 = 78.40. 23 Aug: pay-per-user, the owner, 49.00
    less 9.80 = 39.20.
    """
    shop = pen.license(
        "acme-created-9-june", "2024-06-10 03:30", partner="acme", time_zone="America/New_York"
    )
    shop.adds_bots("2024-06-10 14:00", "faq-bot", "night-bot")
    shop.is_noticed("2024-08-09 12:00", "in_app", "2024-08-23")
    shop.is_noticed("2024-08-09 12:01", "email", "2024-08-23")
    shop.expects("2024-06-23", recurring=9800, discount=-1960)
    shop.expects("2024-08-23", recurring=4900, discount=-980)


def acme_created_10_june(pen: Pen) -> None:
    """Created at 0:10 on 10 June in New York: pay-per-user from the first day, no notice.

    24 June 2024: 1 x 49.00 less 9.80 = 39.20; two ChatBots cost nothing.
    """
    shop = pen.license(
        "acme-created-10-june", "2024-06-10 04:10", partner="acme", time_zone="America/New_York"
    )
    shop.adds_bots("2024-06-10 14:30", "faq-bot", "night-bot")
    shop.expects("2024-06-24", recurring=4900, discount=-980)
    shop.expects("2024-08-24", recurring=4900, discount=-980)
    shop.expects_notices()


def cobalt_tokyo_10_june(pen: Pen) -> None:
    """Created at 0:30 on 10 June in Tokyo, 9 June in UTC: pay-per-user.

    24 June 2024: ¥6,800 less 33.3 % (2,264.4 → ¥2,264) = ¥4,536; the ChatBot costs nothing.
    """
    shop = pen.license(
        "cobalt-tokyo-10-june",
        "2024-06-09 15:30",
        partner="cobalt",
        currency="JPY",
        time_zone="Asia/Tokyo",
    )
    shop.adds_bots("2024-06-10 01:00", "faq-bot")
    shop.expects("2024-06-24", recurring=6800, discount=-2264)
    shop.expects_notices()


def borealis_created_11_august(pen: Pen) -> None:
    """Created on 11 August: pay-per-user through the Partner App's cutover, and too new for a notice.

    25 Aug 2024: 1 x 49.00 less 6.13 = 42.87.
    """
    shop = pen.license("borealis-created-11-august", "2024-08-11 10:00", partner="borealis")
    shop.adds_bots("2024-08-11 11:00", "faq-bot")
    shop.expects("2024-08-25", recurring=4900, discount=-613)
    shop.expects_notices()


def cobalt_shielded(pen: Pen) -> None:
    """A switch after 11 August shields: this customer chose pay-per-account for itself, and no notice
    remains.

    - 5 Aug 2024: pay-per-seat, a ChatBot: 49.00 less 16.32 = 32.68.
    - 5 Sep: switched on 20 Aug, so pay-per-account, 2 agents and the ChatBot: 147.00 less 48.95
      (48.951) = 98.05.
    """
    shop = pen.license("cobalt-shielded", "2024-04-21 09:00", partner="cobalt")
    shop.hires("2024-04-21 10:00", "ida")
    shop.adds_bots("2024-04-22 10:00", "faq-bot")
    shop.switches("2024-08-20 00:00", "ppa", recorded="2024-08-12 10:00")
    shop.expects("2024-08-05", recurring=4900, discount=-1632)
    shop.expects("2024-09-05", recurring=14700, discount=-4895)
    shop.expects_notices()


def borealis_early_switch(pen: Pen) -> None:
    """A customer who is pay-per-user already is not switched: no notice.

    20 June 2024: two ChatBots' seats, 98.00 less 12.25 = 85.75. Switched on 1 July: 20 July: 49.00 less
    6.13 = 42.87.
    """
    shop = pen.license("borealis-early-switch", "2024-05-06 09:00", partner="borealis")
    shop.adds_bots("2024-05-07 10:00", "faq-bot", "night-bot")
    shop.switches("2024-07-01 10:00", "ppu")
    shop.expects("2024-06-20", recurring=9800, discount=-1225)
    shop.expects("2024-07-20", recurring=4900, discount=-613)
    shop.expects_notices()


def acme_switch_after_on(pen: Pen) -> None:
    """Whoever switches to pay-per-user between 11 August and the charge date is noticed all the same.

    Switched on 15 Aug 2024; charged on 25 Aug: 1 x 49.00 less 9.80 = 39.20 (the ChatBots' seats were
    78.40).
    """
    shop = pen.license("acme-switch-after-on", "2024-05-11 09:00", partner="acme")
    shop.adds_bots("2024-05-12 10:00", "faq-bot", "night-bot")
    shop.is_noticed("2024-08-11 08:00", "in_app", "2024-08-25")
    shop.is_noticed("2024-08-11 08:01", "email", "2024-08-25")
    shop.switches("2024-08-15 10:00", "ppu")
    shop.expects("2024-07-25", recurring=9800, discount=-1960)
    shop.expects("2024-08-25", recurring=4900, discount=-980)
    shop.expects_notices(
        ("2024-08-25", "banner", "ended", False),
        ("2024-08-25", "email", "sent", False),
        ("2024-08-25", "in_app", "sent", False),
    )


def cobalt_ppa_before(pen: Pen) -> None:
    """A switch before 11 August does not shield: pay-per-account becomes pay-per-user.

    14 July 2024: 2 x 49.00 = 98.00 less 32.63 = 65.37. 14 Aug: the ChatBot is free: 49.00 less 16.32 =
    32.68.
    """
    shop = pen.license("cobalt-ppa-before", "2024-04-30 09:00", partner="cobalt")
    shop.adds_bots("2024-05-02 10:00", "faq-bot")
    shop.switches("2024-05-20 10:00", "ppa")
    shop.is_noticed("2024-07-31 08:00", "in_app", "2024-08-14")
    shop.is_noticed("2024-07-31 08:01", "email", "2024-08-14")
    shop.expects("2024-07-14", recurring=9800, discount=-3263)
    shop.expects("2024-08-14", recurring=4900, discount=-1632)
    shop.expects_notices(
        ("2024-08-14", "banner", "ended", False),
        ("2024-08-14", "email", "sent", False),
        ("2024-08-14", "in_app", "sent", False),
    )


SCENARIOS = (
    acme_bakery_peak,
    acme_law_firm_suspends,
    borealis_florist_four_bots,
    acme_hotel_annual,
    cobalt_eleventh_in_los_angeles,
    acme_created_9_june,
    acme_created_10_june,
    cobalt_tokyo_10_june,
    borealis_created_11_august,
    cobalt_shielded,
    borealis_early_switch,
    acme_switch_after_on,
    cobalt_ppa_before,
)
