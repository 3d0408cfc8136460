"""What is written stands on the disk with all its folders, and what cannot be written names its file."""

import errno
import os
from pathlib import Path

import polars as pl
import pytest

from ledger.stores.archive.place import Place
from ledger.stores.archive.staging import Staging

FULL = Path("/dev/full")


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of what is written down to the disk, as that happens."""
    names: list[str] = []
    fsync = os.fsync

    def noted(opened: int) -> None:
        names.append(Path(f"/proc/self/fd/{opened}").readlink().as_posix())
        fsync(opened)

    monkeypatch.setattr(os, "fsync", noted)
    return names


class TestWriting:
    def test_puts_new_folders_on_the_disk(self, tmp_path: Path, synced: list[str]) -> None:
        place = Place.at(f"{tmp_path}/archive")
        place.write("segments/00000001/part-0000.parquet", b"x")
        folder = f"{tmp_path}/archive/segments/00000001"
        assert synced == [
            f"{folder}/part-0000.parquet",
            folder,
            f"{tmp_path}/archive/segments",
            f"{tmp_path}/archive",
            str(tmp_path),
        ]
        synced.clear()
        place.write("segments/00000001/part-0001.parquet", b"x")
        assert synced == [f"{folder}/part-0001.parquet", folder]

    def test_of_a_whole_file_too(self, tmp_path: Path, synced: list[str]) -> None:
        Place.at(f"{tmp_path}/archive").write_whole("manifests/00000001.json", b"x")
        assert str(tmp_path) in synced
        assert synced[-1] == f"{tmp_path}/archive/manifests"


class TestAFullDisk:
    def test_is_told_with_the_file(self, tmp_path: Path) -> None:
        place = Place.at(str(tmp_path))
        for name in ("full", "whole.unfinished"):
            (tmp_path / name).symlink_to(FULL)
        for write, name in ((place.write, "full"), (place.write_whole, "whole")):
            with pytest.raises(OSError, match="space left on device") as refused:
                write(name, b"x")
            assert refused.value.errno == errno.ENOSPC
            assert str(refused.value.filename).startswith(f"{tmp_path}/{name}")

    def test_is_told_of_the_staging_too(self, tmp_path: Path) -> None:
        (tmp_path / "done").mkdir()
        (tmp_path / "done" / "000001.json.unfinished").symlink_to(FULL)
        with pytest.raises(OSError, match="space left on device") as refused:
            Staging.at(str(tmp_path)).write_done(
                1, {"seat_step": pl.DataFrame({"a": [1]})}, {}, rows_read=1, peak_bytes=1
            )
        assert refused.value.filename == f"{tmp_path}/done/000001.json.unfinished"
