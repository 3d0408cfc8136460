"""The one shape of a refusal that names the event it clashes with."""

from datetime import datetime
from typing import NamedTuple, cast

from ledger.events.base import LedgerEvent
from ledger.events.license import AgentCreated
from ledger.rules.errors import Conflict, LedgerError
from ledger.rules.instants import format_instant
from ledger.rules.words import Role


class Mark(NamedTuple):
    """What an aggregate remembers of a recorded event; `order` is its number in its stream."""

    effective_at: datetime
    order: int
    recorded_at: datetime
    event_id: str
    event_type: str
    role: Role | None = None


def mark(event: LedgerEvent, order: int) -> Mark:
    """Return the mark of an event; of an AgentCreated, and of it alone, with the role."""
    role = cast(AgentCreated, event).role if event.type == "AgentCreated" else None
    return Mark(event.effective_at, order, event.recorded_at, event.id, event.type, role)


def seat_mark(event: LedgerEvent, order: int) -> Mark:
    """Return the mark of a seat fact, as `mark` would, without the class's own way of making one."""
    return tuple.__new__(Mark, (event.effective_at, order, event.recorded_at, event.id, event.type, None))


class Clash(Conflict):
    """The root of refusals for an event that does not go with an earlier recorded one.

    Fields: event_type, subject, effective_at, reason, and of the recorded event clashes_with (its id),
    clash_type and clash_effective_at.
    """

    code = "clash"
    template = (
        "{event_type} of {subject} at {effective_at} is refused: {reason}. "
        "It clashes with {clash_type} {clashes_with} at {clash_effective_at}."
    )
    hint = "Look at both times of the event that it names; the log command lists them."

    def __init__(self, event: LedgerEvent, recorded: Mark, reason: str) -> None:
        """Name the refused event, the recorded one and why they do not go together."""
        super().__init__(
            event_type=event.type,
            subject=event.subject or event.license_id or event.id,
            effective_at=format_instant(event.effective_at),
            reason=reason,
            clashes_with=recorded.event_id,
            clash_type=recorded.event_type,
            clash_effective_at=format_instant(recorded.effective_at),
        )


class NotYetTrue(LedgerError):
    """Raised for a fact that cannot be announced ahead and would become true after it is recorded."""

    code = "not_yet_true"
    template = (
        "{event_type} of {subject} at {effective_at} is refused: it would become true only after it is "
        "recorded, at {recorded_at}."
    )
    hint = "What agents, ChatBots and seats do is recorded when it has happened; give a time that has passed."


def refuse_future(event: LedgerEvent) -> None:
    """Raise NotYetTrue if the event becomes true after it is recorded."""
    if event.effective_at > event.recorded_at:
        raise NotYetTrue(
            event_type=event.type,
            subject=event.subject,
            effective_at=format_instant(event.effective_at),
            recorded_at=format_instant(event.recorded_at),
        )
