"""What the ledger sent out: invoices as they were issued, and notices (docs/rules.md §2)."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.events.base import EventPart, LicenseEvent
from ledger.events.facts import Fact
from ledger.events.fields import (
    AmountMinor,
    Attempt,
    Day,
    DayCount,
    OptionalText,
    Quantity,
    Rate,
    Text,
    UnitAmountMinor,
)
from ledger.events.streams import invoices_stream, notices_stream
from ledger.rules.words import Channel, PricingModel


class RecurringLine(EventPart):
    """What a whole period costs."""

    kind: Literal["recurring"] = "recurring"
    pricing_model: PricingModel
    quantity: Quantity
    unit_amount: UnitAmountMinor
    period_start: Day
    period_end: Day
    amount: AmountMinor


class TrueUpLine(EventPart):
    """What a rise within a period costs for the days that are left."""

    kind: Literal["true_up"] = "true_up"
    pricing_model: PricingModel
    date: Day
    quantity: Quantity
    unit_amount: UnitAmountMinor
    remaining_days: DayCount
    period_days: DayCount
    amount: AmountMinor


class DiscountLine(EventPart):
    """What the reseller does not pay."""

    kind: Literal["discount"] = "discount"
    rate: Rate
    amount: AmountMinor


class AdjustmentLine(EventPart):
    """What an earlier invoice charged too little or too much."""

    kind: Literal["adjustment"] = "adjustment"
    billing_date: Day
    amount: AmountMinor


InvoiceLine = Annotated[
    RecurringLine | TrueUpLine | DiscountLine | AdjustmentLine,
    Field(discriminator="kind"),
]


class InvoiceIssued(LicenseEvent):
    """An invoice went out; `known_through` is the id of the last event of the log that it knew."""

    subject_field: ClassVar[str] = "number"

    fact_code: ClassVar[Fact] = Fact.INVOICE_ISSUED

    type: Literal["InvoiceIssued"] = "InvoiceIssued"
    number: Text
    billing_date: Day
    known_through: Text
    lines: list[InvoiceLine]
    total: AmountMinor
    digest: OptionalText

    @property
    def stream_id(self) -> str:
        """Return the stream of the licence's invoices."""
        return invoices_stream(self.license_id)


class NoticeEvent(LicenseEvent):
    """The ledger tried to tell a licence's people about a cutover."""

    subject_field: ClassVar[str] = "cutover_id"

    cutover_id: Text
    charge_date: Day
    channel: Literal[Channel.IN_APP, Channel.EMAIL]
    attempt: Attempt

    @property
    def stream_id(self) -> str:
        """Return the stream of the licence's notices about the cutover."""
        return notices_stream(self.license_id, self.cutover_id)


class NoticeSent(NoticeEvent):
    """A notice went out."""

    fact_code: ClassVar[Fact] = Fact.NOTICE_SENT

    type: Literal["NoticeSent"] = "NoticeSent"


class NoticeFailed(NoticeEvent):
    """A notice did not go out."""

    fact_code: ClassVar[Fact] = Fact.NOTICE_FAILED

    type: Literal["NoticeFailed"] = "NoticeFailed"
