"""Count agents, ChatBots and seats of one licence, instant by instant (docs/rules.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.second_opinion.words import Event


@dataclass(frozen=True, slots=True)
class Counts:
    """The four facts, and the three counts that follow from them."""

    agents_active: int
    agents_suspended: int
    chatbots: int
    seats_in_use: int
    cancelled: bool

    @property
    def ppu(self) -> int:
        """Count active agents."""
        return 0 if self.cancelled else self.agents_active

    @property
    def ppa(self) -> int:
        """Count every account that exists."""
        return 0 if self.cancelled else self.agents_active + self.agents_suspended + self.chatbots

    @property
    def pps(self) -> int:
        """Count the seats in use, a ChatBot's always being one."""
        return 0 if self.cancelled else self.seats_in_use + self.chatbots

    def of(self, model: str) -> int:
        """Give the count that the pricing model charges."""
        return {"ppu": self.ppu, "ppa": self.ppa, "pps": self.pps}[model]


@dataclass(slots=True)
class Agent:
    """An agent that exists: active or suspended."""

    complimentary: bool
    active: bool = True
    holds_seat: bool = False


@dataclass(slots=True)
class Floor:
    """The licence while its events are applied, one after the other."""

    agents: dict[str, Agent] = field(default_factory=dict)
    chatbots: set[str] = field(default_factory=set)
    cancelled: bool = False
    clashes: list[Event] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Let one event, next in (effective_at, position), have its effect."""
        match event.type:
            case "AgentCreated":
                self.agents[event.fields["agent_id"]] = Agent(bool(event.fields.get("complimentary")))
            case "AgentSuspended":
                agent = self.agents[event.fields["agent_id"]]
                agent.active = agent.holds_seat = False
            case "AgentActivated":
                self.agents[event.fields["agent_id"]].active = True
            case "AgentDeleted":
                del self.agents[event.fields["agent_id"]]
            case "ChatBotAdded":
                self.chatbots.add(event.fields["bot_id"])
            case "ChatBotRemoved":
                self.chatbots.remove(event.fields["bot_id"])
            case "SeatTaken":
                self.take_seat(event)
            case "SeatReleased":
                self.release_seat(event)
            case "LicenseCancelled":
                self.cancelled = True

    def take_seat(self, event: Event) -> None:
        """Give the seat to an active agent that holds none; anything else clashes and has no effect."""
        agent = self.agents.get(event.fields["agent_id"])
        if self.cancelled or agent is None or not agent.active or agent.holds_seat:
            self.clashes.append(event)
        else:
            agent.holds_seat = True

    def release_seat(self, event: Event) -> None:
        """Take the seat back if it is held; after a cancellation the facts stay as they were."""
        agent = self.agents.get(event.fields["agent_id"])
        if agent is not None and not self.cancelled:
            agent.holds_seat = False

    def counts(self) -> Counts:
        """Count."""
        agents = self.agents.values()
        return Counts(
            agents_active=sum(agent.active for agent in agents),
            agents_suspended=sum(not agent.active for agent in agents),
            chatbots=len(self.chatbots),
            seats_in_use=sum(agent.holds_seat and not agent.complimentary for agent in agents),
            cancelled=self.cancelled,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """The state from an instant on, until the next step."""

    at: datetime
    counts: Counts


def steps_of(events: Sequence[Event]) -> tuple[list[Step], list[Event]]:
    """Apply a licence's events, already in order, and give its steps and the SeatTaken that clashed.

    Several events at one instant make one step, the state after the last of them.
    """
    floor = Floor()
    steps: list[Step] = []
    for event in events:
        floor.apply(event)
        if steps and steps[-1].at == event.effective_at:
            steps.pop()
        steps.append(Step(event.effective_at, floor.counts()))
    return steps, floor.clashes
