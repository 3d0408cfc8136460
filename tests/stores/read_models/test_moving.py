"""Rows and checkpoints that move together, leases and parked licences."""

import threading

import pytest

from ledger.stores.archive.partitions import partition_of
from ledger.stores.read_models.asking import Held, NotFresh
from ledger.stores.read_models.catalogue import Checkpoint, Parked
from ledger.stores.read_models.changes import Change
from ledger.stores.read_models.errors import CheckpointMoved
from ledger.stores.read_models.leases import claim, leave
from ledger.stores.read_models.locations import open_read_models
from ledger.stores.read_models.partitions import in_partitions
from ledger.stores.read_models.store import ReadModelStore
from ledger.stores.store import Store
from tests.stores.read_models.frames import END, SCHEMAS, frames, held
from tests.stores.read_models.test_versions import AS_OF_US, build, ppa

THROUGH_US = AS_OF_US * 2


def positions(models: ReadModelStore) -> list[int]:
    return [one.position for one in models.checkpoints()]


def move(models: ReadModelStore, version: int, expected: dict[int, int], position: int = 20) -> None:
    with models.moving(
        version, expected, position=position, recorded_us=END.recorded_us, through_us=THROUGH_US
    ) as change:
        change.replace(["acme"], frames(["acme"], ppa=90))


class TestMoving:
    def test_replaces_the_rows_of_some_licences(self, models: ReadModelStore) -> None:
        version = build(models, "acme", "zett")
        models.switch(version, SCHEMAS)
        move(models, version, {0: 10, 1: 10}, END.position)
        assert ppa(models) == [90, 7]
        assert {one.through_us for one in models.checkpoints()} == {THROUGH_US}

    def test_writes_nothing_if_a_checkpoint_is_elsewhere(self, models: ReadModelStore) -> None:
        version = build(models, "acme")
        models.switch(version, SCHEMAS)
        for expected in ({0: 10, 1: 9}, {0: 10, 7: 10}):
            with pytest.raises(CheckpointMoved) as refusal:
                move(models, version, expected)
            assert refusal.value.exit_code == 4
        assert positions(models) == [10, 10]
        assert ppa(models) == [7]

    def test_writes_nothing_if_it_fails_half_way(self, models: ReadModelStore) -> None:
        version = build(models, "acme")
        models.switch(version, SCHEMAS)

        def fail(change: Change) -> None:
            change.replace(["acme"], frames(["acme"], ppa=1))
            raise KeyError

        with (
            pytest.raises(KeyError),
            models.moving(version, {0: 10}, position=20, recorded_us=0, through_us=0) as change,
        ):
            fail(change)
        assert positions(models) == [10, 10]
        assert ppa(models) == [7]


class TestParking:
    def test_keeps_a_licence_from_being_answered(self, models: ReadModelStore) -> None:
        version = build(models, "acme", "zett")
        models.switch(version, SCHEMAS)
        parked = Parked("acme", 10, "an-id", "it's unreadable: 'x'", 5)
        with models.moving(version, {}, position=10, recorded_us=0, through_us=0) as change:
            change.park(parked)
        assert models.parked() == [parked]
        for ids, is_fresh in (((), False), (("acme",), False), (("zett",), True)):
            found = held(models, AS_OF_US, ids)
            assert isinstance(found, Held if is_fresh else NotFresh)
        with models.moving(version, {}, position=10, recorded_us=0, through_us=0) as change:
            change.unpark(["acme", "unheard-of"])
        assert models.parked() == []

    def test_is_a_version_s_own_and_goes_with_it(self, models: ReadModelStore) -> None:
        first, second = build(models, "acme"), build(models, "acme")
        models.switch(first, SCHEMAS)
        for version, position in ((second, 8), (first, 9)):
            with models.changing(version) as change:
                change.park(Parked("acme", position, "an-id", "a reason", 5))
        assert [one.position for one in models.parked()] == [9]
        models.switch(second, SCHEMAS)
        assert [one.position for one in models.parked()] == [8]
        with models.changing(second) as change:
            change.unpark(["acme"])
        assert models.parked() == []
        assert models.parked_by_version() == {first: {"acme"}, second: set()}
        models.switch(build(models, "acme"), SCHEMAS)
        models.drop_older()
        with models.transaction(writing=False) as work:
            assert work.run("SELECT version FROM {read_model_parked}") == []


class TestClaim:
    def test_shares_partitions_out_evenly(self, models: ReadModelStore) -> None:
        version = build(models, partitions=5)

        def claimed(owner: str, now_us: int) -> list[int]:
            return parts(claim(models, version, owner, now_us, now_us + 100))

        assert claimed("ann", 0) == [0, 1, 2, 3, 4]
        assert claimed("bob", 1) == []
        assert claimed("ann", 2) == [0, 1, 2]
        assert claimed("bob", 3) == [3, 4]
        assert claimed("ann", 4) == [0, 1, 2]

    def test_takes_over_what_was_left_or_has_run_out(self, models: ReadModelStore) -> None:
        version = build(models)
        assert parts(claim(models, version, "ann", 0, 100)) == [0, 1]
        leave(models, "ann", 1)
        assert parts(claim(models, version, "bob", 2, 102)) == [0, 1]
        assert parts(claim(models, version, "cid", 101, 200)) == []
        assert parts(claim(models, version, "cid", 102, 200)) == [0, 1]


def parts(held: list[Checkpoint]) -> list[int]:
    return [one.partition for one in held]


class TestPartitions:
    def test_are_the_same_everywhere(self) -> None:
        assert [partition_of(one, 16) for one in ("acme", "northwind", "Ü")] == [14, 4, 13]

    def test_hold_every_licence_once(self) -> None:
        ids = [f"licence-{number}" for number in range(100)]
        parts_of = [in_partitions(ids, [part], 4) for part in range(4)]
        assert sorted(one for part in parts_of for one in part) == sorted(ids)
        assert all(parts_of)


class TestStartingAtOnce:
    def test_is_no_race(self, store: Store) -> None:
        start = threading.Barrier(4)
        held: list[list[int]] = []
        failures: list[BaseException] = []

        def begin(owner: str) -> None:
            try:
                start.wait(60)
                models = open_read_models(store, create=True)
                assert models is not None
                with models:
                    models.bind("this-log")
                    start.wait(60)
                    if owner == "0":
                        build(models, partitions=8)
                    start.wait(60)
                    held.append(parts(claim(models, 1, owner, 0, 100)))
            except BaseException as error:
                failures.append(error)
                start.abort()

        threads = [threading.Thread(target=begin, args=(str(number),)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert not failures
        assert sorted(part for some in held for part in some) == list(range(8))
