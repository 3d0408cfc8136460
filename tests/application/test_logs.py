"""What the ledger says about its work, and to whom."""

import logging
from collections.abc import Iterator

import pytest

from ledger.aggregates.license import LicenseNotFound
from ledger.application.add_chatbot import add_chatbot
from ledger.application.ledger import Ledger
from ledger.application.logs import LEVEL_VARIABLE, configure_logs
from ledger.application.recording import CommandMeta
from tests.application.desk import a_license, meta


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Let nobody listen, as in a new process, and give the log back to whoever listened before."""
    ours = logging.getLogger("ledger")
    before = (ours.handlers, ours.propagate, ours.level)
    ours.handlers, ours.level = [], logging.WARNING
    yield
    ours.handlers, ours.propagate, ours.level = before


class TestLogs:
    def test_say_nothing_unless_asked(
        self, sqlite_ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(LEVEL_VARIABLE, raising=False)
        a_license(sqlite_ledger)
        configure_logs()
        add_chatbot(sqlite_ledger, license_id="acme", bot_id="b", meta=meta())
        assert capsys.readouterr() == ("", "")

    def test_name_event_licence_position_and_request(
        self, sqlite_ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_license(sqlite_ledger)
        monkeypatch.setenv(LEVEL_VARIABLE, "info")
        configure_logs()
        request = CommandMeta(key="k", request_id="request-7")
        recorded = add_chatbot(sqlite_ledger, license_id="acme", bot_id="b", meta=request)
        with pytest.raises(LicenseNotFound):
            add_chatbot(
                sqlite_ledger, license_id="nobody", bot_id="b", meta=CommandMeta(request_id="request-8")
            )
        out, err = capsys.readouterr()
        assert out == ""
        done, refused = err.splitlines()
        for said in ("event=recorded", "type=ChatBotAdded", "license_id=acme", "request_id=request-7"):
            assert said in done
        assert f"position={recorded.position}" in done
        for said in ("event=refused", "license_id=nobody", "code=license_not_found", "request_id=request-8"):
            assert said in refused
