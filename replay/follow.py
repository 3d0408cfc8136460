"""Keep read models up with the log: rows of who was touched and checkpoints in one transaction."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from ledger.application.ledger import Ledger, random_id
from ledger.application.projecting import compute
from ledger.projections.read_models import SCHEMAS, schema_version
from ledger.rules.errors import LedgerError
from ledger.rules.instants import MICROSECOND, to_us
from ledger.stores.errors import StoreLocked
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.catalogue import Checkpoint, Parked
from ledger.stores.read_models.errors import (
    BuildUnderWay,
    CheckpointMoved,
    HeldByOthers,
    NoSuchVersion,
    OfAnotherLog,
)
from ledger.stores.read_models.leases import claim, leave, renew
from ledger.stores.read_models.partitions import DEFAULT_PARTITIONS, in_partitions
from ledger.stores.read_models.store import ReadModelStore, Standing
from replay.keeping import keeping
from replay.losing import Back, Lost, through_losses
from replay.versions import BUILDER, drop_leftovers, followed

# Invoices are made ahead, so that a question about today or next month finds them (docs/adr/0015).
HORIZON = timedelta(days=45)
_RENEWED_BEFORE = timedelta(days=7)
# So long after a follower was killed others leave its partitions alone.
LEASE = timedelta(seconds=15)
_RENEWED_EVERY_S = 5.0
# The log is looked at that often even if nothing is heard of it.
_POLL_S = 5.0
# How often a rebuild looks whether more was recorded meanwhile.
_ROUNDS = 5
# With more positions to go each partition has a transaction of its own.
_FEW_POSITIONS = 50_000


@dataclass(frozen=True)
class Followed:
    """So many licences are now as the log says at a position."""

    version: int
    position: int
    licenses: int


@dataclass(frozen=True)
class WentLive:
    """A version of the read models was built and answers from now on."""

    version: int


Happening = Followed | WentLive | Parked | Lost | Back
Tell = Callable[[Happening], None]


class Follower:
    """One of the followers of a log; several share the partitions of the licences among them."""

    def __init__(self, ledger: Ledger, tell: Tell, partitions: int = DEFAULT_PARTITIONS) -> None:
        """Make read models beside the log if there are none; raises OfAnotherLog."""
        models = ledger.read_models(create=True)
        if models is None:
            raise OfAnotherLog(url=ledger.store.url)
        self._ledger = ledger
        self._models: ReadModelStore = models
        self._tell = tell
        self._partitions = partitions
        self._owner = random_id()
        # by version: each may hold rows from before a licence was parked
        self._tried_again: dict[int, set[str]] = {}
        self._licenses: tuple[int, frozenset[str]] = (0, frozenset())

    def run(self, stop: threading.Event, *, once: bool) -> None:
        """Follow until told to stop; with `once` until what stands in the log now is done.

        What another follower has is left to it, and what is recorded meanwhile to the next time. Licences
        that were parked before are tried again. A lost database is waited for. Raises UnreadableEvent for
        one of the programme's, OfAnotherLog, StoreReadOnly and the like, with `once` also StoreUnreachable,
        StoreLocked and BuildUnderWay.
        """
        try:
            if once:
                self._run(stop, lambda: None, once=True)
            else:
                through_losses(lambda went_well: self._run(stop, went_well, once=False), self._tell, stop)
        finally:
            self.leave()

    def _run(self, stop: threading.Event, went_well: Callable[[], None], *, once: bool) -> None:
        self.try_parked_again()
        end = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        with self._ledger.store.watch() as watch:
            while not stop.is_set():
                moved = self._round(stop, once=once)
                went_well()
                if once and (not moved or self._has_come_to(end.position, mine=True)):
                    return
                if not moved:
                    watch.wait(_POLL_S, stop)

    def try_parked_again(self) -> None:
        """Try the licences that are parked now once more with the next step of each version."""
        self._tried_again = {each: set(ids) for each, ids in self._models.parked_by_version().items() if ids}

    def advance(self, stop: threading.Event) -> bool:
        """Go as far as the log does now; False if not all of it is there, since others are at it or were.

        For whoever waits in a way of their own; ends with `leave`. Raises as `run` without `once` does.
        """
        end = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        while not stop.is_set() and self._round(stop, once=False):
            pass
        return self._has_come_to(end.position, mine=False)

    def check_nothing_is_left(self) -> None:
        """Raise HeldByOthers if partitions that others hold, killed ones too, are behind the log."""
        last = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        theirs = [one for one in _behind(self._models.standing(), last.position) if self._is_anothers(one)]
        if theirs:
            raise HeldByOthers(partitions=len(theirs))

    def parked(self) -> int:
        """Return how many licences are parked."""
        return len(self._models.parked())

    def leave(self) -> None:
        """Give the partitions back."""
        with suppress(LedgerError):
            leave(self._models, self._owner, self._now_us())

    def catch_up(self, version: int) -> int:
        """Take a version that a rebuild is making on with the log, and return how far it got.

        Each round is shorter than the one before, until as much is recorded meanwhile: then the rest is left
        to whoever follows it when it is live.
        """
        never, position = threading.Event(), 0
        for _ in range(_ROUNDS):
            last = self._ledger.store.last_recorded() or LastRecorded(0, 0)
            # nobody else follows it yet
            every = [one for one in self._models.checkpoints() if one.version == version]
            moved, position = self._advance_all(version, every, last, never), last.position
            if not moved:
                break
        return position

    def _has_come_to(self, position: int, *, mine: bool) -> bool:
        """Tell whether all tables are live and know the log so far; with `mine` but for what others have."""
        standing = self._models.standing()
        return not followed(standing.tables).missing and all(
            mine and self._is_anothers(one) for one in _behind(standing, position)
        )

    def _is_anothers(self, one: Checkpoint) -> bool:
        return one.owner not in (None, self._owner)

    def _round(self, stop: threading.Event, *, once: bool) -> bool:
        """Go as far as the log does; tell whether that was any way at all."""
        try:
            moved = [self._catch_up(version, stop) for version in self._versions()]
        except (CheckpointMoved, NoSuchVersion):
            # somebody else has taken a partition further, or dropped a version: look anew
            return True
        except (StoreLocked, BuildUnderWay):
            # another follower writes, or a rebuild begins
            if once:
                raise
            return False
        return any(moved)

    def _versions(self) -> list[int]:
        """Return the versions to follow: the live ones of this release, and one in the making of the rest."""
        found = followed(self._models.table_versions())
        if not found.missing:
            return sorted(found.live)
        return sorted(found.live | {found.in_the_making or self._begin()})

    def _begin(self) -> int:
        with self._models.build_lock():
            found = followed(self._models.table_versions())
            return found.in_the_making or self._models.create_version(
                {table: SCHEMAS[table] for table in found.missing},
                schema_version(),
                builder=BUILDER,
                through_us=self._now_us() + HORIZON // MICROSECOND,
                created_us=self._now_us(),
                partitions=self._partitions,
            )

    def _catch_up(self, version: int, stop: threading.Event) -> bool:
        held = claim(self._models, version, self._owner, self._now_us(), self._until_us())
        last = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        if any(one.position > last.position for one in held):
            raise OfAnotherLog(url=self._ledger.store.url)
        with keeping(lambda: renew(self._models, self._owner, self._until_us()), _RENEWED_EVERY_S):
            moved = self._advance_all(version, held, last, stop)
            return self._go_live(version, last) or moved

    def _until_us(self) -> int:
        return self._now_us() + LEASE // MICROSECOND

    def _advance_all(
        self, version: int, held: Sequence[Checkpoint], last: LastRecorded, stop: threading.Event
    ) -> bool:
        moved = False
        for _, group in groupby(sorted(held, key=_place), key=_place):
            alike = list(group)
            apart = last.position - alike[0].position > _FEW_POSITIONS
            for parts in [[one] for one in alike] if apart else [alike]:
                if not stop.is_set():
                    moved |= self._advance(version, parts, last)
        return moved

    def _advance(self, version: int, parts: Sequence[Checkpoint], end: LastRecorded) -> bool:
        """Take partitions that stand at one place to the log's end, or to a new horizon."""
        now_us, before = self._now_us(), parts[0]
        renewed = before.through_us - now_us < _RENEWED_BEFORE // MICROSECOND
        through_us = now_us + HORIZON // MICROSECOND if renewed else before.through_us
        again = self._tried_again.get(version, set())
        mine = in_partitions(
            self._touched(before, end, renewed=renewed) | again,
            [one.partition for one in parts],
            self._partitions_of(version),
        )
        if not mine and not renewed and before.position == end.position:
            return False
        computed = compute(self._ledger, mine, end, through_us, now_us)
        with self._models.moving(
            version,
            {one.partition: one.position for one in parts},
            position=end.position,
            recorded_us=end.recorded_us,
            through_us=through_us,
        ) as change:
            if before.position == 0:
                change.load(computed.frames)
            else:
                change.replace(computed.license_ids, computed.frames)
            change.unpark(computed.license_ids)
            for parked in computed.parked:
                change.park(parked)
        again.difference_update(mine)
        self._tell(Followed(version, end.position, len(computed.license_ids)))
        for parked in computed.parked:
            self._tell(parked)
        return True

    def _touched(self, before: Checkpoint, end: LastRecorded, *, renewed: bool) -> frozenset[str]:
        """Return whom the events since are about; those of the programme may be about anyone."""
        touched = self._ledger.store.following.touched(before.position, end.position)
        if not (renewed or touched.programme or before.position == 0):
            return touched.license_ids
        if self._licenses[0] != end.position:
            self._licenses = end.position, self._ledger.store.following.licenses(end.position)
        return self._licenses[1] | touched.license_ids

    def _go_live(self, version: int, last: LastRecorded) -> bool:
        """Switch to a version of our own making if all of it is where the log ends."""
        if not self._is_whole(version, last):
            return False
        with suppress(BuildUnderWay), self._models.build_lock():
            # another follower may have let it go live, or a rebuild dropped it, before the lock was ours
            if not self._is_whole(version, last):
                return False
            self._models.build_indexes(version)
            self._models.switch(version, SCHEMAS)
            drop_leftovers(self._models)
            self._tell(WentLive(version))
            return True
        return False

    def _is_whole(self, version: int, last: LastRecorded) -> bool:
        """Tell whether a version is in the making and all of it knows the log that far."""
        standing = self._models.standing()
        return followed(standing.tables).in_the_making == version and all(
            one.position >= last.position for one in standing.checkpoints if one.version == version
        )

    def _partitions_of(self, version: int) -> int:
        for one in self._models.table_versions():
            if one.version == version:
                return one.partitions
        raise NoSuchVersion(what="version", name=version)

    def _now_us(self) -> int:
        return to_us(self._ledger.now())


def _behind(standing: Standing, position: int) -> list[Checkpoint]:
    """Return the checkpoints of live versions that do not know the log so far."""
    live = followed(standing.tables).live
    return [one for one in standing.checkpoints if one.version in live and one.position < position]


def _place(one: Checkpoint) -> tuple[int, int]:
    return one.position, one.through_us
