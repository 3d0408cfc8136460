"""Billing, case by case: what is issued, with what knowledge, and what is reported instead."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.application import run_billing as module
from ledger.application.add_chatbot import add_chatbot
from ledger.application.ask import Question, ask_invoices, digest_of
from ledger.application.billing_lookout import BillingLookout
from ledger.application.cancel_license import cancel_license
from ledger.application.create_agent import create_agent
from ledger.application.delete_agent import delete_agent
from ledger.application.invoice_drafts import Drafting, Drafts
from ledger.application.issued_invoices import issued_invoices
from ledger.application.issuing_invoices import IssuedNow
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.application.run_billing import BilledAhead, BillingReport, run_billing
from replay.sample import sample_history
from tests.application.desk import (
    NOON,
    HandClock,
    a_license,
    history,
    imported,
    log_of,
    meta,
)

# a_license is created on 1 May 2024 with two agents: D_0 is the 15th
DATES = [datetime(2024, month, 15, tzinfo=UTC) for month in (5, 6, 7, 8)]


class Billed(list[IssuedNow]):
    """The invoices of one run after the other, by what matters of them."""

    @property
    def told(self) -> list[tuple[str, str, list[tuple[str, int]]]]:
        """Give licence, billing date and the lines' kinds and amounts."""
        return [
            (
                event.license_id,
                str(event.billing_date),
                [(each.kind, each.amount) for each in event.lines],
            )
            for event in (one.issued.event for one in self)
        ]


def a_price(ledger: Ledger, unit_amount: int = 1000, at: datetime | None = None, **key: Any) -> None:
    key = {"plan": "team", "billing_cycle": "monthly", "currency": "USD"} | key
    publish_price(ledger, unit_amount_minor=unit_amount, meta=meta(at or NOON), **key)


def bill(ledger: Ledger, clock: HandClock, now: datetime, **options: Any) -> tuple[Billed, BillingReport]:
    clock.now = now
    issued = Billed()
    report = run_billing(ledger, on_issued=issued.extend, **options)
    lines = ask_invoices(ledger, Question(now)).lines
    assert {one.line for one in issued} <= set(lines)
    return issued, report


class TestRunBilling:
    def test_issues_what_is_due_once(self, ledger: Ledger, clock: HandClock) -> None:
        a_price(ledger)
        a_license(ledger)
        assert bill(ledger, clock, DATES[0] - timedelta(microseconds=1))[0] == []
        issued, report = bill(ledger, clock, DATES[0], series="A")
        [(event, position)] = [one.issued for one in issued]
        assert issued.told == [("acme", "2024-05-15", [("recurring", 2000)])]
        assert (event.number, event.actor, event.total) == ("A-2024-000001", "system", 2000)
        assert event.effective_at == event.recorded_at == DATES[0]
        assert event.digest == digest_of([issued[0].line])
        # it knew the event before it
        assert event.known_through == log_of(ledger)[-2]["id"]
        assert list(issued_invoices(ledger)) == [(event, position)]
        assert (report.licenses, report.issued, report.totals["USD"].invoiced_minor) == (1, 1, 2000)
        assert bill(ledger, clock, DATES[0], series="A")[0] == []

    def test_bills_an_empty_ledger(self, ledger: Ledger, clock: HandClock) -> None:
        assert bill(ledger, clock, NOON)[1].issued == 0

    def test_refuses_what_has_not_come(self, ledger: Ledger) -> None:
        with pytest.raises(BilledAhead) as refusal:
            run_billing(ledger, until=NOON + timedelta(seconds=1))
        assert (refusal.value.code, refusal.value.exit_code) == ("billed_ahead", 2)

    def test_a_late_fact_is_adjusted_on_the_next_invoice(self, ledger: Ledger, clock: HandClock) -> None:
        a_price(ledger)
        a_license(ledger)
        bill(ledger, clock, DATES[0])
        create_agent(ledger, license_id="acme", agent_id="bob", meta=meta(DATES[0] - timedelta(days=1)))
        issued, _ = bill(ledger, clock, DATES[1])
        # three agents in June, and the third should have been charged in May
        assert issued.told == [("acme", "2024-06-15", [("recurring", 3000), ("adjustment", 1000)])]

    def test_counts_a_credit_note_apart(self, ledger: Ledger, clock: HandClock) -> None:
        a_price(ledger)
        a_license(ledger)
        bill(ledger, clock, DATES[0])
        clock.pass_by(days=20)
        cancel_license(ledger, license_id="acme", meta=meta(NOON + timedelta(days=13)))
        issued, report = bill(ledger, clock, DATES[1])
        # cancelled on the 14th, May was not owed
        assert issued.told == [("acme", "2024-06-15", [("adjustment", -2000)])]
        assert issued[0].issued.event.number == "INV-2024-000002"
        total = report.totals["USD"]
        assert (total.invoices, total.credit_notes, total.credited_minor) == (0, 1, -2000)
        assert bill(ledger, clock, DATES[3])[0] == []

    def test_a_missing_price_is_reported_and_caught_up_once_known(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        a_price(ledger)
        a_license(ledger, "paid")
        a_license(ledger, "unpriced", plan="business")
        issued, report = bill(ledger, clock, DATES[0])
        assert [told[0] for told in issued.told] == ["paid"]
        assert [fault.code for fault in report.faults] == ["missing_price"]
        assert "unpriced" in report.faults[0].message
        assert report.failed == []
        clock.pass_by(days=3)
        a_price(ledger, 3000, plan="business")
        assert bill(ledger, clock, DATES[0] + timedelta(days=4))[0] == []
        issued, report = bill(ledger, clock, DATES[1])
        assert issued.told == [
            ("paid", "2024-06-15", [("recurring", 2000)]),
            ("unpriced", "2024-06-15", [("recurring", 6000), ("adjustment", 6000)]),
        ]
        assert report.faults == []

    def test_an_annual_licence_is_billed_within_its_year_only_for_what_is_owed(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        a_price(ledger, 10_000, billing_cycle="annual")
        a_license(ledger, billing_cycle="annual")
        assert bill(ledger, clock, DATES[0])[0].told == [("acme", "2024-05-15", [("recurring", 20_000)])]
        assert bill(ledger, clock, DATES[1])[0] == []
        clock.now = DATES[1] + timedelta(days=15)
        create_agent(ledger, license_id="acme", agent_id="bob", meta=meta())
        # of 365 days 319 are left from 30 June on: 10,000 x 319 / 365
        assert bill(ledger, clock, DATES[2])[0].told == [("acme", "2024-07-15", [("true_up", 8740)])]

    def test_begins_at_the_day_where_the_licence_is(self, ledger: Ledger, clock: HandClock) -> None:
        a_price(ledger)
        a_license(ledger, "apia", time_zone="Pacific/Apia")
        a_license(ledger, "beirut", time_zone="Asia/Beirut")
        # noon in UTC is the 2nd of May in Apia, 13 hours ahead
        apia = datetime(2024, 5, 15, 11, tzinfo=UTC)
        beirut = datetime(2024, 5, 14, 21, tzinfo=UTC)
        assert bill(ledger, clock, beirut - timedelta(microseconds=1))[0] == []
        assert [told[0] for told in bill(ledger, clock, beirut)[0].told] == ["beirut"]
        assert bill(ledger, clock, apia - timedelta(microseconds=1))[0] == []
        assert [told[:2] for told in bill(ledger, clock, apia)[0].told] == [("apia", "2024-05-16")]

    def test_of_a_licence_recorded_late_catches_up_on_the_first_that_knows_it(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        a_price(ledger)
        clock.now = DATES[1] + timedelta(days=1)
        at = NOON.isoformat()
        recorded_at = clock.now.isoformat()
        line = {
            "type": "LicenseCreated", "license_id": "late", "source": "signup", "plan": "team",
            "billing_cycle": "monthly", "pricing_model": "ppu", "effective_at": at, "actor": "system",
        }  # fmt: skip
        agent = {"type": "AgentCreated", "license_id": "late", "agent_id": "a", "role": "owner"}
        imported(
            ledger,
            history(
                line | {"recorded_at": recorded_at},
                agent | {"effective_at": at, "actor": "system", "recorded_at": recorded_at},
            ),
        )
        assert bill(ledger, clock, clock.now)[0] == []
        assert bill(ledger, clock, DATES[2])[0].told == [
            ("late", "2024-07-15", [("recurring", 1000), ("adjustment", 1000), ("adjustment", 1000)])
        ]

    def test_late_issues_what_was_owed_then_although_nothing_is_known_of_it_now(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        # a true-up in June that turned out to be a mistake: June has an invoice as known then, none as known
        # now. Were it passed over, July would give back what nobody was charged.
        a_price(ledger, 10_000, billing_cycle="annual")
        a_license(ledger, billing_cycle="annual")
        bill(ledger, clock, DATES[0])
        clock.now = DATES[1] - timedelta(days=5)
        joined_at = clock.now
        create_agent(ledger, license_id="acme", agent_id="bob", meta=meta())
        known_then = log_of(ledger)[-1]["id"]
        clock.now = DATES[1] + timedelta(days=5)
        delete_agent(ledger, license_id="acme", agent_id="bob", meta=meta(joined_at))
        issued, _ = bill(ledger, clock, DATES[2])
        # from 10 June on 339 of 365 days
        assert issued.told == [
            ("acme", "2024-06-15", [("true_up", 9288)]),
            ("acme", "2024-07-15", [("adjustment", -9288)]),
        ]
        assert issued[0].issued.event.known_through == known_then


class TestCutovers:
    def test_of_the_sample_programme_are_recorded_as_switches(self, ledger: Ledger, clock: HandClock) -> None:
        imported(ledger, sample_history())
        _, report = bill(ledger, clock, datetime(2024, 12, 31, tzinfo=UTC))
        switches = [
            line
            for line in log_of(ledger)
            if line["type"] == "PricingModelSwitched" and line["recorded_at"].startswith("2024-12-31")
        ]
        assert len(switches) == report.switched == 27
        assert {(line["pricing_model"], line["actor"]) for line in switches} == {("ppu", "system")}
        # the first period from 11 August on begins on the licence's billing date, where the licence is
        [northwind] = [line for line in switches if line["license_id"] == "acme-issued-then-corrected"]
        assert northwind["effective_at"] == "2024-08-12T00:00:00.000000Z"
        assert bill(ledger, clock, clock.now)[1].switched == 0

    def test_switches_a_licence_with_its_first_period_and_not_before(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        imported(ledger, sample_history())
        now, before, after = (datetime(2024, *day, tzinfo=UTC) for day in ((12, 31), (8, 10), (8, 20)))
        assert bill(ledger, clock, now, until=before)[1].switched == 0
        assert bill(ledger, clock, now, until=after)[1].switched > 0


class TestFailures:
    def test_a_licence_that_cannot_be_read_does_not_stop_the_others(
        self, sqlite_ledger: Ledger, sqlite_url: str, clock: HandClock
    ) -> None:
        ledger = sqlite_ledger
        a_price(ledger)
        for name in ("a", "broken", "c", "unborn"):
            a_license(ledger, name)
        add_chatbot(ledger, license_id="broken", bot_id="b", meta=meta())
        cancel_license(ledger, license_id="broken", meta=meta())
        damage = "UPDATE stored_events SET state = '{' WHERE license_id = ? AND fact = ?"
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
            connection.executemany(damage, [("broken", 24), ("unborn", 20)])
        connection.close()
        lookout = BillingLookout()
        issued, report = bill_only(ledger, clock, DATES[0], lookout)
        assert [told[0] for told in issued.told] == ["a", "c"]
        assert sorted(report.failed) == ["broken", "unborn"]
        assert {fault.code for fault in report.faults} == {"unreadable_license"}
        # it is looked at again, although no billing date came
        _, report = bill_only(ledger, clock, DATES[0] + timedelta(days=1), lookout)
        assert sorted(report.failed) == ["broken", "unborn"]

    def test_what_is_recorded_meanwhile_is_drafted_again(
        self, ledger: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_price(ledger)
        a_license(ledger)
        a_license(ledger, "quiet")
        clock.now, joined_at = DATES[0] + timedelta(days=1), DATES[0] - timedelta(days=1)
        drafted: list[int] = []
        draft = Drafting.draft

        def interrupted(self: Drafting, candidates: Any) -> Drafts:
            drafts = draft(self, candidates)
            drafted.append(len(candidates))
            if len(drafted) < 3:
                name = f"late-{len(drafted)}"
                create_agent(ledger, license_id="acme", agent_id=name, meta=meta(joined_at))
            return drafts

        monkeypatch.setattr(Drafting, "draft", interrupted)
        issued, _ = bill(ledger, clock, clock.now)
        assert drafted == [2, 1, 1]
        assert sorted(issued.told) == [
            ("acme", "2024-05-15", [("recurring", 4000)]),
            ("quiet", "2024-05-15", [("recurring", 2000)]),
        ]

    def test_a_run_that_breaks_off_leaves_the_lookout_what_is_left(
        self, ledger: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_price(ledger)
        a_license(ledger, "a")
        a_license(ledger, "b")
        monkeypatch.setattr(module, "LICENSES_AT_ONCE", 1)
        lookout, clock.now = BillingLookout(), DATES[0]

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_billing(ledger, lookout=lookout, progress=stop)
        assert [told[0] for told in bill(ledger, clock, DATES[0], lookout=lookout)[0].told] == ["b"]

    def test_an_invoice_issued_by_hand_for_a_later_date_closes_the_earlier_ones(
        self, ledger: Ledger, clock: HandClock
    ) -> None:
        a_price(ledger)
        a_license(ledger)
        clock.now = DATES[1]
        at = clock.now.isoformat()
        by_hand = {
            "type": "InvoiceIssued", "number": "by-hand", "license_id": "acme", "billing_date": "2024-06-15",
            "known_through": log_of(ledger)[-1]["id"], "lines": [], "total": 0, "digest": "",
            "effective_at": at, "recorded_at": at, "actor": "system",
        }  # fmt: skip
        imported(ledger, history(by_hand))
        assert bill(ledger, clock, DATES[1])[0] == []
        assert [told[1] for told in bill(ledger, clock, DATES[2])[0].told] == ["2024-07-15"]


def bill_only(
    ledger: Ledger, clock: HandClock, now: datetime, lookout: BillingLookout
) -> tuple[Billed, BillingReport]:
    """Bill where the ledger cannot answer as a whole."""
    clock.now = now
    issued = Billed()
    return issued, run_billing(ledger, lookout=lookout, on_issued=issued.extend)


class TestBillingLookout:
    def test_names_only_who_can_have_become_due(self, ledger: Ledger, clock: HandClock) -> None:
        a_price(ledger)
        a_license(ledger, "a")
        clock.pass_by(days=3)
        a_license(ledger, "b")
        lookout = BillingLookout()

        def due(now: datetime) -> list[str]:
            return [one.license_id for one in lookout.look(ledger, int(now.timestamp() * 1_000_000))]

        assert due(DATES[0] - timedelta(days=1)) == []
        assert due(DATES[0]) == ["a"]
        # the same instant again: more may have been recorded at it
        assert due(DATES[0] + timedelta(days=1)) == ["a"]
        assert due(DATES[0] + timedelta(days=2)) == []
        clock.now = DATES[0] + timedelta(days=2)
        a_license(ledger, "born-long-ago", billing_anchor=clock.now.date() + timedelta(days=1))
        assert due(DATES[0] + timedelta(days=3, hours=1)) == ["b", "born-long-ago"]
        lookout.look_again(["a"])
        assert due(DATES[0] + timedelta(days=4)) == ["a"]
        assert due(DATES[0] + timedelta(days=5)) == []
        assert due(DATES[3]) == ["a", "b", "born-long-ago"]
