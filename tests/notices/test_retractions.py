"""If a change no longer applies, its readers are told once; nobody else is told anything."""

from datetime import UTC, datetime

import pytest

from ledger.application.cancel_license import cancel_license
from ledger.application.change_billing_cycle import change_billing_cycle
from ledger.application.ledger import Ledger
from ledger.application.mailing import MailNotAccepted, Withdrawal
from ledger.application.switch_pricing_model import switch_pricing_model
from ledger.stores.deliveries import DeliveryState
from tests.application.desk import HandClock, meta
from tests.notices.world import (
    AP,
    Mailman,
    PowerCut,
    busy,
    cut_before_the_email_is_recorded,
    notices_in,
    open_at,
    programme,
    results,
    run,
    with_licence,
)

CHARGE = datetime(2024, 8, 24, tzinfo=UTC)


@pytest.fixture
def mailman() -> Mailman:
    return Mailman()


@pytest.fixture
def told(sqlite_ledger: Ledger, clock: HandClock, mailman: Mailman) -> Ledger:
    """Return a ledger whose one licence has got its notices."""
    open_at(sqlite_ledger, with_licence(programme()), clock)
    run(sqlite_ledger, mailman)
    mailman.taken.clear()
    clock.pass_by(days=1)
    return sqlite_ledger


def cancelled(ledger: Ledger) -> Ledger:
    cancel_license(ledger, license_id="bakery", meta=meta())
    return ledger


class TestRetractions:
    def test_go_out_once_when_the_change_no_longer_applies(
        self, told: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        assert results(run(cancelled(told), mailman)) == [("retraction", "sent")]
        [letter] = mailman.taken
        assert letter.recipients == (AP,)
        assert letter.content == Withdrawal("bakery", "resellers", CHARGE.date(), None)
        for days in (1, 5, 30):
            clock.pass_by(days=days)
            assert results(run(told, mailman)) == []
        assert len(mailman.taken) == 1

    def test_are_no_events(self, told: Ledger, mailman: Mailman) -> None:
        before = notices_in(told)
        run(cancelled(told), mailman)
        assert notices_in(told) == before

    def test_have_an_id_of_their_own(self, told: Ledger, mailman: Mailman) -> None:
        run(cancelled(told), mailman)
        [notice] = told.store.deliveries.in_state("notice", DeliveryState.ACCEPTED)
        assert mailman.ids[0] != notice.message.message_id

    def test_name_the_date_to_which_the_charge_moved(
        self, told: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        # the cycle changes on 20 August, so a year begins on the 24th as before: nothing to take back
        change_billing_cycle(told, license_id="bakery", billing_cycle="annual", meta=meta())
        assert results(run(told, mailman)) == []
        # switched by hand before the day of the cutover would be no change; since it, the cutover has no say
        switch_pricing_model(told, license_id="bakery", pricing_model="pps", meta=meta())
        assert results(run(told, mailman)) == [("retraction", "sent")]

    def test_of_a_date_that_moved_come_with_the_new_one(
        self, sqlite_ledger: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        # Billed on the 24th of July and of August; a notice 45 days ahead is due on 10 July.
        far = programme()
        far.lines[-1]["notice_days"] = 45
        open_at(sqlite_ledger, with_licence(far), clock, datetime(2024, 7, 21, tzinfo=UTC))
        assert results(run(sqlite_ledger, mailman)) == [("email", "sent"), ("in_app", "sent")]
        # The year begins on 24 July, so the first period from 11 August on begins on 24 July 2025.
        change_billing_cycle(sqlite_ledger, license_id="bakery", billing_cycle="annual", meta=meta())
        assert results(run(sqlite_ledger, mailman)) == [("retraction", "sent")]
        content = mailman.taken[-1].content
        assert isinstance(content, Withdrawal)
        assert (content.charge_date.isoformat(), str(content.moved_to)) == ("2024-08-24", "2025-07-24")
        # the new date's notices go out on their own when they are due
        clock.now = datetime(2025, 7, 1, tzinfo=UTC)
        assert results(run(sqlite_ledger, mailman)) == [("email", "sent"), ("in_app", "sent")]

    def test_are_not_sent_for_a_notice_that_never_went_out(
        self, sqlite_ledger: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        open_at(sqlite_ledger, with_licence(programme()), clock)
        run(sqlite_ledger, mailman.fails(busy()))
        assert results(run(cancelled(sqlite_ledger), mailman)) == []

    def test_are_not_sent_for_what_another_program_sent(
        self, sqlite_ledger: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        told = with_licence(programme()).fact(
            "NoticeSent",
            "2024-08-10",
            license_id="bakery",
            cutover_id="resellers",
            charge_date="2024-08-24",
            channel="email",
            attempt=1,
        )
        open_at(sqlite_ledger, told, clock, datetime(2024, 8, 11, tzinfo=UTC))
        assert results(run(cancelled(sqlite_ledger), mailman)) == []

    def test_are_not_sent_once_the_charge_has_come(
        self, told: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        clock.now = CHARGE
        assert results(run(told, mailman)) == []
        assert told.store.deliveries.in_state("notice", DeliveryState.ACCEPTED) == []

    def test_that_fail_wait_and_end_as_notices_do(
        self, told: Ledger, clock: HandClock, mailman: Mailman
    ) -> None:
        cancelled(told)
        assert results(run(told, mailman.fails(busy()), attempts=2)) == [("retraction", "failed")]
        assert results(run(told, mailman, attempts=2)) == [("retraction", "waiting")]
        clock.pass_by(minutes=1)
        assert results(run(told, mailman.fails(busy()), attempts=2)) == [("retraction", "failed")]
        clock.pass_by(days=1)
        assert results(run(told, mailman, attempts=2)) == [("retraction", "given_up")]
        # nobody is told of it for ever
        clock.pass_by(days=30)
        assert results(run(told, mailman, attempts=2)) == []

    def test_that_are_refused_are_given_up(self, told: Ledger, clock: HandClock, mailman: Mailman) -> None:
        run(cancelled(told), mailman.fails(MailNotAccepted("550 gone", for_good=True)))
        clock.pass_by(hours=5)
        assert results(run(told, mailman)) == [("retraction", "given_up")]

    def test_are_shown_by_a_dry_run(self, told: Ledger, mailman: Mailman) -> None:
        done = run(cancelled(told), mailman, dry_run=True)
        assert results(done) == [("retraction", "would_send")]
        assert not mailman.taken

    def test_that_turn_out_wrong_are_reported(self, told: Ledger, clock: HandClock, mailman: Mailman) -> None:
        switch_pricing_model(told, license_id="bakery", pricing_model="pps", meta=meta())
        run(told, mailman)
        # switched to the cutover's model after all: the change is back on the same date
        clock.pass_by(seconds=1)
        switch_pricing_model(told, license_id="bakery", pricing_model="ppu", meta=meta())
        done = run(told, mailman)
        assert results(done) == []
        assert [fault.code for fault in done.faults] == ["applies_again"]
        assert len(mailman.taken) == 1

    def test_record_a_notice_that_a_power_cut_left_unrecorded(
        self, sqlite_ledger: Ledger, clock: HandClock, mailman: Mailman, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        open_at(sqlite_ledger, with_licence(programme()), clock)

        with monkeypatch.context() as patch:
            cut_before_the_email_is_recorded(patch)
            with pytest.raises(PowerCut):
                run(sqlite_ledger, mailman)
        clock.pass_by(hours=1)
        assert results(run(cancelled(sqlite_ledger), mailman)) == [
            ("email", "recovered"),
            ("retraction", "sent"),
        ]
        assert notices_in(sqlite_ledger)[-1] == ("NoticeSent", "email", 1)
