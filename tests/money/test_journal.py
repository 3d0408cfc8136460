"""The books: every issued invoice in double entry, worked out by hand and by a second reading."""

from collections import Counter
from typing import Any

import polars as pl
from hypothesis import given, settings

from tests.money.issuing import filled, journal_of
from tests.money.plain_money import Posting, postings
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import Line, framed
from tests.projections.told import Told

AT = "2024-05-01"


def posted(told: Told) -> list[tuple[str, int]]:
    """Give account and amount of each posting."""
    rows = journal_of(told.lines).postings
    return list(rows.select("account", "amount").iter_rows())


def line(kind: str, amount: int, **fields: Any) -> dict[str, Any]:
    """Write an invoice's line as its event has it."""
    of_kind: dict[str, dict[str, Any]] = {
        "recurring": {
            "pricing_model": "ppu",
            "quantity": 1,
            "unit_amount": abs(amount),
            "period_start": "2024-05-01",
            "period_end": "2024-06-01",
        },
        "discount": {"rate": "0.2"},
        "adjustment": {"billing_date": "2024-04-01"},
    }
    return {"kind": kind, "amount": amount, **of_kind[kind], **fields}


def issue(told: Told, *lines: dict[str, Any], at: str = AT, known: str | None = None, **fields: Any) -> Told:
    """Issue an invoice of 1 May with these lines; its total is their sum unless said otherwise."""
    invoice = {
        "number": "2024-7",
        "billing_date": "2024-05-01",
        "known_through": known or told.last_id,
        "lines": list(lines),
        "total": sum(item["amount"] for item in lines),
        "digest": "",
    }
    return told.fact("InvoiceIssued", at, **(invoice | fields))


def reseller(**rates: str) -> Told:
    return Told().tell("PartnerRegistered", "2024-01-01", partner_id="p", programme="solution", **rates)


def affiliate(rate: str = "0.175") -> Told:
    told = Told().tell(
        "PartnerRegistered", "2024-01-01", partner_id="p", programme="affiliate", commission_rate=rate
    )
    return told.licence("ppu", partner_id="p")


class TestAReseller:
    def test_owes_what_is_left_after_the_discount(self) -> None:
        told = reseller(discount_rate="0.2").licence("ppu", partner_id="p")
        # $49.00 less 20 % is $39.20
        assert posted(issue(told, line("recurring", 4900), line("discount", -980))) == [
            ("Assets:Receivable:Partners:P", 3920),
            ("Income:Licences:PayPerUser", -4900),
            ("Income:Discounts", 980),
        ]

    def test_gets_a_credit_note_reversed(self) -> None:
        told = reseller(discount_rate="0.2").licence("ppu", partner_id="p")
        # nothing this month, and $39.20 of April back
        assert posted(issue(told, line("recurring", 0), line("adjustment", -3920))) == [
            ("Assets:Receivable:Partners:P", -3920),
            ("Income:Licences:PayPerUser", 0),
            ("Income:Adjustments", 3920),
        ]

    def test_earns_no_commission_on_what_it_pays_itself(self) -> None:
        told = reseller(discount_rate="0.2", commission_rate="0.1").licence("ppu", partner_id="p")
        assert len(posted(issue(told, line("recurring", 4900)))) == 2


class TestACommission:
    def test_is_an_expense_and_owed_to_the_partner(self) -> None:
        # 17.5 % of $49.00 is 857.5, away from zero 858
        assert posted(issue(affiliate(), line("recurring", 4900))) == [
            ("Assets:Receivable:Customers:L", 4900),
            ("Income:Licences:PayPerUser", -4900),
            ("Expenses:Commissions", 858),
            ("Liabilities:Commissions:P", -858),
        ]

    def test_of_a_credit_note_is_taken_back(self) -> None:
        # 17.5 % of -$49.00 is -857.5, away from zero -858
        assert posted(issue(affiliate(), line("adjustment", -4900)))[2:] == [
            ("Expenses:Commissions", -858),
            ("Liabilities:Commissions:P", 858),
        ]

    def test_of_nothing_is_not_posted(self) -> None:
        assert len(posted(issue(affiliate("0"), line("recurring", 4900)))) == 2
        assert len(posted(issue(affiliate(), line("recurring", 0)))) == 2

    def test_is_at_the_rate_in_force_at_the_billing_date(self) -> None:
        told = affiliate("0.1").tell(
            "PartnerTermsChanged", "2024-05-02", "2024-04-20", partner_id="p", commission_rate="0.5"
        )
        # 1 May knows of the new rate, but it begins on the 2nd: 10 % of $49.00
        assert posted(issue(told, line("recurring", 4900), at="2024-05-10"))[2] == (
            "Expenses:Commissions",
            490,
        )

    def test_is_at_the_rate_that_the_invoice_knew(self) -> None:
        told = affiliate("0.1")
        knew = told.last_id
        told.tell("PartnerTermsChanged", "2024-04-15", "2024-05-03", partner_id="p", commission_rate="0.5")
        # recorded on 3 May for 15 April: an invoice that did not know it stays at 10 %, one that did has 50 %
        late = told.last_id
        issue(told, line("recurring", 4900), at="2024-05-10", known=knew)
        issue(
            told, line("recurring", 4900), at="2024-06-10", known=late, billing_date="2024-06-01", number="8"
        )
        rows = posted(told)
        assert (rows[2], rows[6]) == (("Expenses:Commissions", 490), ("Expenses:Commissions", 2450))


class TestAnEntry:
    def test_is_on_the_licences_own_day_of_issue(self) -> None:
        told = Told().licence("ppu", time_zone="Asia/Tokyo")
        # 15:30 on 1 May in UTC is half past midnight on 2 May in Tokyo
        issue(told, line("recurring", 4900), at="2024-05-01T15:30:00Z")
        assert journal_of(told.lines).postings["date"].cast(pl.String).unique().to_list() == ["2024-05-02"]

    def test_has_a_revenue_account_for_each_model_and_line(self) -> None:
        told = Told().licence("pps")
        true_up = {"kind": "true_up", "pricing_model": "ppa", "date": "2024-04-20", "quantity": 1}
        true_up |= {"unit_amount": 300, "remaining_days": 10, "period_days": 30, "amount": 100}
        issue(told, line("recurring", 4900, pricing_model="pps"), true_up)
        assert [account for account, _ in posted(told)[1:]] == [
            "Income:Licences:PayPerSeat",
            "Income:Licences:PayPerAccount",
        ]

    def test_is_not_made_of_an_invoice_that_does_not_add_up(self) -> None:
        told = issue(Told().licence("ppu"), line("recurring", 4900), total=5000)
        found = journal_of(told.lines)
        assert found.postings.is_empty()
        assert found.unbalanced.select("number", "total", "lines_total").rows() == [("2024-7", 5000, 4900)]

    def test_is_made_of_none_where_nothing_was_issued(self) -> None:
        found = journal_of(Told().licence("ppu").lines)
        assert (found.postings.height, found.unbalanced.height) == (0, 0)


class TestRandomBooks:
    @settings(max_examples=FEWER_EXAMPLES)
    @given(drawn(most=1))
    def test_are_as_a_second_reading_has_them(self, case: Drawn) -> None:
        lines = filled(case.lines)
        log = framed(lines)
        names = {position: name for name, position in log.positions.items()}
        rows = (
            journal_of(lines, log).postings.select("position", "date", "line", "owner", "amount").iter_rows()
        )
        assert [Posting(names[place], *rest) for place, *rest in rows] == postings(lines)

    @settings(max_examples=FEWER_EXAMPLES)
    @given(drawn(most=1))
    def test_balance_in_each_currency_and_owe_what_was_invoiced(self, case: Drawn) -> None:
        lines = filled(case.lines)
        rows = journal_of(lines).postings
        assert rows.group_by("position").agg(pl.col("amount").sum()).filter(pl.col("amount") != 0).is_empty()
        receivable = rows.filter(pl.col("account").str.starts_with("Assets:Receivable:"))
        owed = Counter[str]()
        for currency, amount in receivable.select("currency", "amount").iter_rows():
            owed[currency] += amount
        assert owed == invoiced(lines)


def invoiced(lines: list[Line]) -> Counter[str]:
    """Add up the totals that were issued, by currency."""
    currencies = {
        line["license_id"]: line.get("currency", "USD") for line in lines if line["type"] == "LicenseCreated"
    }
    sums = Counter[str]()
    for item in lines:
        if item["type"] == "InvoiceIssued":
            sums[currencies[item["license_id"]]] += item["total"]
    return sums
