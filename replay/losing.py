"""Go on with what runs for ever when its database is lost for a while and comes back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from ledger.stores.errors import StoreUnreachable
from replay.working.pauses import Pauses

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 30.0


@dataclass(frozen=True)
class Lost:
    """The database does not answer; it is asked again and again."""

    reason: str


@dataclass(frozen=True)
class Back:
    """The database answers again."""


def through_losses(
    act: Callable[[Callable[[], None]], None], tell: Callable[[Lost | Back], None], stop: threading.Event
) -> None:
    """Act, and begin anew after a growing pause whenever the database is lost; return when the act does.

    The act is given what it calls after each step that went well. A loss is told once, and so is its end.
    Raises what a pause does not mend: StoreReadOnly, StoreDiskFull and the like.
    """
    pauses, lost = Pauses(first_s=_FIRST_PAUSE_S, longest_s=_LONGEST_PAUSE_S), threading.Event()

    def went_well() -> None:
        if lost.is_set():
            lost.clear()
            pauses.begin_anew()
            tell(Back())

    while not stop.is_set():
        try:
            return act(went_well)
        except StoreUnreachable as error:
            if type(error) is not StoreUnreachable:
                raise
            if not lost.is_set():
                lost.set()
                tell(Lost(str(error)))
            stop.wait(pauses.next().total_seconds())
    return None
