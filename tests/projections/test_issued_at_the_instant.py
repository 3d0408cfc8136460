"""An invoice issued at its date's very instant may have gone before other events of that instant."""

from tests.projections.told import Told

MARCH, APRIL = "2024-03-15", "2024-04-15"


def _issued_first() -> Told:
    """Issue the invoice of 15 March at 00:00:00, then let an agent, a price and a rate follow at 00:00:00."""
    story = Told().price(1000).partner("0.1")
    story.licence(
        "ppu",
        "2024-01-01",
        source="partner_app",
        partner_id="p",
        payer="partner",
        billing_anchor="2024-02-15",
    )
    story.agent("a", "2024-01-01")
    story.issue("1", "2024-02-15", story.last_id, "2024-02-15")
    story.issue("2", MARCH, story.last_id, MARCH)
    return story.agent("b", MARCH).price(1500, MARCH).terms("0.2", MARCH)


class TestIssuedAtTheInstant:
    def test_leaves_out_what_the_invoice_did_not_know(self) -> None:
        # one agent at 10.00 less 10 %: 1000 - 100
        assert [row["total"] for row in _issued_first().ask("invoices", MARCH)] == [900, 900]

    def test_the_next_invoice_adjusts_to_what_followed_at_that_instant(self) -> None:
        april = _issued_first().ask("invoices", APRIL)[-1]
        # April: two agents at 15.00 less 20 %: 3000 - 600. So should March have been: 2400 - 900 billed.
        assert [line["amount"] for line in april["lines"]] == [3000, -600, 1500]
        assert april["lines"][-1]["billing_date"] == MARCH

    def test_a_change_of_cycle_that_followed_leaves_the_issued_invoice_monthly(self) -> None:
        story = Told().price(1000).price(10000, billing_cycle="annual")
        story.licence("ppu", "2024-01-01", billing_anchor=MARCH).agent("a", "2024-01-01")
        story.issue("1", MARCH, story.last_id, MARCH)
        story.cycle("annual", MARCH)
        march, april = story.ask("invoices", APRIL)
        assert (march["billing_cycle"], march["total"]) == ("monthly", 1000)
        # the year should have been charged: 10000 - 1000 billed
        assert [line["amount"] for line in april["lines"]] == [9000]
