"""Read models that are open: versions and their switch, bulk loads, and rows that move with a checkpoint."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Set
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

import polars as pl

from ledger.stores.closing import Closing
from ledger.stores.read_models import catalogue as sql
from ledger.stores.read_models.catalogue import Checkpoint, Parked, State, TableVersion
from ledger.stores.read_models.changes import Change
from ledger.stores.read_models.errors import (
    NameTaken,
    NoSuchVersion,
    NothingToRollBack,
    OfAnotherLog,
    ReadModelsDamaged,
)
from ledger.stores.read_models.layout import columns_of, indexes, physical
from ledger.stores.read_models.partitions import DEFAULT_PARTITIONS
from ledger.stores.read_models.transactions import Transaction

_AFTER_A_SWITCH = {State.LIVE: State.PREVIOUS, State.PREVIOUS: State.OLD}


class Standing(NamedTuple):
    """What the catalogue says at one moment."""

    tables: list[TableVersion]
    checkpoints: list[Checkpoint]
    parked: list[Parked]


class ReadModelStore(Closing):
    """Tables of read models beside a log, in versions; plain names are views of the live ones.

    Safe to share between threads. Close it, or use it in a with statement.
    """

    # transactions that write into different tables, or append to the same ones, at a time
    _writers = 1

    def __init__(self, url: str) -> None:
        self.url = url

    @abstractmethod
    def transaction(self, *, writing: bool) -> AbstractContextManager[Transaction]:
        """Open a transaction that sees one moment; commit at the end, roll back on any exception.

        Raises StoreLocked and StoreUnreachable.
        """

    @abstractmethod
    def build_lock(self) -> AbstractContextManager[None]:
        """Keep other builders out; raises BuildUnderWay. The lock ends with its holder's process."""

    @abstractmethod
    def damaged(self, reason: object) -> ReadModelsDamaged:
        """Build the refusal of tables that are not as they were made."""

    @abstractmethod
    def close(self) -> None:
        """Give back the connections."""

    def table_versions(self) -> list[TableVersion]:
        """Return all versions of all tables, by table and version."""
        with self.transaction(writing=False) as work:
            return table_versions(work)

    def checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints of all versions, by version and partition."""
        with self.transaction(writing=False) as work:
            return checkpoints(work)

    def parked(self) -> list[Parked]:
        """Return the licences that a live version leaves out, by id; each once, for its first such event."""
        with self.transaction(writing=False) as work:
            return _parked(work)

    def parked_by_version(self) -> dict[int, frozenset[str]]:
        """Return the licences that each version leaves out, whatever its state."""
        with self.transaction(writing=False) as work:
            versions = {one.version for one in table_versions(work)}
            return {each: frozenset(one.license_id for one in parked_in(work, {each})) for each in versions}

    def standing(self) -> Standing:
        """Return versions, checkpoints and the licences parked in live versions as they are at one moment."""
        with self.transaction(writing=False) as work:
            return Standing(table_versions(work), checkpoints(work), _parked(work))

    def create_version(
        self,
        schemas: Mapping[str, pl.Schema],
        schema_version: str,
        *,
        builder: str,
        through_us: int,
        created_us: int,
        partitions: int = DEFAULT_PARTITIONS,
    ) -> int:
        """Make empty tables of the schemas, without indexes, all checkpoints at 0; return their version.

        `through_us` is the instant up to which invoices will be made. Raises NameTaken if somebody else has a
        table or view of a read model's name.
        """
        with self.transaction(writing=True) as work:
            work.alone()
            ours = {one.table for one in table_versions(work)}
            for table in schemas.keys() - ours:
                if work.columns(table):
                    raise NameTaken(url=self.url, name=table)
            version = int(work.run(sql.LAST_VERSION)[0][0]) + 1
            made = {
                "version": version,
                "schema_version": schema_version,
                "builder": builder,
                "partitions": partitions,
                "created_us": created_us,
            }
            work.run(sql.NEW_VERSION, made)
            for table, schema in schemas.items():
                columns = columns_of(schema, work.type_name)
                work.run(f"CREATE TABLE {work.qualified(physical(table, version))} ({columns})")
                work.run(sql.NEW_TABLE, {"name": table, "version": version})
            for part in range(partitions):
                work.run(sql.NEW_CHECKPOINT, {"version": version, "part": part, "through_us": through_us})
        return version

    def build_indexes(self, version: int, tell: Callable[[int, int], None] | None = None) -> None:
        """Build a version's indexes, after a bulk load, and let the database count what it has.

        Loading is several times faster without indexes. A transaction for each, the largest tables first:
        nobody reads the version before it is switched to, and one that was left half done is dropped.
        `tell` is told how many steps of how many are done.
        """
        with self.transaction(writing=False) as work:
            tables = {physical(table, version): table for table in _tables_of(work, version)}
            names = work.largest_first(list(tables))
            indexed = [each for name in names for each in indexes(tables[name], version, work.qualified)]
            counted = [f"ANALYZE {work.qualified(name)}" for name in names]

        def do(statement: str) -> None:
            with self.transaction(writing=True) as work:
                work.for_indexes()
                work.run(statement)

        steps = 0
        # the database does not count a table while it indexes it
        for phase in (indexed, counted):
            with self.writers() as threads:
                for each in [threads.submit(do, statement) for statement in phase]:
                    each.result()
                    steps += 1
                    if tell is not None:
                        tell(steps, len(indexed) + len(counted))

    @contextmanager
    def writers(self) -> Iterator[Executor]:
        """Lend threads for what writes in transactions of its own, as many as the database likes at a time.

        On the way out nothing is being written any more; after an exception, what has not begun is given up.
        """
        with ThreadPoolExecutor(self._writers) as threads:
            try:
                yield threads
            except BaseException:
                threads.shutdown(cancel_futures=True)
                raise

    @contextmanager
    def moving(
        self,
        version: int,
        expected: Mapping[int, int],
        *,
        position: int,
        recorded_us: int,
        through_us: int,
    ) -> Iterator[Change]:
        """Move the checkpoints of some partitions and write rows with them, all in one transaction.

        `expected` says at which position each partition is; raises CheckpointMoved if one is not there (any
        more), and then nothing is written.
        """
        moved = {
            "version": version,
            "position": position,
            "recorded_us": recorded_us,
            "through_us": through_us,
        }
        with self.changing(version) as change:
            for part, was in sorted(expected.items()):
                change.move(part, was, moved)
            yield change

    @contextmanager
    def changing(self, version: int) -> Iterator[Change]:
        """Write rows in one transaction while no checkpoint moves: into a version that nobody follows yet."""
        with self.transaction(writing=True) as work:
            yield Change(work, version, _tables_of(work, version))

    def switch(self, version: int, schemas: Mapping[str, pl.Schema]) -> None:
        """Make a version live, in one transaction: views, states; what was live stays as the previous one."""
        with self.transaction(writing=True) as work:
            work.alone()
            for table in _tables_of(work, version):
                versions = [one for one in table_versions(work) if one.table == table]
                if any(one.version == version and one.state is State.LIVE for one in versions):
                    continue
                for one in versions:
                    if one.state in _AFTER_A_SWITCH:
                        _set_state(work, one, _AFTER_A_SWITCH[one.state])
                work.run(sql.SET_STATE, {"state": State.LIVE.value, "name": table, "version": version})
                work.show(table, physical(table, version), schemas[table])

    def roll_back(self, schemas: Mapping[str, pl.Schema]) -> None:
        """Undo the last switch: of its tables, make the previous version live, and the live one the previous.

        Done again, it goes forward again. The views show what columns the tables have, also those of another
        release. Raises NothingToRollBack if the last switch was the first of its tables.
        """
        with self.transaction(writing=True) as work:
            work.alone()
            found = {(one.table, one.state): one for one in table_versions(work)}
            switched = [one for one in found.values() if one.state in _AFTER_A_SWITCH]
            newest = max((one.version for one in switched), default=0)
            tables = {one.table for one in switched if one.version == newest}
            previous = [found[table, State.PREVIOUS] for table in tables if (table, State.PREVIOUS) in found]
            if not previous:
                raise NothingToRollBack(what="read models", name=self.url)
            for one in previous:
                _set_state(work, found[one.table, State.LIVE], State.PREVIOUS)
                _set_state(work, one, State.LIVE)
                known = schemas.get(one.table, pl.Schema())
                work.show(one.table, physical(one.table, one.version), known)

    def drop_older(self) -> list[int]:
        """Drop every version from before the previous one; return them."""
        return self._drop(lambda one: one.state is State.OLD)

    def drop(self, version: int) -> None:
        """Drop what a version has besides live and previous tables: a build that was given up."""
        self._drop(lambda one: one.version == version and one.state in (State.BUILDING, State.OLD))

    def _drop(self, chosen: Callable[[TableVersion], bool]) -> list[int]:
        with self.transaction(writing=True) as work:
            work.alone()
            dropped = [one for one in table_versions(work) if chosen(one)]
            for one in dropped:
                work.run(sql.FORGET_TABLE, {"name": one.table, "version": one.version})
            # before the tables: who moves a checkpoint now goes on to their rows, and is waited for here
            for statement in sql.FORGET_REST:
                work.run(statement)
            for one in dropped:
                work.run(f"DROP TABLE {work.qualified(physical(one.table, one.version))}")
        return sorted({one.version for one in dropped})

    def ledger_id(self) -> str | None:
        """Return the id of the log that these are the read models of."""
        with self.transaction(writing=False) as work:
            return next((row[0] for row in work.run(sql.LOG_OF)), None)

    def bind(self, ledger_id: str | None) -> None:
        """Say which log these are the read models of; they are that for ever. Raises OfAnotherLog."""
        with self.transaction(writing=True) as work:
            work.alone()
            if not work.run(sql.LOG_OF):
                work.run(sql.SET_LOG, {"ledger_id": ledger_id})
            if work.run(sql.LOG_OF) != [(ledger_id,)]:
                raise OfAnotherLog(url=self.url)


def table_versions(work: Transaction) -> list[TableVersion]:
    """Return all versions of all tables, by table and version."""
    return [
        TableVersion(table, version, State(state), *rest)
        for table, version, state, *rest in work.run(sql.TABLE_VERSIONS)
    ]


def checkpoints(work: Transaction) -> list[Checkpoint]:
    """Return the checkpoints of all versions, by version and partition."""
    return [Checkpoint(*row) for row in work.run(sql.CHECKPOINTS)]


def parked_in(work: Transaction, versions: Set[int]) -> list[Parked]:
    """Return the licences that any of the versions leaves out, by id; each once, for its first such event."""
    first: dict[str, Parked] = {}
    for version, license_id, *rest in work.run(sql.PARKED):
        if version in versions:
            first.setdefault(license_id, Parked(license_id, *rest))
    return list(first.values())


def _parked(work: Transaction) -> list[Parked]:
    return parked_in(work, {one.version for one in table_versions(work) if one.state is State.LIVE})


def _tables_of(work: Transaction, version: int) -> list[str]:
    tables = [one.table for one in table_versions(work) if one.version == version]
    if not tables:
        raise NoSuchVersion(what="version", name=version)
    return tables


def _set_state(work: Transaction, one: TableVersion, state: State) -> None:
    work.run(sql.SET_STATE, {"state": state.value, "name": one.table, "version": one.version})
