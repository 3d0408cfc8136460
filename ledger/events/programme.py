"""What the programme decides for many licences at once: partners, prices and cutovers (docs/rules.md §2)."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from ledger.events.base import EventPart, ProgrammeEvent
from ledger.events.facts import Fact
from ledger.events.fields import Currency, Day, NoticeDays, Rate, Text, UnitAmountMinor
from ledger.events.streams import PRICES_STREAM, cutover_stream, partner_stream
from ledger.rules.words import (
    DEFAULT_NOTICE_DAYS,
    BillingCycle,
    PricingModel,
    Programme,
    Source,
    TakesEffect,
)


class PartnerEvent(ProgrammeEvent):
    """Something happened to a partner."""

    subject_field: ClassVar[str] = "partner_id"

    partner_id: Text

    @property
    def stream_id(self) -> str:
        """Return the partner's stream."""
        return partner_stream(self.partner_id)


class PartnerRegistered(PartnerEvent):
    """A partner joined one of the two programmes; a rate left out is not agreed on and counts as 0."""

    fact_code: ClassVar[Fact] = Fact.PARTNER_REGISTERED

    type: Literal["PartnerRegistered"] = "PartnerRegistered"
    programme: Programme
    email: Text | None = None
    discount_rate: Rate | None = None
    commission_rate: Rate | None = None


class PartnerTermsChanged(PartnerEvent):
    """A partner has other rates; one left out stays what it was."""

    fact_code: ClassVar[Fact] = Fact.PARTNER_TERMS_CHANGED

    type: Literal["PartnerTermsChanged"] = "PartnerTermsChanged"
    discount_rate: Rate | None = None
    commission_rate: Rate | None = None


class PricePublished(ProgrammeEvent):
    """A plan costs this much for one unit and one whole period, in minor units."""

    subject_field: ClassVar[str] = "plan"

    fact_code: ClassVar[Fact] = Fact.PRICE_PUBLISHED

    type: Literal["PricePublished"] = "PricePublished"
    plan: Text
    billing_cycle: BillingCycle
    currency: Currency
    unit_amount: UnitAmountMinor

    @property
    def stream_id(self) -> str:
        """Return the one stream of all prices."""
        return PRICES_STREAM


class AppliesTo(EventPart):
    """The class of licences that a cutover is for: those of a source, or those of a programme's partners."""

    source: Source | None = None
    programme: Programme | None = None


def _exactly_one(value: AppliesTo) -> AppliesTo:
    if (value.source is None) == (value.programme is None):
        raise PydanticCustomError("not_exactly_one", "it names exactly one of source and programme")
    return value


class CutoverAnnounced(ProgrammeEvent):
    """A class of licences gets another pricing model from a day on."""

    subject_field: ClassVar[str] = "cutover_id"

    version: ClassVar[int] = 2
    fact_code: ClassVar[Fact] = Fact.CUTOVER_ANNOUNCED

    type: Literal["CutoverAnnounced"] = "CutoverAnnounced"
    cutover_id: Text
    applies_to: Annotated[AppliesTo, AfterValidator(_exactly_one)]
    takes_effect: TakesEffect
    on: Day
    pricing_model: PricingModel
    notice_days: NoticeDays = DEFAULT_NOTICE_DAYS

    @property
    def stream_id(self) -> str:
        """Return the cutover's stream."""
        return cutover_stream(self.cutover_id)

    def covers(self, source: Source, programme: Programme | None) -> bool:
        """Tell whether a licence of that source and partner's programme (None: no partner) is meant."""
        if self.applies_to.source is not None:
            return self.applies_to.source is source
        return self.applies_to.programme is programme
