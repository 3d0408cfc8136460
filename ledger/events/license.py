"""What can happen to a licence, its agents and its ChatBots (docs/rules.md §2, stream License)."""

from typing import ClassVar, Literal

from ledger.events.base import LicenseEvent
from ledger.events.facts import Fact
from ledger.events.fields import Currency, Day, Text, TimeZone
from ledger.events.streams import license_stream
from ledger.rules.words import BillingCycle, Payer, PricingModel, Role, Source


class LicenseStreamEvent(LicenseEvent):
    """An event of the licence's own stream."""

    @property
    def stream_id(self) -> str:
        """Return the licence's stream."""
        return license_stream(self.license_id)


class LicenseDraft(LicenseStreamEvent):
    """A LicenseCreated as a line or a command may put it: what it leaves out, the aggregate resolves."""

    fact_code: ClassVar[Fact] = Fact.LICENSE_CREATED

    type: Literal["LicenseCreated"] = "LicenseCreated"
    source: Source
    partner_id: Text | None = None
    payer: Payer | None = None
    plan: Text
    billing_cycle: BillingCycle
    currency: Currency | None = None
    billing_anchor: Day | None = None
    time_zone: TimeZone | None = None
    pricing_model: PricingModel | None = None


class LicenseCreated(LicenseDraft):
    """A licence came to be; all that the programme's terms decided then is written out."""

    payer: Payer
    currency: Currency
    billing_anchor: Day
    time_zone: TimeZone
    pricing_model: PricingModel


class AgentEvent(LicenseStreamEvent):
    """Something happened to an agent."""

    subject_field: ClassVar[str] = "agent_id"

    agent_id: Text


class AgentCreated(AgentEvent):
    """An agent's account was made, active."""

    fact_code: ClassVar[Fact] = Fact.AGENT_CREATED

    type: Literal["AgentCreated"] = "AgentCreated"
    role: Role
    complimentary: bool = False

    @property
    def fact(self) -> Fact:
        """Return the code, which tells the partner's own free accounts apart."""
        return Fact.COMPLIMENTARY_AGENT_CREATED if self.complimentary else Fact.AGENT_CREATED


class AgentSuspended(AgentEvent):
    """An active agent was suspended; the seat, if any, is released."""

    fact_code: ClassVar[Fact] = Fact.AGENT_SUSPENDED

    type: Literal["AgentSuspended"] = "AgentSuspended"


class AgentActivated(AgentEvent):
    """A suspended agent became active again."""

    fact_code: ClassVar[Fact] = Fact.AGENT_ACTIVATED

    type: Literal["AgentActivated"] = "AgentActivated"


class AgentDeleted(AgentEvent):
    """An agent's account was deleted; the seat, if any, is released."""

    fact_code: ClassVar[Fact] = Fact.AGENT_DELETED

    type: Literal["AgentDeleted"] = "AgentDeleted"


class ChatBotEvent(LicenseStreamEvent):
    """Something happened to a ChatBot."""

    subject_field: ClassVar[str] = "bot_id"

    bot_id: Text


class ChatBotAdded(ChatBotEvent):
    """A ChatBot was added to the licence."""

    fact_code: ClassVar[Fact] = Fact.CHATBOT_ADDED

    type: Literal["ChatBotAdded"] = "ChatBotAdded"


class ChatBotRemoved(ChatBotEvent):
    """A ChatBot was removed from the licence."""

    fact_code: ClassVar[Fact] = Fact.CHATBOT_REMOVED

    type: Literal["ChatBotRemoved"] = "ChatBotRemoved"


class PricingModelSwitched(LicenseStreamEvent):
    """The licence was put on a pricing model by hand."""

    fact_code: ClassVar[Fact] = Fact.PRICING_MODEL_SWITCHED

    type: Literal["PricingModelSwitched"] = "PricingModelSwitched"
    pricing_model: PricingModel


class PlanChanged(LicenseStreamEvent):
    """The licence has another plan from the next period on."""

    fact_code: ClassVar[Fact] = Fact.PLAN_CHANGED

    type: Literal["PlanChanged"] = "PlanChanged"
    plan: Text


class BillingCycleChanged(LicenseStreamEvent):
    """The licence is billed by month or by year from the next period on."""

    fact_code: ClassVar[Fact] = Fact.BILLING_CYCLE_CHANGED

    type: Literal["BillingCycleChanged"] = "BillingCycleChanged"
    billing_cycle: BillingCycle


class LicenseCancelled(LicenseStreamEvent):
    """The licence ends."""

    fact_code: ClassVar[Fact] = Fact.LICENSE_CANCELLED

    type: Literal["LicenseCancelled"] = "LicenseCancelled"
