"""The aggregates work with the event-sourcing library's repository and application as they are."""

from collections.abc import Iterator

import pytest
from eventsourcing.application import AggregateNotFoundError, ProcessingEvent, Repository
from eventsourcing.domain import CollectEventsProtocol, DomainEventProtocol
from eventsourcing.persistence import EventStore

from ledger.aggregates.base import projector
from ledger.aggregates.license import License
from ledger.events.catalogue import parse_line
from ledger.events.entry import Entry
from tests.aggregates.test_license import a_world, agent_fact, day
from tests.aggregates.world import World


class LogOfAWorld(EventStore[str]):
    """Reads the streams of a world, as the library asks for them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[int | None] = []

    def get(
        self,
        originator_id: str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Iterator[DomainEventProtocol[str]]:
        self.asked.append(gt)
        for entry in self.world.log:
            number = entry.originator_version
            if entry.originator_id == originator_id and (gt or 0) < number and (lte is None or number <= lte):
                yield entry


class TestRepository:
    def test_builds_an_aggregate_from_its_stream(self) -> None:
        world = a_world()
        agent_fact(world, "AgentCreated", day(2))
        repository = Repository(LogOfAWorld(world))

        license_ = repository.get("license/lic", projector_func=projector(License))

        assert (license_.id, license_.version) == ("license/lic", 2)
        assert license_.collect_events() == []
        assert repository.get("license/lic", version=1, projector_func=projector(License)).version == 1

    def test_finds_nothing_where_there_are_no_events(self) -> None:
        assert projector(License)(None, []) is None
        with pytest.raises(AggregateNotFoundError):
            Repository(LogOfAWorld(World())).get("license/lic", projector_func=projector(License))

    def test_brings_a_cached_aggregate_up_to_date(self) -> None:
        world = a_world()
        log = LogOfAWorld(world)
        repository = Repository(log, cache_maxsize=10)
        repository.get("license/lic", projector_func=projector(License))
        agent_fact(world, "AgentCreated", day(2))

        assert repository.get("license/lic", projector_func=projector(License)).version == 2
        assert log.asked == [None, 1]

    def test_refuses_entries_that_are_not_next(self) -> None:
        world = a_world()
        entry = world.log[0]

        with pytest.raises(ValueError, match="not next"):
            projector(License)(None, [Entry(entry.originator_id, 2, entry.event)])
        with pytest.raises(ValueError, match="not next"):
            License.named("other").replay(entry)


class TestPendingEntries:
    def test_are_collected_once_by_the_library(self) -> None:
        world = a_world()
        license_ = world.rebuilt(License, "license/lic")
        assert license_ is not None
        event = parse_line(
            b'{"id":"x","type":"PlanChanged","license_id":"lic","plan":"p","actor":"system",'
            b'"effective_at":"2024-02-01T00:00:00Z","recorded_at":"2024-02-01T00:00:00Z"}'
        )
        entry = license_.decide(event)  # type: ignore[arg-type]  # any event will do

        processing: ProcessingEvent[str] = ProcessingEvent()
        processing.collect_events(license_)

        assert isinstance(license_, CollectEventsProtocol)
        assert processing.events == [entry] == [Entry("license/lic", 2, event)]
        assert license_.collect_events() == []

    def test_belong_to_the_aggregates_own_stream(self) -> None:
        event = a_world().log[0].event

        with pytest.raises(ValueError, match="does not belong"):
            License.named("other").decide(event)  # type: ignore[arg-type]  # any event will do
