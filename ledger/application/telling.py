"""What an event says, in a sentence that a support person understands."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from ledger.events.base import LedgerEvent
from ledger.events.license import AgentCreated, LicenseCreated
from ledger.events.paper import InvoiceIssued, NoticeEvent
from ledger.events.programme import CutoverAnnounced, PartnerRegistered, PartnerTermsChanged, PricePublished
from ledger.rules.currencies import minor_unit_digits
from ledger.rules.words import MODEL_NAMES

_ROLES: Final = {"owner": "the owner", "admin": "an admin", "agent": "an agent"}
_CHANNELS: Final = {"in_app": "in-app notice", "email": "e-mail"}
_SOURCES: Final = {"signup": "by sign-up", "partner_app": "through the partner app"}


def tell(event: LedgerEvent, currency: str) -> str:
    """Return what an event says; a licence's amounts are in its currency, a price in its own."""
    return _SENTENCES[event.type](event, currency)


def _created(event: LicenseCreated, _: str) -> str:
    partner = f" with partner {event.partner_id}" if event.partner_id is not None else ""
    model = MODEL_NAMES[event.pricing_model]
    return (
        f"Licence created {_SOURCES[event.source]}{partner}: {event.plan} plan, {model}, "
        f"{event.billing_cycle} billing in {event.currency} from {event.billing_anchor} ({event.time_zone}), "
        f"paid by the {event.payer}"
    )


def _agent_created(event: AgentCreated, _: str) -> str:
    free = ", complimentary (the partner's own account)" if event.complimentary else ""
    return f"{event.agent_id} joined as {_ROLES[event.role]}{free}"


def _invoice(event: InvoiceIssued, currency: str) -> str:
    kind = "Credit note" if event.total < 0 else "Invoice"
    return f"{kind} {event.number} for {event.billing_date} issued: {_money(event.total, currency)}"


def _notice(event: NoticeEvent, _: str) -> str:
    became = "sent" if event.type == "NoticeSent" else "could not be sent"
    return (
        f"{_CHANNELS[event.channel].capitalize()} about cutover {event.cutover_id}, charged from "
        f"{event.charge_date}, {became} (attempt {event.attempt})"
    )


def _partner(event: PartnerRegistered | PartnerTermsChanged, _: str) -> str:
    rates = {"discount": event.discount_rate, "commission": event.commission_rate}
    said = "".join(f", {name} rate {rate}" for name, rate in rates.items() if rate is not None)
    if isinstance(event, PartnerRegistered):
        return f"Partner {event.partner_id} registered in the {event.programme} programme{said}"
    return f"Terms of partner {event.partner_id} changed{said}"


def _price(event: PricePublished, _: str) -> str:
    price = _money(event.unit_amount, event.currency)
    return f"Price published: {event.plan} plan, {event.billing_cycle} billing, {price} a unit"


def _cutover(event: CutoverAnnounced, _: str) -> str:
    return f"Cutover {event.cutover_id} announced: {MODEL_NAMES[event.pricing_model]} from {event.on}"


def _money(amount_minor: int, currency: str) -> str:
    digits = minor_unit_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f} {currency}"


_SENTENCES: Final[Mapping[str, Callable[[Any, str], str]]] = {
    "LicenseCreated": _created,
    "AgentCreated": _agent_created,
    "AgentSuspended": lambda event, _: f"{event.agent_id} was suspended",
    "AgentActivated": lambda event, _: f"{event.agent_id} was activated again",
    "AgentDeleted": lambda event, _: f"{event.agent_id} was deleted",
    "ChatBotAdded": lambda event, _: f"ChatBot {event.bot_id} was added",
    "ChatBotRemoved": lambda event, _: f"ChatBot {event.bot_id} was removed",
    "PricingModelSwitched": lambda event, _: f"Pricing model switched to {MODEL_NAMES[event.pricing_model]}",
    "PlanChanged": lambda event, _: f"Plan changed to {event.plan}",
    "BillingCycleChanged": lambda event, _: f"Billing cycle changed to {event.billing_cycle}",
    "LicenseCancelled": lambda event, _: "Licence cancelled",
    "SeatTaken": lambda event, _: f"{event.agent_id} took a seat",
    "SeatReleased": lambda event, _: f"{event.agent_id} left the seat",
    "PartnerRegistered": _partner,
    "PartnerTermsChanged": _partner,
    "PricePublished": _price,
    "CutoverAnnounced": _cutover,
    "InvoiceIssued": _invoice,
    "NoticeSent": _notice,
    "NoticeFailed": _notice,
}
