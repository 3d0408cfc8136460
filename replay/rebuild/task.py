"""One piece of a rebuild: some partitions of the log, read, computed and written; paths in, paths out."""

import resource
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import polars as pl

from ledger.application.apart import compute_apart, decode_all
from ledger.events.catalogue import UnreadableEvent, decode
from ledger.projections.decoding import decode_terms, issue_instants
from ledger.projections.history import History, assemble
from ledger.projections.programme import Programme
from ledger.projections.read_models import SCHEMAS, read_models
from ledger.stores.archive.place import Place
from ledger.stores.archive.reading import Rows, read_rows
from ledger.stores.archive.staging import Done, NotComputed, Staging
from replay.rebuild.digest import bucket_digests

# (place, files) of each source; files never change, and no two have one name.
_Sources: TypeAlias = tuple[tuple[str, "Files"], ...]
# (name, SHA-256) of each
Files: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Source:
    """An archive, or the log's tail: where it is, and which of its files are meant."""

    url: str
    programme: Files
    licenses: Files


@dataclass(frozen=True)
class Task:
    """What one worker does at a time: small enough to be sent anywhere, and all that it needs to know.

    Events up to `until_position` count, the last of them recorded at `known_us`; invoices are made of billing
    dates up to `through_us`; `tables` are written.
    """

    number: int
    staging: str
    sources: tuple[Source, ...]
    until_position: int
    known_us: int
    through_us: int
    tables: tuple[str, ...]


def compute(task: Task) -> Done:
    """Compute the read models of a task's licences and write them; return what was written.

    Licences with an event that cannot be understood are left out and named. Raises DamagedFile for a file
    that is not as it was written, UnreadableEvent for an event of the programme.
    """
    rows = read_licenses(task)
    # what is wrong with the programme is no licence's fault
    programme_of(task, pl.Series(dtype=pl.Int64))
    found: list[dict[str, pl.DataFrame]] = []

    def some(license_ids: Sequence[str]) -> None:
        # all of them, as a rule: then nothing is searched for
        part = rows if len(license_ids) == len(everyone) else rows.of(license_ids)
        history = assembled(task, part)
        found.append(read_models(history, task.through_us, part.log.select("position", "subject")).frames())

    everyone = rows.log["license_id"].unique().sort().to_list()
    failed = compute_apart(everyone, some)
    frames = {
        table: pl.concat([pl.DataFrame(schema=SCHEMAS[table]), *(part[table] for part in found)])
        for table in task.tables
    }
    return Staging.at(task.staging).write_done(
        task.number,
        frames,
        bucket_digests(frames),
        [_not_computed(rows.log, license_id, error) for license_id, error in failed],
        rows_read=rows.log.height,
        peak_bytes=peak_bytes(),
    )


def _not_computed(log: pl.DataFrame, license_id: str, error: Exception) -> NotComputed:
    """Say which event it is, as far as one can be named; else the licence's last."""
    mine = log.filter(pl.col("license_id") == license_id).sort("position")
    for position, topic, state in mine.select("position", "topic", "state").drop_nulls().iter_rows():
        try:
            decode(topic, state)
        except UnreadableEvent as unreadable:
            return NotComputed(license_id=license_id, position=position, reason=str(unreadable))
    reason = str(error) or repr(error)
    return NotComputed(license_id=license_id, position=mine["position"][-1], reason=reason)


def read_history(task: Task) -> tuple[pl.DataFrame, History]:
    """Return the licences' rows of the log and the history that they make."""
    rows = read_licenses(task)
    return rows.log, assembled(task, rows)


def assembled(task: Task, rows: Rows) -> History:
    """Return the history that rows of licences make with those of the programme."""
    terms = decode_terms(rows.log)
    programme = programme_of(task, issue_instants(terms))
    return assemble(rows.log, terms, programme, positions_known(rows, terms), task.known_us)


def read_licenses(task: Task) -> Rows:
    """Return the rows of the task's licences."""
    return _read([(source.url, source.licenses) for source in task.sources], task.until_position)


def programme_of(task: Task, issued_us: pl.Series) -> Programme:
    """Return the programme's terms, prepared once for all tasks that a process does.

    Of the instants at which invoices were issued only those matter that are also an event's of the programme.
    """
    sources = tuple((source.url, source.programme) for source in task.sources)
    ties = issued_us.filter(
        issued_us.is_in(_announced(sources, task.until_position)["recorded_us"].implode())
    )
    return _programme(sources, task.until_position, tuple(ties.unique().sort()))


@lru_cache(maxsize=1)
def _announced(sources: _Sources, until_position: int) -> pl.DataFrame:
    log = _read(sources, until_position).log
    decode_all(log)
    return decode_terms(log)


@lru_cache(maxsize=8)
def _programme(sources: _Sources, until_position: int, ties: tuple[int, ...]) -> Programme:
    return Programme.of(_announced(sources, until_position), pl.Series(ties, dtype=pl.Int64))


def peak_bytes() -> int:
    """Return the most memory that this process had, as far as the system says.

    Linux keeps it by program; what a process's resources say has what started it in it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    kib = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return 1024 * (int(kib) if kib else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _read(sources: Iterable[tuple[str, Files]], until_position: int) -> Rows:
    parts = [read_rows(Place.at(url), dict(files), until_position) for url, files in sources]
    return Rows(pl.concat(part.log for part in parts), pl.concat(part.known_through for part in parts))


def positions_known(rows: Rows, terms: pl.DataFrame) -> dict[str, int]:
    """Return where the events stand that issued invoices name as the last they knew."""
    named = terms.filter(pl.col("known_through").is_not_null()).select("position", "known_through")
    found = named.join(rows.known_through, on="position").select("known_through", "known_through_position")
    return dict(found.iter_rows())
