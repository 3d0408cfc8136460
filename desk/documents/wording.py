"""The sentences of an invoice: what is charged for, how it was counted, what a change of model means."""

from collections.abc import Mapping

from desk import words
from desk.documents.language import Language
from ledger.application.invoice_document import Counted, ModelChange
from ledger.rules.calendar import local_date
from ledger.rules.words import BillingCycle, PricingModel

_CHARGED_FOR: Mapping[PricingModel, str] = {
    PricingModel.PPS: "Per seat",
    PricingModel.PPA: "Per account",
    PricingModel.PPU: "Per active agent",
}
_FROM_NOW_ON: Mapping[PricingModel, str] = {
    PricingModel.PPS: "What counts is the most seats in use at one time; each ChatBot takes a seat.",
    PricingModel.PPA: "Every account counts, used or not, and so does every ChatBot.",
    PricingModel.PPU: "Every active agent counts, chatting or not; ChatBots are free.",
}


def units(language: Language, quantity: int, model: PricingModel, *, more: bool = False) -> str:
    """Write what a line charges for: 1 user, 3 more seats."""
    noun = words.noun(quantity, words.SHORT_UNITS[model])
    return f"{language.number(quantity)} {'more ' if more else ''}{noun}"


def charged_for(model: PricingModel, cycle: BillingCycle) -> str:
    """Say what the unit price is for: one of what, for how long."""
    return f"{_CHARGED_FOR[model]} and {'year' if cycle is BillingCycle.ANNUAL else 'month'}."


def count_in_words(counted: Counted, language: Language, zone: str) -> str:
    """Say how a line's quantity was counted, and when."""
    if counted.pricing_model is PricingModel.PPS:
        return _peak_in_words(counted, language, zone)
    moment = f"at the start of {language.day(local_date(counted.to_at, zone))} ({zone})"
    agents = _some(language, counted.agents, "active agent")
    bots = _some(language, counted.chatbots, "ChatBot")
    if counted.pricing_model is PricingModel.PPU:
        free = f"; {bots}, free of charge" if counted.chatbots else ""
        return f"Counted {moment}: {agents}{free}."
    suspended = [_some(language, counted.suspended, "suspended agent")] if counted.suspended else []
    return f"Counted {moment}: {_joined([agents, *suspended, *([bots] if counted.chatbots else [])])}."


def change_in_words(change: ModelChange, language: Language) -> str:
    """Say in plain words what the first invoice under another pricing model charges for."""
    before, after = words.MODELS[change.before], words.MODELS[change.after]
    announced = ""
    if change.on is not None and change.on != change.since:
        announced = f", as announced for periods that begin on or after {language.day(change.on)}"
    return (
        f"Since {language.day(change.since)} this licence is charged {after} instead of {before}{announced}. "
        f"{_FROM_NOW_ON[change.after]}"
    )


def _peak_in_words(counted: Counted, language: Language, zone: str) -> str:
    """Say the most seats at one time; the span is its first and last local day."""
    days = language.days_between(counted.from_at, counted.to_at, zone)
    if counted.peak_at is None:
        return f"No seat was in use {days}."
    agents = [f"{_some(language, counted.agents, 'agent')} chatting"] if counted.agents else []
    bots = [_some(language, counted.chatbots, "ChatBot")] if counted.chatbots else []
    first = f"first on {language.moment(counted.peak_at, zone)}"
    when = "from the start on" if counted.peak_at == counted.from_at else first
    return f"The most at one time {days}: {_joined(agents + bots)}, {when}."


def _some(language: Language, quantity: int, one: str) -> str:
    return f"{language.number(quantity)} {one if quantity == 1 else one + 's'}"


def _joined(parts: list[str]) -> str:
    if len(parts) < 2:  # noqa: PLR2004 - one part stands alone
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
