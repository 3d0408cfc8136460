"""Letters made by hand, with everything in them that a letter can say."""

from dataclasses import replace
from datetime import UTC, date, datetime

from desk.configuration import Configuration, Mail, Payer, Seller
from ledger.application.mailing import Letter, LetterContent, Withdrawal
from ledger.application.notice_contents import Account, Bill, NoticeContent, Savings
from ledger.rules.words import PricingModel

SENT_AT = datetime(2024, 8, 12, 9, 30, tzinfo=UTC)
CONFIGURATION = Configuration(
    seller=Seller(name="Chat Ltd", address=("1 Market Street", "Springfield"), email="billing@chat.example"),
    payers={"acme": Payer(language="en_US"), "de": Payer(language="de_DE")},
    mail=Mail(sender="billing@chat.example"),
)
LAST = Bill(
    billing_date=date(2024, 7, 24),
    pricing_model=PricingModel.PPS,
    plan="team",
    billing_cycle="monthly",
    quantity=3,
    unit_amount_minor=4900,
    period_start=date(2024, 7, 24),
    period_end=date(2024, 8, 24),
    recurring_minor=14700,
    true_ups_minor=0,
    discount_minor=-2940,
    rate="0.2",
    adjustments_minor=0,
    total_minor=11760,
)
# 4 × 49.00 + 23.71 less 20 % (43.94) and 9.80 to correct: 185.57
EXPECTED = replace(
    LAST,
    billing_date=date(2024, 8, 24),
    pricing_model=PricingModel.PPU,
    quantity=4,
    period_start=date(2024, 8, 24),
    period_end=date(2024, 9, 24),
    recurring_minor=19600,
    true_ups_minor=2371,
    discount_minor=-4394,
    adjustments_minor=980,
    total_minor=18557,
)


def agent(account_id: str, last: datetime | None = None, **fields: bool) -> Account:
    stands = {"is_active": True, "is_complimentary": False, "is_redundant": False, **fields}
    return Account(account_id, "agent", last_seat_at=last, **stands)


CONTENT = NoticeContent(
    license_id="bakery",
    cutover_id="resellers",
    charge_date=date(2024, 8, 24),
    charge_at=datetime(2024, 8, 23, 22, tzinfo=UTC),
    due_date=date(2024, 8, 10),
    due_at=datetime(2024, 8, 9, 22, tzinfo=UTC),
    time_zone="Europe/Warsaw",
    is_late=True,
    pricing_model_before=PricingModel.PPS,
    pricing_model_after=PricingModel.PPU,
    currency="USD",
    payer_id="acme",
    partner_id="acme",
    partner_pays=True,
    agents_active=4,
    agents_suspended=1,
    chatbots=2,
    last=LAST,
    expected=EXPECTED,
    under_old_model=replace(LAST, billing_date=date(2024, 8, 24)),
    chatbot_savings_minor=7840,
    savings=Savings(3920, 3920, 0, 7840),
    redundant_days=30,
    accounts=(
        agent("care@reseller.example", is_complimentary=True, is_redundant=True),
        agent("ida@bakery.example", datetime(2024, 8, 11, 23, tzinfo=UTC)),
        agent("jan@bakery.example", datetime(2024, 5, 1, tzinfo=UTC), is_redundant=True),
        agent("olga@bakery.example", SENT_AT),
        agent("tom@bakery.example", is_active=False),
        Account("faq <b>bot</b> & friends", "chatbot", True, False, None, False),
        Account("night-bot", "chatbot", True, False, None, False),
    ),
)
WITHDRAWAL = Withdrawal("bakery", "resellers", date(2024, 8, 24), date(2025, 7, 24))


def letter(content: LetterContent, payer_id: str = "acme") -> Letter:
    key = "0123456789abcdef0123456789abcdef"
    return Letter(key, f"<{key}@chat.example>", payer_id, ("ap@acme.example",), SENT_AT, content)
