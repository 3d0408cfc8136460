"""A partner's month, worked out by hand and by a second reading, and tied to the invoices."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings

from ledger.projections.commission import Commissions
from ledger.projections.decoding import issue_instants
from ledger.projections.statement import TOTAL_COLUMNS, statement
from ledger.projections.what_if import part_of
from ledger.rules.instants import to_us
from tests.money.issuing import filled, journal_of
from tests.money.plain_money import statement as plain_statement
from tests.projections.drawn import FEWER_EXAMPLES, Drawn, drawn
from tests.projections.frames import FramedLog, Line, framed
from tests.projections.told import Told
from tests.second_opinion.story import at
from tests.second_opinion.words import instant_of

Row = dict[str, Any]
# One example asks a second reading many times.
EXAMPLES = max(5, FEWER_EXAMPLES // 2)
COMPARED = (
    "license_id",
    "billing_date",
    "number",
    "currency",
    "total",
    "commission",
    "public_price",
    "margin",
)


def month_of(
    lines: Sequence[Line],
    month: str,
    as_of: str,
    known_at: str | None = None,
    *,
    partner_id: str = "p",
    log: FramedLog | None = None,
) -> tuple[list[Row], list[Row], list[Row]]:
    """Give rows, totals and missing prices of a partner's month."""
    log = log or framed(lines)
    known = at(known_at or as_of)
    first = date.fromisoformat(f"{month}-01")
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    commissions = Commissions.of(
        log.terms.filter(pl.col("recorded_us") <= to_us(known)), issue_instants(log.terms)
    )
    history = part_of(log.history(to_us(known)), pl.col("partner_id") == partner_id)
    rows, totals, unpriced = statement(history, commissions, to_us(at(as_of)), first, end)
    dated = rows.with_columns(pl.col("billing_date").cast(pl.String))
    return dated.to_dicts(), totals.to_dicts(), unpriced.to_dicts()


def only(told: Told, month: str, as_of: str, known_at: str | None = None) -> Row:
    """Give the one row of a month."""
    ([row], _, _) = month_of(told.lines, month, as_of, known_at)
    return row


def resold(**fields: Any) -> Told:
    """Tell of a reseller's licence: two agents, one suspended, and a ChatBot; $49.00 a unit, 20 % off."""
    told = Told().price(4900).partner("0.2").licence("ppu", partner_id="p", **fields)
    told.agent("a", "2024-03-11").agent("b", "2024-03-11").fact("AgentSuspended", "2024-03-12", agent_id="b")
    return told.fact("ChatBotAdded", "2024-03-12", bot_id="bot")


class TestAResellersMargin:
    def test_is_the_public_price_of_every_account_less_what_is_charged(self) -> None:
        row = only(resold(), "2024-04", "2024-04-30")
        # charged: 1 active agent at $49.00 less 20 % = $39.20; public: a, b and the ChatBot = 3 x $49.00
        assert (row["recurring"], row["discount"], row["total"]) == (4900, -980, 3920)
        assert (row["accounts"], row["public_price"], row["margin"]) == (3, 14700, 10780)
        assert (row["commission"], row["commission_rate"], row["number"]) == (None, None, None)

    def test_is_that_of_the_rule_book(self) -> None:
        told = Told().price(4900).partner("0.2").licence("pps", partner_id="p")
        for agent_id in "abcdef":
            told.agent(agent_id, "2024-03-11")
        for agent_id in "abc":
            told.seat(agent_id, "2024-03-12", "2024-03-13")
        row = only(told, "2024-04", "2024-04-30")
        # six accounts are 294.00; the peak of 3 is 147.00 less 20 %: 117.60; the margin is 176.40
        assert (row["public_price"], row["total"], row["margin"]) == (29400, 11760, 17640)

    def test_counts_the_accounts_at_the_billing_dates_instant(self) -> None:
        told = resold().agent("c", "2024-04-01").agent("d", "2024-04-01T00:00:00.000001Z")
        # c is there in the first instant of 1 April, d a microsecond later
        assert only(told, "2024-04", "2024-04-30")["accounts"] == 4

    def test_counts_what_the_invoice_knew(self) -> None:
        told = resold().agent("c", "2024-03-20", "2024-04-05")
        # c was recorded after April's invoice was due
        assert only(told, "2024-04", "2024-05-02")["accounts"] == 3
        assert only(told, "2024-05", "2024-05-02")["accounts"] == 4

    def test_is_less_by_true_ups_and_adjustments(self) -> None:
        told = resold().agent("c", "2024-04-16")
        row = only(told, "2024-05", "2024-05-02")
        # May: 2 agents = $98.00; c's April: $49.00 x 15/30 = $24.50; 20 % off $122.50 = $24.50; to pay $98.00
        assert (row["recurring"], row["true_ups"], row["discount"], row["total"]) == (9800, 2450, -2450, 9800)
        # 4 accounts x $49.00 = $196.00
        assert (row["public_price"], row["margin"]) == (19600, 9800)

    def test_has_no_public_price_where_no_period_begins(self) -> None:
        told = resold(billing_cycle="annual").price(49200, billing_cycle="annual").agent("c", "2024-04-16")
        row = only(told, "2024-05", "2024-05-02")
        # from 16 April 350 of 365 days are left: 492.00 x 350/365 = 471.78; less 20 % (94.36) = 377.42
        assert (row["true_ups"], row["total"]) == (47178, 37742)
        assert (row["accounts"], row["public_price"], row["margin"]) == (None, 0, -37742)


class TestAnAffiliate:
    @pytest.fixture
    def told(self) -> Told:
        told = Told().price(4900)
        told.tell(
            "PartnerRegistered", "2024-01-01", partner_id="p", programme="affiliate", commission_rate="0.175"
        )
        return told.licence("ppu", partner_id="p").agent("a", "2024-03-11")

    def test_earns_commission_on_the_invoices_total(self, told: Told) -> None:
        row = only(told, "2024-04", "2024-04-30")
        # 17.5 % of $49.00 = 857.5, away from zero
        assert (row["total"], row["commission_rate"], row["commission"]) == (4900, "0.175", 858)
        assert (row["accounts"], row["public_price"], row["margin"]) == (None, None, None)

    def test_earns_what_was_known_when_the_invoice_was_due(self, told: Told) -> None:
        told.tell("PartnerTermsChanged", "2024-03-20", "2024-04-10", partner_id="p", commission_rate="0.5")
        assert only(told, "2024-04", "2024-05-30")["commission"] == 858
        assert only(told, "2024-05", "2024-05-30")["commission"] == 2450

    def test_earns_what_an_issued_invoice_knew(self, told: Told) -> None:
        told.tell("PartnerTermsChanged", "2024-03-20", "2024-04-10", partner_id="p", commission_rate="0.5")
        told.issue("7", "2024-04-01", told.last_id, "2024-04-11")
        row = only(told, "2024-04", "2024-05-30")
        assert (row["number"], row["commission"]) == ("7", 2450)


class TestAMonth:
    def test_holds_the_billing_dates_that_have_come(self) -> None:
        told = resold(billing_anchor="2024-04-30")
        assert month_of(told.lines, "2024-04", "2024-04-29T23:59:59Z") == ([], [], [])
        assert len(month_of(told.lines, "2024-04", "2024-04-30")[0]) == 1

    def test_is_only_of_the_partner(self) -> None:
        told = resold()
        told.licence("ppu", license_id="m").agent("x", "2024-03-11", license_id="m")
        assert [row["license_id"] for row in month_of(told.lines, "2024-04", "2024-04-30")[0]] == ["l"]

    def test_says_which_price_is_missing(self) -> None:
        told = resold(currency="EUR")
        rows, totals, unpriced = month_of(told.lines, "2024-04", "2024-04-30")
        assert (rows, totals) == ([], [])
        assert [(row["license_id"], row["currency"], row["date"]) for row in unpriced] == [
            ("l", "EUR", date(2024, 4, 1))
        ]

    def test_adds_up_by_currency(self) -> None:
        told = resold().price(6800, currency="JPY")
        told.licence("ppu", license_id="m", partner_id="p", currency="JPY").agent(
            "x", "2024-03-11", license_id="m"
        )
        _, totals, _ = month_of(told.lines, "2024-04", "2024-04-30")
        assert [(sum_["currency"], sum_["invoices"], sum_["total"], sum_["margin"]) for sum_ in totals] == [
            # 6800 less 20 % = 5440; public 6800
            ("JPY", 1, 5440, 1360),
            ("USD", 1, 3920, 10780),
        ]


class TestRandomStatements:
    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_are_as_a_second_reading_has_them(self, case: Drawn) -> None:
        [(as_of, known_at)] = case.questions
        partners = sorted({line["partner_id"] for line in case.lines if line.get("partner_id")})
        for month in {str(as_of.date())[:7], str(case.lines[-1]["recorded_at"])[:7]}:
            for partner_id in partners:
                known = known_at or as_of
                rows, totals, _ = month_of(
                    case.lines,
                    month,
                    as_of.isoformat(),
                    known.isoformat(),
                    partner_id=partner_id,
                    log=case.log,
                )
                plain = plain_statement(case.lines, partner_id, month, as_of, known)
                assert [{name: row[name] for name in COMPARED} for row in rows] == plain
                for total in totals:
                    mine = [row for row in rows if row["currency"] == total["currency"]]
                    assert total["invoices"] == len(mine)
                    assert all(total[name] == sum(row[name] or 0 for row in mine) for name in TOTAL_COLUMNS)

    @settings(max_examples=EXAMPLES)
    @given(drawn(most=1))
    def test_owe_the_commissions_that_the_books_owe(self, case: Drawn) -> None:
        lines = filled(case.lines)
        log = framed(lines)
        books = journal_of(lines, log).postings.filter(pl.col("account").str.starts_with("Liabilities:"))
        end = instant_of(lines[-1]["recorded_at"]).isoformat()
        for owner, number, day, amount in books.select(
            "owner", "number", "billing_date", "amount"
        ).iter_rows():
            rows, _, _ = month_of(lines, f"{day:%Y-%m}", end, partner_id=owner, log=log)
            assert [row["commission"] for row in rows if row["number"] == number] == [-amount]
