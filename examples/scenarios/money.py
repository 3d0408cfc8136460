"""Licences that show who pays what: discounts, missing and rising prices, invoices as they were issued."""

from examples.scenarios.pen import Line, Pen


def borealis_odd_discount(pen: Pen) -> None:
    """A discount of 12.5 %, rounded half away from zero, and a better one from a date said ahead.

    - 15 May 2024: a ChatBot, 49.00 less 6.125 → 6.13 = 42.87 (49.00 x 0.125 = 6.125).
    - 15 Nov: pay-per-user, 1 x 49.00 less 25 % from 1 Nov (12.25) = 36.75.
    """
    shop = pen.license("borealis-odd-discount", "2024-05-01 09:00", partner="borealis")
    shop.adds_bots("2024-05-02 10:00", "faq-bot")
    shop.expects("2024-05-15", recurring=4900, discount=-613)
    shop.expects("2024-10-15", recurring=4900, discount=-613)
    shop.expects("2024-11-15", recurring=4900, discount=-1225)


def cobalt_one_third(pen: Pen) -> None:
    """A discount of 33.3 %.

    22 May 2024: a ChatBot, 49.00 less 16.317 → 16.32 = 32.68.
    """
    shop = pen.license("cobalt-one-third", "2024-05-08 09:00", partner="cobalt")
    shop.adds_bots("2024-05-09 10:00", "faq-bot")
    shop.expects("2024-05-22", recurring=4900, discount=-1632)


def fjord_no_rate(pen: Pen) -> None:
    """A reseller without a rate pays the full price: no discount line.

    17 May 2024: a ChatBot, 49.00.
    """
    shop = pen.license("fjord-no-rate", "2024-05-03 09:00", partner="fjord")
    shop.adds_bots("2024-05-04 10:00", "faq-bot")
    shop.expects("2024-05-17", recurring=4900)


def fjord_named_model(pen: Pen) -> None:
    """A model named at creation counts like a default: no shield against the cutover.

    17 May 2024: pay-per-account as agreed, 2 x 49.00 = 98.00. 17 Aug: pay-per-user, 1 x 49.00.
    """
    shop = pen.license("fjord-named-model", "2024-05-03 10:00", partner="fjord", pricing_model="ppa")
    shop.adds_bots("2024-05-04 11:00", "faq-bot")
    shop.expects("2024-05-17", recurring=9800)
    shop.expects("2024-08-17", recurring=4900)
    shop.expects_notices(
        ("2024-08-17", "banner", "ended", False),
        ("2024-08-17", "email", "missed", False),
        ("2024-08-17", "in_app", "missed", False),
    )


def ember_client_pays(pen: Pen) -> None:
    """A reseller's customer who, by agreement, pays for itself: no discount, switched like the others.

    17 May 2024: two ChatBots' seats, 98.00. 17 Aug: pay-per-user, 1 x 49.00.
    """
    shop = pen.license("ember-client-pays", "2024-05-03 11:00", partner="ember", payer="client")
    shop.adds_bots("2024-05-04 12:00", "faq-bot", "night-bot")
    shop.expects("2024-05-17", recurring=9800)
    shop.expects("2024-08-17", recurring=4900)


def gale_client_pays(pen: Pen) -> None:
    """Referred by an affiliate: the client pays in full, the affiliate earns a commission.

    21 Feb 2024: pay-per-account, 2 x 45.00 € = 90.00 €; commission 17.5 % = 15.75 €. Without ChatBots
    or suspended accounts the affiliates' cutover of 1 Sep, known on 25 Sep, changes the model and no
    amount.
    """
    shop = pen.license(
        "gale-client-pays", "2024-02-07 10:00", partner="gale", currency="EUR", time_zone="Europe/Madrid"
    )
    shop.hires("2024-02-08 10:00", "ana")
    shop.expects("2024-02-21", recurring=9000)
    shop.expects("2024-09-21", recurring=9000)
    shop.expects("2024-10-21", recurring=9000)


def signup_price_rise(pen: Pen) -> None:
    """A price that rises on 1 October counts from the first period after it.

    - 28 Sep 2024: 69.00. Hired on 10 Oct, 18 of 30 days left, at the period's price: 69.00 x 18/30 =
      41.40.
    - 28 Oct: 2 x 72.00 = 144.00 and 41.40: 185.40.
    """
    shop = pen.license("signup-price-rise", "2024-08-14 10:00", plan="business")
    shop.hires("2024-10-10 10:00", "ida")
    shop.expects("2024-09-28", recurring=6900)
    shop.expects("2024-10-28", recurring=14400, true_up=(4140,))


def signup_enterprise_price_later(pen: Pen) -> None:
    """A missing price is a data fault until it is published; then the dates left out are caught up.

    1 Apr and 1 May 2024: no price, no invoice. Published on 20 May for 1 Mar. 1 June: 119.00 and 119.00
    for each of the two: 357.00.
    """
    shop = pen.license("signup-enterprise-price-later", "2024-03-18 10:00", plan="enterprise")
    shop.expects("2024-04-01")
    shop.expects("2024-05-01")
    shop.expects("2024-06-01", recurring=11900, adjustment=(11900, 11900))


def signup_enterprise_no_price(pen: Pen) -> None:
    """A price that nobody publishes: a data fault on every date, no invoice.

    Enterprise in EUR: nothing on 4 Oct or 4 Nov 2024.
    """
    shop = pen.license(
        "signup-enterprise-no-price",
        "2024-09-20 10:00",
        plan="enterprise",
        currency="EUR",
        time_zone="Europe/Berlin",
    )
    shop.expects("2024-10-04")
    shop.expects("2024-11-04")


def acme_issued_then_corrected(pen: Pen) -> None:
    """An issued invoice never changes: what turns out later is an adjustment on the next.

    - 12 Apr and 12 May 2024 are issued at 6:00 with one ChatBot: 49.00 less 9.80 = 39.20 each.
    - On 20 May it turns out that the ChatBot had gone on 2 Apr. A seat is charged for the month before,
      so 12 Apr stands (it was there until 2 Apr); 12 May should have been 0.00.
    - 12 June, issued too: 0.00 and -39.20 for 12 May: -39.20, a credit note.
    """
    shop = pen.license("acme-issued-then-corrected", "2024-03-29 09:00", partner="acme")
    shop.adds_bots("2024-03-29 10:00", "faq-bot")
    shop.is_issued(
        "2024-04-12 06:00",
        "2024-000001",
        "2024-04-12",
        [_seats(1, "2024-04-12", "2024-05-12", 4900), _discount("0.2", -980)],
        3920,
        known_until="2024-04-12 00:00",
    )
    shop.is_issued(
        "2024-05-12 06:00",
        "2024-000002",
        "2024-05-12",
        [_seats(1, "2024-05-12", "2024-06-12", 4900), _discount("0.2", -980)],
        3920,
        known_until="2024-05-12 00:00",
    )
    shop.removes_bot("2024-04-02 10:00", "faq-bot", recorded="2024-05-20 10:00")
    shop.is_issued(
        "2024-06-12 06:00",
        "2024-000003",
        "2024-06-12",
        [
            _seats(0, "2024-06-12", "2024-07-12", 0),
            {"kind": "adjustment", "billing_date": "2024-05-12", "amount": -3920},
        ],
        -3920,
        known_until="2024-06-12 00:00",
    )
    shop.expects("2024-04-12", recurring=4900, discount=-980)
    shop.expects("2024-05-12", recurring=4900, discount=-980)
    shop.expects("2024-06-12", recurring=0, adjustment=(-3920,))


def signup_issued_next_morning(pen: Pen) -> None:
    """An invoice may know more than its date did: what was recorded until it was issued.

    Hired on 30 Sep 2024, recorded on 3 Oct at 7:00; issued at 9:00 knowing what was recorded by 8:00. 3
    Oct: 2 x 49.00 = 98.00 and, 3 of 30 days left, 49.00 x 3/30 = 4.90: 102.90. Nothing is left to
    adjust on 3 Nov: 98.00.
    """
    shop = pen.license("signup-issued-next-morning", "2024-08-20 10:00")
    shop.hires("2024-09-30 10:00", "ida", recorded="2024-10-03 07:00")
    shop.is_issued(
        "2024-10-03 09:00",
        "2024-000004",
        "2024-10-03",
        [
            {
                "kind": "recurring",
                "pricing_model": "ppu",
                "quantity": 2,
                "unit_amount": 4900,
                "period_start": "2024-10-03",
                "period_end": "2024-11-03",
                "amount": 9800,
            },
            {
                "kind": "true_up",
                "pricing_model": "ppu",
                "date": "2024-09-30",
                "quantity": 1,
                "unit_amount": 4900,
                "remaining_days": 3,
                "period_days": 30,
                "amount": 490,
            },
        ],
        10290,
        known_until="2024-10-03 08:00",
    )
    shop.expects("2024-09-03", recurring=4900)
    shop.expects("2024-10-03", recurring=9800, true_up=(490,))
    shop.expects("2024-11-03", recurring=9800)


def _seats(quantity: int, period_start: str, period_end: str, amount: int) -> Line:
    return {
        "kind": "recurring",
        "pricing_model": "pps",
        "quantity": quantity,
        "unit_amount": 4900,
        "period_start": period_start,
        "period_end": period_end,
        "amount": amount,
    }


def _discount(rate: str, amount: int) -> Line:
    return {"kind": "discount", "rate": rate, "amount": amount}


SCENARIOS = (
    borealis_odd_discount,
    cobalt_one_third,
    fjord_no_rate,
    fjord_named_model,
    ember_client_pays,
    gale_client_pays,
    signup_price_rise,
    signup_enterprise_price_later,
    signup_enterprise_no_price,
    acme_issued_then_corrected,
    signup_issued_next_morning,
)
