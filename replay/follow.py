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
from ledger.stores.read_models.catalogue import Checkpoint, Parked, State, TableVersion
from ledger.stores.read_models.errors import BuildUnderWay, CheckpointMoved, OfAnotherLog
from ledger.stores.read_models.leases import claim, leave
from ledger.stores.read_models.partitions import DEFAULT_PARTITIONS, in_partitions
from ledger.stores.read_models.store import ReadModelStore

BUILDER = "follow"
# Invoices are made ahead, so that a question about today or next month finds them (docs/adr/0015).
HORIZON = timedelta(days=45)
_RENEWED_BEFORE = timedelta(days=7)
_LEASE = timedelta(seconds=60)
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


Happening = Followed | WentLive | Parked
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
        self._tried_again: set[str] = set()
        self._licenses: tuple[int, frozenset[str]] = (0, frozenset())

    def run(self, stop: threading.Event, *, once: bool) -> None:
        """Follow until told to stop; with `once` until what stands in the log now is done.

        What another follower has is left to it, and what is recorded meanwhile to the next time. Licences
        that were parked before are tried again. Raises StoreUnreachable, UnreadableEvent for one of the
        programme's, OfAnotherLog, with `once` also StoreLocked and BuildUnderWay.
        """
        self.try_parked_again()
        end = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        try:
            with self._ledger.store.watch() as watch:
                while not stop.is_set():
                    moved = self._round(stop, once=once)
                    if once and (not moved or self._is_at(end.position, self._mine())):
                        return
                    if moved:
                        continue
                    watch.wait(_POLL_S, stop)
        finally:
            self.leave()

    def try_parked_again(self) -> None:
        """Try the licences that are parked now once more with the next step."""
        self._tried_again = {parked.license_id for parked in self._models.parked()}

    def advance(self, stop: threading.Event) -> bool:
        """Go as far as the log does now; False if not all of it is there, since others are at it or were.

        For whoever waits in a way of their own; ends with `leave`. Raises as `run` without `once` does.
        """
        end = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        while not stop.is_set() and self._round(stop, once=False):
            pass
        return self._is_at(end.position, self._models.checkpoints())

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

    def _mine(self) -> list[Checkpoint]:
        """Return the checkpoints that are no other follower's."""
        return [one for one in self._models.checkpoints() if one.owner in (None, self._owner)]

    def _is_at(self, position: int, parts: Sequence[Checkpoint]) -> bool:
        """Tell whether all of these know the log that far, and there is a live version."""
        versions = {one.version: one.state for one in self._models.table_versions()}
        return (
            all(
                one.position >= position
                for one in parts
                if versions.get(one.version) in (State.LIVE, State.BUILDING)
            )
            and State.LIVE in versions.values()
        )

    def _round(self, stop: threading.Event, *, once: bool) -> bool:
        """Go as far as the log does; tell whether that was any way at all."""
        try:
            moved = [self._catch_up(version, stop) for version in self._versions()]
        except CheckpointMoved:
            return True
        except (StoreLocked, BuildUnderWay):
            # another follower writes, or a rebuild begins
            if once:
                raise
            return False
        return any(moved)

    def _versions(self) -> list[int]:
        """Return the versions to follow: the live ones of this release, and one in the making of the rest."""
        current = [one for one in self._models.table_versions() if one.schema_version == schema_version()]
        live = {one.table: one.version for one in current if one.state is State.LIVE}
        missing = [table for table in SCHEMAS if table not in live]
        if not missing:
            return sorted(set(live.values()))
        return sorted({*live.values(), _in_the_making(current) or self._begin(missing)})

    def _begin(self, missing: Sequence[str]) -> int:
        with self._models.build_lock():
            begun = _in_the_making(self._models.table_versions())
            return begun or self._models.create_version(
                {table: SCHEMAS[table] for table in missing},
                schema_version(),
                builder=BUILDER,
                through_us=self._now_us() + HORIZON // MICROSECOND,
                created_us=self._now_us(),
                partitions=self._partitions,
            )

    def _catch_up(self, version: int, stop: threading.Event) -> bool:
        now_us = self._now_us()
        held = claim(self._models, version, self._owner, now_us, now_us + _LEASE // MICROSECOND)
        last = self._ledger.store.last_recorded() or LastRecorded(0, 0)
        if any(one.position > last.position for one in held):
            raise OfAnotherLog(url=self._ledger.store.url)
        moved = self._advance_all(version, held, last, stop)
        return self._go_live(version, last) or moved

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
        mine = in_partitions(
            self._touched(before, end, renewed=renewed),
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
        self._tried_again.difference_update(mine)
        self._tell(Followed(version, end.position, len(computed.license_ids)))
        for parked in computed.parked:
            self._tell(parked)
        return True

    def _touched(self, before: Checkpoint, end: LastRecorded, *, renewed: bool) -> frozenset[str]:
        """Return whom the events since are about; those of the programme may be about anyone."""
        touched = self._ledger.store.following.touched(before.position, end.position)
        if not (renewed or touched.programme or before.position == 0):
            return touched.license_ids | self._tried_again
        if self._licenses[0] != end.position:
            self._licenses = end.position, self._ledger.store.following.licenses(end.position)
        return self._licenses[1] | touched.license_ids | self._tried_again

    def _go_live(self, version: int, last: LastRecorded) -> bool:
        """Switch to a version of our own making if all of it is where the log ends."""
        states = {one.state for one in self._of(version)}
        places = {one.position for one in self._models.checkpoints() if one.version == version}
        if states != {State.BUILDING} or places != {last.position}:
            return False
        with suppress(BuildUnderWay), self._models.build_lock():
            self._models.build_indexes(version)
            self._models.switch(version, SCHEMAS)
            self._models.drop_older()
            self._tell(WentLive(version))
            return True
        return False

    def _partitions_of(self, version: int) -> int:
        return self._of(version)[0].partitions

    def _of(self, version: int) -> list[TableVersion]:
        return [one for one in self._models.table_versions() if one.version == version]

    def _now_us(self) -> int:
        return to_us(self._ledger.now())


def _place(one: Checkpoint) -> tuple[int, int]:
    return one.position, one.through_us


def _in_the_making(versions: Sequence[TableVersion]) -> int | None:
    begun = [
        one.version
        for one in versions
        if one.state is State.BUILDING and one.builder == BUILDER and one.schema_version == schema_version()
    ]
    return max(begun, default=None)
