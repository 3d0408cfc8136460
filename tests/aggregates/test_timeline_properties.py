"""Whatever is accepted, in whatever order it is recorded, leaves a legal timeline; a plain replay agrees."""

import contextlib
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.aggregates.license import License
from ledger.aggregates.seat_meter import SeatMeter
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import propose
from ledger.rules.errors import LedgerError
from tests.aggregates.world import World

AGENT_TYPES = ("AgentCreated", "AgentSuspended", "AgentActivated", "AgentDeleted")
CHATBOT_TYPES = ("ChatBotAdded", "ChatBotRemoved")
SEAT_TYPES = ("SeatTaken", "SeatReleased")
# few instants, in four months, so that many facts meet at one of them
MOMENTS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=13 * number) for number in range(9)]
ONE = {
    "AgentCreated": "active",
    "AgentSuspended": "suspended",
    "AgentActivated": "active",
    "AgentDeleted": "gone",
}
NEEDS = {
    "AgentCreated": {"gone"},
    "AgentSuspended": {"active"},
    "AgentActivated": {"suspended"},
    "AgentDeleted": {"active", "suspended"},
}
Story = list[LedgerEvent]

steps = st.lists(
    st.tuples(
        st.sampled_from((*AGENT_TYPES, *CHATBOT_TYPES, *SEAT_TYPES, *SEAT_TYPES, "LicenseCancelled")),
        st.integers(1, len(MOMENTS) - 1),  # effective at
        st.integers(0, 2),  # moments that pass before it is recorded
    ),
    max_size=40,
)


def in_order(story: Story) -> Story:
    """Sort by (effective_at, position)."""
    return sorted(story, key=lambda event: event.effective_at)


def agents_and_chatbots_legal(story: Story) -> bool:
    """Replay from scratch, without any of the aggregates' code."""
    agent, bot, cancelled = "gone", False, False
    for event in in_order(story):
        if event.type in SEAT_TYPES or event.type == "LicenseCreated":
            continue
        if cancelled:
            return False
        if event.type in AGENT_TYPES:
            if agent not in NEEDS[event.type]:
                return False
            agent = ONE[event.type]
        elif event.type in CHATBOT_TYPES:
            if bot == (event.type == "ChatBotAdded"):
                return False
            bot = not bot
        else:
            cancelled = True
    return True


def legal_seat_facts(story: Story) -> set[str]:
    """Return the ids of the seat facts that are legal, replayed from scratch."""
    agent, held, cancelled = "gone", False, False
    legal = set()
    for event in in_order(story):
        if event.type in AGENT_TYPES:
            agent = ONE[event.type]
            held = held and agent == "active"
        elif event.type == "LicenseCancelled":
            cancelled = True
        elif event.type in SEAT_TYPES:
            takes = event.type == "SeatTaken"
            if agent == "active" and held != takes:
                legal.add(event.id + ("" if not cancelled else " but cancelled"))
            held = takes and agent == "active"
    return legal


def should_accept(story: Story, event: LedgerEvent) -> bool:
    """Decide by replaying everything with and without the event."""
    if event.type not in SEAT_TYPES:
        return agents_and_chatbots_legal([*story, event])
    after = legal_seat_facts([*story, event])
    return event.id in after and legal_seat_facts(story) <= after


def played(moves: list[tuple[str, int, int]]) -> World:
    """Play the moves, checking every decision against the plain one."""
    world = _with_licence()
    recorded = 0
    for number, (event_type, effective, delay) in enumerate(moves):
        recorded = (
            max(recorded, effective) if not delay else max(recorded, min(effective + delay, len(MOMENTS) - 1))
        )
        event = proposed(event_type, f"m{number}", MOMENTS[effective], MOMENTS[recorded])
        expected = should_accept([entry.event for entry in world.log], event)
        try:
            world.record(event)
            accepted = True
        except LedgerError:
            accepted = False
        assert accepted == expected, f"{event} after {[entry.event for entry in world.log]}"
    return world


def proposed(event_type: str, event_id: str, effective_at: datetime, recorded_at: datetime) -> LedgerEvent:
    who: dict[str, object] = {"agent_id": "ann@x"} if event_type in (*AGENT_TYPES, *SEAT_TYPES) else {}
    if event_type in CHATBOT_TYPES:
        who = {"bot_id": "bot"}
    if event_type == "AgentCreated":
        who["role"] = "agent"
    return propose(
        event_type,
        id=event_id,
        actor="system",
        effective_at=effective_at,
        recorded_at=recorded_at,
        license_id="lic",
        **who,
    )


class TestAnyHistory:
    @settings(max_examples=300, deadline=None)
    @given(steps)
    def test_is_decided_as_a_replay_from_scratch_decides(self, moves: list[tuple[str, int, int]]) -> None:
        world = played(moves)

        assert agents_and_chatbots_legal([entry.event for entry in world.log])

    @settings(max_examples=60, deadline=None)
    @given(steps)
    def test_gives_the_same_aggregates_when_they_are_rebuilt(self, moves: list[tuple[str, int, int]]) -> None:
        world = played(moves)

        for stream_id, live in world.aggregates.items():
            if live.version:
                kind = License if isinstance(live, License) else SeatMeter
                rebuilt = world.rebuilt(kind, stream_id)
                assert rebuilt is not None
                assert _inside(rebuilt) == _inside(live)

    @settings(max_examples=100, deadline=None)
    @given(
        st.permutations(range(20)),
        st.lists(st.sampled_from((*AGENT_TYPES, *CHATBOT_TYPES)), min_size=20, max_size=20),
    )
    def test_recorded_late_leaves_what_recorded_on_time_leaves(
        self, order: list[int], types: list[str]
    ) -> None:
        late = _with_licence()
        for number in (*order, *order):
            when = MOMENTS[0] + timedelta(hours=number + 1)
            with contextlib.suppress(LedgerError):
                late.record(proposed(types[number], f"m{number}-{len(late.log)}", when, MOMENTS[-1]))

        on_time = _with_licence()
        for event in in_order([entry.event for entry in late.log[1:]]):
            on_time.record(event.model_copy(update={"recorded_at": event.effective_at}))

        assert _states(late) == _states(on_time)


def _with_licence() -> World:
    world = World()
    world.has(
        "LicenseCreated", "2024-01-01", license_id="lic", source="signup", plan="x", billing_cycle="annual"
    )
    return world


def _states(world: World) -> object:
    license_ = world.get(License, "license/lic")
    assert license_ is not None
    timelines = {**license_._agents, **license_._chatbots}
    return {
        name: [(mark.event_id, state) for mark, state in zip(timeline.marks, timeline.states, strict=True)]
        for name, timeline in timelines.items()
    }


def _inside(aggregate: object) -> object:
    """Return everything an aggregate remembers, timelines opened up."""
    if isinstance(aggregate, License | SeatMeter):
        inside = {name: value for name, value in vars(aggregate).items() if name != "_pending"}
        for name in ("_agents", "_chatbots"):
            if name in inside:
                inside[name] = {key: (t.instants, t.marks, t.states) for key, t in inside[name].items()}
        return inside
    raise TypeError(type(aggregate).__name__)
