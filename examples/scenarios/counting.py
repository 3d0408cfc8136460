"""Licences that show what is counted: seats, accounts, users, and what rises inside a period."""

from examples.scenarios.pen import Pen


def borealis_clinic_annual_peak(pen: Pen) -> None:
    """Pay-per-seat by the year, from a leap day: a new peak is charged for the rest of the year.

    - 29 Feb 2024: peak 2: 2 x 492.00 = 984.00, less 12.5 % (123.00) = 861.00. The year ends on 28 Feb
      2025: 365 days.
    - 29 Mar: peak 4, 2 above the mark, 336 days left: 984.00 x 336/365 = 905.82, less 113.23 (113.2275)
      = 792.59.
    - 29 Apr: peak 3 is below the mark of 4: no invoice.
    - 29 May: peak 5, 1 above, 275 days left: 492.00 x 275/365 = 370.68, less 46.34 (46.335: half away)
      = 324.34.
    """
    clinic = pen.license(
        "borealis-clinic-annual-peak",
        "2024-02-12 09:00",
        partner="borealis",
        cycle="annual",
        billing_anchor="2024-02-29",
    )
    clinic.hires("2024-02-12 10:00", "ida", "jan", "kim", "lea")
    clinic.works("2024-02-20", "owner", "ida")
    clinic.works("2024-03-12", "owner", "ida", "jan", "kim")
    clinic.works("2024-04-16", "ida", "jan", "kim")
    clinic.works("2024-05-20", "owner", "ida", "jan", "kim", "lea")
    clinic.expects("2024-02-29", recurring=98400, discount=-12300)
    clinic.expects("2024-03-29", true_up=(90582,), discount=-11323)
    clinic.expects("2024-04-29")
    clinic.expects("2024-05-29", true_up=(37068,), discount=-4634)
    # the next period begins on 28 Feb 2025, two weeks after 14 Feb: still to come at the year's end
    clinic.expects_notices(
        ("2025-02-28", "banner", "scheduled", False),
        ("2025-02-28", "email", "scheduled", False),
        ("2025-02-28", "in_app", "scheduled", False),
    )


def cobalt_night_desk(pen: Pen) -> None:
    """Suspending an agent frees the seat, and activating does not give it back.

    On 20 Mar 2024 owner and ida sit from 9:00; ida is suspended at 10:00 and back at 11:00 without a
    seat; jan sits down at 10:30. So never more than 2 at a time: 15 Apr: 2 x 49.00 = 98.00, less 33.3 %
    (32.634 → 32.63) = 65.37.
    """
    desk = pen.license("cobalt-night-desk", "2024-03-01 09:00", partner="cobalt")
    desk.hires("2024-03-01 10:00", "ida", "jan")
    desk.takes_seat("2024-03-20 09:00", "owner", "ida")
    desk.suspends("2024-03-20 10:00", "ida")
    desk.takes_seat("2024-03-20 10:30", "jan")
    desk.activates("2024-03-20 11:00", "ida")
    desk.leaves_seat("2024-03-20 17:00", "owner", "jan")
    desk.expects_counts("2024-03-20 12:00", ppu=3, ppa=3, pps=2)
    desk.expects("2024-04-15", recurring=9800, discount=-3263)


def borealis_clashing_seat(pen: Pen) -> None:
    """A late suspension takes away a seat that was already recorded: the seat has no effect and is
    reported.

    ida's only shift, on 10 Apr 2024, began after she had been suspended at 8:00, which was entered on
    25 Apr. Asked on 20 Apr, she held the seat; on 30 Apr the peak is 0: 0 x 49.00 = 0.00. She is active
    again from 1 May, without a seat.
    """
    shop = pen.license(
        "borealis-clashing-seat", "2024-03-11 09:00", partner="borealis", billing_anchor="2024-03-30"
    )
    shop.hires("2024-03-11 10:00", "ida")
    shop.works("2024-04-10", "ida")
    shop.suspends("2024-04-10 08:00", "ida", recorded="2024-04-25 09:00")
    shop.activates("2024-05-01 09:00", "ida")
    shop.expects_counts("2024-04-10 15:00", "2024-04-20 00:00", pps=1, ppu=2)
    shop.expects_counts("2024-04-10 15:00", "2024-04-30 00:00", pps=0, ppu=1, agents_suspended=1)
    shop.expects("2024-04-30", recurring=0)


def signup_growing_team(pen: Pen) -> None:
    """Pay-per-user: each local date on which the team grows is one line for the days left.

    - 15 Feb 2024: 2 x 49.00 = 98.00; the period has 29 days.
    - 15 Mar: 5 x 49.00 = 245.00; two hired on 20 Feb, 24 days left: 98.00 x 24/29 = 81.10; one on 1
      Mar, 14 days left: 49.00 x 14/29 = 23.66. Together 349.76.
    """
    team = pen.license("signup-growing-team", "2024-02-01 10:00")
    team.hires("2024-02-01 11:00", "ida")
    team.hires("2024-02-20 10:00", "jan")
    team.hires("2024-02-20 15:00", "kim")
    team.hires("2024-03-01 09:00", "lea")
    team.expects("2024-02-15", recurring=9800)
    team.expects("2024-03-15", recurring=24500, true_up=(8110, 2366))


def signup_seasonal_help(pen: Pen) -> None:
    """Pay-per-user: who leaves and comes back below the high-water mark costs nothing more.

    3 users on 10 Mar 2024: 72.00. One is suspended on 15 Mar and active again on 20 Mar: no line. A
    fourth on 25 Mar with 16 of 31 days left: 24.00 x 16/31 = 12.39. On 10 Apr 4 x 24.00 = 96.00 and
    12.39: 108.39.
    """
    shop = pen.license(
        "signup-seasonal-help", "2024-02-20 10:00", plan="starter", billing_anchor="2024-03-10"
    )
    shop.hires("2024-02-21 10:00", "ida", "jan")
    shop.suspends("2024-03-15 10:00", "ida")
    shop.activates("2024-03-20 10:00", "ida")
    shop.hires("2024-03-25 10:00", "kim")
    shop.expects("2024-03-10", recurring=7200)
    shop.expects("2024-04-10", recurring=9600, true_up=(1239,))


def signup_2021_every_account(pen: Pen) -> None:
    """Pay-per-account, of before 2022: the suspended and the ChatBots count too, until they are
    deleted.

    Three accounts (one suspended) and from 20 Apr 2024 a ChatBot, 14 of 30 days left: 24.00 x 14/30 =
    11.20. 4 May: 4 x 24.00 = 96.00 and 11.20: 107.20. The suspended one is deleted on 10 May: 4 June: 3
    x 24.00 = 72.00.
    """
    shop = pen.license("signup-2021-every-account", "2021-11-20 10:00", plan="starter")
    shop.hires("2021-11-21 10:00", "ida", "jan")
    shop.suspends("2024-01-15 10:00", "jan")
    shop.adds_bots("2024-04-20 10:00", "faq-bot")
    shop.deletes("2024-05-10 10:00", "jan")
    shop.expects("2024-05-04", recurring=9600, true_up=(1120,))
    shop.expects("2024-06-04", recurring=7200)
    shop.expects_counts("2024-05-01 00:00", ppu=2, ppa=4, pps=1, agents_suspended=1)


def signup_bots_for_free(pen: Pen) -> None:
    """Pay-per-user: three ChatBots cost nothing.

    14 Mar 2024: 1 x 69.00 = 69.00; adding a third ChatBot on 20 Mar changes nothing on 14 Apr.
    """
    shop = pen.license("signup-bots-for-free", "2024-02-29 10:00", plan="business")
    shop.adds_bots("2024-03-02 10:00", "faq-bot", "night-bot")
    shop.adds_bots("2024-03-20 10:00", "order-bot")
    shop.expects("2024-03-14", recurring=6900)
    shop.expects("2024-04-14", recurring=6900)
    shop.expects_counts("2024-04-01 00:00", ppu=1, ppa=4, pps=3, chatbots=3)


def signup_returning_colleague(pen: Pen) -> None:
    """A deleted account may be created anew under the same id.

    Two users on 1 May 2024, one from 6 May, two again from 20 May: never above the mark. 1 June: 2 x
    24.00 = 48.00.
    """
    shop = pen.license("signup-returning-colleague", "2024-04-17 10:00", plan="starter")
    shop.hires("2024-04-18 10:00", "ida")
    shop.deletes("2024-05-06 10:00", "ida")
    shop.hires("2024-05-20 10:00", "ida", role="admin")
    shop.expects("2024-05-01", recurring=4800)
    shop.expects("2024-06-01", recurring=4800)


def signup_handover(pen: Pen) -> None:
    """Several events at one instant make one step: a handover is no growth.

    On 10 May 2024 at noon jan is created and, at the same instant, ida suspended: 2 before, 2 after, no
    true-up. 2 June: 2 x 24.00 = 48.00.
    """
    shop = pen.license("signup-handover", "2024-04-18 10:00", plan="starter")
    shop.hires("2024-04-19 10:00", "ida")
    shop.hires("2024-05-10 12:00", "jan")
    shop.suspends("2024-05-10 12:00", "ida")
    shop.expects("2024-05-02", recurring=4800)
    shop.expects("2024-06-02", recurring=4800)


SCENARIOS = (
    borealis_clinic_annual_peak,
    cobalt_night_desk,
    borealis_clashing_seat,
    signup_growing_team,
    signup_seasonal_help,
    signup_2021_every_account,
    signup_bots_for_free,
    signup_returning_colleague,
    signup_handover,
)
