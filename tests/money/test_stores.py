"""The money around the invoice is the same whatever store keeps the log."""

import json
from datetime import date

import pytest

from ledger.application.issued_invoices import issued_invoices
from ledger.application.ledger import Ledger
from ledger.application.redundant_accounts import redundant_accounts
from ledger.application.show_journal import show_journal
from ledger.application.show_statement import PartnerNotKnown, show_statement
from ledger.rules.instants import parse_instant
from replay.sample import sample_history
from replay.savings import savings
from tests.application.desk import imported

AS_OF = parse_instant("2024-12-20T00:00:00Z")


def all_of_it(ledger: Ledger) -> list[object]:
    """Ask everything."""
    imported(ledger, sample_history())
    return [
        list(show_journal(ledger).beancount()),
        list(show_journal(ledger, license_ids=["signup-issued-next-morning"]).hledger()),
        show_statement(ledger, "cobalt", date(2024, 8, 31), AS_OF).as_dict(),
        savings(ledger, "resellers-2024-08-11", AS_OF).as_dict(),
        redundant_accounts(ledger, ["acme-hotel-annual", "acme-bakery-peak"], 30, AS_OF),
    ]


class TestEveryStore:
    def test_gives_the_same(self, sqlite_url: str, postgres_url: str) -> None:
        with (
            Ledger.open(sqlite_url, create=True) as one,
            Ledger.open(postgres_url, create=True) as other,
        ):
            assert json.dumps(all_of_it(one), default=str) == json.dumps(all_of_it(other), default=str)

    def test_knows_a_partner_from_its_registration_on(self, sqlite_url: str) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, sample_history())
            registered = parse_instant("2021-01-04T09:00:00Z")
            assert show_statement(ledger, "acme", date(2021, 1, 1), registered).rows == []
            with pytest.raises(PartnerNotKnown):
                show_statement(ledger, "borealis", date(2021, 1, 1), registered)

    def test_holds_as_many_entries_as_invoices_were_issued(self, sqlite_url: str) -> None:
        with Ledger.open(sqlite_url, create=True) as ledger:
            imported(ledger, sample_history())
            positions = [issued.position for issued in issued_invoices(ledger)]
            assert show_journal(ledger).journal.postings["position"].unique().sort().to_list() == positions
        assert len(positions) == 4
