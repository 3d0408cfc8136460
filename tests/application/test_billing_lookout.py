"""When the next billing date comes, of the licences seen so far."""

from datetime import UTC, datetime

from ledger.application.billing_lookout import BillingLookout
from ledger.application.ledger import Ledger
from ledger.rules.instants import to_us
from tests.application.desk import HandClock, a_license

MIDNIGHT_IN_WARSAW = datetime(2024, 5, 30, 22, tzinfo=UTC)


class TestBillingLookout:
    def test_names_the_next_billing_instant(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        lookout = BillingLookout()
        assert lookout.next_at(to_us(clock.now)) is None
        a_license(sqlite_ledger, "late", billing_anchor="2024-06-15")
        a_license(sqlite_ledger, "warsaw", billing_anchor="2024-05-31", time_zone="Europe/Warsaw")
        assert lookout.look(sqlite_ledger, to_us(clock.now)) == []
        first_us = to_us(MIDNIGHT_IN_WARSAW)
        assert lookout.next_at(to_us(clock.now)) == lookout.next_at(first_us - 1) == first_us
        assert lookout.next_at(first_us) == to_us(datetime(2024, 6, 15, tzinfo=UTC))
        # the 31st of June is the 30th
        assert lookout.next_at(to_us(datetime(2024, 6, 15, tzinfo=UTC))) == to_us(
            datetime(2024, 6, 29, 22, tzinfo=UTC)
        )
