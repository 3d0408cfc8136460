"""Whose licences there are, which notices went out and which failed, without the log being read each time."""

import threading
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from ledger.application.ledger import Ledger
from ledger.application.notice_attempts import Attempts
from ledger.events.catalogue import UnreadableEvent
from ledger.events.license import LicenseCreated
from ledger.events.paper import NoticeEvent, NoticeSent
from ledger.rules.words import Channel
from ledger.stores.log_row import Recorded


class NoticeKey(NamedTuple):
    """What tells a notice from every other."""

    license_id: str
    cutover_id: str
    charge_date: date
    channel: Channel


@dataclass(frozen=True)
class SentNotice:
    """An in-app notice: the event that sent it first, its place in the log, and whose licence it is about."""

    notice_id: str
    position: int
    partner_id: str | None
    key: NoticeKey
    sent_at: datetime


@dataclass(frozen=True)
class Trail:
    """What there is up to a position: in-app notices, the latest first, and attempts that came to nothing.

    `licenses_of` has the licences of each partner by id, with when they were recorded.
    """

    position: int
    sent: tuple[SentNotice, ...]
    of_partner: dict[str, tuple[SentNotice, ...]]
    failing: dict[NoticeKey, Attempts]
    licenses_of: dict[str, dict[str, datetime]]

    def known_licenses(self, partner_id: str, known_at: datetime) -> list[str]:
        """Return a partner's licences that were known at an instant, by id."""
        found = self.licenses_of.get(partner_id, {})
        return sorted(
            license_id for license_id, recorded_at in list(found.items()) if recorded_at <= known_at
        )

    def visible_to(self, partner_id: str | None) -> tuple[SentNotice, ...]:
        """Return the notices of a partner's licences; None: of all."""
        return self.sent if partner_id is None else self.of_partner.get(partner_id, ())


@dataclass
class _Gathered:
    position: int = 0
    partners: dict[str, str | None] = field(default_factory=dict)
    sent: dict[NoticeKey, SentNotice] = field(default_factory=dict)
    failing: dict[NoticeKey, Attempts] = field(default_factory=dict)
    done: set[NoticeKey] = field(default_factory=set)
    licenses_of: dict[str, dict[str, datetime]] = field(default_factory=dict)


class NoticeTrail:
    """Remembers some 200 bytes a notice, and up to where it has read. Safe to share between threads.

    The first look reads every LicenseCreated, NoticeSent and NoticeFailed, each later one what is new. Events
    that this release cannot read are passed over: a licence with one is parked, and told of elsewhere.
    """

    def __init__(self) -> None:
        """Begin without having looked."""
        self._lock = threading.Lock()
        self._gathered = _Gathered()
        self._trail = Trail(0, (), {}, {}, {})

    def look(self, ledger: Ledger) -> Trail:
        """Return what there is up to the end of the log."""
        with self._lock:
            last = ledger.store.last_recorded()
            if last is not None and last.position != self._gathered.position:
                self._read(ledger, last.position)
            return self._trail

    def _read(self, ledger: Ledger, until: int) -> None:
        gathered, changed = self._gathered, False
        for page in ledger.store.billing.created(gathered.position, until):
            for row in page:
                self._take_license(ledger, row)
        for page in ledger.store.noticing.attempts(gathered.position, until):
            for row in page:
                changed = self._take_attempt(ledger, row) or changed
        gathered.position = until
        if changed:
            sent = sorted(gathered.sent.values(), key=lambda one: one.position, reverse=True)
            of_partner: dict[str, list[SentNotice]] = {}
            for one in sent:
                if one.partner_id is not None:
                    of_partner.setdefault(one.partner_id, []).append(one)
            by_partner = {partner_id: tuple(found) for partner_id, found in of_partner.items()}
            self._trail = Trail(until, tuple(sent), by_partner, dict(gathered.failing), gathered.licenses_of)
        else:
            self._trail = replace(self._trail, position=until)

    def _take_license(self, ledger: Ledger, row: Recorded) -> None:
        try:
            event = ledger.store.mapper.to_domain_event(row.row).event
        except UnreadableEvent:
            return
        if isinstance(event, LicenseCreated):
            self._gathered.partners[event.license_id] = event.partner_id
            if event.partner_id is not None:
                of_partner = self._gathered.licenses_of.setdefault(event.partner_id, {})
                of_partner[event.license_id] = event.recorded_at

    def _take_attempt(self, ledger: Ledger, row: Recorded) -> bool:
        try:
            event = ledger.store.mapper.to_domain_event(row.row).event
        except UnreadableEvent:
            return False
        if not isinstance(event, NoticeEvent):
            return False
        key = NoticeKey(event.license_id, event.cutover_id, event.charge_date, Channel(event.channel))
        if isinstance(event, NoticeSent):
            self._sent(event, key, row.position)
        elif key not in self._gathered.done:
            before = self._gathered.failing.get(key, Attempts())
            latest = max(event.recorded_at, before.last_failed_at or event.recorded_at)
            highest = max(event.attempt, before.highest)
            self._gathered.failing[key] = Attempts(before.failures + 1, highest, latest)
        return True

    def _sent(self, event: NoticeSent, key: NoticeKey, position: int) -> None:
        gathered = self._gathered
        gathered.done.add(key)
        gathered.failing.pop(key, None)
        if event.channel is not Channel.IN_APP:
            return
        first = gathered.sent.get(key)
        if first is None or event.effective_at < first.sent_at:
            partner_id = gathered.partners.get(event.license_id)
            gathered.sent[key] = SentNotice(event.id, position, partner_id, key, event.effective_at)
