"""Licences that show facts recorded late, one of each kind, and the adjustments that follow."""

from examples.scenarios.pen import Pen


def signup_late_hire(pen: Pen) -> None:
    """An agent recorded late: the date that did not know is made good on the next.

    10 Mar 2024: 1 x 24.00 = 24.00. On 14 Mar it turns out that ida was there since 20 Feb: 10 Mar
    should have been 2 x 24.00 + 24.00 x 19/29 (15.72) = 63.72. 10 Apr: 48.00 and an adjustment of
    39.72: 87.72.
    """
    shop = pen.license("signup-late-hire", "2024-01-27 10:00", plan="starter")
    shop.hires("2024-02-20 10:00", "ida", recorded="2024-03-14 10:00")
    shop.expects("2024-03-10", recurring=2400)
    shop.expects("2024-04-10", recurring=4800, adjustment=(3972,))
    shop.expects_counts("2024-03-01 00:00", ppu=1)
    shop.expects_counts("2024-03-01 00:00", "2024-04-01 00:00", ppu=2)


def signup_credit_note(pen: Pen) -> None:
    """A suspension recorded late makes a credit note.

    5 Feb 2024: a year for 3, 720.00. On 20 Feb it turns out that one was suspended on 1 Feb: 480.00 was
    right. 5 Mar: -240.00, an invoice of nothing else: a credit note.
    """
    shop = pen.license("signup-credit-note", "2024-01-22 10:00", plan="starter", cycle="annual")
    shop.hires("2024-01-23 10:00", "ida", "jan")
    shop.suspends("2024-02-01 10:00", "ida", recorded="2024-02-20 10:00")
    shop.expects("2024-02-05", recurring=72000)
    shop.expects("2024-03-05", adjustment=(-24000,))
    shop.expects("2024-04-05")


def signup_2021_late_bot(pen: Pen) -> None:
    """A ChatBot recorded late, pay-per-account.

    9 Apr 2024: 1 x 49.00. On 15 Apr it turns out that a ChatBot was there since 20 Mar: 2 x 49.00 +
    49.00 x 20/31 (31.61) = 129.61. 9 May: 98.00 and an adjustment of 80.61: 178.61.
    """
    shop = pen.license("signup-2021-late-bot", "2021-09-25 10:00")
    shop.adds_bots("2024-03-20 10:00", "faq-bot", recorded="2024-04-15 10:00")
    shop.expects("2024-04-09", recurring=4900)
    shop.expects("2024-05-09", recurring=9800, adjustment=(8061,))


def acme_late_shift(pen: Pen) -> None:
    """A shift written on paper and recorded a month later lifts the peak that was charged.

    12 Apr 2024: peak 1, 49.00 less 9.80 = 39.20. ida's shift of 20 Mar, recorded on 20 Apr, makes it 2:
    78.40. 12 May: nobody sat since, 0.00, and an adjustment of 39.20.
    """
    shop = pen.license("acme-late-shift", "2024-02-27 09:00", partner="acme")
    shop.hires("2024-02-27 10:00", "ida")
    shop.works("2024-03-20", "owner")
    shop.takes_seat("2024-03-20 15:00", "ida", recorded="2024-04-20 09:00")
    shop.leaves_seat("2024-03-20 17:00", "ida", recorded="2024-04-20 09:01")
    shop.expects("2024-04-12", recurring=4900, discount=-980)
    shop.expects("2024-05-12", recurring=0, adjustment=(3920,))


def signup_late_plan(pen: Pen) -> None:
    """A plan change recorded late.

    8 May 2024: starter, 24.00; team since 5 May, known on 28 May. 8 June: 49.00 and an adjustment of
    25.00: 74.00.
    """
    shop = pen.license("signup-late-plan", "2024-03-25 10:00", plan="starter")
    shop.changes_plan("2024-05-05 10:00", "team", recorded="2024-05-28 10:00")
    shop.expects("2024-05-08", recurring=2400)
    shop.expects("2024-06-08", recurring=4900, adjustment=(2500,))


def cobalt_late_switch(pen: Pen) -> None:
    """A model switch recorded late.

    10 Apr 2024: pay-per-seat, nobody sat: 0.00. Pay-per-account since 3 Apr, known on 22 Apr: 2 x 49.00
    = 98.00 less 32.63 = 65.37. 10 May: 65.37 and an adjustment of 65.37: 130.74.
    """
    shop = pen.license("cobalt-late-switch", "2024-02-25 09:00", partner="cobalt")
    shop.hires("2024-02-25 10:00", "ida")
    shop.switches("2024-04-03 10:00", "ppa", recorded="2024-04-22 10:00")
    shop.expects("2024-04-10", recurring=0)
    shop.expects("2024-05-10", recurring=9800, discount=-3263, adjustment=(6537,))


def signup_late_cancel(pen: Pen) -> None:
    """A cancellation recorded late takes back what was charged since.

    6 July 2024: 49.00; cancelled since 1 July, known on 20 July. 6 Aug: -49.00, a credit note; then
    nothing.
    """
    shop = pen.license("signup-late-cancel", "2024-04-22 10:00")
    shop.cancels("2024-07-01 10:00", recorded="2024-07-20 10:00")
    shop.expects("2024-06-06", recurring=4900)
    shop.expects("2024-07-06", recurring=4900)
    shop.expects("2024-08-06", adjustment=(-4900,))
    shop.expects("2024-09-06")


def signup_eur_late_price(pen: Pen) -> None:
    """A price recorded late.

    15 May 2024: 22.00 €; 23.00 € since 1 May, known on 20 May. 15 June: 23.00 € and an adjustment of
    1.00 €: 24.00 €.
    """
    shop = pen.license(
        "signup-eur-late-price", "2024-04-01 10:00", plan="starter", currency="EUR", time_zone="Europe/Berlin"
    )
    shop.expects("2024-04-15", recurring=2200)
    shop.expects("2024-05-15", recurring=2200)
    shop.expects("2024-06-15", recurring=2300, adjustment=(100,))


def ember_late_terms(pen: Pen) -> None:
    """Terms recorded late.

    18 Apr 2024: a ChatBot, 49.00 less 15 % (7.35) = 41.65. 10 % since 1 Apr, known on 10 May: 44.10 was
    right. 18 May: 49.00 less 4.90 and an adjustment of 2.45: 46.55.
    """
    shop = pen.license("ember-late-terms", "2024-03-04 09:00", partner="ember")
    shop.adds_bots("2024-03-05 10:00", "faq-bot")
    shop.expects("2024-03-18", recurring=4900, discount=-735)
    shop.expects("2024-04-18", recurring=4900, discount=-735)
    shop.expects("2024-05-18", recurring=4900, discount=-490, adjustment=(245,))


def acme_late_licence(pen: Pen) -> None:
    """A whole licence recorded three months late is caught up on the first date that knows it.

    Since 4 Mar 2024, recorded on 3 June: a ChatBot, 39.20 each for 18 Mar, 18 Apr and 18 May. 18 June:
    39.20 and the three: 156.80.
    """
    shop = pen.license("acme-late-licence", "2024-03-04 10:00", partner="acme", recorded="2024-06-03 10:00")
    shop.adds_bots("2024-03-05 10:00", "faq-bot", recorded="2024-06-03 10:00")
    for billing_date in ("2024-03-18", "2024-04-18", "2024-05-18"):
        shop.expects(billing_date)
    shop.expects("2024-06-18", recurring=4900, discount=-980, adjustment=(3920, 3920, 3920))
    shop.expects_counts("2024-05-01 00:00", "2024-06-04 00:00", pps=1, ppu=1)


def delta_late_cutover(pen: Pen) -> None:
    """A cutover recorded after it began: the period it had touched is charged anew, its notices are
    missed.

    22 Sep 2024: pay-per-account, an agent and a ChatBot, 2 x 45.00 € = 90.00 €. On 25 Sep pay-per-user
    since 1 Sep becomes known: 45.00 € was right. 22 Oct: 45.00 € and an adjustment of -45.00 €: 0.00 €.
    """
    shop = pen.license(
        "delta-late-cutover", "2024-01-08 10:00", partner="delta", currency="EUR", time_zone="Europe/Warsaw"
    )
    shop.adds_bots("2024-01-09 10:00", "faq-bot")
    shop.expects("2024-08-22", recurring=9000)
    shop.expects("2024-09-22", recurring=9000)
    shop.expects("2024-10-22", recurring=4500, adjustment=(-4500,))
    shop.expects_notices(
        ("2024-09-22", "banner", "ended", False),
        ("2024-09-22", "email", "missed", False),
        ("2024-09-22", "in_app", "missed", False),
        cutover="affiliates-2024-09-01",
    )


def signup_late_and_back(pen: Pen) -> None:
    """Two late facts that undo each other before the next date leave no line.

    9 May 2024: 24.00. On 20 May a colleague of 20 Apr is recorded, and on 21 May a cancellation of the
    mistake: the account had been deleted the same instant. Counts never rose: 9 June: 24.00.
    """
    shop = pen.license("signup-late-and-back", "2024-03-26 10:00", plan="starter")
    shop.hires("2024-04-20 10:00", "ida", recorded="2024-05-20 10:00")
    shop.deletes("2024-04-20 10:00", "ida", recorded="2024-05-21 10:00")
    shop.expects("2024-05-09", recurring=2400)
    shop.expects("2024-06-09", recurring=2400)


SCENARIOS = (
    signup_late_hire,
    signup_credit_note,
    signup_2021_late_bot,
    acme_late_shift,
    signup_late_plan,
    cobalt_late_switch,
    signup_late_cancel,
    signup_eur_late_price,
    ember_late_terms,
    acme_late_licence,
    delta_late_cutover,
    signup_late_and_back,
)
