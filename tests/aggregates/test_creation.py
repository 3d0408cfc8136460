"""What a new licence gets where its event does not say it."""

from datetime import date

import pytest

from ledger.aggregates.creation import BadBillingAnchor, ModelNotOffered, PartnerNotFound
from ledger.events.catalogue import decode, encode
from ledger.events.license import LicenseCreated
from ledger.events.programme import CutoverAnnounced
from ledger.rules.words import Payer, PricingModel
from tests.aggregates.world import World


def a_programme() -> World:
    """Return a world with a reseller and an affiliate."""
    world = World()
    world.has("PartnerRegistered", "2021-01-01", partner_id="reseller", programme="solution")
    world.has("PartnerRegistered", "2021-01-01", partner_id="affiliate", programme="affiliate")
    return world


def announced(world: World, name: str, on: str, model: str, **more: object) -> None:
    more.setdefault("applies_to", {"source": "signup"})
    more.setdefault("takes_effect", "on_creation")
    at = f"2024-01-{len(world.log) + 1:02}"
    world.has("CutoverAnnounced", at, None, cutover_id=name, on=on, pricing_model=model, **more)


def created(
    world: World, at: str = "2024-06-15", recorded: str | None = None, **more: object
) -> LicenseCreated:
    more.setdefault("source", "signup")
    event = world.has(
        "LicenseCreated", at, recorded, license_id="lic", plan="team", billing_cycle="monthly", **more
    )
    assert isinstance(event, LicenseCreated)
    return event


class TestDefaults:
    @pytest.mark.parametrize(
        ("partner_id", "payer", "model"),
        [
            (None, Payer.CLIENT, PricingModel.PPA),
            ("affiliate", Payer.CLIENT, PricingModel.PPA),
            ("reseller", Payer.PARTNER, PricingModel.PPS),
        ],
    )
    def test_follow_from_the_partners_programme(
        self, partner_id: str | None, payer: Payer, model: PricingModel
    ) -> None:
        event = created(a_programme(), partner_id=partner_id)

        assert (event.payer, event.pricing_model) == (payer, model)
        assert (event.currency, event.time_zone) == ("USD", "UTC")

    def test_do_not_replace_what_the_event_says(self) -> None:
        event = created(
            a_programme(),
            partner_id="reseller",
            payer="client",
            pricing_model="ppu",
            currency="JPY",
            billing_anchor="2024-06-16",
            time_zone="Asia/Tokyo",
        )

        assert (event.payer, event.pricing_model) == (Payer.CLIENT, PricingModel.PPU)
        assert (event.currency, event.billing_anchor) == ("JPY", date(2024, 6, 16))

    @pytest.mark.parametrize(
        ("at", "zone", "anchor"),
        [
            ("2024-06-15T12:00:00Z", "UTC", date(2024, 6, 29)),
            ("2024-06-15T23:30:00Z", "Europe/Warsaw", date(2024, 6, 30)),  # the 16th there
            ("2024-06-15T03:59:00Z", "America/New_York", date(2024, 6, 28)),  # the 14th there
            ("2024-02-20T00:00:00Z", "UTC", date(2024, 3, 5)),  # a leap year: 9 days to the 29th, then 5
            ("2011-12-29T09:59:00Z", "Pacific/Apia", date(2012, 1, 11)),  # the 28th there
            ("2011-12-30T10:00:00Z", "Pacific/Apia", date(2012, 1, 14)),  # the 31st, the 30th was skipped
        ],
    )
    def test_put_the_anchor_fourteen_days_after_the_local_date(
        self, at: str, zone: str, anchor: date
    ) -> None:
        assert created(World(), at=at, time_zone=zone).billing_anchor == anchor

    def test_are_all_in_the_log(self) -> None:
        event = created(a_programme(), partner_id="reseller")

        assert decode("LicenseCreated@1", encode(event)) == event
        assert b'"payer":"partner"' in encode(event)


class TestAnchor:
    @pytest.mark.parametrize("anchor", ["2024-06-15", "2024-06-14"])
    def test_comes_after_the_local_date_of_creation(self, anchor: str) -> None:
        with pytest.raises(BadBillingAnchor, match="not after 2024-06-15"):
            created(World(), at="2024-06-14T22:00:00Z", time_zone="Europe/Warsaw", billing_anchor=anchor)

    def test_stays_within_the_calendar(self) -> None:
        with pytest.raises(BadBillingAnchor, match="by 2099-12-31"):
            created(World(), at="2099-12-25")


class TestCutoversBeforeCreation:
    def test_set_the_model_of_the_class_they_are_for(self) -> None:
        world = a_programme()
        announced(world, "signups", "2022-01-01", "ppu")
        announced(world, "resellers", "2024-01-01", "ppa", applies_to={"programme": "solution"})

        assert created(world).pricing_model is PricingModel.PPU

    @pytest.mark.parametrize("takes_effect", ["on_creation", "on_billing_date"])
    def test_count_in_either_kind(self, takes_effect: str) -> None:
        world = a_programme()
        announced(
            world, "c", "2024-06-15", "ppu", applies_to={"programme": "solution"}, takes_effect=takes_effect
        )

        event = created(world, source="partner_app", partner_id="reseller")

        assert event.pricing_model is PricingModel.PPU

    @pytest.mark.parametrize(
        ("applies_to", "partner_id"),
        [
            ({"source": "partner_app"}, None),
            ({"programme": "solution"}, "affiliate"),
            ({"programme": "solution"}, None),
        ],
    )
    def test_leave_others_alone(self, applies_to: dict[str, str], partner_id: str | None) -> None:
        world = a_programme()
        announced(world, "c", "2022-01-01", "ppu", applies_to=applies_to)

        assert created(world, partner_id=partner_id).pricing_model is PricingModel.PPA

    @pytest.mark.parametrize(
        ("cutovers", "model"),
        [
            ([("2022-01-01", "ppu"), ("2023-01-01", "pps")], "pps"),
            ([("2023-01-01", "pps"), ("2022-01-01", "ppu")], "pps"),  # by `on`, not by the log
            ([("2022-01-01", "ppu"), ("2022-01-01", "pps")], "pps"),  # on one day the later in the log
            (
                [("2024-06-15", "pps"), ("2024-06-16", "ppu")],
                "pps",
            ),  # the day itself counts, the next does not
        ],
    )
    def test_apply_in_the_order_of_their_day(self, cutovers: list[tuple[str, str]], model: str) -> None:
        world = World()
        for number, (on, sets) in enumerate(cutovers):
            announced(world, f"c{number}", on, sets)

        assert created(world).pricing_model == model

    def test_compare_their_day_with_the_local_date(self) -> None:
        world = World()
        announced(world, "c", "2024-06-16", "ppu")

        assert created(world, at="2024-06-15T22:00:00Z", time_zone="Europe/Warsaw").pricing_model == "ppu"

    def test_count_whatever_their_effective_at(self) -> None:
        world = World()
        fields = {"applies_to": {"source": "signup"}, "takes_effect": "on_creation", "pricing_model": "ppu"}
        world.has("CutoverAnnounced", "2030-01-01", "2024-01-01", cutover_id="c", on="2022-01-01", **fields)
        assert isinstance(world.log[0].event, CutoverAnnounced)

        assert created(world).pricing_model is PricingModel.PPU

    def test_refuse_another_model_and_are_named(self) -> None:
        world = World()
        announced(world, "signups-2022", "2022-01-01", "ppu")

        with pytest.raises(ModelNotOffered, match="cutover 'signups-2022' \\(e1\\) sets ppu") as refused:
            created(world, pricing_model="ppa")
        assert refused.value.fields["cutover_id"] == "signups-2022"
        assert created(world, pricing_model="ppu").pricing_model is PricingModel.PPU


class TestPartner:
    def test_must_be_registered_before(self) -> None:
        with pytest.raises(PartnerNotFound, match="no partner 'nobody'"):
            created(a_programme(), partner_id="nobody")

    def test_may_be_missing_where_a_partner_pays(self) -> None:
        # without a partner there is no rate, so nothing is taken off
        assert created(World(), payer="partner").payer is Payer.PARTNER

    def test_may_pay_as_an_affiliate(self) -> None:
        assert created(a_programme(), partner_id="affiliate", payer="partner").payer is Payer.PARTNER
