"""One piece of a rebuild: some partitions of the log, read, computed and written; paths in, paths out."""

import resource
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ledger.projections.decoding import decode_terms, issue_instants
from ledger.projections.history import History, assemble
from ledger.projections.programme import Programme
from ledger.projections.read_models import read_models
from ledger.stores.archive.place import Place
from ledger.stores.archive.reading import Rows, read_rows
from ledger.stores.archive.staging import Done, Staging
from replay.rebuild.digest import bucket_digests


@dataclass(frozen=True)
class Source:
    """An archive, or the log's tail: where it is, and which of its files are meant."""

    url: str
    programme: tuple[str, ...]
    licenses: tuple[str, ...]


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

    Raises DamagedFile for a file that is not as it was written.
    """
    log, history = read_history(task)
    models = read_models(history, task.through_us, log.select("position", "subject")).frames()
    frames = {table: models[table] for table in task.tables}
    return Staging.at(task.staging).write_done(
        task.number,
        frames,
        bucket_digests(frames),
        rows_read=log.height,
        peak_bytes=peak_bytes(),
    )


def read_history(task: Task) -> tuple[pl.DataFrame, History]:
    """Return the licences' rows of the log and the history that they make."""
    rows, announced = read_sources(task)
    terms = decode_terms(rows.log)
    programme = Programme.of(decode_terms(announced.log), issue_instants(terms))
    return rows.log, assemble(rows.log, terms, programme, positions_known(rows, terms), task.known_us)


def read_sources(task: Task) -> tuple[Rows, Rows]:
    """Return the rows of the task's licences, and those of the programme."""
    rows = _read(task, [(source.url, source.licenses) for source in task.sources])
    return rows, _read(task, [(source.url, source.programme) for source in task.sources])


def peak_bytes() -> int:
    """Return the most memory that this process had, as far as the system says.

    Linux keeps it by program; what a process's resources say has what started it in it.
    """
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    kib = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return 1024 * (int(kib) if kib else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _read(task: Task, sources: list[tuple[str, tuple[str, ...]]]) -> Rows:
    parts = [read_rows(Place.at(url), list(names), task.until_position) for url, names in sources]
    return Rows(pl.concat(part.log for part in parts), pl.concat(part.known_through for part in parts))


def positions_known(rows: Rows, terms: pl.DataFrame) -> dict[str, int]:
    """Return where the events stand that issued invoices name as the last they knew."""
    named = terms.filter(pl.col("known_through").is_not_null()).select("position", "known_through")
    found = named.join(rows.known_through, on="position").select("known_through", "known_through_position")
    return dict(found.iter_rows())
