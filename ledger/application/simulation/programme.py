"""Publish prices, register partners and announce cutovers: what every licence's story takes for granted."""

from typing import NamedTuple

from ledger.application.simulation.dice import Dice
from ledger.application.simulation.instants import DAY_US, HOUR_US, MINUTE_US, at_us, instant_text

STORY_BEGINS_US = at_us(2021, 1, 1)
LOG_BEGINS_US = at_us(2020, 12, 1)

RESELLERS_ANNOUNCED_US = at_us(2024, 7, 2, 9)
RESELLERS_ON = (2024, 8, 11)

# plan -> currency -> (whole annual period, whole monthly period), in minor units
FIRST_PRICES = {
    "starter": {"USD": (19200, 1900), "EUR": (18000, 1800), "JPY": (26400, 2600)},
    "team": {"USD": (39600, 3900), "EUR": (37200, 3700), "JPY": (54000, 5300)},
    "business": {"USD": (58800, 5900), "EUR": (55200, 5500), "JPY": (80400, 7900)},
}
PRICES_2023 = {
    "starter": {"USD": (24000, 2400), "EUR": (22800, 2300), "JPY": (33600, 3300)},
    "team": {"USD": (49200, 4900), "EUR": (46800, 4700), "JPY": (68400, 6800)},
    "business": {"USD": (70800, 6900), "EUR": (66000, 6600), "JPY": (98400, 9700)},
}
PRICES_2025 = {"business": {"USD": (76800, 7500), "EUR": (72000, 7100)}}
PLANS = tuple(FIRST_PRICES)

DISCOUNTS = ("0.2", "0.2", "0.2", "0.25", "0.15", "0.125", "0.333")
COMMISSIONS = ("0.2", "0.2", "0.22", "0.175")


class Fact(NamedTuple):
    """Hold one event before it has its place in the log; `body` is the JSON between id and effective_at."""

    recorded_us: int
    effective_us: int
    body: str
    actor: str


class Partner(NamedTuple):
    """Name a partner whom a licence may belong to."""

    partner_id: str
    email: str
    registered_us: int


class Programme(NamedTuple):
    """Hold what licences draw on; partners of a kind in the order of registration."""

    facts: list[Fact]
    resellers: list[Partner]
    affiliates: list[Partner]


def build_programme(licenses: int, seed: int, end_us: int) -> Programme:
    """Make the programme's facts in the order of recording, up to `end_us`, and its partners."""
    dice = Dice(f"programme/{seed}")
    facts = [*_prices(), *_cutovers()]
    many, some = max(4, licenses // 120), max(3, licenses // 300)
    resellers = _partners("solution", word="reseller", count=many, dice=dice, facts=facts, end_us=end_us)
    affiliates = _partners("affiliate", word="affiliate", count=some, dice=dice, facts=facts, end_us=end_us)
    known = sorted((fact for fact in facts if fact.recorded_us < end_us), key=lambda fact: fact.recorded_us)
    return Programme(known, resellers, affiliates)


def _prices() -> list[Fact]:
    facts = []
    rises = (
        (FIRST_PRICES, at_us(2020, 12, 1, 8), at_us(2020, 12, 1, 8)),
        (PRICES_2023, at_us(2022, 12, 15, 10), at_us(2023, 2, 1)),
        (PRICES_2025, at_us(2025, 1, 20, 10), at_us(2025, 3, 1)),
        # entered ten days after it came into force
        ({"starter": {"EUR": (23400, 2350)}}, at_us(2025, 6, 11, 15), at_us(2025, 6, 1)),
    )
    for prices, recorded_us, effective_us in rises:
        for plan, currencies in prices.items():
            for currency, (annual, monthly) in currencies.items():
                for cycle, unit_amount in (("monthly", monthly), ("annual", annual)):
                    body = (
                        f'"type":"PricePublished","plan":"{plan}","billing_cycle":"{cycle}",'
                        f'"currency":"{currency}","unit_amount":{unit_amount}'
                    )
                    facts.append(Fact(recorded_us, effective_us, body, "system"))
    return facts


def _cutovers() -> list[Fact]:
    announced = (
        ("signups-2022-01-01", '"source":"signup"', "on_creation", "2022-01-01", at_us(2021, 11, 16, 9)),
        (
            "partner-app-2024-06-10",
            '"source":"partner_app"',
            "on_creation",
            "2024-06-10",
            at_us(2024, 5, 20, 9),
        ),
        (
            "resellers-2024-08-11",
            '"programme":"solution"',
            "on_billing_date",
            "2024-08-11",
            RESELLERS_ANNOUNCED_US,
        ),
    )
    facts = []
    for cutover_id, applies_to, takes_effect, on, when_us in announced:
        notice = ',"notice_days":14' if takes_effect == "on_billing_date" else ""
        body = (
            f'"type":"CutoverAnnounced","cutover_id":"{cutover_id}","applies_to":{{{applies_to}}},'
            f'"takes_effect":"{takes_effect}","on":"{on}","pricing_model":"ppu"{notice}'
        )
        facts.append(Fact(when_us, when_us, body, "system"))
    return facts


def _partners(
    programme: str, *, word: str, count: int, dice: Dice, facts: list[Fact], end_us: int
) -> list[Partner]:
    """Register partners: a first few before any licence, the others evenly until the end."""
    partners = []
    for number in range(count):
        share = max(0, number - 2) / count
        when_us = LOG_BEGINS_US + DAY_US + int(share * (end_us - STORY_BEGINS_US)) + number * 17 * MINUTE_US
        partner = Partner(f"{word}-{number + 1:05d}", f"care@{word}-{number + 1:05d}.example", when_us)
        if programme == "solution":
            terms = f'"discount_rate":"{dice.one_of(DISCOUNTS)}"'
        else:
            terms = f'"commission_rate":"{dice.one_of(COMMISSIONS)}"'
        body = (
            f'"type":"PartnerRegistered","partner_id":"{partner.partner_id}","programme":"{programme}",'
            f'"email":"{partner.email}",{terms}'
        )
        facts.append(Fact(when_us, when_us, body, "system"))
        partners.append(partner)
        if number == 0 or dice.chance(0.3):
            facts.append(_new_terms(partner, programme, dice))
    return partners


def _new_terms(partner: Partner, programme: str, dice: Dice) -> Fact:
    """Change a partner's rate: mostly at once, at times from the next month, now and then in arrears."""
    recorded_us = partner.registered_us + dice.between(60, 700) * DAY_US + dice.below(10 * HOUR_US)
    effective_us = recorded_us
    when = dice.roll()
    if when < 0.3:
        effective_us = recorded_us + dice.between(5, 45) * DAY_US
    elif when < 0.4:
        effective_us = recorded_us - dice.between(1, 14) * DAY_US
    rate = (
        f'"discount_rate":"{dice.one_of(DISCOUNTS)}"'
        if programme == "solution"
        else f'"commission_rate":"{dice.one_of(COMMISSIONS)}"'
    )
    body = f'"type":"PartnerTermsChanged","partner_id":"{partner.partner_id}",{rate}'
    return Fact(recorded_us, effective_us, body, "system")


def describe(fact: Fact, name: str, place: int) -> str:
    """Write a fact as a line of a history file, without its line end; its id is made of name and place."""
    recorded_us, effective_us, body, actor = fact
    recorded = instant_text(recorded_us)
    effective = recorded if recorded_us == effective_us else instant_text(effective_us)
    return (
        f'{{"id":"{name}-{place:04d}",{body},"effective_at":"{effective}",'
        f'"recorded_at":"{recorded}","actor":"{actor}"}}'
    )
