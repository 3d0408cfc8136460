"""How the ledger itself runs: read models and their lag, billing, failed notices, webhooks kept aside."""

from datetime import date
from typing import Literal

from desk.web.access import may
from desk.web.desk import Desk, TheDesk
from desk.web.routing import Pages, View
from desk.web.times import Instant
from ledger.application.accounts.roles import Right
from ledger.application.failed_notices import failed_notices
from ledger.application.settle_webhooks import open_deliveries
from ledger.application.show_status import Status, show_status
from ledger.application.unbilled import billing_standing
from ledger.rules.instants import from_us

pages = Pages()

_MOST_SHOWN = 50


class Projection(View):
    """A version of a read model; `lag_seconds` is how long its first unknown event has been in the log."""

    table: str
    version: int
    state: str
    stale: bool
    position: int
    lag_events: int
    lag_seconds: int
    through: Instant


class ParkedRow(View):
    """A licence that waits, since an event of it could not be understood."""

    license_id: str
    position: int
    event_id: str
    reason: str
    since: Instant


class LastInvoice(View):
    """The invoice that was issued last."""

    number: str
    license_id: str
    billing_date: date
    issued_at: Instant


class UnbilledView(View):
    """Invoices whose date has come and that are not issued."""

    invoices: int
    licenses: int
    oldest: date | None


class FailedNoticeRow(View):
    """A notice that failed and was not sent since; `next_at` is when the next run may try again."""

    license_id: str
    cutover_id: str
    charge_date: date
    channel: Literal["in_app", "email"]
    failures: int
    last_failed_at: Instant | None
    next_at: Instant | None
    reason: str | None


class WebhookRow(View):
    """A delivery that nothing is recorded of."""

    delivery_id: int
    received_at: Instant
    organization_id: str
    license_id: str | None
    action: str
    subject: str
    outcome: str
    reason: str | None


class OperationsView(View):
    """How the ledger stands now. Lists show the first 50; the numbers beside them count all.

    `unbilled` is null where neither read models nor a short log can tell.
    """

    now: Instant
    log_position: int
    log_recorded_at: Instant | None
    projections: list[Projection]
    parked: list[ParkedRow]
    parked_count: int
    last_invoice: LastInvoice | None
    unbilled: UnbilledView | None
    failed_notices: list[FailedNoticeRow]
    failed_count: int
    webhooks: list[WebhookRow]
    webhooks_count: int


@pages.read("/operations", "operations.html", may(Right.READ_OPERATIONS), summary="Show how the ledger runs")
def operations(desk: TheDesk) -> OperationsView:
    """Return how read models, billing, notices and webhooks stand now."""
    status, now = show_status(desk.ledger), desk.now()
    billing = billing_standing(desk.ledger, now)
    failed, failed_count = _failed(desk)
    webhooks, webhooks_count = _webhooks(desk)
    last = billing.last
    return OperationsView(
        now=now,
        log_position=status.log_position,
        log_recorded_at=status.log_recorded_at,
        projections=_projections(status),
        parked=[ParkedRow.model_validate(vars(one)) for one in status.parked[:_MOST_SHOWN]],
        parked_count=len(status.parked),
        last_invoice=None
        if last is None
        else LastInvoice(
            number=last.event.number,
            license_id=last.event.license_id,
            billing_date=last.event.billing_date,
            issued_at=last.event.recorded_at,
        ),
        unbilled=None if billing.unbilled is None else UnbilledView.model_validate(vars(billing.unbilled)),
        failed_notices=failed,
        failed_count=failed_count,
        webhooks=webhooks,
        webhooks_count=webhooks_count,
    )


def _projections(status: Status) -> list[Projection]:
    return [
        Projection(
            table=one.table,
            version=one.version,
            state=one.state,
            stale=one.stale,
            position=one.position,
            lag_events=one.lag_events,
            lag_seconds=one.lag_seconds,
            through=one.through,
        )
        for one in status.tables
    ]


def _failed(desk: Desk) -> tuple[list[FailedNoticeRow], int]:
    found, many = failed_notices(desk.ledger, desk.trail.look(desk.ledger), _MOST_SHOWN)
    rows = [
        FailedNoticeRow.model_validate(
            {
                **one.key._asdict(),
                "failures": one.attempts.failures,
                "last_failed_at": one.attempts.last_failed_at,
                "next_at": one.next_at,
                "reason": one.reason,
            }
        )
        for one in found
    ]
    return rows, many


def _webhooks(desk: Desk) -> tuple[list[WebhookRow], int]:
    found = open_deliveries(desk.ledger)
    rows = [
        WebhookRow(
            delivery_id=one.delivery_id,
            received_at=from_us(one.received_us),
            organization_id=one.organization_id,
            license_id=one.license_id,
            action=one.action,
            subject=one.subject,
            outcome=one.outcome.value,
            reason=one.reason,
        )
        for one in found[:_MOST_SHOWN]
    ]
    return rows, len(found)
