"""Suspend, activate or delete somebody on a licence, but never the last owner who could undo it."""

from collections.abc import Callable, Mapping
from typing import Final

from ledger.aggregates.license import MANAGING_ROLES, License
from ledger.application.activate_agent import activate_agent
from ledger.application.delete_agent import delete_agent
from ledger.application.ledger import Ledger
from ledger.application.recording import CommandMeta, Recorded
from ledger.application.show_team import TeamChange, show_team
from ledger.application.suspend_agent import suspend_agent
from ledger.rules.errors import Conflict
from ledger.rules.words import SYSTEM_ACTOR

_DO: Final[Mapping[TeamChange, Callable[..., Recorded]]] = {
    TeamChange.SUSPEND: suspend_agent,
    TeamChange.ACTIVATE: activate_agent,
    TeamChange.DELETE: delete_agent,
}
_PAST: Final = {TeamChange.SUSPEND: "suspended", TeamChange.DELETE: "deleted"}


class LastOwner(Conflict):
    """Raised when the only active owner of a licence would be suspended or deleted."""

    code = "last_owner"
    template = "{agent_id} is the only active owner of {license_id} and cannot be {done}."
    hint = "Make somebody else an owner first, or activate another owner."


def change_team(
    ledger: Ledger, *, license_id: str, agent_id: str, change: TeamChange, user: str, key: str | None = None
) -> Recorded:
    """Record a change, now, by the user if they manage the licence themselves, else by the system.

    A `key` that was seen before changes nothing. Raises LastOwner and what the single commands raise.
    """
    team = show_team(ledger, license_id, as_of=ledger.now())
    # a user's name has lost its capitals, an agent's id is as it was given
    managing = (one.agent_id for one in team.active if one.role in MANAGING_ROLES)
    actor = next((name for name in managing if name.casefold() == user.casefold()), SYSTEM_ACTOR)

    def leaves_an_owner(license_: License) -> None:
        if change in _PAST and license_.active_owners() == [agent_id]:
            raise LastOwner(agent_id=agent_id, license_id=license_id, done=_PAST[change], stream=license_id)

    # somebody else may be changing what the page has shown: what counts is who is left when this is decided
    meta = CommandMeta(actor=actor, key=key, provided=leaves_an_owner)
    return _DO[change](ledger, license_id=license_id, agent_id=agent_id, meta=meta)
