"""Histories that come in whole, or not at all."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.application import import_history as importing
from ledger.application.add_chatbot import add_chatbot
from ledger.application.change_plan import change_plan
from ledger.application.history_lines import LINES_AT_ONCE, MAX_LINE_BYTES
from ledger.application.import_history import ImportReport, LineRefused
from ledger.application.ledger import Ledger
from ledger.rules.instants import format_instant
from ledger.stores.bulk import WritingSession
from ledger.stores.errors import StoreLocked
from ledger.stores.locations import open_store
from replay.sample import sample_history
from tests.application.desk import NOON, HandClock, a_license, exported, history, imported, log_of, meta
from tests.events.lines import line, values

PRICE = values("PricePublished", id="price", recorded_at="2024-01-01T00:00:00Z")
LICENSE = {
    "id": "creation",
    "type": "LicenseCreated",
    "license_id": "lic",
    "source": "signup",
    "plan": "team",
    "billing_cycle": "monthly",
    "actor": "system",
    "effective_at": "2024-01-01T00:00:00Z",
    "recorded_at": "2024-01-01T00:00:00Z",
}


def fact(event_type: str, at: str, **fields: Any) -> dict[str, Any]:
    """Return a line about licence `lic` of a day in 2024, recorded when it becomes true."""
    times = {"effective_at": f"2024-{at}T00:00:00Z", "recorded_at": f"2024-{at}T00:00:00Z"}
    return {"type": event_type, "license_id": "lic", "actor": "system", **times, **fields}


class TestImportHistory:
    def test_records_the_sample_programme_whole(self, ledger: Ledger) -> None:
        report = imported(ledger, sample_history())
        assert (report.recorded, report.already_known, report.refused) == (415, 1, 0)
        assert (report.first_position, report.last_position) == (1, 415)

    def test_passes_over_what_is_recorded_already(self, ledger: Ledger) -> None:
        imported(ledger, sample_history())
        before = exported(ledger)
        assert imported(ledger, sample_history()) == ImportReport(0, 416, 0, None, None)
        assert imported(ledger, before) == ImportReport(0, 415, 0, None, None)
        assert exported(ledger) == before

    def test_goes_on_where_a_log_ends(self, ledger: Ledger) -> None:
        lines = sample_history().splitlines(keepends=True)
        for start in range(0, len(lines), 100):
            imported(ledger, b"".join(lines[start : start + 100]))
        in_parts = exported(ledger)
        assert in_parts.count(b"\n") == 415
        assert imported(ledger, sample_history()).recorded == 0

    def test_completes_a_licence(self, sqlite_ledger: Ledger) -> None:
        imported(sqlite_ledger, history(LICENSE))
        assert log_of(sqlite_ledger)[0]["billing_anchor"] == "2024-01-15"

    def test_names_a_line_without_id_by_its_hash(self, sqlite_ledger: Ledger) -> None:
        bare = line("PricePublished", id=...)
        report = imported(sqlite_ledger, bare + b"\n" + bare + b"\r\n")
        assert (report.recorded, report.already_known) == (1, 1)
        assert len(log_of(sqlite_ledger)[0]["id"]) == 64

    @pytest.mark.parametrize(
        ("ends", "count"),
        [(b"", 2), (b"\n", 2), (b"\r\n", 2), (b"\n\n", 2), (b"\r\n\r\n", 2), (b"\n  ", 2)],
    )
    def test_takes_any_end_of_a_file(self, sqlite_ledger: Ledger, ends: bytes, count: int) -> None:
        first, second = line("PricePublished"), line("PricePublished", id="e2")
        assert imported(sqlite_ledger, first + b"\r\n" + second + ends).recorded == count

    def test_takes_an_empty_file(self, ledger: Ledger) -> None:
        for nothing in (b"", b"\n"):
            assert imported(ledger, nothing) == ImportReport(0, 0, 0, None, None)

    def test_knows_an_id_again_from_far_before(self, ledger: Ledger) -> None:
        prices = [{**PRICE, "id": f"p{number}"} for number in range(2 * LINES_AT_ONCE)]
        report = imported(ledger, history(*prices, prices[0], *prices[-2:]))
        assert (report.recorded, report.already_known) == (len(prices), 3)

    def test_refuses_an_id_from_far_before_for_something_else(self, sqlite_ledger: Ledger) -> None:
        prices = [{**PRICE, "id": f"p{number}"} for number in range(2 * LINES_AT_ONCE)]
        with pytest.raises(LineRefused, match="'p0' stands for another event already"):
            imported(sqlite_ledger, history(*prices, {**prices[0], "plan": "other"}))

    def test_lifts_lines_of_an_earlier_release(self, sqlite_ledger: Ledger) -> None:
        old = line("CutoverAnnounced", applies_to=..., programme="solution")
        imported(sqlite_ledger, old)
        assert log_of(sqlite_ledger)[0]["applies_to"] == {"programme": "solution"}

    def test_tells_how_far_it_is(self, sqlite_ledger: Ledger) -> None:
        lines = [{**PRICE, "id": f"p{number}"} for number in range(LINES_AT_ONCE + 10)]
        told: list[int] = []
        imported(sqlite_ledger, history(*lines), progress=told.append)
        assert told == sorted(told)
        assert len(told) == 2
        assert told[-1] == len(history(*lines))

    def test_remembers_more_than_its_memory_holds(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        # so little memory that every batch forgets, and batches of a few lines
        monkeypatch.setattr(importing, "EVENTS_REMEMBERED", 6)
        monkeypatch.setattr("ledger.application.history_lines.LINES_AT_ONCE", 7)
        imported(ledger, sample_history())
        with Ledger.open(f"sqlite:///{tmp_path / 'roomy.db'}", create=True) as roomy:
            monkeypatch.undo()
            imported(roomy, sample_history())
            assert exported(roomy) == exported(ledger)

    def test_stamps_later_commands_no_earlier(self, ledger: Ledger) -> None:
        change = history({**PRICE, "recorded_at": format_instant(NOON + timedelta(days=9))})
        a_license(ledger)
        imported(ledger, change)
        later = change_plan(ledger, license_id="acme", plan="x", meta=meta()).event
        assert later.effective_at == later.recorded_at == NOON + timedelta(days=9)


class TestAllOrNothing:
    BAD = (
        fact("AgentCreated", "02-01", agent_id="ann", role="agent"),
        fact("AgentDeleted", "03-01", agent_id="b"),
    )

    def test_records_nothing_of_a_history_with_a_bad_line(self, ledger: Ledger) -> None:
        imported(ledger, history(PRICE))
        with pytest.raises(LineRefused, match="Line 3: There is no agent 'b' on licence 'lic'"):
            imported(ledger, history(LICENSE, *self.BAD))
        assert [written["id"] for written in log_of(ledger)] == ["price"]

    def test_names_the_first_bad_line_of_its_batch(self, sqlite_ledger: Ledger) -> None:
        with pytest.raises(LineRefused, match="Line 3"):
            imported(sqlite_ledger, history(LICENSE, *self.BAD) + b"not an event\n")

    def test_finds_a_bad_line_far_into_the_file(self, ledger: Ledger) -> None:
        prices = [{**PRICE, "id": f"p{number}"} for number in range(2 * LINES_AT_ONCE)]
        with pytest.raises(LineRefused, match=f"Line {len(prices) + 1}: "):
            imported(ledger, history(*prices) + b"{}\n")
        assert log_of(ledger) == []

    def test_records_nothing_when_it_is_interrupted(self, ledger: Ledger) -> None:
        def interrupted() -> Iterator[bytes]:
            for number in range(LINES_AT_ONCE + 1):
                yield history({**PRICE, "id": f"p{number}"})
            raise KeyboardInterrupt

        class Source(io.BytesIO):
            lines = interrupted()

            def readline(self, size: int | None = -1) -> bytes:
                return next(self.lines)

        with pytest.raises(KeyboardInterrupt):
            importing.import_history(ledger, Source())
        assert log_of(ledger) == []
        imported(ledger, history(PRICE))

    def test_keeps_other_writers_out(self, store_url: str, ledger: Ledger) -> None:
        class Source(io.BytesIO):
            def readline(self, size: int | None = -1) -> bytes:
                with open_store(store_url, create=False, lock_timeout_s=1) as waiting:
                    a_license(Ledger(waiting, HandClock()))
                return b""

        with pytest.raises(StoreLocked):
            importing.import_history(ledger, Source())


class TestKeepGoing:
    def test_leaves_out_bad_lines_and_what_depends_on_them(self, ledger: Ledger) -> None:
        lines = (
            history(PRICE)
            + b"\xff\n"
            + history(
                {**LICENSE, "source": "elsewhere"},
                fact("AgentCreated", "02-01", agent_id="ann", role="agent"),
                {**PRICE, "id": "early", "recorded_at": "2023-12-31T23:59:59Z"},
                {**LICENSE, "id": "another", "license_id": "other"},
            )
        )
        refused = io.BytesIO()

        report = imported(ledger, lines, keep_going=True, refused=refused)

        assert (report.recorded, report.refused) == (2, 4)
        told = [json.loads(row) for row in refused.getvalue().splitlines()]
        assert [(row["line"], row["code"]) for row in told] == [
            (2, "not_utf8"),
            (3, "bad_field"),
            (4, "license_not_found"),
            (5, "recorded_at_goes_back"),
        ]
        assert told[0]["text"] == "\\xff"
        assert json.loads(told[1]["text"])["source"] == "elsewhere"
        assert "source" in told[1]["reason"]

    def test_writes_them_to_a_text_file_as_well(self, sqlite_ledger: Ledger) -> None:
        refused = io.StringIO()
        imported(sqlite_ledger, b"{}\n", keep_going=True, refused=refused)
        assert json.loads(refused.getvalue())["code"] == "missing_field"

    def test_needs_no_file_for_them(self, sqlite_ledger: Ledger) -> None:
        assert imported(sqlite_ledger, b"{}\n", keep_going=True).refused == 1

    def test_lets_other_writers_in_at_its_checkpoints(
        self, store_url: str, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importing, "EVENTS_A_CHECKPOINT", 1)
        monkeypatch.setattr("ledger.application.history_lines.LINES_AT_ONCE", 2)
        deeds = [
            partial(add_chatbot, license_id="lic", bot_id="b", meta=meta(key="theirs")),
            partial(change_plan, license_id="lic", plan="x", meta=meta()),
        ]
        begin = WritingSession._begin
        begun: list[WritingSession] = []

        def after_another(session: WritingSession) -> None:
            if begun and deeds:
                with Ledger.open(store_url, create=False, clock=HandClock()) as other:
                    deeds.pop(0)(other)
            begun.append(session)
            begin(session)

        monkeypatch.setattr(WritingSession, "_begin", after_another)
        lines = [
            LICENSE,
            fact("AgentCreated", "02-01", agent_id="ann", role="agent"),
            fact("ChatBotAdded", "06-01", bot_id="b"),
            fact("ChatBotAdded", "06-01", bot_id="c"),
            fact("AgentDeleted", "04-01", agent_id="ann"),
            fact("ChatBotRemoved", "06-02", bot_id="b"),
        ]
        refused = io.StringIO()

        report = imported(ledger, history(*lines), keep_going=True, refused=refused)

        told = [json.loads(row) for row in refused.getvalue().splitlines()]
        assert [(row["line"], row["code"]) for row in told] == [
            (3, "out_of_order"),
            (5, "recorded_at_goes_back"),
        ]
        assert "theirs" in told[0]["reason"]
        assert report.recorded == 4
        assert not deeds
        kinds = [written["type"] for written in log_of(ledger)]
        assert kinds[2:] == ["ChatBotAdded", "ChatBotAdded", "PlanChanged", "ChatBotRemoved"]

    def test_keeps_what_was_committed_before_an_interruption(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importing, "EVENTS_A_CHECKPOINT", 2)
        monkeypatch.setattr("ledger.application.history_lines.LINES_AT_ONCE", 2)

        class Source(io.BytesIO):
            def readline(self, size: int | None = -1) -> bytes:
                got = super().readline(-1)
                if not got:
                    raise KeyboardInterrupt
                return got

        prices = [{**PRICE, "id": f"p{number}"} for number in range(5)]
        with pytest.raises(KeyboardInterrupt):
            importing.import_history(ledger, Source(history(*prices)), keep_going=True)
        assert [written["id"] for written in log_of(ledger)] == ["p0", "p1", "p2", "p3"]


class TestLongLines:
    def test_are_taken_up_to_a_mebibyte(self, sqlite_ledger: Ledger) -> None:
        padded = line("PricePublished")[:-1] + b" " * (MAX_LINE_BYTES - len(line("PricePublished"))) + b"}"
        assert len(padded) == MAX_LINE_BYTES
        assert imported(sqlite_ledger, padded + b"\r\n").recorded == 1

    @pytest.mark.parametrize("too_long", [MAX_LINE_BYTES + 1, 3 * MAX_LINE_BYTES + 17])
    def test_are_refused_beyond_without_losing_the_next(self, sqlite_ledger: Ledger, too_long: int) -> None:
        refused = io.StringIO()
        lines = b"x" * too_long + b"\n" + line("PricePublished") + b"\n" + b"y" * too_long
        report = imported(sqlite_ledger, lines, keep_going=True, refused=refused)
        told = [json.loads(row) for row in refused.getvalue().splitlines()]
        assert [(row["line"], row["code"]) for row in told] == [(1, "line_too_long"), (3, "line_too_long")]
        assert report.recorded == 1
        assert len(refused.getvalue()) < 2_000
