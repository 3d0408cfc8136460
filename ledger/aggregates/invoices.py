"""When an invoice of a licence may be issued, and with what knowledge (docs/rules.md §6)."""

from typing import NamedTuple

from ledger.aggregates.base import Aggregate
from ledger.aggregates.clashes import Clash, mark
from ledger.aggregates.license import License
from ledger.events.base import LedgerEvent
from ledger.events.entry import Entry
from ledger.events.paper import InvoiceIssued
from ledger.events.streams import invoices_stream
from ledger.rules.errors import LedgerError, NotFound
from ledger.rules.instants import format_instant


class NotABillingDate(LedgerError):
    """Raised for an invoice on a day that is none of the licence's billing dates."""

    code = "not_a_billing_date"
    template = (
        "billing_date: {billing_date} is not a billing date of licence {license_id!r}; "
        "they come monthly, counted from {billing_anchor}."
    )
    hint = "Use the anchor's day of the month, or the month's last day where it has no such day."


class IssuedTooEarly(LedgerError):
    """Raised for an invoice before its billing date has begun where the licence is."""

    code = "issued_too_early"
    template = (
        "The invoice of {license_id!r} for {billing_date} is refused: that day begins at {begins_at}, and "
        "the invoice's {field} is {value}."
    )
    hint = "Issue the invoice when its billing date has begun in the licence's time zone."


class IssuedOutOfOrder(Clash):
    """Raised for an invoice whose billing date is not after that of the licence's last one."""

    code = "issued_out_of_order"
    hint = "What an issued invoice charged too little or too much goes into the next one."


class KnownThroughNotFound(NotFound):
    """Raised for an invoice that claims to know an event which is not in the log."""

    code = "known_through_not_found"
    template = "known_through: there is no event {name!r} in the log."
    hint = "Name the last event that was recorded when the invoice was made."


class KnowsTooLittle(LedgerError):
    """Raised for an invoice that does not know what it must."""

    code = "knows_too_little"
    template = (
        "known_through: the invoice of {license_id!r} for {billing_date} knows the log only up to "
        "{known_through!r}; {reason}."
    )
    hint = "Name an event at least as late in the log."


class InvoiceContext(NamedTuple):
    """What the log says around an invoice; positions are None where there is no such event.

    `known_through` is the position of the event that the invoice names, `last_by_instant` that of the last
    event recorded at or before `license.billing_instant(billing_date)`, `known_through_before` that of the
    event named by the licence's last invoice (`Invoices.last_known_through`).
    """

    license: License
    known_through: int | None
    last_by_instant: int | None
    known_through_before: int | None


class Invoices(Aggregate):
    """The issued invoices of one licence, in the order of their billing dates."""

    def __init__(self, stream_id: str) -> None:
        """Begin without invoices."""
        super().__init__(stream_id)
        self.last: InvoiceIssued | None = None

    @classmethod
    def named(cls, license_id: str) -> "Invoices":
        """Return a new, empty aggregate for the licence of that id."""
        return cls(invoices_stream(license_id))

    @classmethod
    def resumed(cls, license_id: str, last: InvoiceIssued | None, version: int) -> "Invoices":
        """Return the aggregate as it is after `version` invoices, the last of them as given."""
        invoices = cls.named(license_id)
        invoices.last, invoices.version = last, version
        return invoices

    @property
    def last_known_through(self) -> str | None:
        """Return the id of the event that the last invoice knew the log up to; None without invoices."""
        return self.last.known_through if self.last is not None else None

    def decide(self, event: InvoiceIssued, context: InvoiceContext) -> Entry:
        """Record the event, or refuse it; raises this module's refusals and LicenseNotFound."""
        _check_date(event, context.license)
        if self.last is not None and event.billing_date <= self.last.billing_date:
            reason = f"the licence's invoice for {self.last.billing_date} is issued already"
            raise IssuedOutOfOrder(event, mark(self.last, self.version), reason)
        _check_knowledge(event, context)
        return self._record(event)

    def _apply(self, event: LedgerEvent) -> None:
        if isinstance(event, InvoiceIssued):
            self.last = event


def _check_date(event: InvoiceIssued, license_: License) -> None:
    created = license_.require_created(event.license_id)
    if license_.billing_index(event.billing_date) is None:
        raise NotABillingDate(
            license_id=event.license_id,
            billing_date=str(event.billing_date),
            billing_anchor=str(created.billing_anchor),
        )
    begins_at = license_.billing_instant(event.billing_date)
    for field, instant in (("effective_at", event.effective_at), ("recorded_at", event.recorded_at)):
        if instant < begins_at:
            raise IssuedTooEarly(
                license_id=event.license_id,
                billing_date=str(event.billing_date),
                begins_at=format_instant(begins_at),
                field=field,
                value=format_instant(instant),
            )


def _check_knowledge(event: InvoiceIssued, context: InvoiceContext) -> None:
    if context.known_through is None:
        raise KnownThroughNotFound(what="event", name=event.known_through)
    floors = (
        (context.last_by_instant, "more was recorded before the billing date began"),
        (context.known_through_before, "the licence's invoice before knew more"),
    )
    for floor, reason in floors:
        if floor is not None and context.known_through < floor:
            raise KnowsTooLittle(
                license_id=event.license_id,
                billing_date=str(event.billing_date),
                known_through=event.known_through,
                reason=reason,
            )
