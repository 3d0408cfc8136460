"""What a store refuses, each by a name of its own, so that callers and people can tell the cases apart."""

from collections.abc import Mapping
from typing import Final

from eventsourcing.persistence import IntegrityError

from ledger.rules.errors import Conflict, InvalidValue, LedgerError, NotFound


class BadStoreUrl(InvalidValue):
    """Raised for a store URL that names no kind of store."""

    code = "bad_store_url"
    template = "{url!r} does not name a store: {reason}."
    hint = "Write sqlite:///relative.db, sqlite:////absolute.db or postgresql://user@host/database."


class StoreNotFound(NotFound):
    """Raised when a question is asked of a store that nobody has made yet."""

    code = "store_not_found"
    template = "There is no ledger at {url}."
    hint = "Check the URL; the first command or import that records something makes the store."


class NotALedger(LedgerError):
    """Raised when what the URL names holds something else, or a ledger of another release."""

    code = "not_a_ledger"
    template = "{url} holds no ledger that this release can read: {reason}."
    hint = "Nothing was changed. Name another file, database or schema."


class StoreUnreachable(LedgerError):
    """Raised when the store does not answer; what was under way may be asked again by its event ids."""

    code = "store_unreachable"
    template = "The store at {url} cannot be reached: {reason}."
    hint = "Check that it runs and that you may use it, then run the command again."


class AnswerTooLong(StoreUnreachable):
    """Raised when a database cannot put an answer into one text (10^9 bytes): it is asked in parts."""

    code = "answer_too_long"
    template = "The store at {url} holds more than it can hand over at once: {reason}."
    hint = "An event of a gigabyte cannot be read; ask for less."


class DamagedRow(LedgerError):
    """Raised when a stored event is no text any more."""

    code = "damaged_row"
    template = "The store at {url} holds an event that is no text: {reason}."
    hint = "The store is damaged, or was written by another program: compare it with a copy."


class StoreReadOnly(StoreUnreachable):
    """Raised when a store's file, or the folder that it lies in, cannot be written to."""

    code = "store_read_only"
    template = "The store at {url} cannot be written to: its file, or the folder of it, is read-only for you."
    hint = "Ask its owner for the right to write to both, or copy the file and name the copy."


class StoreCannotBeOpened(StoreUnreachable):
    """Raised when the system does not let a store's file be opened or made."""

    code = "store_cannot_be_opened"
    template = "The store's file cannot be opened: {url}."
    hint = "Check that you may read and write the file and the folder that it lies in."


class StoreDiskFull(StoreUnreachable):
    """Raised when there is no space for what a store has to keep."""

    code = "store_disk_full"
    template = "The disk of the store at {url} is full; nothing was recorded."
    hint = "Make room, then run the command again."


class StoreDamaged(StoreUnreachable):
    """Raised when a store's file is not as the database left it, or the disk does not give it back."""

    code = "store_damaged"
    template = "The store at {url} cannot be read as it should be: {reason}."
    hint = "The file or its disk is damaged. Keep it as it is, and put a copy or an export in its place."


class StoreFolderMissing(NotFound):
    """Raised when a store is to be made in a folder that is not there."""

    code = "store_folder_not_found"
    template = "There is no folder {folder} for the store {url}."
    hint = "Make the folder first, or check the URL."


class StoreLocked(LedgerError):
    """Raised when another writer kept the store's one write lock for too long."""

    code = "store_locked"
    exit_code = 4
    template = "Another writer has held {url} for more than {waited_s} s; nothing was recorded."
    hint = "Wait for it to end (a large import, say), then run the command again."


class AlreadyUnderWay(Conflict):
    """Raised when another process does the same long work on the same log."""

    code = "already_under_way"
    template = "Somebody else is at work on the {work} of {url}; nothing was done."
    hint = "Wait for it to end, then run the command again; an archive, a rebuild and a check take turns."


# SQLite's own numbers, which do not change.
_BY_SQLITE_CODE: Final[Mapping[int, type[StoreUnreachable]]] = {
    8: StoreReadOnly,
    10: StoreDamaged,
    11: StoreDamaged,
    13: StoreDiskFull,
    14: StoreCannotBeOpened,
}


def store_failure(url: str, reason: BaseException) -> StoreUnreachable:
    """Return what a database's failure means, in words that fit a file where SQLite says what is wrong."""
    for error in (reason, reason.__cause__):
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _BY_SQLITE_CODE:
            return _BY_SQLITE_CODE[code & 0xFF](url=url, reason=reason)
    return StoreUnreachable(url=url, reason=reason)


class StreamConflict(Conflict, IntegrityError):
    """Raised when another writer took the place in the stream that an event was meant for."""

    code = "stream_conflict"


class DuplicateEventId(Conflict, IntegrityError):
    """Raised when an event's id stands in the log already, for something else."""

    code = "duplicate_event_id"
    template = "The id {event_id!r} belongs to another event already; nothing was recorded."
    hint = "Use an id (an idempotency key) of its own for each event."


class RecordedAtGoesBack(LedgerError):
    """Raised when an event claims to be recorded before the one that precedes it in the log."""

    code = "recorded_at_goes_back"
    template = (
        "Event {event_id!r} says it was recorded at {recorded_at}, before the last one, {last_recorded_at}."
    )
    hint = "A history comes in the order in which it was recorded."
