"""The archive as people use it: made beside the file, extended, checked, mended."""

from pathlib import Path

import pytest

from ledger.application.archive_log import WORK
from ledger.stores.locations import open_store
from tests.desk.running import done, run


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/ledger.db"
    done("demo", store=url)
    return url


def data_file(tmp_path: Path) -> Path:
    return next((tmp_path / "ledger.db.archive" / "segments").glob("*/part-*.parquet"))


class TestArchive:
    def test_lies_beside_the_store_and_is_extended(self, store: str, tmp_path: Path) -> None:
        assert done("archive", "--partitions", "8", store=store) == (
            f"Sealed 415 events; {tmp_path}/ledger.db.archive holds 415 events in 1 segment, "
            "up to position 415.\n"
        )
        done("take-seat", "acme-bakery-peak", "ida@acme-bakery-peak.example", store=store)
        assert done("archive", store=store).startswith("Sealed 1 event; ")
        assert done("archive", store=store).startswith("Sealed 0 events; ")

    def test_goes_where_it_is_told(self, store: str, tmp_path: Path) -> None:
        done("archive", "--archive", f"{tmp_path}/one", store=store)
        assert run("archive", store=store, LEDGER_ARCHIVE=f"file://{tmp_path}/two").exit_code == 0
        assert (tmp_path / "one" / "manifests").is_dir()
        assert (tmp_path / "two" / "manifests").is_dir()

    def test_names_and_mends_what_is_damaged(self, store: str, tmp_path: Path) -> None:
        done("archive", store=store)
        file = data_file(tmp_path)
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + b"\0")
        ran = run("archive", "--verify", store=store)
        assert ran.exit_code == 5
        assert f"{file.parent.name}/{file.name}: its SHA-256 is another; put into quarantine/" in ran.err
        assert file.read_bytes() == whole
        assert run("archive", "--verify", store=store).exit_code == 0
        file.unlink()
        ran = run("archive", store=store)
        assert ran.exit_code == 0
        assert ran.err == f"segments/00000001/{file.name}: it was missing; written anew from the log.\n"

    def test_tells_how_far_the_check_is(self, store: str) -> None:
        done("archive", "--partitions", "4", store=store)
        ran = run("archive", "--verify", store=store)
        assert ran.exit_code == 0
        assert ran.err == "Checking: 5 of 5 files\n"
        assert run("archive", store=store).err == ""

    def test_is_refused_to_a_second(self, store: str) -> None:
        with open_store(store, create=False) as other, other.alone(WORK):
            ran = run("archive", store=store)
        assert ran.exit_code == 4
        assert ran.err.startswith("Locked (already_under_way): Somebody else is at work on the archive of")

    def test_of_another_log_is_refused(self, store: str, tmp_path: Path) -> None:
        done("archive", store=store)
        other = f"sqlite:///{tmp_path}/other.db"
        done("publish-price", "team", "monthly", "49.00", store=other)
        ran = run("archive", "--archive", f"{tmp_path}/ledger.db.archive", store=other)
        assert ran.exit_code == 4
        assert "belongs to another log" in ran.err

    @pytest.mark.parametrize("partitions", ["0", "3", "2048"])
    def test_wants_a_power_of_two(self, store: str, partitions: str) -> None:
        ran = run("archive", "--partitions", partitions, store=store)
        assert ran.exit_code == 2
        assert "Give one of 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024 when" in ran.err
        assert "folder" not in ran.err

    def test_lies_in_no_memory(self, store: str) -> None:
        for command in (["archive", "--archive"], ["rebuild", "--workers", "1", "--staging"]):
            ran = run(*command, "memory://x", store=store)
            assert ran.exit_code == 2
            assert (
                f"{command[-1][2:]} 'memory://x' will not do: it lies in the memory of one process" in ran.err
            )

    def test_needs_a_ledger(self, tmp_path: Path) -> None:
        assert run("archive", store=f"sqlite:///{tmp_path}/none.db").exit_code == 3
        assert list(tmp_path.iterdir()) == []
