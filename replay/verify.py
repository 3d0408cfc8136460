"""Verify issued invoices: recompute each at its own knowledge cut and compare it with what was recorded."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, Final, cast

import polars as pl

from ledger.aggregates.license import LicenseNotFound
from ledger.application.apart import compute_apart, decode_all
from ledger.application.ask import digest_of
from ledger.application.ledger import Ledger
from ledger.application.projecting import programme_until, read_some
from ledger.events.catalogue import UnreadableEvent, encode
from ledger.events.paper import InvoiceIssued
from ledger.events.streams import license_stream
from ledger.projections import canonical
from ledger.projections.invoices import invoices
from ledger.rules.instants import to_us
from ledger.stores.log_row import LastRecorded, Recorded

# What is in memory at a time; more at once is hardly faster.
LICENSES_AT_ONCE: Final = 500

Line = dict[str, Any]
Progress = Callable[[int], None]

ALTERED: Final = (
    "compare it with the copy that went to the customer, with a backup or with the archive; if the store was "
    "altered, restore the event, and find out who wrote to the database"
)
IMPORTED: Final = (
    "it was imported without a digest: if another program charged what is recorded, it stands, and the facts "
    "behind it were recorded here otherwise; record what is missing, or correct it by hand"
)
UNREADABLE: Final = "restore the event from a backup or an export, or use the release that wrote it"


@dataclass(frozen=True)
class Difference:
    """What is recorded of an invoice and what the facts give; `line` counts from 1, None: no line."""

    what: str
    recorded: Any
    recomputed: Any
    line: int | None = None


@dataclass(frozen=True)
class Finding:
    """An issued invoice that is off, and what can be done; `billing_date` is None where none can be read."""

    number: str
    license_id: str
    billing_date: date | None
    position: int
    currency: str | None
    differences: tuple[Difference, ...]
    advice: str


@dataclass
class Verified:
    """How many issued invoices were compared, and those that are off, by licence and billing date."""

    invoices: int = 0
    findings: list[Finding] = field(default_factory=list)


def to_verify(ledger: Ledger, *, since: datetime | None = None, license_ids: Sequence[str] = ()) -> int:
    """Return how many invoices `verify_invoices` will compare."""
    counts = ledger.store.issued.licenses(*_span(ledger, since)[:2])
    return sum(count for name, count in counts.items() if not license_ids or name in license_ids)


def verify_invoices(
    ledger: Ledger,
    *,
    since: datetime | None = None,
    license_ids: Sequence[str] = (),
    progress: Progress | None = None,
) -> Verified:
    """Recompute every invoice issued since an instant (of all time), of some licences (all), and compare.

    Lines, total, and the digest where one was recorded; and what stands in the event's columns. Some hundred
    licences are in memory at a time. `progress` is told how many are done. Raises LicenseNotFound, and
    UnreadableEvent for an event of the programme.
    """
    after, until, end = _span(ledger, since)
    verified = Verified()
    if end is None:
        return verified
    names = sorted(ledger.store.issued.licenses(after, until))
    if license_ids:
        _refuse_unknown(ledger, license_ids)
        names = sorted({*names} & {*license_ids})
    programme = programme_until(ledger, end)
    decode_all(programme)
    for start in range(0, len(names), LICENSES_AT_ONCE):
        some = names[start : start + LICENSES_AT_ONCE]
        recomputed, failed = _recomputed(ledger, programme, some, end)
        for page in ledger.store.issued.pages(after, until, some):
            for recorded in page:
                verified.invoices += 1
                finding = _compared(ledger, recorded, recomputed, failed)
                if finding is not None:
                    verified.findings.append(finding)
            if progress is not None:
                progress(verified.invoices)
    verified.findings.sort(key=lambda one: (one.license_id, str(one.billing_date), one.position))
    return verified


def _span(ledger: Ledger, since: datetime | None) -> tuple[int, int, LastRecorded | None]:
    store = ledger.store
    after = 0 if since is None else store.last_position_recorded_by(to_us(since) - 1) or 0
    end = store.last_recorded()
    return after, 0 if end is None else end.position, end


def _refuse_unknown(ledger: Ledger, license_ids: Sequence[str]) -> None:
    known = ledger.store.billing.first_of([*map(license_stream, license_ids)])
    for license_id in license_ids:
        if license_stream(license_id) not in known:
            raise LicenseNotFound(what="licence", name=license_id)


_Key = tuple[str, str]


def _recomputed(
    ledger: Ledger, programme: pl.DataFrame, license_ids: Sequence[str], end: LastRecorded
) -> tuple[dict[_Key, str], dict[str, str]]:
    """Return canonical lines by licence and billing date, and why some licences cannot be computed."""
    lines: dict[_Key, str] = {}

    def some(names: Sequence[str]) -> None:
        history = read_some(ledger, programme, names, end).history
        billed = invoices(history, end.recorded_us)
        dates = billed.invoices.select("license_id", pl.col("billing_date").cast(pl.String)).iter_rows()
        lines.update(zip(cast(Iterator[_Key], dates), canonical.invoice_lines(billed), strict=True))

    failed = compute_apart(license_ids, some)
    return lines, {name: str(error) or repr(error) for name, error in failed}


def _compared(
    ledger: Ledger, recorded: Recorded, recomputed: dict[_Key, str], failed: dict[str, str]
) -> Finding | None:
    row = recorded.row
    number, license_id = str(row.subject), str(row.license_id)
    try:
        event = cast(InvoiceIssued, ledger.store.mapper.to_domain_event(row).event)
    except UnreadableEvent as error:
        unreadable = (Difference("the event", None, str(error)),)
        return Finding(number, license_id, None, recorded.position, None, unreadable, UNREADABLE)
    line = recomputed.get((license_id, event.billing_date.isoformat()))
    said = json.loads(line) if line is not None else None
    differences = [*_columns(event, number, license_id)]
    if license_id in failed:
        differences.append(Difference("the licence", None, failed[license_id]))
    elif said is None or line is None:
        # an import may have issued nothing for a date that owes nothing
        if event.lines or event.total or event.digest:
            differences.append(Difference("the invoice", f"issued with {len(event.lines)} lines", None))
    else:
        differences += _amounts(event, said)
        if event.digest and event.digest != digest_of([line]):
            differences.append(Difference("the digest", event.digest, digest_of([line])))
    if not differences:
        return None
    return Finding(
        number=number,
        license_id=license_id,
        billing_date=event.billing_date,
        position=recorded.position,
        currency=said["currency"] if said is not None else None,
        differences=tuple(differences),
        advice=ALTERED if event.digest else IMPORTED,
    )


def _columns(event: InvoiceIssued, number: str, license_id: str) -> Iterator[Difference]:
    """Yield what the event says otherwise than the columns beside it, which were written with it."""
    for what, in_event, in_column in (
        ("the number", event.number, number),
        ("the licence", event.license_id, license_id),
    ):
        if in_event != in_column:
            yield Difference(what, in_event, in_column)


def _amounts(event: InvoiceIssued, said: dict[str, Any]) -> Iterator[Difference]:
    """Yield lines and total that are not what they should be, and a number that the invoice does not have."""
    recorded_lines: list[Line] = json.loads(encode(event))["lines"]
    pairs = zip_longest(recorded_lines, cast(list[Line], said["lines"]))
    for place, (recorded, recomputed) in enumerate(pairs, start=1):
        if recorded != recomputed:
            yield Difference("line", recorded, recomputed, place)
    if event.total != said["total"]:
        yield Difference("the total", event.total, said["total"])
    if event.number != said["number"]:
        yield Difference("the number", event.number, said["number"])
