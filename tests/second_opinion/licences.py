"""Resolve what a licence is from its LicenseCreated and the log before it; read the cutovers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tests.second_opinion.days import billing_date, first_instant, local_date
from tests.second_opinion.words import Event, Log, date_of

TRIAL = timedelta(days=14)
NOTICE_DAYS_DEFAULT = 14


@dataclass(frozen=True, slots=True)
class Cutover:
    """One CutoverAnnounced; its effective_at plays no part (docs/rules.md §4)."""

    cutover_id: str
    position: int
    source: str | None
    programme: str | None
    takes_effect: str
    on: date
    pricing_model: str
    notice_days: int

    def applies_to(self, source: str, programme: str | None) -> bool:
        """Tell whether a licence of this source and partner programme is in the cutover's class."""
        if self.source is not None:
            return self.source == source
        return self.programme == programme


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as its creation fixed it; everything that may change later is in the facts."""

    license_id: str
    position: int
    created_at: datetime
    created_on: date
    source: str
    partner_id: str | None
    programme: str | None
    payer: str
    plan: str
    billing_cycle: str
    currency: str
    anchor: date
    zone: str
    first_model: str

    def date(self, n: int) -> date:
        """Give D_n."""
        return billing_date(self.anchor, n)

    def instant(self, n: int) -> datetime:
        """Give D_n's instant."""
        return first_instant(self.date(n), self.zone)


def cutover_of(event: Event) -> Cutover:
    """Read a CutoverAnnounced."""
    fields = event.fields
    notice_days = fields.get("notice_days")
    return Cutover(
        cutover_id=fields["cutover_id"],
        position=event.position,
        source=fields["applies_to"].get("source"),
        programme=fields["applies_to"].get("programme"),
        takes_effect=fields["takes_effect"],
        on=date_of(fields["on"]),
        pricing_model=fields["pricing_model"],
        notice_days=NOTICE_DAYS_DEFAULT if notice_days is None else notice_days,
    )


def cutovers_in(events: Sequence[Event]) -> list[Cutover]:
    """Read the cutovers among `events`, in the order in which they are applied: (on, position)."""
    announced = [cutover_of(event) for event in events if event.type == "CutoverAnnounced"]
    return sorted(announced, key=lambda cutover: (cutover.on, cutover.position))


def programme_of(partner_id: str | None, before: Sequence[Event]) -> str | None:
    """Find the programme that the partner registered for; None without a partner."""
    for event in before:
        if event.type == "PartnerRegistered" and event.fields["partner_id"] == partner_id:
            return str(event.fields["programme"])
    return None


def model_set_by_cutovers(
    source: str, programme: str | None, created_on: date, before: Sequence[Event]
) -> str | None:
    """Give the model of the last cutover, of either kind, that has its say at creation; None if none has."""
    model = None
    for cutover in cutovers_in(before):
        if cutover.applies_to(source, programme) and cutover.on <= created_on:
            model = cutover.pricing_model
    return model


def default_model(source: str, programme: str | None, created_on: date, before: Sequence[Event]) -> str:
    """Give the model of a new licence whose event names none (docs/rules.md §4, first paragraph)."""
    by_partner = "pps" if programme == "solution" else "ppa"
    return model_set_by_cutovers(source, programme, created_on, before) or by_partner


def licence_of(log: Log, created: Event) -> Licence:
    """Resolve a licence, its defaults from the events before it in the log (docs/rules.md §2, §4)."""
    fields, before = created.fields, log.events[: created.position]
    zone = fields.get("time_zone") or "UTC"
    created_on = local_date(created.effective_at, zone)
    partner_id = fields.get("partner_id")
    programme = programme_of(partner_id, before) if partner_id is not None else None
    anchor = fields.get("billing_anchor")
    return Licence(
        license_id=fields["license_id"],
        position=created.position,
        created_at=created.effective_at,
        created_on=created_on,
        source=fields["source"],
        partner_id=partner_id,
        programme=programme,
        payer=fields.get("payer") or ("partner" if programme == "solution" else "client"),
        plan=fields["plan"],
        billing_cycle=fields["billing_cycle"],
        currency=fields.get("currency") or "USD",
        anchor=date_of(anchor) if anchor else created_on + TRIAL,
        zone=zone,
        first_model=fields.get("pricing_model")
        or default_model(fields["source"], programme, created_on, before),
    )


def licences_in(log: Log, cut: int) -> list[Licence]:
    """Resolve every licence among the log's first `cut` events, by license_id."""
    created = [event for event in log.events[:cut] if event.type == "LicenseCreated"]
    return sorted(
        (licence_of(log, event) for event in created),
        key=lambda licence: licence.license_id,
    )
