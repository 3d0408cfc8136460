"""What a command recorded, in a sentence: the licence's events as its log tells them, others here."""

from desk import words
from ledger.application.telling import tell
from ledger.events.base import LedgerEvent
from ledger.events.programme import CutoverAnnounced, PartnerRegistered, PartnerTermsChanged, PricePublished
from ledger.rules.words import DEFAULT_CURRENCY


def what_happened(event: LedgerEvent) -> str:
    """Return what an event says; no command records one of a licence that speaks of money."""
    match event:
        case PartnerRegistered():
            return f"partner {event.partner_id} registered, {event.programme} programme{_rates(event)}"
        case PartnerTermsChanged():
            return f"terms of partner {event.partner_id} changed{_rates(event)}"
        case PricePublished():
            price = words.money(event.unit_amount, event.currency)
            return f"{event.plan}, {event.billing_cycle}, costs {price} a unit"
        case CutoverAnnounced():
            return (
                f"cutover {event.cutover_id} announced, {words.MODELS[event.pricing_model]} "
                f"from {words.day(event.on)}"
            )
        case _:
            return tell(event, DEFAULT_CURRENCY)


def _rates(event: PartnerRegistered | PartnerTermsChanged) -> str:
    rates = {"discount": event.discount_rate, "commission": event.commission_rate}
    return "".join(f", {name} {words.percent(rate)}" for name, rate in rates.items() if rate is not None)
