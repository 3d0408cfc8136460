"""What the log says of the attempts at a notice, and when the next one may be made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ledger.application.ledger import Ledger
from ledger.events.paper import NoticeFailed, NoticeSent
from ledger.events.streams import notices_stream
from ledger.rules.words import Channel

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(days=1)
_GROWTH = 4
# beyond this the pause is the longest one, and the power would only grow
_GROWING = 10


@dataclass(frozen=True)
class Attempts:
    """The failures of one message and when the last was; `highest` is the number of the last attempt."""

    failures: int = 0
    highest: int = 0
    last_failed_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        """Return the instant from which on the next attempt may be made; None: at once."""
        if self.last_failed_at is None:
            return None
        return self.last_failed_at + pause_after(self.failures)


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures: a minute, four, sixteen, …, a day at most."""
    if failures > _GROWING:
        return LONGEST_PAUSE
    pause: timedelta = FIRST_PAUSE * _GROWTH ** (failures - 1)
    return min(LONGEST_PAUSE, pause)


def recorded_attempts(
    ledger: Ledger, license_id: str, cutover_id: str, charge_date: date, channel: Channel
) -> Attempts:
    """Return the attempts that the log holds, by when they were recorded: so a restart forgets nothing."""
    read = ledger.store.mapper.to_domain_event
    events = (
        read(row).event for _, row in ledger.store.rows_under(notices_stream(license_id, cutover_id), None)
    )
    made = [
        event
        for event in events
        if isinstance(event, NoticeSent | NoticeFailed)
        and event.charge_date == charge_date
        and event.channel == channel
    ]
    failed = [event for event in made if isinstance(event, NoticeFailed)]
    return Attempts(
        failures=len(failed),
        highest=max((event.attempt for event in made), default=0),
        last_failed_at=max((event.recorded_at for event in failed), default=None),
    )
