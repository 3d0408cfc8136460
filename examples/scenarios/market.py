"""Publish prices, register the partners and announce the cutovers that the sample's licences live with."""

from examples.scenarios.pen import Pen

# plan -> currency -> (monthly, annual): minor units for one unit for one whole period
LIST_PRICES = {
    "starter": {"USD": (2400, 24000), "EUR": (2200, 22000), "JPY": (3300, 33600)},
    "team": {"USD": (4900, 49200), "EUR": (4500, 45200), "JPY": (6800, 68400)},
    "business": {"USD": (6900, 70800), "EUR": (6300, 64800), "JPY": (9700, 98400)},
}


def open_market(pen: Pen) -> None:
    """Write what every licence takes for granted."""
    _publish_prices(pen)
    _register_partners(pen)
    _announce_cutovers(pen)


def _price(pen: Pen, when: str, recorded: str, *, key: tuple[str, str, str], unit_amount: int) -> None:
    plan, cycle, currency = key
    pen.write(
        "prices",
        "PricePublished",
        when,
        recorded=recorded,
        plan=plan,
        billing_cycle=cycle,
        currency=currency,
        unit_amount=unit_amount,
    )


def _publish_prices(pen: Pen) -> None:
    for plan, currencies in LIST_PRICES.items():
        for currency, (monthly, annual) in currencies.items():
            for cycle, amount in (("monthly", monthly), ("annual", annual)):
                _price(
                    pen,
                    "2021-01-01 00:00",
                    "2020-12-15 09:00",
                    key=(plan, cycle, currency),
                    unit_amount=amount,
                )
    # entered nineteen days after it came into force: signup-eur-late-price
    starter_eur = ("starter", "monthly", "EUR")
    _price(pen, "2024-05-01 00:00", "2024-05-20 10:00", key=starter_eur, unit_amount=2300)
    # forgotten until somebody asked: signup-enterprise-price-later; the price in EUR never came
    enterprise_usd = ("enterprise", "monthly", "USD")
    _price(pen, "2024-03-01 00:00", "2024-05-20 10:05", key=enterprise_usd, unit_amount=11900)
    # a rise published a month ahead: signup-price-rise
    business_usd = ("business", "monthly", "USD")
    _price(pen, "2024-10-01 00:00", "2024-09-02 09:00", key=business_usd, unit_amount=7200)


def _register_partners(pen: Pen) -> None:
    partners: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("acme", "solution", {"discount_rate": "0.20"}),
        ("borealis", "solution", {"discount_rate": "0.125"}),
        ("cobalt", "solution", {"discount_rate": "0.333"}),
        ("ember", "solution", {"discount_rate": "0.15"}),
        ("fjord", "solution", {}),
        ("delta", "affiliate", {"commission_rate": "0.20"}),
        ("gale", "affiliate", {"commission_rate": "0.175"}),
    )
    for number, (partner_id, programme, rates) in enumerate(partners):
        pen.write(
            partner_id,
            "PartnerRegistered",
            f"2021-01-04 09:0{number}",
            partner_id=partner_id,
            programme=programme,
            email=f"care@{partner_id}.example",
            **rates,
        )
    # said in October, true from November: borealis-odd-discount
    pen.write(
        "borealis",
        "PartnerTermsChanged",
        "2024-11-01 00:00",
        recorded="2024-10-20 11:00",
        partner_id="borealis",
        discount_rate="0.25",
    )
    # true from April, entered in May: ember-late-terms
    pen.write(
        "ember",
        "PartnerTermsChanged",
        "2024-04-01 00:00",
        recorded="2024-05-10 16:00",
        partner_id="ember",
        discount_rate="0.10",
    )


def _announce_cutovers(pen: Pen) -> None:
    pen.write(
        "signups-2022-01-01",
        "CutoverAnnounced",
        "2021-11-16 09:00",
        cutover_id="signups-2022-01-01",
        applies_to={"source": "signup"},
        takes_effect="on_creation",
        on="2022-01-01",
        pricing_model="ppu",
    )
    pen.write(
        "partner-app-2024-06-10",
        "CutoverAnnounced",
        "2024-05-20 09:00",
        cutover_id="partner-app-2024-06-10",
        applies_to={"source": "partner_app"},
        takes_effect="on_creation",
        on="2024-06-10",
        pricing_model="ppu",
    )
    pen.write(
        "resellers-2024-08-11",
        "CutoverAnnounced",
        "2024-07-02 09:00",
        cutover_id="resellers-2024-08-11",
        applies_to={"programme": "solution"},
        takes_effect="on_billing_date",
        on="2024-08-11",
        pricing_model="ppu",
        notice_days=14,
    )
    # agreed in August, entered after it had begun: delta-late-cutover, gale-client-pays
    pen.write(
        "affiliates-2024-09-01",
        "CutoverAnnounced",
        "2024-08-20 09:00",
        recorded="2024-09-25 09:00",
        cutover_id="affiliates-2024-09-01",
        applies_to={"programme": "affiliate"},
        takes_effect="on_billing_date",
        on="2024-09-01",
        pricing_model="ppu",
        notice_days=14,
    )
