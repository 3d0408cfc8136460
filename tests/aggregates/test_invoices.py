"""When an invoice may be issued, and what it must know."""

import pytest

from ledger.aggregates.invoices import (
    IssuedOutOfOrder,
    IssuedTooEarly,
    KnownThroughNotFound,
    KnowsTooLittle,
    NotABillingDate,
)
from ledger.aggregates.license import LicenseNotFound
from tests.aggregates.world import World


def a_licence(zone: str = "UTC") -> World:
    """Return a licence with the anchor 31 January 2024 (e1) and a ChatBot added on the 10th (e2)."""
    world = World()
    world.has(
        "LicenseCreated",
        "2024-01-01",
        license_id="lic",
        source="signup",
        plan="team",
        billing_cycle="monthly",
        billing_anchor="2024-01-31",
        time_zone=zone,
    )
    world.has("ChatBotAdded", "2024-01-10", license_id="lic", bot_id="bot")
    return world


def issued(
    world: World,
    billing_date: str,
    at: str,
    *,
    knows: str = "e2",
    recorded: str | None = None,
    number: str = "",
) -> None:
    world.has(
        "InvoiceIssued",
        at,
        recorded,
        license_id="lic",
        number=number or f"no-{billing_date}",
        billing_date=billing_date,
        known_through=knows,
        lines=[],
        total=0,
        digest="",
    )


class TestBillingDate:
    def test_is_one_of_the_anchors(self) -> None:
        world = a_licence()

        issued(world, "2024-01-31", "2024-03-31")
        issued(world, "2024-02-29", "2024-03-31")
        issued(world, "2024-03-31", "2024-03-31", knows="e4")

        assert len(world.log) == 5

    @pytest.mark.parametrize("billing_date", ["2024-02-28", "2024-03-29", "2023-12-31", "2024-01-30"])
    def test_is_refused_otherwise(self, billing_date: str) -> None:
        with pytest.raises(NotABillingDate, match="counted from 2024-01-31"):
            issued(a_licence(), billing_date, "2024-05-01")

    def test_may_leave_dates_out_but_never_goes_back(self) -> None:
        world = a_licence()
        issued(world, "2024-03-31", "2024-04-01")

        for billing_date in ("2024-02-29", "2024-03-31"):
            with pytest.raises(IssuedOutOfOrder, match="2024-03-31 is issued already") as refused:
                issued(world, billing_date, "2024-04-02", number="new")
            assert refused.value.fields["clashes_with"] == "e3"

    def test_belongs_to_a_licence(self) -> None:
        with pytest.raises(LicenseNotFound):
            issued(World(), "2024-01-31", "2024-01-31")


class TestInstant:
    @pytest.mark.parametrize(
        ("at", "recorded", "field"),
        [
            ("2024-01-30T22:59:59.999999Z", "2024-01-30T23:00:00Z", "effective_at"),
            ("2024-01-30T23:00:00Z", "2024-01-30T22:59:59.999999Z", "recorded_at"),
        ],
    )
    def test_has_come_in_the_licences_zone(self, at: str, recorded: str, field: str) -> None:
        world = a_licence("Europe/Warsaw")

        with pytest.raises(IssuedTooEarly, match="begins at 2024-01-30T23:00:00") as refused:
            issued(world, "2024-01-31", at, recorded=recorded)
        assert refused.value.fields["field"] == field
        issued(world, "2024-01-31", "2024-01-30T23:00:00Z")


class TestKnowledge:
    def test_is_an_event_of_the_log(self) -> None:
        with pytest.raises(KnownThroughNotFound, match="no event 'e99'"):
            issued(a_licence(), "2024-01-31", "2024-01-31", knows="e99")

    def test_has_what_was_recorded_by_the_instant(self) -> None:
        world = a_licence()
        world.has("ChatBotAdded", "2024-01-31", license_id="lic", bot_id="at the instant")
        world.has("ChatBotAdded", "2024-01-31T00:00:00.000001Z", license_id="lic", bot_id="after it")

        with pytest.raises(KnowsTooLittle, match="before the billing date began"):
            issued(world, "2024-01-31", "2024-02-01", knows="e2")
        issued(world, "2024-01-31", "2024-02-01", knows="e3")

    def test_has_what_the_invoice_before_knew(self) -> None:
        world = a_licence()
        world.has("ChatBotAdded", "2024-03-01", license_id="lic", bot_id="b")
        issued(world, "2024-01-31", "2024-03-02", knows="e3")

        with pytest.raises(KnowsTooLittle, match="invoice before knew more"):
            issued(world, "2024-02-29", "2024-03-02", knows="e2")
        issued(world, "2024-02-29", "2024-03-02", knows="e3")
