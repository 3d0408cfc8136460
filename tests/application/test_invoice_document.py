"""What an invoice's document says beyond the invoice, on the sample programme and on ledgers made for it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ask import LicenseNotKnownYet, Question, ask_invoices
from ledger.application.invoice_document import (
    InvoiceDocument,
    NothingToInvoice,
    PayerOf,
    draft_document,
    invoice_document,
)
from ledger.application.issued_invoices import InvoiceNotFound
from ledger.application.ledger import Ledger
from ledger.application.publish_price import publish_price
from ledger.rules.words import Payer, PricingModel
from replay.sample import sample_history
from tests.application.desk import ANN, OWNER, HandClock, a_license, history, imported, log_of, meta

THE_END = datetime(2024, 12, 20, tzinfo=UTC)
PPS, PPA, PPU = PricingModel.PPS, PricingModel.PPA, PricingModel.PPU


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Return a ledger with the sample programme; nobody records in it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('sample') / 'sample.db'}"
    with Ledger.open(url, create=True, clock=lambda: THE_END) as ledger:
        imported(ledger, sample_history())
        yield ledger


def draft(ledger: Ledger, license_id: str, day: str, **times: datetime) -> InvoiceDocument:
    return draft_document(ledger, license_id, date.fromisoformat(day), **times)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_priced_license(ledger: Ledger) -> None:
    publish_price(
        ledger, plan="team", billing_cycle="monthly", currency="USD", unit_amount_minor=4900, meta=meta()
    )
    a_license(ledger)


class TestCounting:
    def test_of_seats_finds_the_moment_of_the_peak(self, sample: Ledger) -> None:
        counted = draft(sample, "acme-bakery-peak", "2024-02-24").counted
        assert counted is not None
        assert (counted.pricing_model, counted.quantity) == (PPS, 3)
        assert (counted.agents, counted.chatbots) == (3, 0)
        assert counted.peak_at == at("2024-02-05 14:00")
        assert (counted.from_at, counted.to_at) == (at("2024-01-24 00:00"), at("2024-02-24 00:00"))

    def test_of_seats_tells_agents_from_chatbots(self, sample: Ledger) -> None:
        counted = draft(sample, "borealis-florist-four-bots", "2024-07-13").counted
        assert counted is not None
        assert (counted.quantity, counted.agents, counted.chatbots) == (6, 2, 4)

    def test_of_the_first_month_reaches_back_to_the_creation(self, sample: Ledger) -> None:
        counted = draft(sample, "acme-bakery-peak", "2024-01-24").counted
        assert counted is not None
        assert counted.from_at < at("2024-01-24 00:00")
        assert counted.from_at == at("2024-01-10 09:00")

    def test_of_seats_that_nobody_took_has_no_moment(self, sample: Ledger) -> None:
        counted = draft(sample, "acme-bakery-peak", "2024-03-24").counted
        assert counted is not None
        assert (counted.quantity, counted.peak_at) == (0, None)

    def test_of_users_and_accounts_is_that_of_the_first_instant(self, sample: Ledger) -> None:
        users = draft(sample, "acme-bakery-peak", "2024-08-24").counted
        assert users is not None
        assert (users.pricing_model, users.quantity, users.agents, users.peak_at) == (PPU, 4, 4, None)
        accounts = draft(sample, "signup-2021-every-account", "2024-05-04").counted
        assert accounts is not None
        kinds = (accounts.agents, accounts.suspended, accounts.chatbots)
        assert (accounts.pricing_model, accounts.quantity, kinds) == (PPA, 4, (2, 1, 1))

    def test_of_a_year_of_seats_goes_on_month_by_month(self, sample: Ledger) -> None:
        document = draft(sample, "borealis-clinic-annual-peak", "2024-05-29")
        assert document.recurring is None
        assert document.counted is not None
        assert (document.counted.pricing_model, document.counted.quantity) == (PPS, 5)
        assert document.counted.from_at == at("2024-04-29 00:00")

    def test_gives_the_quantity_of_every_licence_in_the_sample(self, sample: Ledger) -> None:
        """Each licence's largest quantity: the kernel's count, found a second time in its own steps."""
        rows = [json.loads(line) for line in ask_invoices(sample, Question(THE_END)).lines]
        rows = [row for row in rows if row["period_start"]]
        for license_id, own in groupby(rows, key=lambda row: row["license_id"]):
            row = max(own, key=lambda row: row["lines"][0]["quantity"])
            document = draft(sample, license_id, row["billing_date"])
            assert document.counted is not None, row
            assert document.counted.quantity == row["lines"][0]["quantity"]
            assert document.total == row["total"]


class TestPayers:
    def test_are_the_partner_that_resells(self, sample: Ledger) -> None:
        payer = draft(sample, "acme-bakery-peak", "2024-08-24").payer
        assert payer == PayerOf("acme", Payer.PARTNER, "care@acme.example")

    def test_are_else_the_licence_with_its_owners_address(self, sample: Ledger) -> None:
        payer = draft(sample, "signup-growing-team", "2024-03-15").payer
        assert payer == PayerOf("signup-growing-team", Payer.CLIENT, "owner@signup-growing-team.example")


class TestAChangeOfModel:
    def test_is_told_on_the_first_invoice_after_the_cutover(self, sample: Ledger) -> None:
        changed = draft(sample, "acme-bakery-peak", "2024-08-24").changed
        assert changed is not None
        assert (changed.before, changed.after) == (PPS, PPU)
        assert (changed.since, changed.on) == (date(2024, 8, 24), date(2024, 8, 11))

    @pytest.mark.parametrize("day", ["2024-01-24", "2024-07-24", "2024-09-24"])
    def test_is_told_on_no_other(self, sample: Ledger, day: str) -> None:
        assert draft(sample, "acme-bakery-peak", day).changed is None

    def test_of_an_annual_licence_comes_when_its_year_ends(self, sample: Ledger) -> None:
        changed = draft(sample, "acme-hotel-annual", "2024-09-18").changed
        assert changed is not None
        assert (changed.before, changed.since) == (PPS, date(2024, 9, 18))

    def test_that_the_customer_chose_names_no_cutover(self, sample: Ledger) -> None:
        changed = draft(sample, "borealis-early-switch", "2024-07-20").changed
        assert changed is not None
        assert (changed.before, changed.after, changed.on) == (PPS, PPU, None)

    def test_back_to_what_a_cutover_had_set_once_is_the_customers_own(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        """Pay-per-user by the cutover from 15 June, pay-per-account by choice from 15 July, and back."""
        a_priced_license(sqlite_ledger)
        times: dict[str, Any] = {"recorded_at": clock.now.isoformat(), "actor": "system"}
        announced: dict[str, Any] = {
            "type": "CutoverAnnounced", "cutover_id": "c", "on": "2024-05-20", "pricing_model": "ppu",
            "applies_to": {"source": "signup"}, "takes_effect": "on_billing_date",
            "effective_at": clock.now.isoformat(),
        }  # fmt: skip
        switches = [
            {
                "type": "PricingModelSwitched",
                "license_id": "acme",
                "pricing_model": model,
                "effective_at": when,
            }
            for model, when in (("ppa", "2024-07-01T00:00:00Z"), ("ppu", "2024-08-01T00:00:00Z"))
        ]
        imported(sqlite_ledger, history(*(line | times for line in (announced, *switches))))
        changes = [draft(sqlite_ledger, "acme", f"2024-{month}-15").changed for month in ("06", "07", "08")]
        assert [(change.before, change.after, change.on) for change in changes if change] == [
            (PPA, PPU, date(2024, 5, 20)),
            (PPU, PPA, None),
            (PPA, PPU, None),
        ]


class TestIssuedInvoices:
    def test_say_what_was_recorded_and_when_it_was_issued(self, sample: Ledger) -> None:
        document = invoice_document(sample, "2024-000001")
        assert (document.number, document.issued_on) == ("2024-000001", date(2024, 4, 12))
        assert (document.total, document.currency, document.plan) == (3920, "USD", "team")
        assert (document.as_of, document.known_at) == (None, None)
        assert not document.is_credit_note

    def test_know_nothing_of_what_came_later(self, sample: Ledger) -> None:
        """The ChatBot was gone since 2 April, but nobody had said so before 20 May."""
        counted = invoice_document(sample, "2024-000002").counted
        assert counted is not None
        assert (counted.quantity, counted.chatbots) == (1, 1)

    def test_know_what_was_recorded_until_they_were_issued(self, sample: Ledger) -> None:
        """Hired on 30 September, recorded on 3 October at 7:00; issued at 9:00 that day."""
        counted = invoice_document(sample, "2024-000004").counted
        assert counted is not None
        assert counted.agents == 2

    def test_name_the_invoice_that_they_correct(self, sample: Ledger) -> None:
        document = invoice_document(sample, "2024-000003")
        assert document.corrected == {date(2024, 5, 12): "2024-000002"}
        assert (document.total, document.is_credit_note) == (-3920, True)

    def test_are_given_for_their_billing_date_too(self, sample: Ledger) -> None:
        by_number = invoice_document(sample, "2024-000003")
        assert draft(sample, "acme-issued-then-corrected", "2024-06-12") == by_number

    def test_are_missing_under_other_numbers(self, sample: Ledger) -> None:
        with pytest.raises(InvoiceNotFound):
            invoice_document(sample, "2024-000099")

    def test_stay_the_same_whatever_is_recorded_later(self, ledger: Ledger, clock: HandClock) -> None:
        """Also what is recorded at the very instant of the issue, behind it, and what comes much later."""
        a_priced_license(ledger)
        clock.pass_by(days=20)
        imported(ledger, history(issued("A-1", "2024-05-15", log_of(ledger)[-1]["id"], clock.now)))
        before = invoice_document(ledger, "A-1")
        assert before.counted is not None
        imported(ledger, history(left(ANN, clock.now)))
        assert invoice_document(ledger, "A-1") == before
        clock.pass_by(days=40)
        imported(ledger, history(left(OWNER, clock.now)))
        imported(ledger, history(issued("A-2", "2024-06-15", log_of(ledger)[-1]["id"], clock.now)))
        assert invoice_document(ledger, "A-1") == before

    def test_count_what_they_knew_not_what_was_recorded_before_they_went_out(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        """Known through the last event of 1 May; Ann's leaving was recorded on 21 May, before the issue."""
        a_priced_license(sqlite_ledger)
        known_through = log_of(sqlite_ledger)[-1]["id"]
        clock.pass_by(days=20)
        imported(sqlite_ledger, history(left(ANN, clock.now)))
        imported(sqlite_ledger, history(issued("A-1", "2024-05-15", known_through, clock.now)))
        document = invoice_document(sqlite_ledger, "A-1")
        assert document.counted is not None
        assert document.counted.agents == 2

    def test_say_nothing_of_a_count_that_does_not_add_up(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        """Somebody else's software billed two users where the ledger knows of one."""
        a_priced_license(sqlite_ledger)
        clock.pass_by(days=20)
        imported(sqlite_ledger, history(left(ANN, clock.now)))
        imported(
            sqlite_ledger, history(issued("A-1", "2024-05-15", log_of(sqlite_ledger)[-1]["id"], clock.now))
        )
        document = invoice_document(sqlite_ledger, "A-1")
        assert (document.total, document.counted) == (9800, None)


def left(agent_id: str, now: datetime) -> dict[str, Any]:
    """Return the leaving, on 10 May, of an agent of the licence; recorded now."""
    return {
        "type": "AgentDeleted", "license_id": "acme", "agent_id": agent_id, "actor": "system",
        "effective_at": "2024-05-10T00:00:00Z", "recorded_at": now.isoformat(),
    }  # fmt: skip


def issued(number: str, billing_date: str, known_through: str, now: datetime) -> dict[str, Any]:
    """Return an invoice for two users at 49.00."""
    day = date.fromisoformat(billing_date)
    line = {
        "kind": "recurring", "pricing_model": "ppu", "quantity": 2, "unit_amount": 4900, "amount": 9800,
        "period_start": billing_date, "period_end": str(day.replace(month=day.month + 1)),
    }  # fmt: skip
    return {
        "type": "InvoiceIssued", "number": number, "license_id": "acme", "billing_date": billing_date,
        "known_through": known_through, "lines": [line], "total": 9800, "digest": "",
        "effective_at": now.isoformat(), "recorded_at": now.isoformat(), "actor": "system",
    }  # fmt: skip


class TestDrafts:
    def test_have_no_number_but_a_moment(self, sample: Ledger) -> None:
        document = draft(sample, "acme-bakery-peak", "2024-08-24")
        assert (document.number, document.issued_on) == (None, None)
        assert (document.as_of, document.known_at) == (THE_END, THE_END)

    def test_can_look_ahead(self, sample: Ledger) -> None:
        """On 1 August the customer is told what 24 August will cost if nothing changes."""
        document = draft(sample, "acme-bakery-peak", "2024-08-24", known_at=at("2024-08-01 00:00"))
        assert (document.as_of, document.known_at) == (at("2024-08-24 00:00"), at("2024-08-01 00:00"))
        assert document.total == 15680

    def test_can_be_asked_as_they_were_known_then(self, sample: Ledger) -> None:
        """Ida came on 20 February, which nobody recorded before 14 March: the invoice of 10 March stays."""
        then = draft(sample, "signup-late-hire", "2024-03-10", as_of=at("2024-03-12 00:00"))
        later = draft(sample, "signup-late-hire", "2024-03-10")
        assert then.known_at == at("2024-03-12 00:00")
        assert (later.total, later.counted) == (then.total, then.counted)
        before = draft(sample, "signup-late-hire", "2024-04-10", known_at=at("2024-03-13 00:00"))
        after = draft(sample, "signup-late-hire", "2024-04-10", known_at=at("2024-03-15 00:00"))
        assert (before.total, after.total) == (2400, 8772)

    def test_know_at_least_what_the_invoice_before_knew(
        self, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        """The invoice of 15 May went out on 20 June and knew by then that Ann had left; so does 15 June's."""
        a_priced_license(sqlite_ledger)
        clock.pass_by(days=50)
        imported(sqlite_ledger, history(left(ANN, clock.now)))
        imported(
            sqlite_ledger, history(issued("A-1", "2024-05-15", log_of(sqlite_ledger)[-1]["id"], clock.now))
        )
        document = draft(sqlite_ledger, "acme", "2024-06-15")
        assert document.counted is not None
        assert document.counted.agents == 1

    def test_of_a_day_without_an_invoice_are_refused(self, sample: Ledger) -> None:
        with pytest.raises(NothingToInvoice) as refusal:
            draft(sample, "acme-bakery-peak", "2024-08-25")
        assert (refusal.value.code, refusal.value.exit_code) == ("nothing_to_invoice", 3)
        with pytest.raises(NothingToInvoice):
            draft(sample, "acme-bakery-peak", "2024-08-24", as_of=at("2024-08-23 23:59"))

    def test_of_an_unknown_licence_are_refused(self, sample: Ledger) -> None:
        with pytest.raises(LicenseNotFound):
            draft(sample, "nobody", "2024-08-24")
        with pytest.raises(LicenseNotKnownYet):
            draft(sample, "acme-bakery-peak", "2024-08-24", known_at=at("2023-12-31 00:00"))

    def test_look_no_further_than_the_clock(self, sqlite_ledger: Ledger, clock: HandClock) -> None:
        a_priced_license(sqlite_ledger)
        document = draft(sqlite_ledger, "acme", "2024-05-15", as_of=clock.now + timedelta(days=30))
        assert (document.known_at, document.total) == (clock.now, 9800)
