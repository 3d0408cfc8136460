"""What a notice says, as a view: for the list of notices and for the banner on a licence's page."""

from datetime import date

from desk.web.routing import View
from desk.web.times import Instant
from ledger.application.notice_contents import Bill, NoticeContent
from ledger.rules.words import PricingModel


class BillView(View):
    """A charge that a notice quotes; minor units."""

    billing_date: date
    pricing_model: PricingModel
    quantity: int
    total: int


class ToldView(View):
    """What a notice says of a licence and a cutover; amounts in minor units, null where nobody can say.

    `free_until_now` are accounts that cost nothing before the change and will. `redundant` are active agents
    without a seat in the last `redundant_days` days.
    """

    license_id: str
    cutover_id: str
    charge_date: date
    charge_at: Instant
    pricing_model_before: PricingModel
    pricing_model_after: PricingModel
    currency: str
    agents_active: int
    agents_suspended: int
    chatbots: int
    last: BillView | None
    expected: BillView | None
    chatbot_savings: int | None
    free_until_now: list[str]
    redundant: int
    redundant_days: int
    saves_by_suspending_redundant: int | None


def told(content: NoticeContent) -> ToldView:
    """Return what a notice says."""
    return ToldView(
        license_id=content.license_id,
        cutover_id=content.cutover_id,
        charge_date=content.charge_date,
        charge_at=content.charge_at,
        pricing_model_before=content.pricing_model_before,
        pricing_model_after=content.pricing_model_after,
        currency=content.currency,
        agents_active=content.agents_active,
        agents_suspended=content.agents_suspended,
        chatbots=content.chatbots,
        last=_bill(content.last),
        expected=_bill(content.expected),
        chatbot_savings=content.chatbot_savings_minor,
        free_until_now=[one.account_id for one in content.charged_from_now_on],
        redundant=len(content.redundant),
        redundant_days=content.redundant_days,
        saves_by_suspending_redundant=content.savings.suspending_redundant,
    )


def _bill(bill: Bill | None) -> BillView | None:
    if bill is None:
        return None
    return BillView(
        billing_date=bill.billing_date,
        pricing_model=bill.pricing_model,
        quantity=bill.quantity,
        total=bill.total_minor,
    )
