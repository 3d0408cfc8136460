"""The log of a licence as a support person reads it."""

import json
from datetime import timedelta

import pytest

from ledger.aggregates.license import LicenseNotFound
from ledger.application.ledger import Ledger
from ledger.application.release_seat import release_seat
from ledger.application.show_log import latest_events, show_log
from ledger.application.suspend_agent import suspend_agent
from ledger.application.take_seat import take_seat
from ledger.application.telling import tell
from ledger.events.catalogue import CATALOGUE, parse_line
from ledger.events.license import LicenseDraft
from replay.sample import sample_history
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, imported, meta
from tests.events.lines import OWN_FIELDS, line


class TestShowLog:
    def test_tells_both_times_who_and_what(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        a_license(ledger, "acme2")
        clock.pass_by(days=1)
        take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta(actor=ANN, at=NOON + timedelta(hours=1)))
        suspended = suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta(actor=OWNER))

        entries = show_log(ledger, "acme")

        assert [(entry.who, entry.what) for entry in entries] == [
            (
                "system",
                "Licence created by sign-up: team plan, pay-per-account, monthly billing in USD from "
                "2024-05-15 (UTC), paid by the client",
            ),
            ("system", f"{OWNER} joined as the owner"),
            ("system", f"{ANN} joined as an agent"),
            (ANN, f"{ANN} took a seat"),
            (OWNER, f"{ANN} was suspended"),
        ]
        seat = entries[3]
        assert (seat.effective_at, seat.recorded_at) == (NOON + timedelta(hours=1), NOON + timedelta(days=1))
        assert (entries[4].type, entries[4].position) == ("AgentSuspended", suspended.position)
        assert [entry.position for entry in entries] == sorted(entry.position for entry in entries)

    def test_ends_where_nothing_more_was_known(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        clock.pass_by(days=1)
        suspend_agent(ledger, license_id="acme", agent_id=ANN, meta=meta())
        assert len(show_log(ledger, "acme", known_at=NOON)) == 3
        with pytest.raises(LicenseNotFound):
            show_log(ledger, "acme", known_at=NOON - timedelta(seconds=1))

    def test_does_not_know_every_licence(self, ledger: Ledger) -> None:
        with pytest.raises(LicenseNotFound, match="'nobody'"):
            show_log(ledger, "nobody")

    def test_shows_invoices_and_notices_among_the_rest(self, ledger: Ledger) -> None:
        imported(ledger, sample_history())
        issued = [entry.what for entry in show_log(ledger, "acme-issued-then-corrected")]
        assert "Invoice 2024-000001 for 2024-04-12 issued: 39.20 USD" in issued
        noticed = [entry.what for entry in show_log(ledger, "cobalt-notice-failed")]
        assert noticed[-1] == (
            "E-mail about cutover resellers-2024-08-11, charged from 2024-08-27, sent (attempt 3)"
        )


class TestTell:
    @pytest.mark.parametrize(
        "event_type", [name for name, fields in OWN_FIELDS.items() if "license_id" in fields]
    )
    def test_has_a_sentence_for_every_event_of_a_licence(self, event_type: str) -> None:
        event = parse_line(line(event_type))
        if isinstance(event, LicenseDraft):
            event = CATALOGUE[event_type](**dict(event))
        said = tell(event, "EUR")
        assert said[0].isupper() or "@" in said
        assert "_" not in said
        assert "None" not in said

    def test_calls_a_negative_invoice_a_credit_note(self) -> None:
        event = parse_line(line("InvoiceIssued", total=-123456))
        assert tell(event, "JPY") == "Credit note 2024-0001 for 2024-08-11 issued: -123,456 JPY"


class TestLatestEvents:
    def test_are_the_last_of_the_log_the_latest_first(self, ledger: Ledger, clock: HandClock) -> None:
        a_license(ledger)
        for _ in range(3):
            clock.pass_by(hours=1)
            take_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
            clock.pass_by(hours=1)
            release_seat(ledger, license_id="acme", agent_id=ANN, meta=meta())
        whole = show_log(ledger, "acme")[::-1]
        found = latest_events(ledger, "acme", with_seats=True, before=None, at_most=4)
        assert found == whole[:4]
        more = latest_events(ledger, "acme", with_seats=True, before=found[-1].position, at_most=100)
        assert [*found, *more] == whole
        few = latest_events(ledger, "acme", with_seats=False, before=None, at_most=100)
        assert [one.type for one in few] == ["AgentCreated", "AgentCreated", "LicenseCreated"]
        assert json.loads(few[-1].line)["license_id"] == "acme"
