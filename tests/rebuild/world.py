"""A ledger with its archive, and what every way of rebuilding has to come to."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ledger.application.archive_log import archive_log
from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.projections.decoding import decode_terms, issue_instants, known_through_ids
from ledger.projections.history import assemble
from ledger.projections.programme import Programme
from ledger.projections.read_models import read_models
from ledger.stores.reading import read_log_pages
from replay.rebuild.digest import bucket_digests, whole_digest
from replay.rebuild.plan import Plan, prepare
from replay.rebuild.running import Runner, run
from tests.archive.world import LINES, import_lines

ARCHIVED = 300
# of the sample's 415 events: enough tasks to stop between them
TASK_ROWS = 60


@dataclass(frozen=True)
class World:
    """A ledger, places, and the read models of its log computed at once from the store's columns."""

    url: str
    ledger: Ledger
    archive: str
    staging: str
    through_us: int
    frames: dict[str, pl.DataFrame]

    @property
    def digest(self) -> str:
        return whole_digest([bucket_digests(self.frames)])

    def planned(self) -> Plan:
        return prepare(self.ledger, self.staging, self.archive, self.through_us, task_rows=TASK_ROWS)

    def digest_by(self, runner: Runner) -> str:
        return run(self.planned(), runner).digest


@contextmanager
def world_in(url: str, folder: Path) -> Iterator[World]:
    """Record the sample programme; the archive has all but its last events."""
    archive = str(folder / "archive")
    with Ledger.open(url, create=True) as ledger:
        import_lines(ledger, LINES[:ARCHIVED])
        archive_log(ledger, archive, partitions=32)
        import_history(ledger, io.BytesIO(b"".join(LINES[ARCHIVED:])))
        log = pl.concat(read_log_pages(ledger.store))
        through_us = log["recorded_us"][-1]
        yield World(
            url, ledger, archive, str(folder / "staging"), through_us, _frames(ledger, log, through_us)
        )


def _frames(ledger: Ledger, log: pl.DataFrame, through_us: int) -> dict[str, pl.DataFrame]:
    terms = decode_terms(log)
    programme = Programme.of(terms, issue_instants(terms))
    positions = ledger.store.positions_of(known_through_ids(terms))
    history = assemble(log, terms, programme, positions, through_us)
    return read_models(history, through_us, log.select("position", "subject")).frames()
