"""Rebuilding as an operator does it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.stores.locations import open_store
from ledger.stores.read_models.locations import open_read_models
from tests.desk.running import done, run


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/ledger.db"
    done("demo", store=url)
    return url


class TestRebuild:
    def test_says_what_it_made_and_how_far_it_is(self, store: str) -> None:
        ran = run("rebuild", "--workers", "1", store=store)
        assert ran.exit_code == 0
        assert ran.out.startswith(
            "Version 1 answers now, up to position 415.\nRows from 415 events: seat_step "
        )
        assert ran.err.startswith(
            "Reading the log: 415 of 415 events\nFrom the log alone.\nComputing: 381 of 381 events\n"
        )
        assert "Indexing: 20 of 20 steps\n" in ran.err

    def test_comes_to_one_digest_from_archive_and_store_alone_or_together(self, store: str) -> None:
        done("archive", store=store)
        said = [
            done("rebuild", *arguments, store=store).splitlines()[-1]
            for arguments in (["--workers", "1"], ["--workers", "2"], ["--from", "store", "--workers", "1"])
        ]
        assert said[0].startswith("Digest ")
        assert len(set(said)) == 1

    def test_rebuilds_what_is_named(self, store: str) -> None:
        assert "invoice" not in done("rebuild", "notices", "--workers", "1", store=store)
        assert run("rebuild", "prices", store=store).exit_code == 2

    def test_goes_back_to_the_version_before(self, store: str) -> None:
        ran = run("rebuild", "--rollback", store=store)
        assert ran.exit_code == 3
        for _ in range(2):
            done("rebuild", "--workers", "1", store=store)
        assert done("rebuild", "--rollback", store=store) == (
            "These versions answer now: fault 1, invoice 1, invoice_line 1, license_step 1, notice 1, "
            "seat_step 1.\n"
        )
        assert run("rebuild", "--rollback", "--check", store=store).exit_code == 2

    def test_says_so_when_another_release_made_it(self, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as another_release:
            another_release.setattr("replay.rebuild.loading.schema_version", lambda: "another")
            done("rebuild", "--workers", "1", store=store)
        done("rebuild", "seats", "--workers", "1", store=store)
        ran = run("rebuild", "--rollback", store=store)
        assert ran.exit_code == 0
        assert ran.err.startswith(
            "Another release made fault, invoice, invoice_line, license_step, notice, seat"
        )
        assert ran.err.endswith("and a follower of this release makes them anew.\n")

    def test_is_refused_to_a_second(self, store: str) -> None:
        done("rebuild", "--workers", "1", store=store)
        with open_store(store, create=False) as log:
            models = open_read_models(log, create=False)
            assert models is not None
            with models, models.build_lock():
                ran = run("rebuild", "--workers", "1", store=store)
        assert ran.exit_code == 4
        assert "are being built by somebody else" in ran.err


class TestWhatIsRead:
    def test_is_said(self, store: str, tmp_path: Path) -> None:
        assert "From the log alone.\n" in run("rebuild", "--workers", "1", store=store).err
        done("archive", store=store)
        told = f"From the archive at {tmp_path}/ledger.db.archive and the log since.\n"
        assert told in run("rebuild", "--workers", "1", store=store).err
        assert "From the log alone.\n" in run("rebuild", "--from", "store", store=store).err

    @pytest.mark.parametrize("arguments", [["--archive", "nowhere"], ["--from", "archive"]])
    def test_is_refused_if_it_is_named_and_not_there(self, store: str, arguments: list[str]) -> None:
        ran = run("rebuild", *arguments, store=store)
        assert ran.exit_code == 3
        assert "There is no archive at " in ran.err

    @pytest.mark.parametrize("workers", ["1", "2"])
    def test_is_mended_if_it_is_damaged_whoever_reads_it(
        self, store: str, tmp_path: Path, workers: str
    ) -> None:
        done("archive", store=store)
        whole = done("rebuild", "--workers", workers, store=store).splitlines()[-1]
        damaged = next((tmp_path / "ledger.db.archive").rglob("part-*.parquet"))
        damaged.write_bytes(b"PAR1" + damaged.read_bytes()[4:-1] + b"?")
        ran = run("rebuild", "--workers", workers, store=store)
        assert (ran.exit_code, ran.out.splitlines()[-1]) == (0, whole)
        assert f"{damaged.name} of the archive was damaged and is written anew from the log." in ran.err


class TestRollback:
    @pytest.mark.parametrize("more", [["seats"], ["--workers", "2"], ["--from", "store"], ["--check"]])
    def test_takes_nothing_else(self, store: str, more: list[str]) -> None:
        for _ in range(2):
            done("rebuild", "--workers", "1", store=store)
        assert run("rebuild", *more, "--rollback", store=store).exit_code == 2
        assert "seat_step           2  live" in done("status", store=store)


class TestCluster:
    def test_that_is_none_is_refused(self, store: str) -> None:
        ran = run("rebuild", "--cluster", "garbage", store=store)
        assert ran.exit_code == 2
        assert "Name the scheduler, like tcp://host:8786." in ran.err

    def test_has_its_own_workers(self, store: str) -> None:
        assert run("rebuild", "--cluster", "tcp://host:1", "--workers", "2", store=store).exit_code == 2


class TestCheck:
    def test_says_that_all_is_well_or_who_differs(self, store: str, tmp_path: Path) -> None:
        assert run("rebuild", "--check", store=store).exit_code == 3
        done("rebuild", "--workers", "1", store=store)
        assert done("rebuild", "--check", "--workers", "1", store=store).startswith(
            "The live tables are what a rebuild makes (415 events, up to position 415).\n"
        )
        with closing(sqlite3.connect(tmp_path / "ledger.db.read-models")) as tables, tables:
            tables.execute("UPDATE invoice_1 SET total = total + 1 WHERE license_id = 'acme-bakery-peak'")
        ran = run("rebuild", "--check", "--workers", "1", store=store)
        assert ran.exit_code == 5
        assert "The live tables differ for 1 licence" in ran.out
        assert "acme-bakery-peak" in ran.out
