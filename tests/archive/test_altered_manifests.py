"""A manifest in which somebody altered a figure is refused by name, before anything is made of it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ledger.application.archive_log import archive_log
from ledger.application.ledger import Ledger
from ledger.rules.instants import to_us
from ledger.stores.archive.errors import UnlikeTheLog, UnreadableManifest
from ledger.stores.archive.manifest import manifest_name, read_contents
from ledger.stores.archive.place import Place
from ledger.stores.archive.sealing import compact
from replay.rebuild.plan import prepare
from tests.archive.world import exported, seal

Path = Sequence[str | int]


def alter(place: Place, number: int, path: Path, value: object) -> Any:
    """Put a value in a manifest, and return the one that was there."""
    manifest = inner = json.loads(place.read(manifest_name(number)))
    for step in path[:-1]:
        inner = inner[step]
    before, inner[path[-1]] = inner[path[-1]], value
    place.write_whole(manifest_name(number), json.dumps(manifest).encode())
    return before


@pytest.fixture
def place(file_ledger: Ledger, tmp_path: object) -> Place:
    """Return an archive of three segments of 100 events."""
    made = Place.at(f"{tmp_path}/archive")
    seal(made, file_ledger, 300, rows=100)
    return made


class TestTheNewest:
    def test_must_have_as_many_events_as_the_log(self, file_ledger: Ledger, place: Place) -> None:
        alter(place, 3, ["segment", "until_position"], 303)
        names = place.names("")
        said = "holds 300 events up to position 303, and the log has 303"
        for verify in (False, True):
            with pytest.raises(UnlikeTheLog, match=said):
                archive_log(file_ledger, place.url, verify=verify)
        with pytest.raises(UnlikeTheLog, match=said):
            prepare(file_ledger, f"{place.url}.rebuild", place.url, to_us(file_ledger.now()))
        assert place.names("") == names

    def test_may_be_moved_away_as_the_refusal_says(self, file_ledger: Ledger, place: Place) -> None:
        alter(place, 3, ["segment", "until_position"], 303)
        with pytest.raises(UnlikeTheLog) as refused:
            archive_log(file_ledger, place.url)
        assert refused.value.exit_code == 5
        place.remove([manifest_name(3)])
        report = archive_log(file_ledger, place.url)
        assert report.sealed == report.rows - 200

    @pytest.mark.parametrize(
        ("path", "value", "reason"),
        [
            (["segment", "rows"], 7, "segment.rows is 7, and its files have 100"),
            (["segment", "files", 1, "rows"], 1_000, r"segment.rows is 100, and its files have 1\d\d\d"),
            (["segment", "until_position"], 250, "segment.rows is 100, .* room for 50"),
            (["segment", "after_position"], 199, "do not join those of the others: 100 and 199"),
            (["segment", "files", 1, "partition"], 4, "a file's partition is 4, of 4"),
            (["segment", "files", 1, "partition"], None, "the file of partition None is called segments/"),
            (["segment", "files", 1, "name"], "../x.parquet", r"is called \.\./x\.parquet"),
            (["partitions"], 8, "partitions is 8, and was 4"),
            (["partitions"], 5, "partitions is 5, which is no power of two"),
            (["log", "first_position"], 2, "log.first_event_id or log.first_position is not as before"),
            (["log", "last_position"], 301, "log.last_position is 301, outside the last segment"),
            (["log", "last_position"], 200, "log.last_position is 200, outside the last segment"),
            (["schema_version"], 2, "its schema version is 2"),
        ],
    )  # fmt: skip
    def test_must_agree_with_itself_and_the_others(
        self, place: Place, path: Path, value: object, reason: str
    ) -> None:
        alter(place, 3, path, value)
        with pytest.raises(UnreadableManifest, match=f"00000003.*{reason}"):
            read_contents(place)

    def test_must_not_begin_later_than_the_log(self, file_ledger: Ledger, tmp_path: object) -> None:
        place = Place.at(f"{tmp_path}/one")
        seal(place, file_ledger, 100)
        alter(place, 1, ["segment", "after_position"], -3)
        with pytest.raises(UnreadableManifest, match="do not join those of the others: 0 and -3"):
            read_contents(place)

    @pytest.mark.parametrize(
        ("path", "value", "reason"),
        [
            (["segment", "until_position"], 401, "segment.until_position is 401, and was 400"),
            (["segment", "after_position"], -1, "do not join those of the others: 0 and -1"),
        ],
    )
    def test_must_say_what_it_takes_the_place_of(
        self, file_ledger: Ledger, tmp_path: object, path: Path, value: object, reason: str
    ) -> None:
        place = Place.at(f"{tmp_path}/joined")
        joined = compact(place, seal(place, file_ledger, 400, rows=20))
        assert len(joined.segments) == 1
        alter(place, joined.number, path, value)
        with pytest.raises(UnreadableManifest, match=reason):
            read_contents(place)

    def test_must_have_as_many_events_as_those_that_it_takes_the_place_of(
        self, file_ledger: Ledger, tmp_path: object
    ) -> None:
        place = Place.at(f"{tmp_path}/joined")
        number = compact(place, seal(place, file_ledger, 400, rows=20)).number
        rows = alter(place, number, ["segment", "files", 0, "rows"], 1)
        alter(place, number, ["segment", "rows"], 401 - rows)
        with pytest.raises(UnreadableManifest, match=f"is {401 - rows}, and those that .* have 400"):
            read_contents(place)


class TestVerifying:
    def test_counts_the_rows_of_each_file(self, file_ledger: Ledger, place: Place) -> None:
        fewer = alter(place, 3, ["segment", "files", 0, "rows"], 0) - 1
        more = alter(place, 3, ["segment", "files", 1, "rows"], 0) + 1
        alter(place, 3, ["segment", "files", 0, "rows"], fewer)
        alter(place, 3, ["segment", "files", 1, "rows"], more)
        with pytest.raises(UnreadableManifest, match=rf"00000003.*{fewer} rows for segments/"):
            archive_log(file_ledger, place.url, verify=True)

    def test_looks_where_licences_belong(self, file_ledger: Ledger, tmp_path: object) -> None:
        place = Place.at(f"{tmp_path}/one")
        seal(place, file_ledger, 100)
        alter(place, 1, ["partitions"], 8)
        archive_log(file_ledger, place.url)
        with pytest.raises(UnreadableManifest, match=r"of 8 partitions"):
            archive_log(file_ledger, place.url, verify=True)


class TestAnHonestArchive:
    def test_is_not_refused(self, file_ledger: Ledger, place: Place) -> None:
        assert archive_log(file_ledger, place.url, verify=True).damages == []
        assert len(exported(file_ledger).splitlines()) == read_contents(place).rows


class TestAFileThatIsNoManifest:
    def test_is_left_alone(self, file_ledger: Ledger, place: Place) -> None:
        for name in ("manifests/readme.txt", "manifests/00000003.json.bak", "manifests/copy/00000009.json"):
            place.write(name, b"see me")
        assert archive_log(file_ledger, place.url, verify=True).damages == []
        assert place.read("manifests/readme.txt") == b"see me"


class TestAManifestThatCannotBeRead:
    @pytest.mark.parametrize(
        ("path", "value", "reason"),
        [
            (["segment", "rows"], "many", "segment.rows: input should be a valid integer"),
            (
                ["segment", "files", 2, "sha256"],
                None,
                "segment.files.2.sha256: input should be",
            ),
            (["number"], 4, "number is 4"),
            (["format"], "another's", "format: input should be 'license-ledger archive'"),
        ],
    )
    def test_says_which_field_is_wrong(self, place: Place, path: Path, value: object, reason: str) -> None:
        alter(place, 3, path, value)
        with pytest.raises(UnreadableManifest, match=f"00000003.*{reason}"):
            read_contents(place)

    @pytest.mark.parametrize(("altered", "moved"), [(1, 1), (2, 2), (3, 3)])
    def test_costs_what_it_added(self, file_ledger: Ledger, place: Place, altered: int, moved: int) -> None:
        alter(place, altered, ["segment", "rows"], 7)
        with pytest.raises(UnreadableManifest, match=f"0000000{altered}"):
            archive_log(file_ledger, place.url)
        place.remove(manifest_name(number) for number in range(moved, 4))
        report = archive_log(file_ledger, place.url)
        assert report.sealed == report.rows - 100 * (moved - 1)
        assert archive_log(file_ledger, place.url, verify=True).damages == []

    def test_may_be_the_one_before(self, file_ledger: Ledger, place: Place) -> None:
        alter(place, 2, ["log", "last_position"], 199)
        with pytest.raises(UnreadableManifest, match=r"00000003.*does not follow") as refused:
            archive_log(file_ledger, place.url)
        assert "Move both" in (refused.value.hint or "")
