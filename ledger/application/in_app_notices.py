"""What a page shows to a licence's people: in-app notices that went out, and banners while they last."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ledger.application.ask import Question, ask_notices
from ledger.application.ledger import Ledger
from ledger.application.notice_contents import NoticeContent, read_contents
from ledger.application.notice_trail import NoticeKey, SentNotice
from ledger.events.paper import NoticeSent
from ledger.events.streams import notices_stream
from ledger.rules.instants import parse_instant, to_us
from ledger.rules.words import Channel


@dataclass(frozen=True)
class InAppNotice:
    """A notice that went out in the product.

    `content` is what it says at the instant asked about, with today's accounts and amounts; None if it
    `applies` no more, since the charge date moved. `notice_id` is the same whenever it is asked for.
    """

    notice_id: str
    license_id: str
    cutover_id: str
    charge_date: date
    due_at: datetime
    sent_at: datetime
    late: bool
    applies: bool
    content: NoticeContent | None

    @property
    def key(self) -> NoticeKey:
        """Return what tells it from every other."""
        return NoticeKey(self.license_id, self.cutover_id, self.charge_date, Channel.IN_APP)


@dataclass(frozen=True)
class Banner:
    """A banner in the licence's details, from `shows_from` until before `shows_until`."""

    license_id: str
    cutover_id: str
    charge_date: date
    shows_from: datetime
    shows_until: datetime
    is_showing: bool
    content: NoticeContent


def in_app_notices(
    ledger: Ledger, license_ids: Sequence[str], at: datetime, known_at: datetime | None = None
) -> list[InAppNotice]:
    """Return the in-app notices sent by `at`, by licence, charge date and cutover.

    Raises LicenseNotFound for a licence that is not known.
    """
    rows = _rows(ledger, license_ids, at, known_at)
    sent = [row for row in rows if row["channel"] == Channel.IN_APP and row["state"] == "sent"]
    present = {_key(row) for row in rows if row["channel"] == Channel.BANNER}
    contents = _contents(ledger, [row for row in sent if _key(row) in present], at, known_at)
    return [
        InAppNotice(
            notice_id=event.id,
            license_id=row["license_id"],
            cutover_id=row["cutover_id"],
            charge_date=date.fromisoformat(row["charge_date"]),
            due_at=parse_instant(row["due_at"]),
            sent_at=event.effective_at,
            late=row["late"],
            applies=_key(row) in present,
            content=contents.get(_key(row)),
        )
        for row in sent
        for event in _first_sent(ledger, row, known_at or at)
    ]


def standing(ledger: Ledger, notices: Sequence[SentNotice], at: datetime) -> list[SentNotice]:
    """Return those that still stand: a cutover that does not switch the licence any more has none."""
    rows = _rows(ledger, sorted({one.key.license_id for one in notices}), at, None)
    keys = {_key(row) for row in rows if row["channel"] == Channel.IN_APP and row["state"] == "sent"}
    return [
        one
        for one in notices
        if (one.key.license_id, one.key.cutover_id, one.key.charge_date.isoformat()) in keys
    ]


def banners(
    ledger: Ledger, license_ids: Sequence[str], at: datetime, known_at: datetime | None = None
) -> list[Banner]:
    """Return the banners that show at `at` or are to show later, by licence, charge date and cutover.

    Raises LicenseNotFound for a licence that is not known.
    """
    rows = [
        row
        for row in _rows(ledger, license_ids, at, known_at)
        if row["channel"] == Channel.BANNER and row["state"] != "ended"
    ]
    contents = _contents(ledger, rows, at, known_at)
    return [
        Banner(
            license_id=row["license_id"],
            cutover_id=row["cutover_id"],
            charge_date=content.charge_date,
            shows_from=content.due_at,
            shows_until=content.charge_at,
            is_showing=row["state"] == "showing",
            content=content,
        )
        for row in rows
        if (content := contents.get(_key(row))) is not None
    ]


def _rows(
    ledger: Ledger, license_ids: Sequence[str], at: datetime, known_at: datetime | None
) -> list[dict[str, Any]]:
    if not license_ids:
        return []
    answer = ask_notices(ledger, Question(at, known_at, tuple(license_ids)))
    return [json.loads(line) for line in answer.lines]


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["license_id"], row["cutover_id"], row["charge_date"]


def _contents(
    ledger: Ledger, rows: Sequence[dict[str, Any]], at: datetime, known_at: datetime | None
) -> dict[tuple[str, str, str], NoticeContent]:
    read = read_contents(ledger, [row["license_id"] for row in rows], at, known_at)
    for _, error in read.failed:
        raise error
    return {(one.license_id, one.cutover_id, one.charge_date.isoformat()): one for one in read.contents}


def _first_sent(ledger: Ledger, row: dict[str, Any], known_at: datetime) -> Iterator[NoticeSent]:
    """Yield the event that makes the row sent, the first by (effective_at, position)."""
    stream = notices_stream(row["license_id"], row["cutover_id"])
    read = ledger.store.mapper.to_domain_event
    sent = [
        event
        for _, recorded in ledger.store.rows_under(stream, to_us(known_at))
        if isinstance(event := read(recorded).event, NoticeSent)
        and event.channel == Channel.IN_APP
        and event.charge_date.isoformat() == row["charge_date"]
    ]
    yield from sorted(sent, key=lambda event: event.effective_at)[:1]
