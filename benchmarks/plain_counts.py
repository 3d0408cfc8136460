"""The rival's seat counts: one licence's events folded in their order."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

Event = dict[str, Any]


@dataclass
class Counts:
    """Seat counts of a licence after each instant, and its facts at the end."""

    times: list[str] = field(default_factory=lambda: [""])
    states: list[tuple[int, int, int]] = field(default_factory=lambda: [(0, 0, 0)])
    facts: tuple[int, int, int, int] = (0, 0, 0, 0)

    def at(self, at: str) -> tuple[int, int, int]:
        """Return ppu, ppa and pps at an instant."""
        return self.states[bisect_right(self.times, at) - 1]

    def peak(self, after: str, until: str) -> int:
        """Return the highest pps from one instant to another, both states included."""
        first, last = bisect_right(self.times, after) - 1, bisect_right(self.times, until)
        return max(state[2] for state in self.states[first:last])


def count(events: list[tuple[str, int, Event]], as_of: str) -> Counts:  # noqa: PLR0912, PLR0915 - one branch an event
    """Fold a licence's events, in their order, into its counts, and into its facts at an instant."""
    counts = Counts()
    status: dict[str, str] = {}
    free: set[str] = set()
    holds: set[str] = set()
    bots: set[str] = set()
    active = suspended = 0
    passed = False
    for at, _, event in events:
        if not passed and at > as_of:
            counts.facts = (active, suspended, len(bots), len(holds - free))
            passed = True
        kind = event["type"]
        agent = event.get("agent_id", "")
        if kind == "SeatTaken":
            if status.get(agent) == "active":
                holds.add(agent)
        elif kind == "SeatReleased":
            holds.discard(agent)
        elif kind == "AgentCreated":
            status[agent] = "active"
            active += 1
            (free.add if event.get("complimentary") else free.discard)(agent)
        elif kind == "AgentActivated":
            status[agent] = "active"
            active, suspended = active + 1, suspended - 1
        elif kind == "AgentSuspended":
            status[agent] = "suspended"
            holds.discard(agent)
            active, suspended = active - 1, suspended + 1
        elif kind == "AgentDeleted":
            holds.discard(agent)
            if status.pop(agent) == "active":
                active -= 1
            else:
                suspended -= 1
        elif kind == "ChatBotAdded":
            bots.add(event["bot_id"])
        elif kind == "ChatBotRemoved":
            bots.discard(event["bot_id"])
        elif kind == "LicenseCancelled":
            counts.times.append(at)
            counts.states.append((0, 0, 0))
            break
        else:
            continue
        state = (active, active + suspended + len(bots), len(holds - free) + len(bots))
        if counts.times[-1] == at:
            counts.states[-1] = state
        else:
            counts.times.append(at)
            counts.states.append(state)
    if not passed:
        counts.facts = (active, suspended, len(bots), len(holds - free))
    return counts
