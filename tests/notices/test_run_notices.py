"""Notices that are due go out, each once, whatever happens in between."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.application.ledger import Ledger
from ledger.application.mailing import Letter, MailNotAccepted
from ledger.application.notice_attempts import pause_after
from ledger.application.notice_outcomes import Result
from ledger.application.notice_posting import Post
from ledger.application.run_notices import WORK, UntilIsToCome, run_notices
from ledger.stores.errors import AlreadyUnderWay, StoreLocked
from tests.application.desk import HandClock, log_of
from tests.notices.world import (
    AP,
    DUE,
    OWNER,
    Mailman,
    PowerCut,
    busy,
    cut_before_the_email_is_recorded,
    never_slept,
    no_address,
    notices_in,
    open_at,
    programme,
    results,
    run,
    with_licence,
)

SENT_BOTH = [("email", "sent"), ("in_app", "sent")]


@pytest.fixture
def bakery(sqlite_ledger: Ledger, clock: HandClock) -> Ledger:
    """Return a ledger with one licence, at the instant at which its notices are due."""
    open_at(sqlite_ledger, with_licence(programme()), clock)
    return sqlite_ledger


class TestRunNotices:
    def test_sends_what_is_due_and_records_it(self, bakery: Ledger) -> None:
        mailman = Mailman()
        assert results(run(bakery, mailman)) == SENT_BOTH
        [letter] = mailman.taken
        assert letter.recipients == (AP,)
        assert letter.written_at == DUE
        assert notices_in(bakery) == [("NoticeSent", "in_app", 1), ("NoticeSent", "email", 1)]

    def test_sends_nothing_a_moment_before(self, bakery: Ledger, clock: HandClock) -> None:
        clock.now = DUE - timedelta(microseconds=1)
        assert results(run(bakery, Mailman())) == []

    def test_sends_nothing_twice(self, bakery: Ledger, clock: HandClock) -> None:
        mailman = Mailman()
        run(bakery, mailman)
        clock.pass_by(days=1)
        assert results(run(bakery, mailman)) == []
        assert len(mailman.taken) == 1

    def test_marks_what_comes_late(self, bakery: Ledger, clock: HandClock) -> None:
        clock.now = DUE + timedelta(days=1)
        done = run(bakery, mailman := Mailman())
        assert all(one.is_late for one in done.outcomes)
        [letter] = mailman.taken
        assert getattr(letter.content, "is_late", None) is True

    def test_reports_what_was_missed_and_sends_it_not(self, bakery: Ledger, clock: HandClock) -> None:
        clock.now = datetime(2024, 8, 24, tzinfo=UTC)
        mailman = Mailman()
        done = run(bakery, mailman)
        assert results(done) == [("email", "missed"), ("in_app", "missed")]
        assert not mailman.taken
        assert notices_in(bakery) == []
        assert not done.went_wrong

    def test_goes_no_further_than_until(self, bakery: Ledger, clock: HandClock) -> None:
        clock.now = DUE + timedelta(days=1)
        assert results(run(bakery, Mailman(), until=DUE - timedelta(seconds=1))) == []
        assert results(run(bakery, Mailman(), until=DUE)) == SENT_BOTH

    def test_refuses_to_send_ahead(self, bakery: Ledger) -> None:
        with pytest.raises(UntilIsToCome):
            run(bakery, Mailman(), until=DUE + timedelta(seconds=1))

    def test_leaves_out_nothing_that_is_known_since(self, bakery: Ledger, clock: HandClock) -> None:
        run(bakery, mailman := Mailman())
        clock.pass_by(hours=2)
        # asked about the past, it knows that the notice went out since
        assert results(run(bakery, mailman, until=DUE)) == []

    def test_shows_what_it_would_send(self, bakery: Ledger, clock: HandClock) -> None:
        clock.now = DUE - timedelta(days=3)
        mailman = Mailman()
        done = run(bakery, mailman, until=DUE, dry_run=True)
        assert results(done) == [("email", "would_send"), ("in_app", "would_send")]
        assert done.outcomes[0].recipients == (AP,)
        assert done.outcomes[0].letter is not None
        assert not mailman.taken
        assert notices_in(bakery) == []
        assert bakery.store.ledger_id(create=False) is None

    def test_lets_one_at_a_time_send(self, bakery: Ledger) -> None:
        with bakery.store.alone(WORK), pytest.raises(AlreadyUnderWay):
            run(bakery, Mailman())
        assert notices_in(bakery) == []

    def test_names_the_price_that_is_missing_and_sends(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        open_at(sqlite_ledger, with_licence(programme(), currency="EUR"), clock)
        done = run(sqlite_ledger, Mailman())
        assert results(done) == SENT_BOTH
        [fault] = done.faults
        assert fault.code == "missing_price"
        assert "no price is known for team, monthly, EUR on 2024-08-24" in fault.message


class TestRecipients:
    def test_are_those_of_the_configuration_first(self, bakery: Ledger) -> None:
        mailman = Mailman()
        book = {"acme": "cfo@acme.example"}.get
        run_notices(bakery, Post(mailman, book, 8, never_slept))
        assert [letter.recipients for letter in mailman.taken] == [("cfo@acme.example",)]

    def test_are_never_the_customer_s_where_the_partner_pays(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        open_at(sqlite_ledger, with_licence(programme(email=None)), clock)
        done = run(sqlite_ledger, Mailman())
        assert results(done) == [("email", "no_recipient"), ("in_app", "sent")]
        [fault] = done.faults
        assert fault.code == "no_recipient"
        assert "payers.acme.email" in fault.mend
        assert notices_in(sqlite_ledger) == [("NoticeSent", "in_app", 1)]

    def test_are_the_active_owners_of_who_pays_for_himself(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        told = with_licence(programme(), payer="client")
        for agent_id in ("second@acme.example", "no address", "gone@acme.example"):
            told.fact("AgentCreated", "2024-07-05", license_id="bakery", agent_id=agent_id, role="owner")
        told.fact("AgentSuspended", "2024-07-06", license_id="bakery", agent_id="gone@acme.example")
        open_at(sqlite_ledger, told, clock)
        run(sqlite_ledger, mailman := Mailman())
        assert [letter.recipients for letter in mailman.taken] == [(OWNER, "second@acme.example")]


class TestFailures:
    def test_are_recorded_and_tried_again_after_growing_pauses(
        self, bakery: Ledger, clock: HandClock
    ) -> None:
        mailman = Mailman().fails(busy(), busy())
        assert results(run(bakery, mailman)) == [("email", "failed"), ("in_app", "sent")]
        clock.pass_by(seconds=59)
        assert results(run(bakery, mailman)) == [("email", "waiting")]
        clock.pass_by(seconds=1)
        assert results(run(bakery, mailman)) == [("email", "failed")]
        clock.pass_by(minutes=3, seconds=59)
        assert results(run(bakery, mailman)) == [("email", "waiting")]
        clock.pass_by(seconds=1)
        assert results(run(bakery, mailman)) == [("email", "sent")]
        assert [one for one in notices_in(bakery) if one[1] == "email"] == [
            ("NoticeFailed", "email", 1),
            ("NoticeFailed", "email", 2),
            ("NoticeSent", "email", 3),
        ]

    def test_say_when_the_next_attempt_is(self, bakery: Ledger, clock: HandClock) -> None:
        [failed, _] = run(bakery, Mailman().fails(busy())).outcomes
        assert failed.next_at == clock.now + timedelta(minutes=1)
        assert failed.reason == "451 try later"
        [waiting] = run(bakery, Mailman()).outcomes
        assert waiting.next_at == failed.next_at

    def test_keep_their_pauses_over_a_restart(
        self, bakery: Ledger, clock: HandClock, sqlite_url: str
    ) -> None:
        run(bakery, Mailman().fails(busy()))
        with Ledger.open(sqlite_url, create=False, clock=clock) as restarted:
            assert results(run(restarted, Mailman())) == [("email", "waiting")]
            clock.pass_by(minutes=1)
            assert results(run(restarted, Mailman())) == [("email", "sent")]

    def test_end_after_so_many_attempts(self, bakery: Ledger, clock: HandClock) -> None:
        mailman = Mailman().fails(*(busy() for _ in range(3)))
        next_at = []
        for _ in range(3):
            [failed, *_] = run(bakery, mailman, attempts=3).outcomes
            assert failed.result is Result.FAILED
            next_at.append(failed.next_at)
            clock.pass_by(days=1)
        assert [at is None for at in next_at] == [False, False, True]
        done = run(bakery, mailman, attempts=3)
        assert results(done) == [("email", "given_up")]
        assert done.went_wrong
        assert not mailman.taken

    def test_use_the_same_message_id_every_time(self, bakery: Ledger, clock: HandClock) -> None:
        seen: list[str] = []

        class Forgetful(Mailman):
            def send(self, letter: Any) -> tuple[str, ...]:
                seen.append(letter.message_id)
                raise busy()

        for _ in range(3):
            run(bakery, Forgetful())
            clock.pass_by(days=1)
        assert len(seen) == 3
        assert len(set(seen)) == 1

    def test_for_good_are_not_repeated_for_the_same_address(self, bakery: Ledger, clock: HandClock) -> None:
        mailman = Mailman().fails(MailNotAccepted("550 no such user", for_good=True))
        done = run(bakery, mailman)
        assert (done.outcomes[0].result, done.outcomes[0].next_at) == (Result.FAILED, None)
        clock.pass_by(days=2)
        assert results(run(bakery, mailman)) == [("email", "given_up")]
        other = run_notices(bakery, Post(mailman, lambda _: "new@acme.example", 8, never_slept))
        assert results(other) == [("email", "sent")]
        assert notices_in(bakery)[-1] == ("NoticeSent", "email", 2)

    def test_of_the_server_leave_the_others_for_later(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        told = programme()
        for name in ("a", "b", "c"):
            with_licence(told, name)
        open_at(sqlite_ledger, told, clock)
        mailman = Mailman().fails(MailNotAccepted("refused", server_wide=True))
        done = run(sqlite_ledger, mailman)
        assert [one.result.value for one in done.outcomes if one.subject.channel == "email"] == [
            "failed", "waiting", "waiting",
        ]  # fmt: skip
        # they were not attempts, so nothing is recorded of them and nobody waits longer
        assert sum(kind == "NoticeFailed" for kind, _, _ in notices_in(sqlite_ledger)) == 1
        assert len([one for one in run(sqlite_ledger, mailman).outcomes if one.result is Result.SENT]) == 2


class TestPauses:
    def test_grow_up_to_a_day(self) -> None:
        minutes = [pause_after(failures) // timedelta(minutes=1) for failures in range(1, 9)]
        assert minutes == [1, 4, 16, 64, 256, 1024, 1440, 1440]
        assert pause_after(10**6) == timedelta(days=1)


class TestBeingCutOff:
    def test_before_the_server_s_word_makes_another_attempt_under_the_same_id(
        self, bakery: Ledger, clock: HandClock
    ) -> None:
        with pytest.raises(PowerCut):
            run(bakery, first := Mailman().fails(PowerCut()))
        assert notices_in(bakery) == [("NoticeSent", "in_app", 1)]
        assert not first.taken
        clock.pass_by(minutes=1)
        run(bakery, mailman := Mailman())
        [delivery] = bakery.store.deliveries.of([mailman.taken[0].key]).values()
        assert delivery.message.message_id == mailman.ids[0]
        assert delivery.attempts == 2

    def test_behind_the_server_s_word_records_without_sending(
        self, bakery: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mailman = Mailman()
        with monkeypatch.context() as patch:
            cut_before_the_email_is_recorded(patch)
            with pytest.raises(PowerCut):
                run(bakery, mailman)
        assert len(mailman.taken) == 1
        accepted_at = clock.now
        clock.pass_by(days=2)
        assert results(run(bakery, mailman)) == [("email", "recovered")]
        assert len(mailman.taken) == 1
        assert notices_in(bakery)[-1] == ("NoticeSent", "email", 1)
        # it went out in time, whenever that was recorded
        assert log_of(bakery)[-1]["effective_at"] == f"{accepted_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert results(run(bakery, mailman)) == []

    def test_of_a_run_that_another_took_the_place_of_records_once(self, bakery: Ledger) -> None:
        class Interrupted(Mailman):
            """A mailer during which the run loses its lock, and another one sends the same."""

            def send(self, letter: Letter) -> tuple[str, ...]:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(bakery.store, "alone", lambda _work: nullcontext())
                    run(bakery, Mailman())
                return super().send(letter)

        assert results(run(bakery, Interrupted())) == SENT_BOTH
        assert notices_in(bakery) == [("NoticeSent", "in_app", 1), ("NoticeSent", "email", 1)]

    def test_by_a_long_writer_waits_for_it(self, bakery: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        slept: list[float] = []
        accept = bakery.store.deliveries.accepted
        refusals = [StoreLocked(url="x", waited_s=5), StoreLocked(url="x", waited_s=5)]

        def accepted(key: str, accepted_us: int) -> None:
            if refusals:
                raise refusals.pop()
            accept(key, accepted_us)

        monkeypatch.setattr(bakery.store.deliveries, "accepted", accepted)
        done = run_notices(bakery, Post(Mailman(), no_address, 8, slept.append))
        assert results(done) == SENT_BOTH
        assert len(slept) == 2
