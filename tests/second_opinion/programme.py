"""Record the programme of a random history: partners and terms, prices, cutovers, new licences."""

from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

from tests.second_opinion.days import billing_date
from tests.second_opinion.licences import model_set_by_cutovers, programme_of
from tests.second_opinion.recipes import (
    CURRENCIES,
    CYCLES,
    DAY,
    MODELS,
    PARTNERS,
    PLANS,
    SOURCES,
    Sketch,
    between,
)
from tests.second_opinion.world import World

RATES = ("0", "0.1", "0.15", "0.25", "0.333", "0.0725", "1")
UNIT_AMOUNTS = (1, 99, 1900, 2000, 2111, 4100, 5933, 9901)


def price_keys() -> Iterator[tuple[str, str, str]]:
    """Name every plan, cycle and currency that can be priced."""
    yield from ((plan, cycle, currency) for plan in PLANS for cycle in CYCLES for currency in CURRENCIES)


def open_programme(world: World) -> None:
    """Record the partners and most prices at the start; a few prices are missing."""
    start = world.recipe.start
    for partner_id, (programme, discount, commission) in PARTNERS.items():
        rates = {"discount_rate": discount, "commission_rate": commission}
        fields = {
            "partner_id": partner_id,
            "programme": programme,
            "email": f"billing@{partner_id}.example",
        }
        named = {name: rate for name, rate in rates.items() if rate is not None}
        world.record("PartnerRegistered", start, start, fields | named)
    rng = world.recipe.random("prices")
    for key in price_keys():
        if rng.random() < 0.88:
            publish(world, rng, key, start, start)


def publish(
    world: World,
    rng: Random,
    key: tuple[str, str, str],
    effective_at: datetime,
    recorded_at: datetime,
) -> None:
    """Record a price."""
    plan, cycle, currency = key
    unit_amount = rng.choice(UNIT_AMOUNTS) * (12 if cycle == "annual" else 1) + rng.choice((0, 0, 1))
    fields = {
        "plan": plan,
        "billing_cycle": cycle,
        "currency": currency,
        "unit_amount": unit_amount,
    }
    world.record("PricePublished", effective_at, recorded_at, fields)


def moment(world: World, rng: Random, at: datetime) -> datetime:
    """Draw when a price or term recorded at `at` takes effect: early, now, ahead, at a billing instant."""
    start, end = world.recipe.start, world.recipe.end
    chance = rng.random()
    if chance < 0.3:
        return at
    if chance < 0.5:
        return between(rng, start, at)
    if chance < 0.6:
        return start
    if chance < 0.75:
        return between(rng, at, at + 200 * DAY)
    return max(start, rng.choice(world.sketches).billing_instant(rng, start, end))


def change_price(world: World, rng: Random, at: datetime) -> None:
    """Publish a price, rather one that is missing than one that is known."""
    priced = {
        (event.fields["plan"], event.fields["billing_cycle"], event.fields["currency"])
        for event in world.events
        if event.type == "PricePublished"
    }
    missing = [key for key in price_keys() if key not in priced]
    key = rng.choice(missing if missing and rng.random() < 0.4 else list(price_keys()))
    publish(world, rng, key, moment(world, rng, at), at)


def change_terms(world: World, rng: Random, at: datetime) -> None:
    """Change a partner's discount, its commission, or both."""
    fields: dict[str, Any] = {"partner_id": rng.choice(list(PARTNERS))}
    chance = rng.random()
    if chance < 0.85:
        fields["discount_rate"] = rng.choice(RATES)
    if chance > 0.6:
        fields["commission_rate"] = rng.choice(RATES)
    world.record("PartnerTermsChanged", moment(world, rng, at), at, fields)


def announce(world: World, rng: Random, number: int, at: datetime) -> None:
    """Announce a cutover, before or after the day from which it counts."""
    applies_to = (
        {"source": rng.choice(SOURCES)}
        if rng.random() < 0.5
        else {"programme": rng.choice(("solution", "solution", "affiliate"))}
    )
    fields: dict[str, Any] = {
        "cutover_id": f"cutover-{number}",
        "applies_to": applies_to,
        "takes_effect": rng.choice(("on_creation", "on_billing_date", "on_billing_date")),
        "on": cutover_day(world, rng, at).isoformat(),
        "pricing_model": rng.choice((*MODELS, "ppu")),
    }
    if rng.random() < 0.6:
        fields["notice_days"] = rng.choice((0, 1, 7, 14, 30, 60))
    effective_at = at if rng.random() < 0.6 else at + rng.randint(-60, 60) * DAY
    world.record("CutoverAnnounced", effective_at, at, fields)


def cutover_day(world: World, rng: Random, at: datetime) -> date:
    """Draw the day: near the announcement, a billing date of some licence, or about its creation date."""
    sketch = rng.choice(world.sketches)
    chance = rng.random()
    if chance < 0.4:
        return (at + rng.randint(-200, 200) * DAY).date()
    if chance < 0.75:
        return billing_date(sketch.anchor, rng.randint(0, 24)) + rng.choice((-1, 0, 0, 1)) * DAY
    return sketch.created_on + rng.choice((-1, 0, 0, 1)) * DAY


def create_licence(world: World, rng: Random, sketch: Sketch) -> None:
    """Record a new licence, some of its defaults named and some left to be resolved."""
    fields: dict[str, Any] = {
        "license_id": sketch.license_id,
        "source": sketch.source,
        "plan": rng.choice(PLANS),
        "billing_cycle": rng.choice(("monthly", "monthly", "annual")),
    }
    if sketch.partner_id is not None:
        fields["partner_id"] = sketch.partner_id
    if sketch.zone != "UTC" or rng.random() < 0.5:
        fields["time_zone"] = sketch.zone
    if sketch.named_anchor is not None:
        fields["billing_anchor"] = sketch.named_anchor.isoformat()
    if rng.random() < 0.6:
        fields["currency"] = rng.choice(CURRENCIES)
    if rng.random() < 0.3:
        fields["payer"] = rng.choice(("client", "partner") if sketch.partner_id else ("client",))
    if rng.random() < 0.3:
        fields["pricing_model"] = nameable_model(world, rng, sketch)
    world.create(sketch, fields)


def nameable_model(world: World, rng: Random, sketch: Sketch) -> str:
    """Draw a model that the licence may name: the one set by a cutover if there is one, else any."""
    programme = programme_of(sketch.partner_id, world.events) if sketch.partner_id else None
    fixed = model_set_by_cutovers(sketch.source, programme, sketch.created_on, world.events)
    return fixed or rng.choice(MODELS)
