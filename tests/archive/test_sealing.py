"""An archive says what the log says, grows where it ended, and keeps few segments."""

import zlib
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from ledger.application.archive_log import WORK, archive_log, default_archive
from ledger.application.ledger import Ledger
from ledger.events.facts import SEAT_FACTS_END
from ledger.stores.archive.errors import (
    AnotherLogsArchive,
    ArchiveNotFound,
    BadArchive,
    UnreadableManifest,
)
from ledger.stores.archive.manifest import Contents, Segment, manifest_name, read_contents
from ledger.stores.archive.partitions import check_partitions, partition_of, partitions_for
from ledger.stores.archive.place import Place
from ledger.stores.archive.reading import Archive
from ledger.stores.archive.sealing import FAN_IN, clear_away, compact, to_merge
from ledger.stores.archive.segments import read_files
from ledger.stores.columns import LOG_SCHEMA
from ledger.stores.errors import AlreadyUnderWay
from ledger.stores.locations import open_store
from ledger.stores.reading import read_log_pages
from tests.archive.world import LINES, ODD_LINES, exported, import_lines, seal
from tests.stores.rows import NOON_US, give_up, rows


def everything(archive: Archive, until_position: int | None = None) -> pl.DataFrame:
    """Return all rows as projections get them, by position."""
    parts = [archive.read_partition(number, until_position) for number in range(archive.contents.partitions)]
    return pl.concat(part.log for part in [archive.read_programme(until_position), *parts]).sort("position")


def segment(after: int, rows: int) -> Segment:
    return Segment(after_position=after, until_position=after + rows, rows=rows, files=[])


def row_counts(contents: Contents) -> list[int]:
    return [each.rows for each in contents.segments]


class TestArchive:
    def test_gives_back_the_history_byte_for_byte(self, ledger: Ledger, archive_url: str) -> None:
        report = archive_log(ledger, archive_url)
        archive = Archive.open(archive_url)
        assert b"".join(archive.line_pages()) == exported(ledger)
        assert report.rows == report.sealed == len(LINES) + len(ODD_LINES)

    def test_makes_lines_from_columns_alone(self, file_ledger: Ledger, archive_url: str) -> None:
        archive_log(file_ledger, archive_url)
        archive = Archive.open(archive_url)
        files = {file.name: file.sha256 for file in archive.contents.files}
        rows = read_files(archive.place, files, ["fact", "actor", "role", "state", "line", "topic", "type"])
        assert rows["line"].is_null().all()
        assert rows["state"].is_not_null().eq(rows["fact"] >= SEAT_FACTS_END).all()
        assert rows["actor"].is_not_null().all()
        assert 'w\\ho" €' in rows["actor"].to_list()
        assert set(rows["role"].drop_nulls()) == {"owner", "admin", "agent"}
        assert rows["type"].str.contains(r"^[A-Z][A-Za-z]+$").all()

    def test_gives_projections_the_rows_that_the_store_gives(self, ledger: Ledger, archive_url: str) -> None:
        archive_log(ledger, archive_url)
        read = everything(Archive.open(archive_url))
        assert read.schema == LOG_SCHEMA
        assert read.equals(pl.concat(read_log_pages(ledger.store)))

    def test_ends_where_it_is_told(self, file_ledger: Ledger, archive_url: str) -> None:
        archive_log(file_ledger, archive_url)
        until = everything(Archive.open(archive_url), 200)
        assert until.equals(pl.concat(read_log_pages(file_ledger.store)).filter(pl.col("position") <= 200))

    def test_sorts_each_licence_into_its_partition(self, file_ledger: Ledger, archive_url: str) -> None:
        place = Place.at(archive_url)
        contents = seal(place, file_ledger, 400, partitions=8)
        for file in contents.files:
            columns = ["license_id", "subject", "effective_at", "position"]
            rows = read_files(place, {file.name: file.sha256}, columns)
            if file.partition is None:
                assert rows["license_id"].is_null().all()
                assert rows["position"].is_sorted()
            else:
                assert {zlib.crc32(one.encode()) % 8 for one in rows["license_id"]} == {file.partition}
                assert rows.equals(rows.sort("license_id", "subject", "effective_at", "position"))
            assert rows.height == file.rows
        assert sum(contents.rows_by_partition().values()) == 400

    def test_knows_where_invoices_were_cut(self, ledger: Ledger, archive_url: str) -> None:
        archive_log(ledger, archive_url)
        archive = Archive.open(archive_url)
        known = pl.concat(archive.read_partition(number).known_through for number in range(64))
        log = everything(archive).filter(pl.col("fact") == 30)
        ids = log.select("position", id=pl.col("state").str.json_path_match("$.known_through"))
        wanted = ids.with_columns(
            pl.col("id").replace_strict(ledger.store.positions_of(ids["id"].to_list()), return_dtype=pl.Int64)
        )
        assert known.sort("position").rows() == wanted.rows()
        assert known.height > 3

    def test_of_an_empty_log_is_none(self, store_url: str, archive_url: str) -> None:
        with Ledger.open(store_url, create=True) as empty:
            assert archive_log(empty, archive_url).segments == 0
        with pytest.raises(ArchiveNotFound):
            Archive.open(archive_url)

    @pytest.mark.parametrize(
        ("rows", "partitions"),
        [(0, 64), (16_000_000, 64), (16_000_001, 128), (50_900_000, 256), (10**9, 1024)],
    )
    def test_has_more_partitions_for_a_long_log(self, rows: int, partitions: int) -> None:
        assert check_partitions(partitions_for(rows)) == partitions

    def test_leaves_alone_what_is_not_its_own(self, file_ledger: Ledger, tmp_path: Path) -> None:
        theirs = tmp_path / "data" / "segments" / "customers.csv"
        theirs.parent.mkdir(parents=True)
        theirs.write_text("x")
        for _ in range(2):
            archive_log(file_ledger, str(tmp_path / "data"))
        assert theirs.exists()

    def test_keeps_its_partitions(self, file_ledger: Ledger, archive_url: str) -> None:
        with pytest.raises(BadArchive, match="power of two"):
            archive_log(file_ledger, archive_url, partitions=12)
        archive_log(file_ledger, archive_url, partitions=16)
        with pytest.raises(BadArchive, match="made with 16"):
            archive_log(file_ledger, archive_url, partitions=32)
        archive_log(file_ledger, archive_url)
        assert Archive.open(archive_url).contents.partitions == 16


class TestPartitionOf:
    def test_is_the_crc_of_the_id(self) -> None:
        assert partition_of("acme-bakery-peak", 64) == zlib.crc32(b"acme-bakery-peak") % 64
        assert partition_of("ünïcode", 64) == zlib.crc32("ünïcode".encode()) % 64


class TestExtending:
    def test_goes_on_where_it_ended(self, store_url: str, archive_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            import_lines(ledger, LINES[:100])
            first = archive_log(ledger, archive_url)
            import_lines(ledger, LINES[100:])
            second = archive_log(ledger, archive_url)
            again = archive_log(ledger, archive_url)
            assert [first.sealed, second.sealed, again.sealed] == [100, len(LINES) - 100, 0]
            assert b"".join(Archive.open(archive_url).line_pages()) == exported(ledger)

    def test_passes_over_positions_that_were_never_used(self, ledger: Ledger, archive_url: str) -> None:
        with pytest.raises(ValueError, match=r"^$"):
            give_up(ledger.store, rows("license/nobody", 250, NOON_US + 10**15))
        import_lines(ledger, [ODD_LINES[1].replace(b"odd2", b"odd3").replace(b"b,", b"c,")])
        place = Place.at(archive_url)
        contents = seal(place, ledger, 10_000, rows=10)
        assert contents.until_position >= len(LINES)
        assert sum(row_counts(contents)) == len(LINES) + len(ODD_LINES) + 1

    def test_refuses_another_logs_archive(self, ledger: Ledger, tmp_path: Path, archive_url: str) -> None:
        archive_log(ledger, archive_url)
        for others in (LINES[:50], LINES[1:2]):
            with Ledger.open(f"sqlite:///{tmp_path}/{uuid4().hex}.db", create=True) as other:
                import_lines(other, others)
                with pytest.raises(AnotherLogsArchive) as refused:
                    archive_log(other, archive_url)
                assert refused.value.exit_code == 4

    def test_is_done_by_one_at_a_time(self, ledger: Ledger, store_url: str, archive_url: str) -> None:
        with open_store(store_url, create=False) as other, other.alone(WORK):
            with pytest.raises(AlreadyUnderWay) as refused:
                archive_log(ledger, archive_url)
            assert refused.value.exit_code == 4
            with other.alone("another work"):
                pass
        assert archive_log(ledger, archive_url).sealed > 0


class TestManifests:
    def test_are_chained(self, file_ledger: Ledger, archive_url: str) -> None:
        place = Place.at(archive_url)
        seal(place, file_ledger, 300, rows=100)
        place.write_whole(manifest_name(2), place.read(manifest_name(2)).replace(b'"rows": ', b'"rows":  '))
        with pytest.raises(UnreadableManifest, match=r"00000003.*does not follow"):
            read_contents(place)

    def test_are_whole(self, file_ledger: Ledger, archive_url: str) -> None:
        place = Place.at(archive_url)
        seal(place, file_ledger, 300, rows=100)
        place.remove([manifest_name(1)])
        with pytest.raises(UnreadableManifest):
            read_contents(place)
        place.write_whole(manifest_name(1), b'{"number": 1')
        with pytest.raises(UnreadableManifest, match="invalid JSON"):
            read_contents(place)


class TestToMerge:
    @pytest.mark.parametrize(
        ("rows", "merged"),
        [
            ([], 0),
            ([5] * (FAN_IN - 1), 0),
            ([5] * FAN_IN, FAN_IN),
            ([5] * 30, 30),
            ([1_000, *[5] * (FAN_IN - 1)], 0),  # the large one would be written anew for the sake of few
            ([1_000, *[5] * FAN_IN], FAN_IN),
            ([1_000, 500, 400, *[20] * 5], 8),
        ],
    )
    def test_is_a_long_enough_end_without_a_giant(self, rows: list[int], merged: int) -> None:
        segments = []
        after = 0
        for count in rows:
            segments.append(segment(after, count))
            after += count
        assert len(to_merge(segments)) == merged
        assert list(to_merge(segments)) == segments[len(segments) - merged :]


class TestCompacting:
    def test_leaves_one_segment_that_says_the_same(self, ledger: Ledger, archive_url: str) -> None:
        place = Place.at(archive_url)
        before = seal(place, ledger, len(LINES), rows=40)
        assert len(before.segments) > FAN_IN
        lines = b"".join(Archive(place, before).line_pages())
        after = compact(place, before)
        assert row_counts(after) == [len(LINES)]
        assert b"".join(Archive(place, before).line_pages()) == lines  # nothing was taken away yet
        clear_away(place, after)
        assert set(place.names("segments")) == {file.name for file in after.files}
        assert b"".join(Archive(place, read_contents(place)).line_pages()) == lines
        at_once = seal(Place.at(f"objects://{uuid4().hex}"), ledger, len(LINES))
        assert [file.sha256 for file in after.files] == [file.sha256 for file in at_once.files]

    def test_comes_with_many_small_runs(self, store_url: str, archive_url: str) -> None:
        with Ledger.open(store_url, create=True) as ledger:
            segments = 0
            for count in range(0, 100, 10):
                import_lines(ledger, LINES[count : count + 10])
                segments = archive_log(ledger, archive_url).segments
            assert 0 < segments < FAN_IN
            assert b"".join(Archive.open(archive_url).line_pages()) == exported(ledger)


class TestDefaultArchive:
    def test_lies_beside_the_file(self) -> None:
        assert default_archive("sqlite:///ledger.db", None) == "ledger.db.archive"
        assert default_archive("sqlite:////srv/ledger.db", None) == "/srv/ledger.db.archive"
        assert default_archive("postgresql://db/x", "s3://b/a") == "s3://b/a"
        with pytest.raises(BadArchive):
            default_archive("postgresql://db/x", None)

    @pytest.mark.parametrize("url", ["nonsense://x/y", "memory://x", "dir::memory://x"])
    def test_is_somewhere_that_can_be_reached(self, file_ledger: Ledger, url: str) -> None:
        with pytest.raises(BadArchive):
            archive_log(file_ledger, url)
