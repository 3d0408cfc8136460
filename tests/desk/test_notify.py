"""The command that sends notices, with a real mail server behind it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.running import done, run, same_as_golden
from tests.notices.servers import Manners, serving
from tests.notices.world import programme, with_licence
from tests.projections.told import Told

CHARGE = "2024-08-24"
# Due from the 10th on. Nobody turns a command's clock back: the past is asked about by dry runs.
DUE = "2024-08-12T09:00:00Z"


def stored(folder: Path, told: Told) -> str:
    """Make a store of what was told."""
    history = folder / "history.jsonl"
    lines = sorted(told.lines, key=lambda line: line["recorded_at"])
    history.write_text("".join(json.dumps(line) + "\n" for line in lines))
    url = f"sqlite:///{folder / 'ledger.db'}"
    done("import", str(history), store=url)
    return url


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return a store with one licence, charged in 2024."""
    return stored(tmp_path, with_licence(programme()))


@pytest.fixture
def ahead(tmp_path: Path) -> str:
    """Return a store whose notices are due now: its last event is of 2098, so that is its present."""
    told = programme()
    told.lines[-1] |= {"on": "2099-06-11", "notice_days": 365}
    return stored(tmp_path, with_licence(told, billing_cycle="annual").price(1, "2098-12-01", plan="other"))


@pytest.fixture
def manners() -> Manners:
    return Manners()


@pytest.fixture
def configured(manners: Manners, tmp_path: Path) -> Iterator[str]:
    """Return a configuration that names a mail server on this machine."""
    file = tmp_path / "ledger.toml"
    with serving(manners) as port:
        file.write_text(
            f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "billing@chat.example"\n'
        )
        yield str(file)


class TestNotify:
    def test_shows_what_it_would_send(self, store: str) -> None:
        assert same_as_golden("notify_dry_run.txt", done("notify", "--dry-run", "--until", DUE, store=store))

    @pytest.mark.parametrize("form", ["json", "jsonl", "csv"])
    def test_answers_for_programs(self, store: str, form: str) -> None:
        out = done("notify", "--dry-run", "--until", DUE, "--format", form, store=store)
        if form == "csv":
            header, email, in_app = out.splitlines()
            assert header.startswith("license_id,cutover_id,charge_date,channel,kind,result")
            assert email.startswith(
                f"bakery,resellers,{CHARGE},email,notice,would_send,1,true,ap@acme.example,"
            )
            assert in_app.startswith(f"bakery,resellers,{CHARGE},in_app,")
            return
        rows = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
        assert [(row["channel"], row["result"], row["late"]) for row in rows] == [
            ("email", "would_send", True),
            ("in_app", "would_send", True),
        ]
        assert rows[0]["subject"] == "bakery: pay-per-user from Aug 24, 2024"

    def test_prints_what_one_notice_says(self, store: str) -> None:
        out = done(
            "notify", "--preview", "bakery", "resellers", "--until", "2024-08-10T00:00:00Z", store=store
        )
        assert out.startswith("Subject: bakery: pay-per-user from Aug 24, 2024\n\nbakery moves to")
        assert "Expected invoice $117.60" in " ".join(out.split())

    @pytest.mark.parametrize("asked", [("bakery", "nothing"), ("nobody", "resellers")])
    def test_finds_no_notice_to_print(self, store: str, asked: tuple[str, str]) -> None:
        assert run("notify", "--preview", *asked, store=store).exit_code == 3

    def test_reports_what_was_missed(self, store: str) -> None:
        out = done("notify", store=store)
        assert "No notice was due." in out
        assert "2 notices missed" in out

    def test_does_not_send_ahead(self, store: str) -> None:
        ran = run("notify", "--until", "2099-01-01T00:00:00Z", store=store)
        assert ran.exit_code == 2
        assert "--dry-run" in ran.err

    def test_sends_by_the_configured_server(self, ahead: str, configured: str, manners: Manners) -> None:
        out = done("--config", configured, "notify", store=ahead)
        assert "2 sent." in out
        assert [message["To"] for message in manners.taken] == ["ap@acme.example"]
        assert "No notice was due." in done("--config", configured, "notify", store=ahead)
        assert len(manners.taken) == 1

    def test_ends_with_1_if_a_message_failed(self, ahead: str, configured: str, manners: Manners) -> None:
        manners.message = "451 not now"
        ran = run("--config", configured, "notify", store=ahead)
        assert ran.exit_code == 1
        assert "451 not now" in ran.out
        assert "again from" in ran.out

    def test_names_what_is_wrong_with_the_data(self, tmp_path: Path) -> None:
        url = stored(tmp_path, with_licence(programme(email=None)))
        asked = ("notify", "--dry-run", "--until", DUE)
        ran = run(*asked, store=url)
        assert ran.exit_code == 0
        assert "payers.acme.email" in ran.err
        assert run(*asked, "--strict", store=url).exit_code == 1
