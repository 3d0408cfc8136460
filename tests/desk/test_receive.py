"""Webhooks over HTTP: who may send them, what is answered, and that nothing is lost or counted twice."""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.application.ledger import Ledger
from ledger.application.settle_webhooks import all_deliveries, open_deliveries
from ledger.stores.locations import open_store
from tests.application.desk import ANN, OWNER, HandClock, a_license, log_of
from tests.application.webhooks import ORGANISATION, SECRET, older_webhook, webhook
from tests.desk.running import done, run, same_as_golden
from tests.desk.serving import LIMIT_BYTES, OLD_SECRET, PATIENCE_S, receiver

JSON = {"content-type": "application/json"}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def ledger(store_url: str, clock: HandClock) -> Iterator[Ledger]:
    with Ledger.open(store_url, create=True, clock=clock) as opened:
        a_license(opened)
        yield opened


@pytest.fixture
def sqlite_ledger(sqlite_url: str, clock: HandClock) -> Iterator[Ledger]:
    with Ledger.open(sqlite_url, create=True, clock=clock) as opened:
        a_license(opened)
        yield opened


def told(ledger: Ledger) -> list[str]:
    return [line["type"] for line in log_of(ledger) if line["id"].startswith("webhook-")]


class TestReceiver:
    def test_records_what_both_versions_send(self, ledger: Ledger, clock: HandClock) -> None:
        with receiver(ledger) as client:
            for body in (webhook("agent_suspended", ANN, OWNER), older_webhook("agent_unsuspended", ANN)):
                answer = client.post("/webhooks", json=body)
                assert answer.status_code == 200
                assert answer.json()["outcome"] == "recorded"
                clock.pass_by(minutes=2)
        assert told(ledger) == ["AgentSuspended", "AgentActivated"]

    def test_counts_retries_once_also_when_they_race(self, ledger: Ledger, clock: HandClock) -> None:
        with receiver(ledger) as client, ThreadPoolExecutor(4) as pool:
            racing = list(
                pool.map(lambda _: client.post("/webhooks", json=webhook("bot_created", "b")), range(8))
            )
            clock.pass_by(seconds=59)
            racing.append(client.post("/webhooks", json=webhook("bot_created", "b")))
        assert {answer.status_code for answer in racing} == {200}
        assert len({answer.json()["position"] for answer in racing}) == 1
        assert told(ledger) == ["ChatBotAdded"]

    def test_counts_a_retry_once_over_a_restart(self, store_url: str, clock: HandClock) -> None:
        with Ledger.open(store_url, create=True, clock=clock) as ledger:
            a_license(ledger)
        outcomes = []
        for _ in range(2):
            with Ledger.open(store_url, create=False, clock=clock) as ledger, receiver(ledger) as client:
                answer = client.post("/webhooks", json=webhook("agent_suspended", ANN))
                outcomes.append(answer.json()["outcome"])
                assert told(ledger) == ["AgentSuspended"]
            clock.pass_by(seconds=45)
        assert outcomes == ["recorded", "duplicate"]

    def test_counts_each_of_different_facts_at_once(self, ledger: Ledger) -> None:
        bodies = [webhook("agent_created", f"ąg-{place}") for place in range(16)]
        with receiver(ledger) as client, ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda body: client.post("/webhooks", json=body), bodies))
        assert {answer.json()["outcome"] for answer in answers} == {"recorded"}
        created = {line["agent_id"] for line in log_of(ledger) if line["id"].startswith("webhook-")}
        assert created == {f"ąg-{place}" for place in range(16)}

    def test_answers_what_it_keeps_aside_so_that_nobody_tries_in_vain(self, sqlite_ledger: Ledger) -> None:
        with receiver(sqlite_ledger) as client:
            stranger = client.post(
                "/webhooks", json={**webhook("agent_created", "x"), "organization_id": "?"}
            )
            refused = client.post("/webhooks", json=webhook("agent_suspended", "nobody"))
            unknown = client.post("/webhooks", json=webhook("group_created", "3"))
        answers = [(one.status_code, one.json()["code"]) for one in (stranger, refused, unknown)]
        assert answers == [(202, "unknown_organization"), (202, "agent_not_found"), (202, "unknown_action")]
        assert "nobody" in refused.json()["reason"]
        assert len(open_deliveries(sqlite_ledger)) == 3

    def test_asks_for_another_try_while_the_store_is_locked(
        self, sqlite_url: str, sqlite_ledger: Ledger, clock: HandClock
    ) -> None:
        with (
            open_store(sqlite_url, create=False, lock_timeout_s=1) as impatient,
            receiver(Ledger(impatient, clock)) as client,
        ):
            with sqlite_ledger.store.writing() as session:
                session.last_recorded()
                answer = client.post("/webhooks", json=webhook("agent_suspended", ANN))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
            assert answer.json()["code"] == "store_locked"
            assert client.post("/webhooks", json=webhook("agent_suspended", ANN)).status_code == 200
        assert told(sqlite_ledger) == ["AgentSuspended"]

    def test_asks_for_another_try_while_the_database_is_away(
        self, postgres_server: str, postgres_url: str, clock: HandClock
    ) -> None:
        schema = postgres_url.rpartition("=")[2]
        away = Identifier(f"{schema}_away")
        with Ledger.open(postgres_url, create=True, clock=clock) as ledger:
            a_license(ledger)
            with receiver(ledger) as client, psycopg.connect(postgres_server, autocommit=True) as admin:
                # ours alone: others may use the same server
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND strpos(query, %s) > 0",
                    [schema],
                )
                codes = [
                    client.post("/webhooks", json=webhook("agent_suspended", ANN)).status_code for _ in "123"
                ]
                admin.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(schema), away))
                lost = client.post("/webhooks", json=webhook("bot_created", "b")).status_code
                admin.execute(SQL("ALTER SCHEMA {} RENAME TO {}").format(away, Identifier(schema)))
            assert codes[-1] == 200
            assert set(codes) <= {200, 503}
            assert lost >= 500
            assert told(ledger) == ["AgentSuspended"]


class TestSender:
    @pytest.mark.parametrize("secret", ["", "wrong", None, 5, [SECRET], SECRET + " ", SECRET[:-1], "\ud800"])
    def test_is_turned_away_without_a_secret_of_ours(
        self, sqlite_ledger: Ledger, secret: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        with receiver(sqlite_ledger) as client:
            body = json.dumps({**webhook("agent_suspended", ANN), "secret_key": secret})
            answer = client.post("/webhooks", content=body, headers=JSON)
        assert answer.status_code == 401
        assert answer.json() == {"code": "not_authorized", "message": "Not authorized."}
        assert all_deliveries(sqlite_ledger) == []

    def test_may_use_any_of_our_secrets_none_of_which_is_told(
        self, sqlite_ledger: Ledger, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with receiver(sqlite_ledger) as client:
            for secret, subject in ((SECRET, ANN), (OLD_SECRET, OWNER)):
                body = {**webhook("agent_suspended", subject), "secret_key": secret}
                assert client.post("/webhooks", json=body).status_code == 200
            client.post("/webhooks", json={**webhook("agent_suspended", ANN), "secret_key": "wrong one"})
        assert "webhook" in caplog.text
        for secret in (SECRET, OLD_SECRET, "wrong one"):
            assert secret not in caplog.text
            assert secret not in repr(all_deliveries(sqlite_ledger))

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'"x"', b"\xff{}", b'{"a": NaN}', b"[" * 3_000, b'{"a": ' + b"9" * 4_040 + b"}"],
    )
    def test_is_told_that_a_body_is_no_webhook(self, sqlite_ledger: Ledger, body: bytes) -> None:
        with receiver(sqlite_ledger) as client:
            answer = client.post("/webhooks", content=body, headers=JSON)
        assert answer.status_code in (400, 401)
        assert answer.status_code == 400 or body.startswith(b'{"a": 9')

    def test_is_told_which_field_is_wrong(self, sqlite_ledger: Ledger) -> None:
        with receiver(sqlite_ledger) as client:
            answer = client.post("/webhooks", json={**webhook("agent_created", ANN), "payload": {}})
        assert (answer.status_code, answer.json()["message"]) == (400, "payload.id: it is missing.")
        assert len(all_deliveries(sqlite_ledger)) == 1

    def test_is_told_that_a_body_is_too_large(self, sqlite_ledger: Ledger) -> None:
        large = json.dumps(webhook("agent_created", ANN, note="x" * LIMIT_BYTES)).encode()

        def in_parts() -> Iterator[bytes]:
            yield large[:100]
            yield large[100:]

        with receiver(sqlite_ledger) as client:
            answers = [
                client.post("/webhooks", content=large, headers=JSON),
                client.post("/webhooks", content=in_parts(), headers=JSON),
            ]
        assert [answer.status_code for answer in answers] == [413, 413]
        assert all_deliveries(sqlite_ledger) == []

    def test_is_told_that_it_must_be_json(self, sqlite_ledger: Ledger) -> None:
        with receiver(sqlite_ledger) as client:
            body = json.dumps(webhook("agent_suspended", ANN))
            types = ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"]
            answers = [
                client.post("/webhooks", content=body, headers={"content-type": each}) for each in types
            ]
            assert client.get("/webhooks").status_code == 405
        assert [answer.status_code for answer in answers] == [415, 415, 200]

    def test_finds_the_description(self, sqlite_ledger: Ledger) -> None:
        with receiver(sqlite_ledger) as client:
            described = client.get("/openapi.json").json()["paths"]["/webhooks"]["post"]
        assert set(described["responses"]) >= {"200", "202", "400", "401", "413", "415", "503"}
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        assert "organization_id" in schema["properties"]


class TestReceiveCommand:
    def test_takes_webhooks_until_it_is_told_to_stop(
        self, sqlite_ledger: Ledger, sqlite_url: str, tmp_path: Path
    ) -> None:
        config = tmp_path / "ledger.toml"
        config.write_text(f'[webhooks]\nsecret = "{SECRET}"\n[organisations]\n"{ORGANISATION}" = "acme"\n')
        named = ("--store", sqlite_url, "--config", str(config), "-v")
        running = subprocess.Popen(
            [sys.executable, "-m", "desk.cli.start", *named, "receive", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stderr is not None
        line = running.stderr.readline()
        assert line.startswith("Webhooks are taken at http://127.0.0.1:"), line
        answer = httpx.post(line.split()[-1], json=webhook("agent_suspended", ANN), timeout=PATIENCE_S)
        assert answer.json()["outcome"] == "recorded"
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=PATIENCE_S)
        assert (running.returncode, out) == (0, "")
        assert "event=webhook" in err
        assert SECRET not in err
        assert told(sqlite_ledger) == ["AgentSuspended"]

    def test_wants_a_secret(self, sqlite_url: str) -> None:
        done("create-license", "acme", "--plan", "team", store=sqlite_url)
        ran = run("receive", "--port", "0", store=sqlite_url)
        assert ran.exit_code == 1
        assert "LEDGER_WEBHOOK_SECRET" in ran.err

    def test_says_that_the_port_is_taken(self, sqlite_ledger: Ledger, sqlite_url: str) -> None:
        with receiver(sqlite_ledger) as client:
            taken = ("receive", "--port", str(client.base_url.port))
            ran = run(*taken, store=sqlite_url, LEDGER_WEBHOOK_SECRET="x")
        assert ran.exit_code == 1
        assert "address already in use" in ran.err.lower()


class TestWebhooksCommand:
    @pytest.fixture
    def store(self, sqlite_url: str, sqlite_ledger: Ledger, clock: HandClock) -> str:
        """Return a store whose inbox has one of each kind that is left open."""
        with receiver(sqlite_ledger) as client:
            for body in (
                {**webhook("agent_suspended", ANN), "organization_id": "29a7bb3e-0f1e-4d3c-unknown"},
                webhook("agent_suspended", "nobody@acme.example"),
                webhook("agent_suspended", ANN),
                webhook("agent_unsuspended", ANN),
                webhook("agent_suspended", ANN),
                webhook("group_created", "3"),
                {**webhook("agent_created", ANN), "payload": {}},
            ):
                client.post("/webhooks", json=body)
                clock.pass_by(seconds=10)
        return sqlite_url

    @pytest.mark.parametrize("columns", [80, 140])
    def test_looks_like_this(self, store: str, columns: int) -> None:
        page = done("webhooks", store=store, columns=columns) + done(
            "webhooks", "--all", store=store, columns=columns
        )
        assert max(map(len, page.splitlines())) <= columns
        assert same_as_golden(f"webhooks_{columns}.txt", page)

    def test_retries_with_the_table_as_it_is_now(self, store: str, tmp_path: Path) -> None:
        config = tmp_path / "ledger.toml"
        config.write_text('[organisations]\n"29a7bb3e-0f1e-4d3c-unknown" = "acme"\n')
        ran = run("--config", str(config), "webhooks", "--retry", "--strict", store=store)
        assert ran.exit_code == 1
        assert "Delivery 2, agent_suspended nobody@acme.example: still kept aside" in ran.err
        assert "Delivery 5" not in ran.err

    def test_dismisses_and_takes_one_by_its_number(self, store: str, tmp_path: Path) -> None:
        config = tmp_path / "ledger.toml"
        config.write_text(f'[organisations]\n"{ORGANISATION}" = "acme"\n')
        ran = run(
            "--config", str(config), "webhooks", "--retry", "--delivery", "5", "--dismiss", "2", store=store
        )
        assert ran.exit_code == 0
        assert (
            "Delivery 2 is dismissed.\nDelivery 5, agent_suspended ann@acme.example: recorded at" in ran.err
        )
        listed = [
            json.loads(line) for line in done("webhooks", "--format", "jsonl", store=store).splitlines()
        ]
        assert [one["delivery_id"] for one in listed] == [1, 6]
        assert run("webhooks", "--dismiss", "2", store=store).exit_code == 4
        assert run("webhooks", "--dismiss", "99", store=store).exit_code == 3
        assert run("webhooks", "--delivery", "1", store=store).exit_code == 2

    def test_says_that_nothing_is_open(self, sqlite_ledger: Ledger, sqlite_url: str) -> None:
        assert done("webhooks", store=sqlite_url) == "Nothing is open.\n"
        assert done("webhooks", "--format", "json", store=sqlite_url).split() == ["[", "]"]
