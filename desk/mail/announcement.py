"""The sentences of a notice: what changes, how the invoice comes about, what can be done before."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from desk.documents.language import Language
from desk.mail.parts import AccountRow, Figure
from desk.words import MODELS, UNITS, noun
from ledger.application.notice_contents import Account, Bill, NoticeContent
from ledger.rules.calendar import local_date
from ledger.rules.words import DEFAULT_TIME_ZONE, BillingCycle, PricingModel

_CHARGED_FOR = {
    PricingModel.PPS: "the most seats in use at one time over the month before, ChatBots included",
    PricingModel.PPA: "every account that exists, suspended ones and ChatBots included",
    PricingModel.PPU: "every active agent; suspended accounts and ChatBots are free",
}
# More names than these are for the table.
_NAMED = 5


class Announcement:
    """Says what a notice says, with dates and money in the conventions of a language."""

    def __init__(self, content: NoticeContent, language: Language) -> None:
        self._content = content
        self._language = language
        self.model_before = MODELS[content.pricing_model_before]
        self.model_after = MODELS[content.pricing_model_after]
        self.day = language.day(content.charge_date)

    def lateness(self) -> str:
        """Say that the notice comes late."""
        due = self._language.day(self._content.due_date)
        return f"This notice was due on {due}. It comes late, and we are sorry for that."

    def figures(self) -> Iterator[Figure]:
        """Give the price before, the price to come, and the date."""
        content = self._content
        if content.last is not None:
            last = self._language.day(content.last.billing_date)
            yield Figure(f"Last invoice, {last}", self._money(content.last.total_minor))
        elif content.under_old_model is not None:
            yield Figure(f"Under {self.model_before}", self._money(content.under_old_model.total_minor))
        expected = content.expected
        yield Figure("Expected invoice", self._money(expected.total_minor) if expected else "not known yet")
        yield Figure("Charged on", self.day)

    def changes(self) -> Iterator[str]:
        """Say what the models charge for, and whom and what that concerns."""
        content = self._content
        yield (
            f"Until now this licence is {self.model_before}: charged for "
            f"{_CHARGED_FOR[content.pricing_model_before]}. From {self.day} on it is {self.model_after}: "
            f"charged for {_CHARGED_FOR[content.pricing_model_after]}."
        )
        savings = content.chatbot_savings_minor
        if savings is not None and savings > 0:
            bots = "Your ChatBot costs" if content.chatbots == 1 else f"Your {content.chatbots} ChatBots cost"
            yield f"{bots} nothing any more: {self._money(savings)} of the invoice under {self.model_before}."
        elif savings is not None and savings < 0:
            yield f"ChatBots add {self._money(-savings)} to the invoice that they did not add before."
        free = content.charged_from_now_on
        if free:
            were = "This account was free and is" if len(free) == 1 else "These accounts were free and are"
            yield f"{were} charged from then on: {_names(free)}."

    def arithmetic(self) -> Iterator[str]:
        """Say what the expected invoice adds up to, and what it would be under the old model."""
        content, bill = self._content, self._content.expected
        if bill is None:
            yield "No price is published yet for your plan on that date, so we cannot name the amount."
            return
        each = self._money(bill.unit_amount_minor)
        parts = [
            f"{self._units(bill)} at {each} for {self._language.days(bill.period_start, bill.period_end)}"
        ]
        if bill.true_ups_minor:
            parts.append(f"{self._money(bill.true_ups_minor)} for what was added before")
        if bill.rate is not None and bill.discount_minor:
            rate = self._language.percent(bill.rate)
            parts.append(f"less your discount of {rate}, {self._money(-bill.discount_minor)}")
        if bill.adjustments_minor:
            parts.append(f"{self._money(bill.adjustments_minor)} to correct earlier invoices")
        total = self._money(bill.total_minor)
        yield f"{'; '.join(parts)}. Together {total}, if nothing changes until then."
        old = content.under_old_model
        if old is not None:
            would_be = self._money(old.total_minor)
            yield f"Under {self.model_before} it would be {would_be}, for {self._units(old)}."

    def deadline(self) -> str:
        """Say by when something must be done to count."""
        name = self._content.time_zone
        zone = "in UTC" if name == DEFAULT_TIME_ZONE else f"in the time zone {name}"
        return f"What is done before {self.day} begins ({zone}) counts for this invoice."

    def ways(self) -> Iterator[str]:
        """List what lowers the invoice, and by how much."""
        content, savings = self._content, self._content.savings
        if savings.suspending_one:
            ways = "suspend" if savings.deleting_one != savings.suspending_one else "suspend or delete"
            yield (
                f"Agents who need no access: {ways} them, {self._money(savings.suspending_one)} less each. "
                "A suspended account keeps everything and can be activated again at any time."
            )
        if savings.deleting_one and savings.deleting_one != savings.suspending_one:
            yield f"Delete accounts that nobody needs: {self._money(savings.deleting_one)} less for each."
        if savings.deleting_one_suspended:
            each = self._money(savings.deleting_one_suspended)
            yield f"Delete suspended accounts, which are charged as well: {each} less for each."
        idle = content.redundant
        if idle and savings.suspending_redundant:
            who = "One active agent has" if len(idle) == 1 else f"{len(idle)} active agents have"
            them = "that account takes" if len(idle) == 1 else "all of them would take"
            yield (
                f"{who} not chatted in the last {content.redundant_days} days: {_names(idle)}. "
                f"Suspending {them} {self._money(savings.suspending_redundant)} off the invoice."
            )
        if content.pricing_model_after is PricingModel.PPS:
            yield "Have fewer agents on duty at one time: the highest number of the month counts."
        if content.bots and content.pricing_model_after is not PricingModel.PPU:
            yield "Remove ChatBots that you do not need: each of them counts."
        if content.expected is not None and content.expected.billing_cycle == BillingCycle.ANNUAL.value:
            yield "The invoice is for a whole year; what you give up later is credited to no earlier invoice."

    def rows(self) -> Iterator[AccountRow]:
        """Give each account and ChatBot."""
        for account in self._content.accounts:
            yield AccountRow(
                name=account.account_id,
                state=self._state(account),
                last_seat=self._last_seat(account.last_seat_at) if account.is_agent else "–",
                charged="charged" if _is_charged(account, self._content.pricing_model_after) else "free",
            )

    def _state(self, account: Account) -> str:
        if not account.is_agent:
            return "ChatBot"
        state = "active" if account.is_active else "suspended"
        if account in self._content.charged_from_now_on:
            return f"{state}, free until now"
        return f"{state}, complimentary" if account.is_complimentary else state

    def _last_seat(self, last: datetime | None) -> str:
        if last is None:
            return "never"
        return self._language.day(local_date(last, self._content.time_zone))

    def _units(self, bill: Bill) -> str:
        return f"{self._language.number(bill.quantity)} {noun(bill.quantity, UNITS[bill.pricing_model])}"

    def _money(self, amount_minor: int) -> str:
        return self._language.money(amount_minor, self._content.currency)


def _names(accounts: Sequence[Account]) -> str:
    names = [account.account_id for account in accounts]
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} more"


def _is_charged(account: Account, model: PricingModel) -> bool:
    """Tell whether an account is of a kind that a model charges for, as `_CHARGED_FOR` says."""
    if model is PricingModel.PPU:
        return account.is_agent and account.is_active
    if model is PricingModel.PPA:
        return True
    return not account.is_agent or (account.is_active and not account.is_complimentary)
