"""A webhook becomes an event once, or is kept with the reason why not; on both stores."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ledger.application import receive_webhook as module
from ledger.application.create_agent import create_agent
from ledger.application.ledger import Ledger
from ledger.application.receive_webhook import Received, receive_webhook
from ledger.application.settle_webhooks import (
    DeliveryNotFound,
    DeliverySettled,
    all_deliveries,
    dismiss_webhook,
    open_deliveries,
    retry_webhooks,
)
from ledger.application.webhook_body import MalformedWebhook
from ledger.rules.instants import format_instant
from ledger.stores.errors import StoreUnreachable
from ledger.stores.inbox.deliveries import Outcome
from ledger.stores.inbox.locations import open_inbox
from tests.application.desk import ANN, NOON, OWNER, HandClock, a_license, log_of, meta
from tests.application.webhooks import NUMBER, ORGANISATION, ORGANISATIONS, SECRET, older_webhook, webhook

BEN = "ben@acme.example"


@pytest.fixture
def acme(ledger: Ledger) -> Ledger:
    a_license(ledger)
    return ledger


def take(
    ledger: Ledger, body: Mapping[str, Any], organisations: Mapping[str, str] = ORGANISATIONS
) -> Received:
    return receive_webhook(ledger, open_inbox(ledger.store, create=True), body, organisations)


def told(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Return type, subject and actor of the events that webhooks led to."""
    return [
        (line["type"], line.get("agent_id") or line["bot_id"], line["actor"])
        for line in log_of(ledger)
        if line["id"].startswith("webhook-")
    ]


class TestReceiveWebhook:
    def test_records_each_action_in_either_form(self, acme: Ledger, clock: HandClock) -> None:
        for write in (webhook, older_webhook):
            for action in ("agent_created", "agent_suspended", "agent_unsuspended", "agent_deleted"):
                clock.pass_by(minutes=2)
                assert take(acme, write(action, BEN)).outcome is Outcome.RECORDED
            for action in ("bot_created", "bot_deleted"):
                clock.pass_by(minutes=2)
                assert take(acme, write(action, "a-bot")).outcome is Outcome.RECORDED
        assert [event for event, _, _ in told(acme)] == [
            "AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted", "ChatBotAdded",
            "ChatBotRemoved",
        ] * 2  # fmt: skip

    def test_is_effective_when_it_was_received(self, acme: Ledger, clock: HandClock) -> None:
        received_at = clock.pass_by(hours=3)
        received = take(acme, webhook("agent_suspended", ANN))
        line = log_of(acme)[-1]
        assert line["effective_at"] == line["recorded_at"] == format_instant(received_at)
        assert received.position is not None

    def test_takes_ids_of_any_form(self, acme: Ledger) -> None:
        assert take(acme, webhook("bot_created", "Żółw 🐢 / 5c9871d5")).outcome is Outcome.RECORDED
        assert told(acme) == [("ChatBotAdded", "Żółw 🐢 / 5c9871d5", "system")]

    def test_keeps_the_body_without_the_secret(self, acme: Ledger) -> None:
        take(acme, webhook("agent_suspended", ANN))
        (kept,) = all_deliveries(acme)
        assert SECRET not in repr(kept)
        assert ANN in kept.body

    @pytest.mark.parametrize(
        ("role", "recorded"),
        [("owner", "owner"), ("viceowner", "admin"), ("administrator", "admin"), ("normal", "agent")],
    )
    def test_gives_the_role_that_the_sender_says(self, acme: Ledger, role: str, recorded: str) -> None:
        take(acme, webhook("agent_created", BEN, role=role, awaiting_approval=False))
        assert log_of(acme)[-1]["role"] == recorded


class TestRequester:
    def test_did_it_if_he_may(self, acme: Ledger) -> None:
        take(acme, webhook("agent_suspended", ANN, OWNER))
        assert told(acme) == [("AgentSuspended", ANN, OWNER)]

    @pytest.mark.parametrize("requester", [ANN, "nobody", "", "two\nlines"])
    def test_is_the_system_if_he_may_not(self, acme: Ledger, requester: str) -> None:
        assert take(acme, webhook("agent_suspended", ANN, requester)).outcome is Outcome.RECORDED
        assert told(acme) == [("AgentSuspended", ANN, "system")]

    def test_may_be_known_by_the_account(self, acme: Ledger) -> None:
        create_agent(acme, license_id="acme", agent_id="cd2bae", role="admin", meta=meta())
        take(acme, webhook("agent_suspended", ANN, "a-user"))
        assert told(acme) == [("AgentSuspended", ANN, "cd2bae")]

    def test_who_loses_his_right_by_it_did_it_all_the_same_when_it_comes_again(self, acme: Ledger) -> None:
        create_agent(acme, license_id="acme", agent_id=BEN, role="admin", meta=meta())
        for outcome in (Outcome.RECORDED, Outcome.DUPLICATE):
            assert take(acme, webhook("agent_deleted", BEN, BEN)).outcome is outcome
        assert told(acme) == [("AgentDeleted", BEN, BEN)]


class TestRetries:
    def test_within_a_minute_count_once(self, acme: Ledger, clock: HandClock) -> None:
        first = take(acme, webhook("agent_suspended", ANN))
        for _ in range(2):
            clock.pass_by(seconds=30)
            again = take(acme, webhook("agent_suspended", ANN))
            assert (again.outcome, again.position) == (Outcome.DUPLICATE, first.position)
        assert len(told(acme)) == 1

    def test_count_once_in_either_form(self, acme: Ledger) -> None:
        take(acme, webhook("agent_suspended", ANN))
        assert take(acme, older_webhook("agent_suspended", ANN)).outcome is Outcome.DUPLICATE

    def test_are_told_from_the_same_fact_later(self, acme: Ledger, clock: HandClock) -> None:
        for action in ("agent_suspended", "agent_unsuspended", "agent_suspended"):
            assert take(acme, webhook(action, ANN)).outcome is Outcome.RECORDED
            clock.pass_by(seconds=31)
        assert [event for event, _, _ in told(acme)] == ["AgentSuspended", "AgentActivated", "AgentSuspended"]

    def test_that_may_be_facts_of_their_own_are_left_to_a_person(
        self, acme: Ledger, clock: HandClock
    ) -> None:
        for action in ("agent_suspended", "agent_unsuspended"):
            take(acme, webhook(action, ANN))
            clock.pass_by(seconds=10)
        doubtful = take(acme, webhook("agent_suspended", ANN))
        assert (doubtful.outcome, doubtful.code) == (Outcome.KEPT_ASIDE, "same_fact_again")
        assert retry_webhooks(acme, ORGANISATIONS) == []
        assert len(told(acme)) == 2
        (tried,) = retry_webhooks(acme, ORGANISATIONS, [doubtful.delivery_id])
        assert tried.received.outcome is Outcome.RECORDED
        assert log_of(acme)[-1]["effective_at"] == format_instant(NOON + timedelta(seconds=20))

    def test_count_once_however_many_come_at_once(
        self, store_url: str, acme: Ledger, clock: HandClock
    ) -> None:
        receivers = [Ledger.open(store_url, create=False, clock=clock) for _ in range(2)]
        with ThreadPoolExecutor(6) as pool:
            outcomes = list(
                pool.map(lambda n: take(receivers[n % 2], webhook("agent_suspended", ANN, OWNER)), range(12))
            )
        for receiver in receivers:
            receiver.close()
        assert len(told(acme)) == 1
        assert {one.position for one in outcomes} == {outcomes[0].position}
        assert sorted(one.outcome for one in all_deliveries(acme)) == ["duplicate"] * 11 + ["recorded"]

    def test_finish_what_a_receiver_left_unfinished(
        self, acme: Ledger, clock: HandClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise StoreUnreachable(url="x", reason="it is down")

        with monkeypatch.context() as patch:
            patch.setattr(module, "record", broken)
            with pytest.raises(StoreUnreachable):
                take(acme, webhook("agent_suspended", ANN))
        (left,) = open_deliveries(acme)
        assert left.outcome is Outcome.RECEIVED
        clock.pass_by(seconds=20)
        take(acme, webhook("agent_suspended", ANN))
        assert log_of(acme)[-1]["effective_at"] == format_instant(NOON)
        assert [one.outcome for one in all_deliveries(acme)] == [Outcome.RECORDED, Outcome.DUPLICATE]


class TestApproval:
    def test_makes_the_account_with_the_role_that_was_asked_for(self, acme: Ledger, clock: HandClock) -> None:
        asked = take(acme, webhook("agent_created", BEN, role="administrator", awaiting_approval=True))
        assert asked.outcome is Outcome.AWAITING_APPROVAL
        assert told(acme) == []
        approved_at = clock.pass_by(days=2)
        assert take(acme, webhook("agent_approved", BEN, OWNER)).outcome is Outcome.RECORDED
        line = log_of(acme)[-1]
        assert (line["type"], line["role"], line["actor"]) == ("AgentCreated", "admin", OWNER)
        assert line["effective_at"] == format_instant(approved_at)

    def test_is_remembered_from_either_form(self, acme: Ledger) -> None:
        take(acme, older_webhook("agent_created", BEN, role="administrator", awaiting_approval=True))
        take(acme, webhook("agent_approved", BEN))
        assert log_of(acme)[-1]["role"] == "admin"

    def test_without_a_request_makes_an_agent(self, acme: Ledger) -> None:
        take(acme, webhook("agent_approved", BEN))
        assert log_of(acme)[-1]["role"] == "agent"

    def test_that_is_refused_leaves_nothing(self, acme: Ledger, clock: HandClock) -> None:
        take(acme, webhook("agent_created", BEN, awaiting_approval=True))
        assert take(acme, webhook("agent_deleted", BEN)).outcome is Outcome.WITHDRAWN
        assert told(acme) == []
        assert open_deliveries(acme) == []


class TestKeptAside:
    def test_is_an_organisation_until_the_table_knows_it(self, acme: Ledger, clock: HandClock) -> None:
        kept = take(acme, webhook("agent_suspended", ANN), {})
        assert (kept.outcome, kept.code) == (Outcome.KEPT_ASIDE, "unknown_organization")
        assert ORGANISATION in str(kept.reason)
        clock.pass_by(days=3)
        (still,) = retry_webhooks(acme, {})
        assert still.received.code == "unknown_organization"
        (tried,) = retry_webhooks(acme, ORGANISATIONS)
        assert tried.received.outcome is Outcome.RECORDED
        line = log_of(acme)[-1]
        assert line["effective_at"] == format_instant(NOON)
        assert line["recorded_at"] == format_instant(NOON + timedelta(days=3))
        assert open_deliveries(acme) == []

    def test_is_tried_again_in_the_order_in_which_it_came(self, acme: Ledger, clock: HandClock) -> None:
        bodies = [
            webhook("agent_created", BEN, role="owner", awaiting_approval=True),
            webhook("agent_approved", BEN),
            webhook("agent_suspended", BEN),
        ]
        for body in bodies:
            take(acme, body, {})
            clock.pass_by(minutes=5)
        outcomes = [one.received.outcome for one in retry_webhooks(acme, ORGANISATIONS)]
        assert outcomes == [Outcome.AWAITING_APPROVAL, Outcome.RECORDED, Outcome.RECORDED]
        assert [line.get("role") for line in log_of(acme)[-2:]] == ["owner", None]

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (webhook("agent_suspended", "stranger"), "agent_not_found"),
            (webhook("agent_unsuspended", ANN), "out_of_order"),
            (webhook("bot_deleted", "stranger"), "chatbot_not_found"),
            (webhook("agent_created", ANN), "out_of_order"),
            (webhook("group_created", "12"), "unknown_action"),
            ({"action": "routing_status_set", "payload": {"agent_id": [1]}}, "unknown_action"),
        ],
    )
    def test_is_what_is_refused_with_the_reason(self, acme: Ledger, body: dict[str, Any], code: str) -> None:
        kept = take(acme, body)
        assert (kept.outcome, kept.code) == (Outcome.KEPT_ASIDE, code)
        (listed,) = open_deliveries(acme)
        assert (listed.code, listed.reason) == (code, kept.reason)
        assert told(acme) == []

    def test_is_a_licence_that_is_not_there_yet(self, ledger: Ledger) -> None:
        assert take(ledger, webhook("agent_created", BEN)).code == "license_not_found"

    def test_can_be_dismissed_and_is_kept(self, acme: Ledger) -> None:
        kept = take(acme, webhook("agent_suspended", "stranger"))
        dismiss_webhook(acme, kept.delivery_id)
        assert open_deliveries(acme) == []
        assert [one.outcome for one in all_deliveries(acme)] == [Outcome.DISMISSED]
        with pytest.raises(DeliverySettled):
            retry_webhooks(acme, ORGANISATIONS, [kept.delivery_id])
        with pytest.raises(DeliveryNotFound):
            dismiss_webhook(acme, 99)


class TestMalformed:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"action": None}, "action"),
            ({"action": 5}, "action"),
            ({"organization_id": None}, "organization_id"),
            ({"organization_id": ["x"]}, "organization_id"),
            ({"organization_id": True}, "organization_id"),
            ({"payload": None}, "payload.id"),
            ({"payload": "x"}, "payload"),
            ({"payload": {"id": " "}}, "payload.id"),
            ({"payload": {"id": "x" * 201}}, "payload.id"),
            ({"payload": {"id": "\x00"}}, "payload.id"),
            ({"payload": {"id": "\ud800"}}, "payload.id"),
            ({"payload": {"id": ANN, "awaiting_approval": "yes"}}, "payload.awaiting_approval"),
            ({"requester": "x"}, "requester"),
        ],
    )
    def test_names_the_field_and_is_kept(
        self, sqlite_ledger: Ledger, changes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(MalformedWebhook) as refused:
            take(sqlite_ledger, {**webhook("agent_created", ANN), **changes})
        assert refused.value.fields["field"] == field
        (kept,) = all_deliveries(sqlite_ledger)
        assert (kept.outcome, kept.code) == (Outcome.MALFORMED, "malformed_webhook")

    def test_is_not_an_organisation_that_is_a_number(self, sqlite_ledger: Ledger) -> None:
        a_license(sqlite_ledger)
        body = {**webhook("agent_suspended", ANN), "organization_id": NUMBER}
        assert take(sqlite_ledger, body).outcome is Outcome.RECORDED
