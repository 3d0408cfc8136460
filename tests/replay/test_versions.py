"""What was half made and given up keeps no follower from its end, and goes when somebody has the lock."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.application.ledger import Ledger
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.instants import MICROSECOND, to_us
from ledger.stores.read_models.catalogue import State
from replay.follow import HORIZON, Follower, Happening
from replay.rebuild import loading
from replay.rebuild.rebuilding import Loaded, Order, Tell, rebuild, tables_of
from replay.rebuild.running import in_this_process
from replay.versions import BUILDER, drop_leftovers
from tests.application.desk import HandClock, a_license
from tests.replay.following import PARTITIONS, follow, live, models_of


@dataclass(frozen=True)
class Desk:
    ledger: Ledger
    staging: str

    def rebuilt(self, *projections: str, tell: Tell = lambda _: None) -> None:
        rebuild(self.ledger, Order(tables_of(projections), self.staging, None, in_this_process), tell)

    def cut_off(self) -> None:
        """Begin a rebuild that ends half way, with its tables loaded."""

        def stop(happening: object) -> None:
            if isinstance(happening, Loaded):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.rebuilt(tell=stop)

    def begun(self, builder: str, release: str) -> int:
        """Begin a version and go no further."""
        now = self.ledger.now()
        return models_of(self.ledger).create_version(
            SCHEMAS,
            release,
            builder=builder,
            through_us=to_us(now) + HORIZON // MICROSECOND,
            created_us=to_us(now),
            partitions=PARTITIONS,
        )

    def follower(self) -> Follower:
        return Follower(self.ledger, lambda _: None, partitions=PARTITIONS)

    def advanced(self) -> bool:
        follower = self.follower()
        try:
            return follower.advance(threading.Event())
        finally:
            follower.leave()

    @property
    def versions(self) -> dict[int, State]:
        return {one.version: one.state for one in models_of(self.ledger).table_versions()}


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Return one of each kind of store in turn, with a licence that nobody follows yet."""
    with Ledger.open(store_url, create=True, clock=HandClock()) as ledger:
        a_license(ledger)
        ledger.read_models(create=True)
        yield Desk(ledger, str(tmp_path / "staging"))


class TestARebuildThatWasCutOff:
    def test_keeps_no_follower_from_its_end(self, desk: Desk) -> None:
        follow(desk.ledger)
        desk.cut_off()
        assert desk.advanced()
        a_license(desk.ledger, "late")
        assert desk.advanced()

    def test_is_dropped_by_the_follower_that_goes_live(self, desk: Desk) -> None:
        desk.begun(loading.BUILDER, schema_version())
        assert set(desk.versions.values()) == {State.BUILDING}
        assert desk.advanced()
        assert desk.versions == {2: State.LIVE}


class TestWhatAFollowerMakes:
    def test_goes_when_a_rebuild_has_made_all_of_it(self, desk: Desk) -> None:
        desk.begun(BUILDER, schema_version())
        desk.rebuilt()
        assert desk.versions == {2: State.LIVE}
        assert desk.advanced()

    def test_stays_when_a_rebuild_has_made_a_part_of_it(self, desk: Desk) -> None:
        desk.begun(BUILDER, schema_version())
        desk.rebuilt("seats")
        assert desk.versions == {1: State.BUILDING, 2: State.LIVE}
        assert desk.advanced()
        assert live(desk.ledger) == {1}

    def test_of_another_release_is_left_to_it_until_somebody_goes_live(self, desk: Desk) -> None:
        other = desk.begun(BUILDER, "another")
        desk.follower()._begin()
        assert desk.versions[other] is State.BUILDING
        assert desk.advanced()
        assert desk.versions == {2: State.LIVE}

    def test_is_not_gone_on_with_if_it_is_dropped_under_its_hands(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two rebuilds go live, and the version is dropped, between two of its partitions."""
        monkeypatch.setattr("replay.follow._FEW_POSITIONS", 0)
        follow(desk.ledger)
        told: list[Happening] = []

        def dropped(happening: Happening) -> None:
            told.append(happening)
            if len(told) == 1:
                desk.rebuilt()
                desk.rebuilt()

        a_license(desk.ledger, "late")
        follower = Follower(desk.ledger, dropped, partitions=PARTITIONS)
        assert follower.advance(threading.Event())
        assert live(desk.ledger) == {3}
        assert desk.advanced()


class TestGoingLive:
    def test_is_not_done_again_by_who_waited_for_the_lock(self, desk: Desk) -> None:
        """While a follower looks, another one goes live and a rebuild after it."""
        models, first = models_of(desk.ledger), desk.follower()
        end = desk.ledger.store.last_recorded()
        assert end is not None
        version = desk.begun(BUILDER, schema_version())
        assert not first._is_whole(version, end)
        assert desk.advanced()
        assert live(desk.ledger) == {version}
        assert not first._go_live(version, end)
        with models.build_lock():
            drop_leftovers(models)
        assert desk.versions == {version: State.LIVE}
