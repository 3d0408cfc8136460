"""What may be supposed of a licence: a change, its time, and the events that it stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ledger.aggregates.license import License
from ledger.rules.calendar import first_instant
from ledger.rules.errors import Conflict, InvalidValue
from ledger.rules.words import Role

Fields = dict[str, object]
MOST_AT_ONCE = 1000


class ChangeKind(StrEnum):
    """The things that may be supposed."""

    ADD_AGENTS = "add_agents"
    ACTIVATE = "activate"
    SUSPEND = "suspend"
    DELETE = "delete"
    ADD_CHATBOTS = "add_chatbots"
    REMOVE_CHATBOTS = "remove_chatbots"
    PRICING_MODEL = "pricing_model"
    PLAN = "plan"
    CYCLE = "cycle"


COUNTED = (ChangeKind.ADD_AGENTS, ChangeKind.ADD_CHATBOTS, ChangeKind.REMOVE_CHATBOTS)
# of these nothing can be announced ahead: they are recorded when they have happened
OF_ACCOUNTS = (*COUNTED, ChangeKind.ACTIVATE, ChangeKind.SUSPEND, ChangeKind.DELETE)


class NotSoMany(InvalidValue):
    """Raised for a number of accounts that cannot be supposed at once."""

    code = "not_so_many"
    template = "{field}: {value!r} is not a number of accounts from 1 to {most}."


class TooFewChatBots(Conflict):
    """Raised for more ChatBots to be removed than there are."""

    code = "too_few_chatbots"
    template = "Licence {license_id!r} has {there} ChatBots by then: {wanted} of them cannot be removed."
    hint = "Suppose fewer removals, or add ChatBots before."


@dataclass(frozen=True)
class Change:
    """One thing supposed: of an agent, of so many accounts, or of a term of the licence.

    `value` is the agent's id, the number of accounts, the model, plan or cycle. A date means the first
    instant of the licence's local day; without `at` it is the instant that the preview is made for.
    """

    kind: ChangeKind
    value: str | int
    at: date | datetime | None = None

    def __post_init__(self) -> None:
        """Raise NotSoMany for a number that is none."""
        if self.kind in COUNTED and not (isinstance(self.value, int) and 1 <= self.value <= MOST_AT_ONCE):
            raise NotSoMany(field=self.kind.value, value=self.value, most=MOST_AT_ONCE)

    def effective_at(self, now: datetime, zone: str) -> datetime:
        """Return the instant at which it would become true."""
        if self.at is None:
            return now
        return self.at if isinstance(self.at, datetime) else first_instant(self.at, zone)

    def events(self, of: License) -> Iterator[tuple[str, Fields]]:
        """Yield the type and the own fields of each event that it stands for, for a licence as it is by then.

        The licence may take in each event before the next is asked for. Raises TooFewChatBots.
        """
        match self.kind:
            case ChangeKind.ADD_AGENTS:
                for name in _new_names(of, "new agent", int(self.value)):
                    yield "AgentCreated", {"agent_id": name, "role": Role.AGENT}
            case ChangeKind.ADD_CHATBOTS:
                for name in _new_names(of, "new ChatBot", int(self.value)):
                    yield "ChatBotAdded", {"bot_id": name}
            case ChangeKind.REMOVE_CHATBOTS:
                for name in _last_chatbots(of, int(self.value)):
                    yield "ChatBotRemoved", {"bot_id": name}
            case _:
                event_type, field = _SINGLE[self.kind]
                yield event_type, {field: self.value}


_SINGLE = {
    ChangeKind.SUSPEND: ("AgentSuspended", "agent_id"),
    ChangeKind.ACTIVATE: ("AgentActivated", "agent_id"),
    ChangeKind.DELETE: ("AgentDeleted", "agent_id"),
    ChangeKind.PRICING_MODEL: ("PricingModelSwitched", "pricing_model"),
    ChangeKind.PLAN: ("PlanChanged", "plan"),
    ChangeKind.CYCLE: ("BillingCycleChanged", "billing_cycle"),
}


def _new_names(of: License, stem: str, count: int) -> list[str]:
    """Return names that no account of the licence ever had."""
    free: list[str] = []
    number = 0
    while len(free) < count:
        number += 1
        if not of.has_had(f"{stem} {number}"):
            free.append(f"{stem} {number}")
    return free


def _last_chatbots(of: License, count: int) -> list[str]:
    there = of.chatbots()
    if count > len(there):
        raise TooFewChatBots(license_id=of.require_created("").license_id, there=len(there), wanted=count)
    return there[-count:]
