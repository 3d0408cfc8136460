"""A replayed cutover reads like a story at every width, and is data for programs."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from replay.demo import DEMO_CUTOVERS
from tests.desk.running import AS_OF, done, run, same_as_golden

RESELLERS = "resellers-2024-08-11"


class TestReplay:
    @pytest.mark.parametrize("columns", [80, 100, 140])
    def test_looks_like_this(self, sample_store: str, columns: int) -> None:
        page = done("replay", RESELLERS, "--as-of", AS_OF, store=sample_store, columns=columns)
        assert max(map(len, page.splitlines())) <= columns
        assert same_as_golden(f"replay_{columns}.txt", page)

    def test_looks_like_this_ahead_of_the_date(self, sample_store: str) -> None:
        page = done("replay", RESELLERS, "--as-of", "2024-08-01T00:00:00Z", store=sample_store)
        assert same_as_golden("replay_ahead.txt", page)

    def test_says_what_was_known_when(self, sample_store: str) -> None:
        asked = ("--as-of", AS_OF, "--known-at", "2024-08-20T00:00:00Z")
        page = done("replay", RESELLERS, *asked, store=sample_store)
        assert "as of 2024-12-20 00:00 UTC, as known at 2024-08-20 00:00 UTC." in " ".join(page.split())

    def test_shows_as_many_licences_as_are_wanted(self, sample_store: str) -> None:
        page = done("replay", RESELLERS, "--as-of", AS_OF, "--limit", "2", store=sample_store)
        assert "acme-created-9-june" not in page
        assert "… and 31 licences more: --limit 0 shows all." in page
        whole = done("replay", RESELLERS, "--as-of", AS_OF, "--limit", "0", store=sample_store)
        assert "--limit" not in whole
        assert page.splitlines()[-1] == whole.splitlines()[-1]

    def test_gives_programs_everything(self, sample_store: str) -> None:
        asked = ("replay", RESELLERS, "--as-of", AS_OF, "--format")
        whole = json.loads(done(*asked, "json", store=sample_store))
        lines = done(*asked, "jsonl", store=sample_store).splitlines()
        assert whole["licenses"] == [json.loads(line) for line in lines]
        assert whole["digest"] in done(*asked, "table", store=sample_store)

    def test_gives_spreadsheets_a_row_for_each_licence(self, sample_store: str) -> None:
        asked = ("replay", RESELLERS, "--as-of", AS_OF, "--format")
        rows = list(csv.DictReader(io.StringIO(done(*asked, "csv", store=sample_store))))
        wanted = {
            row["license_id"]: row for row in json.loads(done(*asked, "json", store=sample_store))["licenses"]
        }
        assert [row["license_id"] for row in rows] == list(wanted)
        for row in rows:
            difference = wanted[row["license_id"]]["difference"]
            assert row["difference_total"] == ("" if difference is None else str(difference["total"]))
        late = next(row for row in rows if row["license_id"] == "borealis-notice-late")
        assert (late["notice_in_app"], late["notice_email"], late["exceptions"]) == (
            "sent",
            "late",
            "notice_late",
        )

    def test_names_a_cutover_that_is_not_announced(self, sample_store: str) -> None:
        ran = run("replay", "never", store=sample_store)
        assert ran.exit_code == 3
        assert ran.err.startswith("Not found (cutover_not_found)")


class TestDemo:
    @pytest.mark.parametrize("columns", [80, 100, 140])
    def test_looks_like_this(self, tmp_path: Path, columns: int) -> None:
        page = done("demo", store=f"sqlite:///{tmp_path / 'demo.db'}", columns=columns)
        page = page.replace(str(tmp_path), "/tmp/here")
        assert same_as_golden(f"demo_{columns}.txt", page)

    def test_gives_the_same_digest_every_time_on_every_store(
        self, sqlite_url: str, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        pages = [
            done("demo", store=store) for store in (sqlite_url, sqlite_url, postgres_url, postgres_url, None)
        ]
        digests = {tuple(re.findall(r"[0-9a-f]{64}", page)) for page in pages}
        assert len(digests) == 1
        assert len(digests.pop()) == len(DEMO_CUTOVERS) + 1
        assert "were there already" in pages[1]
        (named,) = re.findall(r"The store is (\S+)", pages[-1])
        assert done("seats", "--as-of", AS_OF, store=named).count("\n") > 60

    def test_leaves_a_store_with_other_events_alone(self, sqlite_url: str) -> None:
        done("create-license", "northwind", "--plan", "team", store=sqlite_url)
        ran = run("demo", store=sqlite_url)
        assert ran.exit_code == 4
        assert ran.err.startswith("Refused (store_holds_other_events)")
        assert done("export", store=sqlite_url).count("\n") == 1
