"""Put what is supposed before the licence's aggregate, which refuses what could not be recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.aggregates.base import projector
from ledger.aggregates.license import License
from ledger.application.ask import not_known
from ledger.application.ledger import Ledger
from ledger.events.catalogue import propose
from ledger.events.entry import Entry
from ledger.events.license import LicenseCreated, LicenseStreamEvent
from ledger.events.streams import license_stream
from ledger.rules.instants import to_us
from ledger.rules.words import SYSTEM_ACTOR
from replay.preview.changes import OF_ACCOUNTS, Change


@dataclass(frozen=True)
class Decided:
    """An event that could be recorded, and the place of the change that it belongs to."""

    entry: Entry
    change: int

    @property
    def event(self) -> LicenseStreamEvent:
        """Return the event."""
        event = self.entry.event
        if not isinstance(event, LicenseStreamEvent):
            raise TypeError(f"{event.type} is not supposed of a licence")
        return event


class Bench:
    """A licence as known at an instant, for one set of changes after another to be decided on."""

    def __init__(self, ledger: Ledger, license_id: str, at: datetime, actor: str = SYSTEM_ACTOR) -> None:
        """Read the licence's own stream; raises LicenseNotFound, LicenseNotKnownYet."""
        entries = ledger.store.event_store.get(license_stream(license_id))
        # an entry of the licence's own stream holds one of its events
        self._entries = [entry for entry in map(_as_entry, entries) if entry.event.recorded_at <= at]
        self._at = at
        self._actor = actor
        created = self._license().created
        if created is None:
            raise not_known(ledger, license_id, to_us(at))
        self.created: LicenseCreated = created

    def effective_at(self, change: Change) -> datetime:
        """Return when a change would become true."""
        return change.effective_at(self._at, self.created.time_zone)

    def decide(self, changes: Sequence[Change], only: int | None = None) -> list[Decided]:
        """Return the events of all changes, or of one of them alone, in the order of their recording.

        Accounts' events are recorded when they happen, or now if that is past; terms are announced now.
        Raises what the aggregate refuses, a BadLine and TooFewChatBots.
        """
        chosen = [place for place in range(len(changes)) if only in (None, place)]
        chosen.sort(key=lambda place: self._recorded_at(changes[place]))
        license_ = self._license()
        return [one for place in chosen for one in self._events(license_, changes[place], place)]

    def _events(self, license_: License, change: Change, place: int) -> list[Decided]:
        found = []
        for number, (event_type, fields) in enumerate(change.events(license_)):
            event = propose(
                event_type,
                id=f"what if {place}.{number}",
                license_id=self.created.license_id,
                actor=self._actor,
                effective_at=self.effective_at(change),
                recorded_at=self._recorded_at(change),
                **fields,
            )
            if not isinstance(event, LicenseStreamEvent):
                raise TypeError(f"{event.type} is not supposed of a licence")
            found.append(Decided(license_.decide(event), place))
        return found

    def _recorded_at(self, change: Change) -> datetime:
        effective_at = self.effective_at(change)
        return max(self._at, effective_at) if change.kind in OF_ACCOUNTS else self._at

    def _license(self) -> License:
        license_ = projector(License)(None, self._entries)
        return license_ if license_ is not None else License(license_stream(""))


def _as_entry(entry: object) -> Entry:
    if not isinstance(entry, Entry):
        raise TypeError(f"the log holds entries, not {type(entry).__name__}")
    return entry
