"""Licences that show notices: late, failed, missed, moved, gone, repeated."""

from examples.scenarios.pen import Pen


def borealis_notice_late(pen: Pen) -> None:
    """The e-mail went out three days after it was due.

    Charged on 19 Aug 2024, due on 5 Aug: in_app on that day, the e-mail on 8 Aug: late. 49.00 less 6.13
    = 42.87.
    """
    shop = pen.license("borealis-notice-late", "2024-02-05 09:00", partner="borealis")
    shop.is_noticed("2024-08-05 09:00", "in_app", "2024-08-19")
    shop.is_noticed("2024-08-08 09:00", "email", "2024-08-19")
    shop.expects("2024-08-19", recurring=4900, discount=-613)
    shop.expects_notices(
        ("2024-08-19", "banner", "ended", False),
        ("2024-08-19", "email", "sent", True),
        ("2024-08-19", "in_app", "sent", False),
    )


def cobalt_notice_failed(pen: Pen) -> None:
    """Failed attempts change no state: the third e-mail arrives a day late, in_app never does.

    Charged on 27 Aug 2024, due on 13 Aug: two e-mails fail that day, the third is sent on 14 Aug: late.
    """
    shop = pen.license("cobalt-notice-failed", "2024-02-13 09:00", partner="cobalt")
    shop.is_noticed("2024-08-13 08:00", "email", "2024-08-27", failed=True)
    shop.is_noticed("2024-08-13 08:05", "in_app", "2024-08-27", failed=True)
    shop.is_noticed("2024-08-13 09:00", "email", "2024-08-27", attempt=2, failed=True)
    shop.is_noticed("2024-08-14 08:00", "email", "2024-08-27", attempt=3)
    shop.expects_notices(
        ("2024-08-27", "banner", "showing", False),
        ("2024-08-27", "email", "due", False),
        ("2024-08-27", "in_app", "due", False),
        as_of="2024-08-13 12:00",
    )
    shop.expects_notices(
        ("2024-08-27", "banner", "ended", False),
        ("2024-08-27", "email", "sent", True),
        ("2024-08-27", "in_app", "missed", False),
    )


def acme_notice_missed(pen: Pen) -> None:
    """Nobody sent anything: scheduled, due, missed.

    Charged on 23 Aug 2024; due from 9 Aug 0:00; missed from 23 Aug 0:00.
    """
    shop = pen.license("acme-notice-missed", "2024-02-09 09:00", partner="acme")
    for as_of, banner, others in (
        ("2024-08-08 23:59:59", "scheduled", "scheduled"),
        ("2024-08-09 00:00", "showing", "due"),
        ("2024-08-22 23:59:59", "showing", "due"),
        ("2024-08-23 00:00", "ended", "missed"),
    ):
        shop.expects_notices(
            ("2024-08-23", "banner", banner, False),
            ("2024-08-23", "email", others, False),
            ("2024-08-23", "in_app", others, False),
            as_of=as_of,
        )


def borealis_charge_date_moved(pen: Pen) -> None:
    """The charge date moves a year away: what was sent for the old one stays, the rest is due anew.

    in_app for 11 Aug 2024 went out on 8 July. On 10 July the customer turns to annual: 11 July: 1 x
    492.00 less 61.50 = 430.50, and the first period under the new model begins on 11 July 2025.
    """
    shop = pen.license("borealis-charge-date-moved", "2024-03-28 09:00", partner="borealis")
    shop.adds_bots("2024-03-29 10:00", "faq-bot")
    shop.is_noticed("2024-07-08 09:00", "in_app", "2024-08-11")
    shop.changes_cycle("2024-07-10 12:00", "annual")
    shop.expects("2024-07-11", recurring=49200, discount=-6150)
    shop.expects("2024-08-11")
    shop.expects_notices(
        ("2024-08-11", "in_app", "sent", False),
        ("2025-07-11", "banner", "scheduled", False),
        ("2025-07-11", "email", "scheduled", False),
        ("2025-07-11", "in_app", "scheduled", False),
    )


def cobalt_cancelled_before_charge(pen: Pen) -> None:
    """Cancelled between the notice and the charge: the cutover switches nothing, no notice remains.

    Noticed on 4 Aug 2024 for 18 Aug, cancelled on 16 Aug: no invoice on 18 Aug.
    """
    shop = pen.license("cobalt-cancelled-before-charge", "2024-03-04 09:00", partner="cobalt")
    shop.is_noticed("2024-08-04 08:00", "in_app", "2024-08-18")
    shop.is_noticed("2024-08-04 08:01", "email", "2024-08-18")
    shop.cancels("2024-08-16 10:00")
    shop.expects("2024-07-18", recurring=0)
    shop.expects("2024-08-18")
    shop.expects_notices()


def acme_notice_repeated(pen: Pen) -> None:
    """The line of a notice stands twice in the file, as after a retry: with the same id it is one
    event.

    Charged on 1 Sep 2024, due on 18 Aug, sent once. 49.00 less 9.80 = 39.20.
    """
    shop = pen.license("acme-notice-repeated", "2024-02-16 09:00", partner="acme")
    pen.repeat(shop.is_noticed("2024-08-18 08:00", "in_app", "2024-09-01"))
    shop.is_noticed("2024-08-18 08:01", "email", "2024-09-01")
    shop.expects("2024-09-01", recurring=4900, discount=-980)
    shop.expects_notices(
        ("2024-09-01", "banner", "ended", False),
        ("2024-09-01", "email", "sent", False),
        ("2024-09-01", "in_app", "sent", False),
    )


SCENARIOS = (
    borealis_notice_late,
    cobalt_notice_failed,
    acme_notice_missed,
    borealis_charge_date_moved,
    cobalt_cancelled_before_charge,
    acme_notice_repeated,
)
