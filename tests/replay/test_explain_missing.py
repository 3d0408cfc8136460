"""An invoice that does not exist is refused with the reason, and with the dates that there are."""

from datetime import date

import pytest

from ledger.application.ask import Question
from replay.explain.missing import NoInvoiceOnDate
from tests.projections.told import Told
from tests.replay.explaining import Papers
from tests.second_opinion.story import at


def licence() -> Told:
    return Told().price(1000).licence("ppu").agent("ann", "2024-03-11")


def explain(told: Told, day: str, as_of: str = "2026-01-01") -> None:
    Papers(told.lines).explain("l", date.fromisoformat(day), at(as_of))


class TestNoInvoice:
    @pytest.mark.parametrize(
        ("day", "as_of", "reason", "hint"),
        [
            (
                "2024-04-02",
                "2024-06-15",
                "none of its billing dates, the next one is 2024-05-01",
                "2024-04-01",
            ),
            (
                "2024-07-01",
                "2024-06-15",
                "had not begun by 2024-06-15T00:00:00.000000Z",
                "--as-of 2024-07-01T00",
            ),
            (
                "2024-02-01",
                "2024-06-15",
                "the next one is 2024-04-01",
                "It has invoices of 2024-04-01, 2024-05-01",
            ),
            ("2024-04-01", "2024-03-15", "had not begun", "--known-at 2024-03-15T00:00:00.000000Z"),
        ],
    )
    def test_is_refused_with_the_reason_and_the_dates_there_are(
        self, day: str, as_of: str, reason: str, hint: str
    ) -> None:
        with pytest.raises(NoInvoiceOnDate) as refused:
            explain(licence(), day, as_of)
        assert reason in str(refused.value)
        assert hint in str(refused.value.hint)
        assert refused.value.exit_code == 3

    def test_of_a_date_inside_a_year(self) -> None:
        told = Told().price(1000, billing_cycle="annual").licence("ppu", billing_cycle="annual")
        told.agent("ann", "2024-03-11")
        with pytest.raises(NoInvoiceOnDate, match="no period begins on it"):
            explain(told, "2024-06-01")

    def test_after_a_cancellation(self) -> None:
        told = licence().fact("LicenseCancelled", "2024-04-20")
        with pytest.raises(NoInvoiceOnDate, match="it was cancelled by then"):
            explain(told, "2024-05-01")

    def test_without_a_price(self) -> None:
        told = Told().licence("ppu").agent("ann", "2024-03-11")
        with pytest.raises(NoInvoiceOnDate, match="no price for team, monthly, USD was known") as refused:
            explain(told, "2024-05-01")
        assert refused.value.hint == "It has no invoice yet."

    def test_before_the_licence_was_recorded(self) -> None:
        told = Told().price(1000).licence("ppu", "2024-03-10", "2024-04-20")
        told.agent("ann", "2024-03-11", "2024-04-20")
        with pytest.raises(NoInvoiceOnDate, match="its first invoice, of 2024-05-01, catches up"):
            explain(told, "2024-04-01")

    def test_names_the_nearest_where_there_are_many(self) -> None:
        with pytest.raises(NoInvoiceOnDate) as refused:
            explain(licence(), "2024-06-02", "2025-06-15")
        assert refused.value.hint == (
            "It has 15 invoices, from 2024-04-01 to 2025-06-01; the nearest are of "
            "2024-05-01, 2024-06-01, 2024-07-01, 2024-08-01."
        )


def test_a_billing_can_be_shared_by_many_explanations() -> None:
    papers = Papers(licence().lines)
    billing = papers.billing(Question(at("2024-06-15"), None, ("l",)))
    assert billing.invoices.invoices.height == 3
    assert [of.billing_date.month for of in papers.explain_all("l", at("2024-06-15"))] == [6, 5, 4]
