"""Whatever happens to an archive, it is whole segments or none, and what is damaged is made anew."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger.application.archive_log import archive_log
from ledger.application.ledger import Ledger
from ledger.stores.archive import sealing
from ledger.stores.archive.errors import ArchiveNotFound, DamagedFile
from ledger.stores.archive.manifest import Contents, read_contents
from ledger.stores.archive.mending import find_damage, mend
from ledger.stores.archive.place import Place
from ledger.stores.archive.reading import Archive
from ledger.stores.archive.sealing import clear_away, compact, extend, open_or_begin
from tests.archive.world import FailingFiles, PulledPlug, exported, seal

SEALED = 120
SEGMENT = 12
ENDS = range(0, SEALED + SEGMENT, SEGMENT)


def run(place: Place, ledger: Ledger, until: int) -> Contents:
    """Do what one run of the archive does, in small segments."""
    contents = open_or_begin(place, ledger.store, 2)
    clear_away(place, contents)
    contents = extend(place, contents, ledger.store, until, segment_rows=SEGMENT)
    contents = compact(place, contents)
    clear_away(place, contents)
    return contents


@pytest.fixture(params=["folder", "objects"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "archive") if request.param == "folder" else f"objects://{uuid4().hex}"


class TestPullingThePlug:
    def test_leaves_whole_segments_at_every_step(self, file_ledger: Ledger, url: str, tmp_path: Path) -> None:
        lines = exported(file_ledger).splitlines(keepends=True)
        place, finished, changes = Place.at(url), False, 0
        while not finished:
            # each time the plug is pulled one change later, and what the run before left is still there
            failing = FailingFiles(url, changes)
            try:
                run(failing.place(), file_ledger, SEALED)
                finished = True
            except PulledPlug:
                changes += 1
            try:
                contents = read_contents(place)
            except ArchiveNotFound:
                continue
            assert find_damage(place, contents, thoroughly=True) == []
            assert contents.until_position in ENDS
            assert b"".join(Archive(place, contents).line_pages()) == b"".join(
                lines[: contents.until_position]
            )
        assert changes > 5
        contents = read_contents(place)
        assert set(place.names("segments")) == {file.name for file in contents.files}
        assert not [name for name in place.names("") if "unfinished" in name]

    @pytest.mark.parametrize("changes", range(0, 50, 2))
    def test_once_costs_nothing_but_the_run(self, file_ledger: Ledger, url: str, changes: int) -> None:
        with pytest.raises(PulledPlug):
            run(FailingFiles(url, changes).place(), file_ledger, SEALED)
        contents = run(Place.at(url), file_ledger, SEALED)
        assert contents.until_position == SEALED
        assert len(contents.segments) < sealing.FAN_IN
        assert set(Place.at(url).names("segments")) == {file.name for file in contents.files}


def flip(place: Place, name: str) -> None:
    content = bytearray(place.read(name))
    content[len(content) // 2] ^= 0xFF
    place.write(name, bytes(content))


class TestMending:
    def test_writes_an_altered_file_anew(self, ledger: Ledger, archive_url: str) -> None:
        archive_log(ledger, archive_url, partitions=4)
        place = Place.at(archive_url)
        before = read_contents(place)
        victims = [before.files[0].name, before.files[2].name]
        for name in victims:
            flip(place, name)
        assert archive_log(ledger, archive_url).damages == []  # the size is right; nobody has looked inside
        report = archive_log(ledger, archive_url, verify=True)
        assert [damage.name for damage in report.damages] == victims
        assert read_contents(place) == before
        assert find_damage(place, before, thoroughly=True) == []
        assert len(place.names("quarantine")) == 2
        assert b"".join(Archive.open(archive_url).line_pages()) == exported(ledger)

    def test_needs_no_asking_if_a_file_is_torn_or_gone(self, file_ledger: Ledger, archive_url: str) -> None:
        archive_log(file_ledger, archive_url, partitions=4)
        place = Place.at(archive_url)
        files = read_contents(place).files
        for _ in range(2):
            place.write(files[1].name, place.read(files[1].name)[:100])
            place.remove([files[3].name])
            with pytest.raises(DamagedFile, match=r"part-|programme"):
                Archive.open(archive_url).read_partition(files[1].partition or 0)
            report = archive_log(file_ledger, archive_url)
            assert {damage.name for damage in report.damages} == {files[1].name, files[3].name}
            assert b"".join(Archive.open(archive_url).line_pages()) == exported(file_ledger)
        assert len(place.names("quarantine")) == 2

    def test_happens_before_segments_become_one(self, file_ledger: Ledger, archive_url: str) -> None:
        place = Place.at(archive_url)
        contents = seal(place, file_ledger, 400, rows=20)
        flip(place, contents.files[5].name)
        with pytest.raises(DamagedFile):
            compact(place, contents)
        report = archive_log(file_ledger, archive_url)
        assert [damage.name for damage in report.damages] == [contents.files[5].name]
        assert report.segments == 1
        assert b"".join(Archive.open(archive_url).line_pages()) == exported(file_ledger)

    def test_names_a_file_anew_where_its_bytes_come_out_otherwise(
        self, file_ledger: Ledger, archive_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as another_release:
            another_release.setattr("pyarrow.parquet.write_table", _written_otherwise)
            archive_log(file_ledger, archive_url, partitions=2)
        place = Place.at(archive_url)
        before = read_contents(place)
        flip(place, before.files[1].name)
        archive_log(file_ledger, archive_url, verify=True)
        after = read_contents(place)
        assert after.number == before.number + 1
        assert [file.name for file in after.files][::2] == [file.name for file in before.files][::2]
        assert after.files[1].name != before.files[1].name
        assert find_damage(place, after, thoroughly=True) == []
        assert b"".join(Archive.open(archive_url).line_pages()) == exported(file_ledger)

    def test_is_refused_where_the_log_has_lost_rows(self, file_ledger: Ledger, url: str) -> None:
        place = Place.at(url)
        contents = seal(place, file_ledger, 200)
        file = contents.files[0]
        claims = file.model_copy(update={"rows": file.rows + 1})
        segment = contents.segments[0].model_copy(update={"files": [claims]})
        damaged = replace(contents, segments=(segment,))
        flip(place, file.name)
        with pytest.raises(DamagedFile, match="the log has"):
            mend(place, damaged, file_ledger.store, find_damage(place, damaged, thoroughly=True))


def _written_otherwise(table: Any, where: Any, **options: Any) -> None:
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 - what it is called by is replaced

    options["compression_level"] = 9
    options["compression"] = "gzip"
    with ParquetWriter(where, table.schema, **options) as writer:
        writer.write_table(table)
