"""How a command becomes an event in the log: decided on, saved, decided again if another was faster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from ledger.aggregates.license import License
from ledger.application.borrowing import NeedsTheWriteLock
from ledger.application.deciding import Past, decide
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.application.remembering import SessionPast
from ledger.events.base import LedgerEvent
from ledger.events.catalogue import propose, same_content
from ledger.events.entry import Entry
from ledger.events.streams import license_stream
from ledger.rules.errors import Conflict, LedgerError
from ledger.rules.instants import from_us
from ledger.rules.words import SYSTEM_ACTOR
from ledger.stores.bulk import WritingSession
from ledger.stores.errors import DuplicateEventId, StreamConflict
from ledger.stores.log_row import Recorded as StoredRecord

ATTEMPTS = 5
# A change of cycle may not be recorded later than it takes effect: nobody may come in between.
_DECIDED_ALONE: Final = frozenset({"BillingCycleChanged"})


class IdMeansSomethingElse(Conflict):
    """Raised for an id (an idempotency key) under which another event is recorded."""

    code = "id_means_something_else"
    template = (
        "id: {event_id!r} stands for another event already, the {recorded_type} at position {position}, "
        "which differs in {differs}; nothing was recorded."
    )
    hint = "Use an id (an idempotency key) of its own for each event."


@dataclass(frozen=True)
class CommandMeta:
    """What every command carries: when it became true (None: now), who did it, and how to know it again.

    `provided` raises if the licence, as it is at the moment of deciding, must not be changed after all: for
    what one place asks for and the rules do not. It is asked anew with each attempt.
    """

    at: datetime | None = None
    actor: str = SYSTEM_ACTOR
    key: str | None = None
    request_id: str | None = None
    provided: Callable[[License], None] | None = None


@dataclass(frozen=True)
class Recorded:
    """What a command led to: the event as it is recorded, its position, and whether it was there before."""

    event: LedgerEvent
    position: int
    already_known: bool


class Command(NamedTuple):
    """An event that somebody wants recorded, but for the times that are not known yet."""

    event_type: str
    event_id: str
    meta: CommandMeta
    fields: dict[str, object]

    def event(self, effective_at: datetime, recorded_at: datetime) -> LedgerEvent:
        """Return the event for its two times; raises a BadLine for values that cannot be."""
        return propose(
            self.event_type,
            id=self.event_id,
            actor=self.meta.actor,
            effective_at=self.meta.at or effective_at,
            recorded_at=recorded_at,
            **self.fields,
        )

    def decided(self, now: datetime, past: Past) -> Entry:
        """Return the event with its place in its stream; raises what refuses it."""
        license_id = self.fields.get("license_id")
        if self.meta.provided is not None and isinstance(license_id, str):
            self.meta.provided(past.aggregate(License, license_stream(license_id)))
        return decide(self.event(now, now), past)


def record(ledger: Ledger, meta: CommandMeta, event_type: str, **fields: object) -> Recorded:
    """Record an event of a type with its own fields; those that are None count as left out.

    Becomes true at `meta.at`, without one at the instant of recording: the clock's, or that of the log's
    last event if the clock is behind it. A `meta.key` that was seen before changes nothing: the first answer
    is given again, or IdMeansSomethingElse raised if it was for something else. Raises also what the
    aggregates refuse, a BadLine, Conflict if other writers were faster five times, StoreLocked and
    StoreUnreachable.
    """
    command = Command(event_type, meta.key if meta.key is not None else ledger.new_id(), meta, fields)
    log = logger().bind(type=event_type, license_id=fields.get("license_id"), request_id=meta.request_id)
    try:
        recorded = _known(ledger, command) or _record(ledger, command)
    except LedgerError as refusal:
        log.info("refused", code=refusal.code, reason=str(refusal))
        raise
    log.info(
        "recorded", position=recorded.position, id=command.event_id, already_known=recorded.already_known
    )
    return recorded


def _known(ledger: Ledger, command: Command) -> Recorded | None:
    """Return what was recorded under the command's key, if it has one and that was for the same command."""
    if command.meta.key is None:
        return None
    found = ledger.store.event_by_id(command.meta.key)
    return _as_known(ledger, command, found) if found is not None else None


def _as_known(ledger: Ledger, command: Command, found: StoredRecord) -> Recorded:
    event = ledger.store.mapper.to_domain_event(found.row).event
    wanted = command.event(effective_at=event.effective_at, recorded_at=event.recorded_at)
    refuse_other_content(wanted, event, found.position)
    return Recorded(event, found.position, already_known=True)


def refuse_other_content(wanted: LedgerEvent, recorded: LedgerEvent, position: int) -> None:
    """Raise IdMeansSomethingElse unless both events, of one id, say the same."""
    if not same_content(wanted, recorded):
        raise IdMeansSomethingElse(
            event_id=wanted.id,
            recorded_type=recorded.type,
            position=position,
            differs=_difference(wanted, recorded),
        )


def _difference(wanted: LedgerEvent, recorded: LedgerEvent) -> str:
    if wanted.type != recorded.type:
        return "type"
    names: Sequence[str] = [
        name for name in sorted(wanted.model_fields_set) if getattr(wanted, name) != getattr(recorded, name)
    ]
    return ", ".join(names)


def _record(ledger: Ledger, command: Command) -> Recorded:
    for _ in range(ATTEMPTS):
        try:
            if command.event_type in _DECIDED_ALONE:
                return _record_alone(ledger, command)
            return _record_among_others(ledger, command)
        except NeedsTheWriteLock:
            return _record_alone(ledger, command)
        except DuplicateEventId:
            # the same command was on its way twice, and the other came first
            known = _known(ledger, command)
            if known is None:
                raise
            return known
        except StreamConflict as conflict:
            logger().info("deciding again", stream=conflict.fields["stream"], id=command.event_id)
            # that other writer may have been this very command, on its way a second time
            known = _known(ledger, command)
            if known is not None:
                return known
    raise Conflict(stream=f"{command.event_type} of {command.fields.get('license_id')}")


def _record_among_others(ledger: Ledger, command: Command) -> Recorded:
    """Decide without a lock; the store refuses what is out of date by then."""
    now = ledger.now()
    with ledger.repository.borrowing() as borrowed:
        entry = command.decided(now, borrowed)
        saved = ledger.store.event_store.save(entry, unchanged=borrowed.versions_besides(entry.originator_id))
        if saved.entry is not entry:
            borrowed.drop(entry.originator_id)
    return _answer(ledger, saved.entry, saved.position)


def _record_alone(ledger: Ledger, command: Command) -> Recorded:
    """Decide under the write lock: for what depends on more of the log than the store can compare."""
    with ledger.store.writing() as session:
        found = session.events_by_id([command.event_id]).get(command.event_id)
        if found is not None:
            return _as_known(ledger, command, found)
        now = not_before_the_last(ledger.now(), session)
        entry = command.decided(now, SessionPast(session))
        position = session.append([ledger.store.mapper.to_stored_event(entry)])[0]
    return _answer(ledger, entry, position)


def not_before_the_last(now: datetime, session: WritingSession) -> datetime:
    """Return the instant, or that of the log's last event if it is later."""
    last = session.last_recorded()
    return now if last is None else max(now, from_us(last.recorded_us))


def _answer(ledger: Ledger, entry: Entry, position: int) -> Recorded:
    ledger.has_recorded(entry.event.recorded_at)
    return Recorded(entry.event, position, already_known=False)
