"""One licence: how it stands, what is about to change, its counts over time, invoices and events."""

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from desk import words
from desk.web.access import TheVisitor, VisibleLicense, may
from desk.web.charts import Chart, counts_chart
from desk.web.desk import Desk, TheDesk
from desk.web.pages.licenses import LicenseRow
from desk.web.rendering import page
from desk.web.routing import Pages, View
from desk.web.times import Instant, TheTimes, Times
from desk.web.told import ToldView, told
from ledger.application.accounts.roles import Right
from ledger.application.in_app_notices import banners
from ledger.application.show_license import LicenseSheet, Row, show_license
from ledger.application.show_log import LogEntry, latest_events
from ledger.rules.calendar import first_instant
from ledger.rules.words import Channel, PricingModel

pages = Pages()

_EVENTS = 40
_LAST_POSITION = 2**62


class Counts(View):
    """The facts and what each pricing model counts."""

    agents_active: int
    agents_suspended: int
    chatbots: int
    seats_in_use: int
    ppa: int
    pps: int
    ppu: int


class InvoiceSummary(View):
    """An invoice in a list; `number` is null until it is issued."""

    billing_date: date
    period_start: date | None
    period_end: date | None
    pricing_model: PricingModel | None
    quantity: int | None
    total: int
    number: str | None


class Change(View):
    """A change of pricing model that is coming, and who was told."""

    pricing_model_before: PricingModel
    pricing_model_after: PricingModel
    at: Instant
    cutover_id: str | None
    notices: list[str]


class Step(View):
    """The three counts in a stretch of time, the end excluded (null: it lasts)."""

    since: Instant
    until: Instant | None
    ppa: int
    pps: int
    ppu: int


class Event(View):
    """One event of the log: when it was true, when it was recorded, by whom, and what it says."""

    position: int
    effective_at: Instant
    recorded_at: Instant
    is_late: bool
    type: str
    who: str
    what: str
    fields: dict[str, Any]


class LicenseView(View):
    """A licence at a moment, as known at another. Amounts are minor units of its currency."""

    license_id: str
    times: Times
    summary: LicenseRow
    created_at: Instant
    time_zone: str
    billing_anchor: date
    counts: Counts
    change: Change | None
    banner: ToldView | None
    invoices: list[InvoiceSummary]
    next_invoice: InvoiceSummary | None
    steps: list[Step]


class EventsView(View):
    """Some events of a licence, the latest first; `next_before` is the `before` of the next page."""

    license_id: str
    times: Times
    seats: bool
    events: list[Event]
    next_before: int | None


@pages.data(
    "/licenses/{license_id:name}", may(Right.READ_LICENSES), summary="Show a licence", name="api_license"
)
def license_data(desk: TheDesk, license_id: VisibleLicense, times: TheTimes) -> LicenseView:
    """Return a licence at the times that are asked for."""
    return _view(desk, times, _sheet(desk, license_id, times))


@pages.page("/licenses/{license_id:name}", may(Right.READ_LICENSES), name="license")
def license_page(
    request: Request, desk: TheDesk, visitor: TheVisitor, license_id: VisibleLicense, times: TheTimes
) -> Response:
    """Show a licence: the same view with a drawing of it and its latest events."""
    sheet = _sheet(desk, license_id, times)
    events = license_events(desk, license_id, times)
    context = {
        "view": _view(desk, times, sheet),
        "events": events,
        "chart": _chart(sheet, events, times, desk.now()),
        "now": desk.now(),
        "may_change": visitor.may(Right.CHANGE_TEAM),
    }
    return page(request, "license.html", context)


@pages.read(
    "/licenses/{license_id:name}/events",
    "events.html",
    may(Right.READ_LICENSES),
    summary="List a licence's events",
)
def license_events(
    desk: TheDesk,
    license_id: VisibleLicense,
    times: TheTimes,
    seats: Annotated[bool, Query(description="With every seat that was taken and left.")] = False,
    before: Annotated[
        int | None, Query(ge=1, le=_LAST_POSITION, description="Only events before this position.")
    ] = None,
) -> EventsView:
    """Return the events that were known, the latest recorded first."""
    known_at = times.known_at if times.known_at_given or times.as_of_given else None
    found = latest_events(
        desk.ledger, license_id, known_at, with_seats=seats, before=before, at_most=_EVENTS + 1
    )
    shown = found[:_EVENTS]
    return EventsView(
        license_id=license_id,
        times=times,
        seats=seats,
        events=[_event(entry) for entry in shown],
        next_before=shown[-1].position if len(found) > _EVENTS else None,
    )


def _sheet(desk: Desk, license_id: str, times: Times) -> LicenseSheet:
    return show_license(desk.ledger, license_id, as_of=times.as_of, known_at=times.known_at)


def _event(entry: LogEntry) -> Event:
    return Event(
        position=entry.position,
        effective_at=entry.effective_at,
        recorded_at=entry.recorded_at,
        is_late=entry.recorded_at > entry.effective_at,
        type=entry.type,
        who=entry.who,
        what=entry.what,
        fields=json.loads(entry.line),
    )


def _view(desk: Desk, times: Times, sheet: LicenseSheet) -> LicenseView:
    return LicenseView(
        license_id=sheet.summary.license_id,
        times=times,
        summary=LicenseRow.model_validate(asdict(sheet.summary)),
        created_at=sheet.created_at,
        time_zone=sheet.time_zone,
        billing_anchor=sheet.billing_anchor,
        counts=Counts.model_validate(sheet.counts),
        change=_change(sheet),
        banner=_banner(desk, times, sheet),
        invoices=[_invoice(row) for row in reversed(sheet.invoices)],
        next_invoice=None if sheet.next_invoice is None else _invoice(sheet.next_invoice),
        steps=[Step.model_validate(vars(step)) for step in sheet.seat_steps],
    )


def _banner(desk: Desk, times: Times, sheet: LicenseSheet) -> ToldView | None:
    """Return what the banner says while one shows; of several the first by charge date."""
    if not any(one["channel"] == Channel.BANNER and one["state"] == "showing" for one in sheet.notices):
        return None
    found = banners(desk.ledger, [sheet.summary.license_id], times.as_of, times.known_at)
    return next((told(one.content) for one in found if one.is_showing), None)


def _invoice(row: Any) -> InvoiceSummary:
    recurring: Row = next((line for line in row["lines"] if line["kind"] == "recurring"), {})
    return InvoiceSummary(quantity=recurring.get("quantity"), **_only(row, InvoiceSummary))


def _only(row: Any, view: type[View]) -> dict[str, Any]:
    return {name: row[name] for name in view.model_fields if name in row}


def _change(sheet: LicenseSheet) -> Change | None:
    """Return the change that is coming, from the terms; the notices say by which cutover and who was told."""
    summary = sheet.summary
    if summary.next_pricing_model is None or summary.changes_at is None:
        return None
    about = [one for one in sheet.notices if one["pricing_model_after"] == summary.next_pricing_model]
    return Change(
        pricing_model_before=PricingModel(summary.pricing_model),
        pricing_model_after=PricingModel(summary.next_pricing_model),
        at=summary.changes_at,
        cutover_id=about[0]["cutover_id"] if about else None,
        notices=[f"{one['channel'].replace('_', '-')} {one['state']}" for one in about],
    )


def _chart(sheet: LicenseSheet, events: EventsView, times: Times, now: datetime) -> Chart | None:
    """Return the drawing: counts, billing dates, changes of terms, events, and the moment asked about."""
    marks: list[tuple[datetime, str, str]] = [
        (step.since, "terms", _terms(step.status, step.pricing_model)) for step in sheet.terms_steps[1:]
    ]
    marks += [(event.effective_at, "event", event.what) for event in events.events]
    marks += [
        (first_instant(day, sheet.time_zone), "invoice", words.day(day))
        for row in (*sheet.invoices, *([sheet.next_invoice] if sheet.next_invoice else ()))
        for day in (date.fromisoformat(row["billing_date"]),)
    ]
    marks.append((times.as_of, "as-of", "the moment shown"))
    return counts_chart(sheet.seat_steps, max(now, *(at for at, kind, _ in marks if kind != "terms")), marks)


def _terms(status: str, pricing_model: str) -> str:
    return "cancelled" if status == "cancelled" else words.MODELS[pricing_model]
