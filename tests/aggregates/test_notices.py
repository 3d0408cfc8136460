"""Which attempts at telling a licence about a cutover may be recorded."""

import pytest

from ledger.aggregates.license import LicenseNotFound
from ledger.aggregates.notices import CutoverGivesNoNotice, CutoverNotFound
from tests.aggregates.test_license import a_world
from tests.aggregates.world import World


def a_cutover(takes_effect: str = "on_billing_date") -> World:
    """Return a licence (e1) and a cutover `c` (e2)."""
    world = a_world()
    world.has(
        "CutoverAnnounced",
        "2024-01-02",
        cutover_id="c",
        applies_to={"source": "signup"},
        takes_effect=takes_effect,
        on="2024-08-11",
        pricing_model="ppu",
    )
    return world


def notice(
    world: World, event_type: str, attempt: int, channel: str = "email", date: str = "2024-08-15"
) -> None:
    world.has(
        event_type,
        "2024-08-01",
        license_id="lic",
        cutover_id="c",
        charge_date=date,
        channel=channel,
        attempt=attempt,
    )


class TestNotices:
    def test_may_be_sent_again_and_tried_in_any_order(self) -> None:
        world = a_cutover()
        notice(world, "NoticeFailed", 2)
        notice(world, "NoticeSent", 2)
        notice(world, "NoticeSent", 1)
        notice(world, "NoticeSent", 1, channel="in_app")
        notice(world, "NoticeSent", 1, date="2024-09-15")

    def test_need_a_licence_and_a_cutover(self) -> None:
        with pytest.raises(LicenseNotFound):
            notice(World(), "NoticeSent", 1)
        with pytest.raises(CutoverNotFound):
            notice(a_world(), "NoticeSent", 1)

    def test_are_not_given_for_a_cutover_of_new_licences(self) -> None:
        with pytest.raises(CutoverGivesNoNotice):
            notice(a_cutover(takes_effect="on_creation"), "NoticeSent", 1)
