"""What may be recorded on partners, prices and cutovers."""

import pytest

from ledger.aggregates.creation import PartnerNotFound
from ledger.aggregates.programme import CutoverExists, PartnerExists, TermsBeforeRegistration
from tests.aggregates.world import World


def registered(world: World, at: str = "2024-01-05") -> None:
    world.has("PartnerRegistered", at, partner_id="acme", programme="solution")


def terms(world: World, at: str, recorded: str | None = None) -> None:
    world.has("PartnerTermsChanged", at, recorded, partner_id="acme", discount_rate="0.25")


class TestPartner:
    def test_is_registered_once(self) -> None:
        world = World()
        registered(world)

        with pytest.raises(PartnerExists) as refused:
            registered(world, at="2024-02-05")
        assert refused.value.fields["clashes_with"] == "e1"

    def test_is_registered_before_its_terms_change(self) -> None:
        world = World()
        with pytest.raises(PartnerNotFound, match="no partner 'acme'"):
            terms(world, "2024-01-01")
        registered(world)
        with pytest.raises(TermsBeforeRegistration) as refused:
            terms(world, "2024-01-04", "2024-02-01")
        assert refused.value.fields["clashes_with"] == "e1"

    def test_gets_terms_late_and_ahead(self) -> None:
        world = World()
        registered(world)

        terms(world, "2024-01-05", "2024-02-01")
        terms(world, "2025-01-01", "2024-02-01")
        terms(world, "2024-01-20", "2024-02-01")

        assert len(world.log) == 4


class TestPriceList:
    def test_takes_prices_in_any_order(self) -> None:
        world = World()
        for at in ("2024-02-01", "2023-01-01", "2030-01-01", "2024-02-01"):
            world.has(
                "PricePublished",
                at,
                "2024-03-01",
                plan="x",
                billing_cycle="annual",
                currency="USD",
                unit_amount=0,
            )

        assert world.log[-1].originator_version == 4


class TestCutover:
    def test_is_announced_once(self) -> None:
        world = World()
        fields = {
            "cutover_id": "c",
            "applies_to": {"source": "signup"},
            "takes_effect": "on_creation",
            "on": "2024-08-11",
            "pricing_model": "ppu",
        }
        world.has("CutoverAnnounced", "2024-01-01", None, **fields)

        with pytest.raises(CutoverExists) as refused:
            world.has("CutoverAnnounced", "2024-01-01", None, **fields)
        assert refused.value.fields["clashes_with"] == "e1"
