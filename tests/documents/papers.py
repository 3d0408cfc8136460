"""Invoices made by hand, one for each thing that a document has to show; the arithmetic is in the lines."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from desk.configuration import Configuration, Payer, Seller
from ledger.application.invoice_document import Counted, InvoiceDocument, ModelChange, PayerOf
from ledger.events.paper import AdjustmentLine, DiscountLine, InvoiceLine, RecurringLine, TrueUpLine
from ledger.rules.words import BillingCycle, PricingModel
from ledger.rules.words import Payer as PayerKind

SELLER = Seller(
    name="Text Works, Inc.",
    address=("1 Market Street", "Boston, MA 02110", "United States"),
    email="billing@textworks.example",
    tax_id="US 12-3456789",
)
PAYERS: Mapping[str, Payer] = {
    "acme": Payer(
        name="Acme Resale GmbH", address=("Lange Straße 7", "10115 Berlin", "Germany"), tax_id="DE 123456789"
    ),
    "berlin": Payer(name="Berliner Bäder eG", address=("Kurze Straße 1", "10178 Berlin"), language="de_DE"),
    "cobalt": Payer(
        name="コバルト株式会社", address=("〒150-0002", "東京都渋谷区渋谷 2-21-1"), language="ja_JP"
    ),
    "long": Payer(
        name="The Worshipful Company of Customer Correspondence, Telephony and Allied Trades "
        "(Southern Hemisphere) Holdings Proprietary Limited",
        address=(
            "Suite 1904, Level 19, The Old Exchange and Telegraph Building, 1–17 Castlereagh Street Upper",
            "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch-on-Sea",
        ),
        email="accounts-payable-and-correspondence-department@worshipful-company-of-correspondence.example",
    ),
}
CONFIGURATION = Configuration(seller=SELLER, payers=dict(PAYERS))
PPS, PPA, PPU = PricingModel.PPS, PricingModel.PPA, PricingModel.PPU


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def period(quantity: int, unit_amount: int, start: str, end: str, model: PricingModel = PPU) -> RecurringLine:
    return RecurringLine(
        pricing_model=model,
        quantity=quantity,
        unit_amount=unit_amount,
        period_start=date.fromisoformat(start),
        period_end=date.fromisoformat(end),
        amount=quantity * unit_amount,
    )


def counted(quantity: int, day: str, model: PricingModel = PPU, **known: object) -> Counted:
    to_at = instant(f"{day} 00:00")
    fields: dict[str, object] = {
        "pricing_model": model,
        "from_at": to_at - timedelta(days=31),
        "to_at": to_at,
        "quantity": quantity,
        "agents": quantity,
        "suspended": 0,
        "chatbots": 0,
        "peak_at": None,
    }
    return Counted(**{**fields, **known})  # type: ignore[arg-type]  # each is what its field says


def paper(*lines: InvoiceLine, payer: str = "northwind", **known: object) -> InvoiceDocument:
    kind = PayerKind.CLIENT if payer == "northwind" else PayerKind.PARTNER
    fields: dict[str, object] = {
        "license_id": "northwind",
        "number": "INV-2024-000123",
        "issued_on": date(2024, 8, 24),
        "billing_date": date(2024, 8, 24),
        "zone": "UTC",
        "currency": "USD",
        "plan": "team",
        "billing_cycle": BillingCycle.MONTHLY,
        "payer": PayerOf(payer, kind, f"care@{payer}.example"),
        "lines": lines,
        "total": sum(line.amount for line in lines),
        "corrected": {},
        "counted": None,
        "changed": None,
    }
    return InvoiceDocument(**{**fields, **known})  # type: ignore[arg-type]  # each is what its field says


def plain() -> InvoiceDocument:
    """4 × 49.00 = 196.00."""
    return paper(
        period(4, 4900, "2024-08-24", "2024-09-24"),
        counted=counted(4, "2024-08-24", chatbots=2),
    )


def resellers() -> InvoiceDocument:
    """6 × 49.00 = 294.00 less 12.5 % (36.75) = 257.25."""
    seats = counted(6, "2024-07-13", PPS, agents=2, chatbots=4, peak_at=instant("2024-06-20 14:00"))
    return paper(
        period(6, 4900, "2024-07-13", "2024-08-13", PPS),
        DiscountLine(rate="0.125", amount=-3675),
        payer="acme",
        billing_date=date(2024, 7, 13),
        issued_on=date(2024, 7, 13),
        counted=seats,
        zone="America/New_York",
    )


def growing() -> InvoiceDocument:
    """60 rises of one account in a year of 365 days, each for the days left."""
    start, end = date(2024, 3, 1), date(2025, 3, 1)
    rises = []
    for number in range(60):
        day = start + timedelta(days=1 + 3 * number)
        left = (end - day).days
        rises.append(
            TrueUpLine(
                pricing_model=PPA,
                date=day,
                quantity=1 + number % 3,
                unit_amount=49200,
                remaining_days=left,
                period_days=365,
                amount=((1 + number % 3) * 49200 * left * 2 + 365) // 730,
            )
        )
    return paper(
        period(12, 49200, "2024-03-01", "2025-03-01", PPA),
        *rises,
        payer="long",
        billing_cycle=BillingCycle.ANNUAL,
        license_id="northwind-" + "and-its-many-daughters-" * 4 + "worldwide",
        counted=counted(12, "2024-03-01", PPA, agents=9, suspended=2, chatbots=1),
        zone="Australia/Sydney",
    )


def credited() -> InvoiceDocument:
    """Nothing for this month, and 39.20 and 0.80 less for two earlier ones, one of them never issued."""
    may, april = date(2024, 5, 12), date(2024, 4, 12)
    return paper(
        period(0, 4900, "2024-06-12", "2024-07-12", PPS),
        AdjustmentLine(billing_date=april, amount=-80),
        AdjustmentLine(billing_date=may, amount=-3920),
        payer="acme",
        billing_date=date(2024, 6, 12),
        issued_on=date(2024, 6, 12),
        corrected={may: "INV-2024-000077"},
        counted=counted(0, "2024-06-12", PPS),
    )


def switched() -> InvoiceDocument:
    """Charge the first month under pay-per-user: 4 × 49.00 = 196.00 less 20 % (39.20) = 156.80."""
    return paper(
        period(4, 4900, "2024-08-24", "2024-09-24"),
        TrueUpLine(
            pricing_model=PPS,
            date=date(2024, 8, 12),
            quantity=2,
            unit_amount=4900,
            remaining_days=12,
            period_days=30,
            amount=3920,
        ),
        DiscountLine(rate="0.2", amount=-4704),
        payer="acme",
        counted=counted(4, "2024-08-24", chatbots=3),
        changed=ModelChange(PPS, PPU, date(2024, 8, 24), date(2024, 8, 11)),
    )


def yen() -> InvoiceDocument:
    """¥6,800 less 33.3 % (2,264.4, rounded 2,264) = ¥4,536."""
    return paper(
        period(1, 6800, "2024-06-24", "2024-07-24"),
        DiscountLine(rate="0.333", amount=-2264),
        payer="cobalt",
        currency="JPY",
        zone="Asia/Tokyo",
        counted=counted(1, "2024-06-24", chatbots=1),
    )


def dinars() -> InvoiceDocument:
    """12,345 × 15.125 KWD = 186,718.125."""
    return paper(period(12_345, 15_125, "2024-08-24", "2024-09-24"), currency="KWD")


def german() -> InvoiceDocument:
    """1.234 × 49,00 € = 60.466,00 €."""
    return paper(
        period(1234, 4900, "2024-08-24", "2024-09-24"),
        DiscountLine(rate="0.125", amount=-755825),
        payer="berlin",
        currency="EUR",
        zone="Europe/Berlin",
        counted=counted(1234, "2024-08-24"),
    )


def draft() -> InvoiceDocument:
    moment = instant("2024-08-20 09:30")
    return replace(plain(), number=None, issued_on=None, as_of=instant("2024-08-24 00:00"), known_at=moment)


PAPERS: Mapping[str, Callable[[], InvoiceDocument]] = {
    made.__name__: made
    for made in (plain, resellers, growing, credited, switched, yen, dinars, german, draft)
}
