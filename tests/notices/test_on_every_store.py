"""The same on every kind of store: one notice, its failures, its recovery, its retraction."""

import pytest

from ledger.application.cancel_license import cancel_license
from ledger.application.ledger import Ledger
from ledger.application.run_notices import WORK
from ledger.stores.errors import AlreadyUnderWay
from tests.application.desk import HandClock, meta
from tests.notices.world import Mailman, busy, notices_in, open_at, programme, results, run, with_licence


class TestNotices:
    def test_go_out_and_are_taken_back_once_each(
        self, ledger: Ledger, clock: HandClock, store_url: str
    ) -> None:
        open_at(ledger, with_licence(programme()), clock)
        mailman = Mailman()
        with ledger.store.alone(WORK), pytest.raises(AlreadyUnderWay):
            run(ledger, mailman)
        assert results(run(ledger, mailman.fails(busy()))) == [("email", "failed"), ("in_app", "sent")]
        with Ledger.open(store_url, create=False, clock=clock) as restarted:
            assert results(run(restarted, mailman)) == [("email", "waiting")]
            clock.pass_by(minutes=1)
            assert results(run(restarted, mailman)) == [("email", "sent")]
        assert results(run(ledger, mailman)) == []
        assert notices_in(ledger) == [
            ("NoticeSent", "in_app", 1),
            ("NoticeFailed", "email", 1),
            ("NoticeSent", "email", 2),
        ]
        clock.pass_by(days=1)
        cancel_license(ledger, license_id="bakery", meta=meta())
        assert results(run(ledger, mailman)) == [("retraction", "sent")]
        assert results(run(ledger, mailman)) == []
        assert len(set(mailman.ids)) == len(mailman.taken) == 2
