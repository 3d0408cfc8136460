"""Compute the read models of some licences from all their events up to a position, and of none beyond."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from ledger.application.apart import compute_apart, decode_all
from ledger.application.ask import Read
from ledger.application.ledger import Ledger
from ledger.application.logs import logger
from ledger.events.catalogue import UnreadableEvent, decode
from ledger.events.streams import license_stream
from ledger.projections.decoding import decode_terms, issue_instants, known_through_ids
from ledger.projections.history import assemble
from ledger.projections.read_models import SCHEMAS, read_models
from ledger.stores.log_row import LastRecorded
from ledger.stores.read_models.catalogue import Parked
from ledger.stores.reading import read_license, read_programme

# What is in memory at a time; more at once is hardly faster.
LICENSES_AT_ONCE = 500


@dataclass
class Computed:
    """Read models of licences, and those licences of which none can be made, with the reason."""

    license_ids: list[str] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    _frames: list[dict[str, pl.DataFrame]] = field(default_factory=list)

    def add(self, license_ids: Sequence[str], frames: dict[str, pl.DataFrame]) -> None:
        """Take up the read models of some licences."""
        self.license_ids.extend(license_ids)
        self._frames.append(frames)

    @property
    def frames(self) -> dict[str, pl.DataFrame]:
        """Return the read models of all of them."""
        empty = {name: pl.DataFrame(schema=schema) for name, schema in SCHEMAS.items()}
        return {name: pl.concat([empty[name], *(part[name] for part in self._frames)]) for name in SCHEMAS}


def compute(
    ledger: Ledger, license_ids: Sequence[str], end: LastRecorded, through_us: int, now_us: int
) -> Computed:
    """Return the read models of the licences as they are known at the event `end`.

    A licence with an event that cannot be understood is parked, since `now_us`; the others are computed.
    Raises UnreadableEvent for an event of the programme, which no licence can do without.
    """
    programme = programme_until(ledger, end)
    decode_all(programme)
    computed = Computed()

    def some(chunk: Sequence[str]) -> None:
        read = read_some(ledger, programme, chunk, end)
        computed.add(chunk, read_models(read.history, through_us, read.names).frames())

    for start in range(0, len(license_ids), LICENSES_AT_ONCE):
        failed = compute_apart(list(license_ids[start : start + LICENSES_AT_ONCE]), some)
        computed.parked.extend(parked(ledger, name, end, error, now_us) for name, error in failed)
    return computed


def programme_until(ledger: Ledger, end: LastRecorded) -> pl.DataFrame:
    """Return the programme's rows (LOG_SCHEMA) up to the event `end`."""
    return _until(read_programme(ledger.store, end.recorded_us), end)


def read_some(ledger: Ledger, programme: pl.DataFrame, license_ids: Sequence[str], end: LastRecorded) -> Read:
    """Return what is known of some licences at the event `end`; `programme` is that of `programme_until`.

    An event that cannot be understood raises whatever it does; see `compute_apart`.
    """
    log = _until(read_license(ledger.store, license_ids, end.recorded_us), end)
    terms = decode_terms(log)
    prepared = ledger.programme(programme, issue_instants(terms))
    positions = ledger.store.positions_of(known_through_ids(terms))
    history = assemble(log, terms, prepared, positions, end.recorded_us)
    return Read(history, log.select("position", "subject"))


def _until(rows: pl.DataFrame, end: LastRecorded) -> pl.DataFrame:
    return rows.filter(pl.col("position") <= end.position)


def parked(ledger: Ledger, license_id: str, end: LastRecorded, error: Exception, now_us: int) -> Parked:
    """Say which event it is, as far as one can be named."""
    position, reason = _unreadable(ledger, license_id, end) or (end.position, str(error) or repr(error))
    event = ledger.store.following.event_at(position)
    logger().warning("licence parked", license_id=license_id, position=position, reason=reason)
    return Parked(license_id, position, event.row.event_id if event else "", reason, now_us)


def _unreadable(ledger: Ledger, license_id: str, end: LastRecorded) -> tuple[int, str] | None:
    for recorded in ledger.store.rows_under(license_stream(license_id), end.recorded_us):
        try:
            if recorded.position <= end.position:
                decode(recorded.row.topic, recorded.row.state)
        except UnreadableEvent as error:
            return recorded.position, str(error)
    return None
