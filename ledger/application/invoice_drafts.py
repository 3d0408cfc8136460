"""Draft the invoices of some licences: all that can be worked out before the write lock is taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

import polars as pl

from ledger.application.apart import compute_apart, decode_all
from ledger.application.ask import DataFault, missing_price
from ledger.application.billing_lookout import Candidate
from ledger.application.ledger import Ledger
from ledger.application.projecting import parked, programme_until, read_some
from ledger.events.catalogue import UnreadableEvent
from ledger.events.license import LicenseCreated
from ledger.events.paper import InvoiceIssued
from ledger.events.streams import invoices_stream, license_stream
from ledger.projections.billing import CUT_SCHEMA, cutover_switches, unissued, with_issued
from ledger.projections.history import History
from ledger.projections.invoices import Invoices, invoices
from ledger.rules.instants import to_us
from ledger.stores.log_row import LastRecorded

_INVOICE = ["license_id", "billing_date"]


@dataclass(frozen=True)
class Past:
    """What deciding on a licence's invoices needs: its creation and its last issued invoice.

    `invoices_version` is the number of issued ones, `known_through` the position that the last one knew.
    """

    created: LicenseCreated
    last: InvoiceIssued | None = None
    invoices_version: int = 0
    known_through: int | None = None


@dataclass
class Drafts:
    """Invoices to be issued and switches to be recorded, right as long as the log says of them what it did.

    `position` is the last event that they know. `invoices` and `lines` are those of `Invoices`, without
    numbers. `cuts` has the invoices that know less, by (license_id, billing_date). `switches` has license_id,
    at_us, model. `faults` are by licence; `failed` are licences of which nothing can be computed.
    """

    position: int = 0
    license_ids: list[str] = field(default_factory=list)
    invoices: list[pl.DataFrame] = field(default_factory=list)
    lines: list[pl.DataFrame] = field(default_factory=list)
    switches: list[tuple[str, int, str]] = field(default_factory=list)
    cuts: dict[tuple[str, date], int] = field(default_factory=dict)
    pasts: Mapping[str, Past] = field(default_factory=dict)
    faults: list[tuple[str, DataFault]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def bunches(self, invoices_at_once: int) -> Iterator[list[str]]:
        """Yield the licences with something to record, by id, so many invoices or one licence at a time."""
        counts = {license_id: 0 for license_id, _, _ in self.switches}
        for frame in self.invoices:
            counts.update(frame.group_by("license_id").len().iter_rows())
        bunch: list[str] = []
        size = 0
        for license_id, count in sorted(counts.items()):
            if bunch and size + count > invoices_at_once:
                yield bunch
                bunch, size = [], 0
            bunch.append(license_id)
            size += count
        if bunch:
            yield bunch


class Drafting:
    """Draft for one bunch of licences after another, all dates up to one instant."""

    def __init__(self, ledger: Ledger, until_us: int) -> None:
        self._ledger = ledger
        self._until_us = until_us
        self._programme: pl.DataFrame | None = None

    def draft(self, candidates: Sequence[Candidate]) -> Drafts:
        """Return the drafts of some licences from what is known now; raises for an unreadable programme.

        A licence with an event that cannot be understood is named among the faults, the others are drafted.
        """
        end = self._ledger.store.last_recorded()
        drafts = Drafts(position=0 if end is None else end.position)
        if end is None or not candidates:
            return drafts
        programme = programme_until(self._ledger, end)
        if self._programme is None or not self._programme.equals(programme):
            decode_all(programme)
            self._programme = programme
        drafts.pasts = self._pasts([one.license_id for one in candidates], drafts)
        due = [one.license_id for one in candidates if _is_open(one, drafts.pasts.get(one.license_id))]

        def some(license_ids: Sequence[str]) -> None:
            self._draft(drafts, programme, license_ids, end)

        for license_id, error in compute_apart(due, some) if due else ():
            why = parked(self._ledger, license_id, end, error, to_us(self._ledger.clock()))
            drafts.failed.append(license_id)
            reason = f"position {why.position}: {why.reason}"
            drafts.faults.append((license_id, unreadable(license_id, reason)))
        return drafts

    def _pasts(self, license_ids: Sequence[str], drafts: Drafts) -> dict[str, Past]:
        store = self._ledger.store
        created = store.billing.first_of([*map(license_stream, license_ids)])
        last = store.billing.last_of([*map(invoices_stream, license_ids)])
        read = store.mapper.to_domain_event
        known: dict[str, str] = {}
        pasts: dict[str, Past] = {}
        for license_id in license_ids:
            try:
                first = cast(LicenseCreated, read(created[license_stream(license_id)].row).event)
                found = last.get(invoices_stream(license_id))
                if found is None:
                    pasts[license_id] = Past(first)
                else:
                    issued = cast(InvoiceIssued, read(found.row).event)
                    pasts[license_id] = Past(first, issued, found.row.originator_version)
                    known[license_id] = issued.known_through
            except UnreadableEvent as error:
                drafts.failed.append(license_id)
                drafts.faults.append((license_id, unreadable(license_id, str(error))))
        positions = store.positions_of([*set(known.values())])
        for license_id, event_id in known.items():
            pasts[license_id] = replace(pasts[license_id], known_through=positions.get(event_id))
        return pasts

    def _draft(
        self, drafts: Drafts, programme: pl.DataFrame, license_ids: Sequence[str], end: LastRecorded
    ) -> None:
        history = read_some(self._ledger, programme, license_ids, end).history
        switches = cutover_switches(history, self._until_us, end.recorded_us)
        billed, cuts = self._bill(history, end)
        for frame, into in ((billed.invoices, drafts.invoices), (billed.lines, drafts.lines)):
            into.append(frame)
        drafts.cuts.update(cuts)
        drafts.switches += switches.select("license_id", "at_us", pl.col("model").cast(pl.String)).rows()
        drafts.license_ids += license_ids
        unpriced = billed.unpriced.iter_rows(named=True)
        drafts.faults += [(row["license_id"], missing_price(row)) for row in unpriced]

    def _bill(self, history: History, end: LastRecorded) -> tuple[Invoices, dict[tuple[str, date], int]]:
        """Return the invoices to be issued, and the positions that those know which do not know everything.

        Which dates have an invoice is what is known on their day, and then what is known now: the first that
        has one by either is issued with all that is known, and those after it know no less. If what is known
        now leaves nothing of it, it is issued with what was known on its day, as the projection has had it
        all along, and the next one takes it back.
        """
        as_known_then = unissued(history, invoices(history, self._until_us))
        first = as_known_then.group_by("license", maintain_order=True).first()
        fixed = pl.DataFrame(schema=CUT_SCHEMA)
        while True:
            now = first.select("license", "n", cut_position=pl.lit(end.position, pl.Int64))
            cuts = pl.concat([fixed, now])
            billed = invoices(with_issued(history, cuts, end.recorded_us), self._until_us)
            to_issue = unissued(history, billed).join(
                cuts.group_by("license").agg(first_n=pl.col("n").min()), on="license", maintain_order="left"
            )
            to_issue = to_issue.filter(pl.col("n") >= pl.col("first_n"))
            gone = first.join(to_issue, on=["license", "n"], how="anti", maintain_order="left")
            if gone.is_empty():
                break
            fixed = pl.concat([fixed, self._as_known_then(history, gone, fixed)])
            behind = as_known_then.join(gone.select("license", gone_n="n"), on="license", how="inner")
            behind = behind.filter(pl.col("n") > pl.col("gone_n")).drop("gone_n").sort("license", "n")
            staying = first.join(gone, on="license", how="anti", maintain_order="left")
            nexts = behind.group_by("license", maintain_order=True).first()
            first = pl.concat([staying, nexts]).sort("license")
        known = to_issue.join(fixed, on=["license", "n"], maintain_order="left")
        return _only(billed, to_issue), {
            (license_id, day): position
            for license_id, day, position in known.select(*_INVOICE, "cut_position").iter_rows()
            if position is not None
        }

    def _as_known_then(self, history: History, rows: pl.DataFrame, fixed: pl.DataFrame) -> pl.DataFrame:
        """Return CUT_SCHEMA of invoices that know what was recorded by their date, and the one before."""
        cuts = pl.concat([history.issued.select(fixed.columns), fixed])
        before = dict(cuts.group_by("license").agg(pl.col("cut_position").max()).iter_rows())
        by_then = self._ledger.store.last_position_recorded_by
        return pl.DataFrame(
            [
                (license_, n, max(by_then(at_us) or 0, before.get(license_, 0)))
                for license_, n, at_us in rows.select("license", "n", "billing_us").iter_rows()
            ],
            schema=CUT_SCHEMA,
            orient="row",
        )


def unreadable(license_id: str, reason: str) -> DataFault:
    """Return the fault of a licence that cannot be billed since an event of it cannot be understood."""
    return DataFault(
        code="unreadable_license",
        message=f"licence {license_id} is not billed: {reason}",
        mend="restore the event from a backup or an export, or use the release that wrote it",
    )


def _is_open(candidate: Candidate, past: Past | None) -> bool:
    return past is not None and (past.last is None or not candidate.is_settled_by(past.last.billing_date))


def _only(billed: Invoices, to_issue: pl.DataFrame) -> Invoices:
    """Return some of the invoices; the gaps in prices stay."""
    invoices, lines = (
        frame.join(to_issue.select(_INVOICE), on=_INVOICE, how="semi", maintain_order="left")
        for frame in (billed.invoices, billed.lines)
    )
    return Invoices(invoices, lines, billed.unpriced)
