"""Histories come in whole or not at all, or with what was left out in a file; they go out as they came."""

import errno
import io
import json
import os
from datetime import date
from pathlib import Path

import pytest

from ledger.application.simulation import simulate
from replay.sample import sample_history
from tests.desk.running import done, run


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Return a history file with the sample programme."""
    file = tmp_path / "history.jsonl"
    file.write_bytes(sample_history())
    return file


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    """Return a history file whose third line is a price below zero."""
    lines = sample_history().splitlines(keepends=True)[:10]
    lines[2] = lines[2].replace(b'"unit_amount":2200', b'"unit_amount":-5')
    file = tmp_path / "spoiled.jsonl"
    file.write_bytes(b"".join(lines))
    return file


class TestImport:
    def test_says_how_many_events_are_recorded(self, history: Path, sqlite_url: str) -> None:
        assert done("import", str(history), store=sqlite_url) == (
            "Recorded 415 events at positions 1 to 415; 1 line was recorded already.\n"
        )
        assert done("import", str(history), store=sqlite_url) == (
            "Recorded 0 events; 416 lines were recorded already.\n"
        )

    def test_reads_standard_input(self, sqlite_url: str) -> None:
        ran = run("import", "-", store=sqlite_url, stdin=sample_history())
        assert ran.exit_code == 0
        assert ran.out.startswith("Recorded 415 events")
        assert ran.err == ""

    def test_records_nothing_and_names_the_line_that_is_illegal(self, spoiled: Path, sqlite_url: str) -> None:
        ran = run("import", str(spoiled), store=sqlite_url)
        assert ran.exit_code == 1
        assert ran.out == ""
        assert ran.err.startswith(
            "Not valid (bad_field): Line 3: unit_amount: it must be at least 0 (it is -5)."
        )
        assert run("export", store=sqlite_url).exit_code == 3

    def test_leaves_a_store_that_was_there_as_it_was(self, spoiled: Path, sqlite_url: str) -> None:
        price = sample_history().splitlines(keepends=True)[0]
        run("import", "-", store=sqlite_url, stdin=price)
        assert run("import", str(spoiled), store=sqlite_url).exit_code == 1
        assert done("export", store=sqlite_url).count("\n") == 1

    def test_that_is_refused_leaves_no_file_behind(self, spoiled: Path, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        url = f"sqlite:///{tmp_path / 'empty' / 'ledger.db'}"
        assert run("import", str(spoiled), store=url).exit_code == 1
        assert list((tmp_path / "empty").iterdir()) == []

    def test_that_is_recorded_leaves_the_store_and_nothing_else(self, history: Path, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        url = f"sqlite:///{tmp_path / 'empty' / 'ledger.db'}"
        assert done("import", str(history), store=url).startswith("Recorded 415 events")
        assert [file.name for file in (tmp_path / "empty").iterdir()] == ["ledger.db"]

    def test_gives_way_to_a_store_that_another_made_meanwhile(
        self, history: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = os.link
        price = sample_history().splitlines(keepends=True)[0]

        def another_first(made: Path, file: Path) -> None:
            monkeypatch.undo()
            assert run("import", "-", store=sqlite_url, stdin=price).exit_code == 0
            link(made, file)

        monkeypatch.setattr("desk.cli.new_store.os.link", another_first)
        ran = run("import", str(history), store=sqlite_url)
        assert ran.exit_code == 4
        assert "made_meanwhile" in ran.err
        assert done("export", store=sqlite_url).count("\n") == 1

    def test_is_kept_where_files_cannot_be_linked(
        self, history: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_links(made: Path, file: Path) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted", str(file), None, str(made))

        monkeypatch.setattr("desk.cli.new_store.os.link", no_links)
        assert done("import", str(history), store=sqlite_url).startswith("Recorded 415 events")
        assert done("export", store=sqlite_url).count("\n") == 415

    def test_names_the_event_that_a_line_clashes_with(self, tmp_path: Path, sqlite_url: str) -> None:
        lines = sample_history().splitlines(keepends=True)
        partner = next(line for line in lines if b"PartnerRegistered" in line)
        again = partner.replace(b"acme/01", b"acme/again")
        (tmp_path / "twice.jsonl").write_bytes(partner + again)
        ran = run("import", str(tmp_path / "twice.jsonl"), store=sqlite_url)
        assert ran.exit_code == 1
        assert ran.err.splitlines()[:2] == [
            "Refused (partner_exists): Line 2: PartnerRegistered of acme at 2021-01-04T09:00:00.000000Z: "
            "the partner is registered already.",
            "  clashes with PartnerRegistered acme/01 at 2021-01-04T09:00:00.000000Z",
        ]

    def test_keeps_going_and_ends_with_1(self, spoiled: Path, sqlite_url: str) -> None:
        ran = run("import", str(spoiled), "--keep-going", store=sqlite_url)
        refused = spoiled.with_name("spoiled.jsonl.refused.jsonl")
        assert ran.exit_code == 1
        assert ran.out == "Recorded 9 events at positions 1 to 9.\n"
        assert ran.err == f"1 line was left out; see {refused} for the reasons.\n"
        (line,) = refused.read_text().splitlines()
        assert {key: json.loads(line)[key] for key in ("line", "code")} == {"line": 3, "code": "bad_field"}

    def test_writes_what_it_left_out_where_it_is_told(
        self, spoiled: Path, tmp_path: Path, sqlite_url: str
    ) -> None:
        out = tmp_path / "out.jsonl"
        run("import", str(spoiled), "--keep-going", "--refused", str(out), store=sqlite_url)
        assert len(out.read_text().splitlines()) == 1

    def test_leaves_no_empty_file_of_refusals(self, history: Path, sqlite_url: str) -> None:
        ran = run("import", str(history), "--keep-going", store=sqlite_url)
        assert ran.exit_code == 0
        assert [file.name for file in history.parent.glob("*.jsonl")] == ["history.jsonl"]

    def test_wants_a_file_that_is_there(self, tmp_path: Path, sqlite_url: str) -> None:
        for name, said in (("none", "There is no file"), ("", "is a folder; name the file in it")):
            ran = run("import", str(tmp_path / name), store=sqlite_url)
            assert ran.exit_code == 2
            assert said in ran.err
        assert list(tmp_path.iterdir()) == []

    def test_wants_keep_going_for_a_file_of_refusals(self, history: Path, sqlite_url: str) -> None:
        assert run("import", str(history), "--refused", "x", store=sqlite_url).exit_code == 2


class TestExport:
    def test_gives_back_what_was_imported(self, history: Path, tmp_path: Path, sqlite_url: str) -> None:
        done("import", str(history), store=sqlite_url)
        exported = done("export", store=sqlite_url)
        copy = tmp_path / "copy.jsonl"
        ran = run("export", "--out", str(copy), store=sqlite_url)
        assert (ran.out, ran.err) == ("", f"Wrote 415 events to {copy}.\n")
        assert copy.read_text() == exported
        other = f"sqlite:///{tmp_path / 'other.db'}"
        done("import", str(copy), store=other)
        assert done("export", store=other) == exported

    def test_does_not_touch_the_old_file_before_the_new_one_is_whole(
        self, tmp_path: Path, history: Path, sqlite_url: str
    ) -> None:
        done("import", str(history), store=sqlite_url)
        kept = tmp_path / "kept.jsonl"
        kept.write_text("old")
        run("export", "--out", str(kept), store=f"sqlite:///{tmp_path / 'none.db'}")
        assert kept.read_text() == "old"
        assert run("export", "--out", str(kept), store=sqlite_url).exit_code == 0
        assert len(kept.read_text().splitlines()) == 415
        assert not kept.with_name("kept.jsonl.part").exists()


class TestSimulate:
    def test_writes_the_bytes_of_the_arguments(self, tmp_path: Path) -> None:
        asked = ("simulate", "--licenses", "5", "--seed", "3", "--until", "2023-12-31")
        wanted = io.BytesIO()
        simulate(5, 3, date(2023, 12, 31), wanted)
        assert done(*asked).encode() == wanted.getvalue()
        file = tmp_path / "story.jsonl"
        ran = run(*asked, "--out", str(file))
        assert file.read_bytes() == wanted.getvalue()
        assert ran.err == f"Wrote {len(wanted.getvalue().splitlines())} events to {file}.\n"

    @pytest.mark.parametrize("wrong", [("--until", "2020-01-01"), ("--until", "soon"), ("--licenses", "-1")])
    def test_refuses_a_story_that_cannot_be(self, wrong: tuple[str, str]) -> None:
        asked = {"--licenses": "1", "--until": "2024-12-31"} | {wrong[0]: wrong[1]}
        ran = run("simulate", *(part for option in asked.items() for part in option))
        assert ran.exit_code == 2
        assert "Input should" not in ran.err
