"""The pages as a command serves them, and the commands for those who may see them."""

import csv
import json
import re
import signal
import subprocess
import sys
from io import StringIO

import httpx
import pytest

from desk.cli.api_keys import SCOPES
from desk.cli.users import ROLES
from ledger.application.accounts.roles import Right, UserRole
from tests.desk.running import done, run

PATIENCE_S = 120


@pytest.fixture
def store(sqlite_url: str) -> str:
    done("register-partner", "acme", "solution", store=sqlite_url)
    return sqlite_url


class TestServe:
    def test_fills_an_empty_store_with_the_sample_and_lets_its_users_in(self, sqlite_url: str) -> None:
        running = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "desk.cli.start",
                "--store",
                sqlite_url,
                "serve",
                "--sample",
                "--port",
                "0",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stderr is not None
        said = [running.stderr.readline()]
        while not said[-1].startswith("The pages are at "):
            assert said[-1], said
            said.append(running.stderr.readline())
        users = dict(line.split() for line in said if line.startswith("  "))
        assert list(users) == [role.value for role in UserRole]
        with httpx.Client(base_url=said[-1].split()[-1], timeout=PATIENCE_S) as client:
            token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
            assert token is not None
            form = {"csrf": token[1], "name": "partner", "password": users["partner"]}
            assert client.post("/sign-in", data=form).status_code == 303
            assert "acme-law-firm-suspends" in client.get("/licenses").text
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=PATIENCE_S)
        assert (running.returncode, out, err) == (0, "", "")
        refused = run("serve", "--sample", "--host", "0.0.0.0", store=sqlite_url)
        assert refused.exit_code == 2
        assert "this machine alone" in refused.err

    def test_says_that_the_port_is_not_to_be_had(self, store: str) -> None:
        done("user", "add", "kim", "--role", "admin", store=store)
        ran = run("serve", "--host", "192.0.2.1", "--port", "1", store=store)
        assert ran.exit_code == 1
        assert "Failed (io_error)" in ran.err

    def test_says_how_to_begin_where_nobody_can_sign_in(self, store: str) -> None:
        ran = run("serve", "--host", "192.0.2.1", "--port", "1", store=store)
        assert "user add you@example.com --role admin" in ran.err
        assert "--sample" not in ran.err


class TestUser:
    def test_is_added_listed_disabled_and_let_in_again(self, store: str) -> None:
        said = done("user", "add", "Kim@example.com", "--role", "support", store=store)
        assert said.startswith("User kim@example.com added as support.\nPassword: ")
        done("user", "add", "p", "--role", "partner", "--partner", "acme", "--no-password", store=store)
        done("user", "disable", "kim@example.com", store=store)
        rows = [
            json.loads(line) for line in done("user", "list", "--format", "jsonl", store=store).splitlines()
        ]
        assert [(row["name"], row["role"], row["partner_id"], row["has_password"]) for row in rows] == [
            ("kim@example.com", "support", None, True),
            ("p", "partner", "acme", False),
        ]
        assert rows[0]["disabled_at"].endswith("Z")
        done("user", "enable", "kim@example.com", store=store)
        assert "Password: " in done("user", "password", "kim@example.com", store=store)
        table = done("user", "list", store=store)
        assert "kim@example.com" in table
        assert said.split()[-1] not in table

    def test_may_bring_a_password(self, store: str) -> None:
        args = ("user", "add", "kim", "--role", "admin", "--password-stdin")
        assert run(*args, store=store, stdin=b"short\n").exit_code == 2
        ran = run(*args, store=store, stdin=b"correct horse battery\n")
        assert ran.exit_code == 0
        assert "Password" not in ran.out

    def test_is_refused_when_it_cannot_be(self, store: str) -> None:
        assert run("user", "add", "x", "--role", "boss", store=store).exit_code == 2
        assert run("user", "add", "x", "--role", "partner", store=store).exit_code == 2
        done("user", "add", "x", "--role", "admin", store=store)
        assert run("user", "add", "x", "--role", "admin", store=store).exit_code == 4
        assert run("user", "disable", "nobody", store=store).exit_code == 3
        assert done("user", "list", "--format", "json", store=store).startswith("[")

    def test_knows_every_role_and_scope(self) -> None:
        assert ROLES.split("|") == [role.value for role in UserRole]
        assert SCOPES.split("|") == [right.value for right in Right]


class TestApiKey:
    def test_is_made_listed_and_revoked(self, store: str) -> None:
        assert done("api-key", "list", store=store) == "There is no key yet.\n"
        done("user", "add", "kim", "--role", "auditor", store=store)
        made = ("api-key", "create", "--user", "kim", "--scope", "read_invoices", "--scope", "export")
        said = done(*made, "--label", "reports", "--days", "7", store=store)
        assert "acts as kim until" in said
        secret = said.split()[-1]
        (row,) = csv.DictReader(StringIO(done("api-key", "list", "--format", "csv", store=store)))
        assert secret.startswith(f"llk_{row['prefix']}_")
        assert (row["scopes"], row["label"], row["last_used_at"]) == ("read_invoices export", "reports", "")
        done("api-key", "revoke", row["prefix"], store=store)
        assert run("api-key", "revoke", row["prefix"], store=store).exit_code == 3

    def test_is_refused_when_it_cannot_be(self, store: str) -> None:
        made = ("api-key", "create", "--user", "kim", "--scope")
        assert run(*made, "read_invoices", store=store).exit_code == 3
        done("user", "add", "kim", "--role", "support", store=store)
        assert run(*made, "everything", store=store).exit_code == 2
        assert run(*made, "operate", store=store).exit_code == 2
