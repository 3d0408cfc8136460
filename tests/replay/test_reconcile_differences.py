"""Each difference is explained, and what the parts move adds up to the difference of the amounts."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.money import RATE_SCALE, round_half_away, scaled_rate
from replay.reconcile.differences import DatesIn, Difference, Kind, differences, minor
from replay.reconcile.matching import Ours, Theirs, matched
from replay.reconcile.partner_file import PartnerInvoice, Stamp, read_partner_file

DAY = date(2024, 8, 20)


def ours(
    quantity: int | None = 3,
    unit_amount: int = 4900,
    rate: str | None = "0.2",
    true_up: int = 0,
    adjusted: int = 0,
) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    if quantity is not None:
        lines.append(
            {
                "kind": "recurring",
                "quantity": quantity,
                "unit_amount": unit_amount,
                "amount": quantity * unit_amount,
            }
        )
    if true_up:
        lines.append({"kind": "true_up", "quantity": 1, "unit_amount": unit_amount, "amount": true_up})
    gross = sum(line["amount"] for line in lines)
    if rate is not None:
        off = -round_half_away(scaled_rate(rate) * gross, RATE_SCALE)
        lines.append({"kind": "discount", "rate": rate, "amount": off})
    if adjusted:
        lines.append({"kind": "adjustment", "billing_date": "2024-07-20", "amount": adjusted})
    return {
        "billing_date": DAY.isoformat(),
        "number": "2024-000001",
        "currency": "USD",
        "plan": "team",
        "billing_cycle": "monthly",
        "lines": lines,
        "total": sum(line["amount"] for line in lines),
    }


def theirs(amount: str, seats: int = 3, **changes: Any) -> PartnerInvoice:
    said: dict[str, Any] = {
        "row": 1, "invoice_no": "P-1", "stamp": Stamp(DAY.isoformat(), DAY, None, None), "plan": "Team",
        "seats": seats, "billing_cycle": "monthly", "amount": Decimal(amount), "status": "Paid",
        "currency": None, "license_id": "acme", "organization_id": None, **changes,
    }  # fmt: skip
    return PartnerInvoice(**said)


def found(
    here: dict[str, Any], there: PartnerInvoice, zone: str = "UTC", dates_in: DatesIn = DatesIn.UTC
) -> list[Difference]:
    amount = minor(there.amount, "USD")
    assert amount is not None
    listed = differences(here, there, amount, zone, dates_in)
    if not any(each.kind in (Kind.CURRENCY, Kind.STATUS) for each in listed):
        assert sum(each.amount or 0 for each in listed) == amount - here["total"]
    return listed


class TestAmounts:
    def test_agree(self) -> None:
        # 3 × 49.00 = 147.00, less 20 % = 117.60
        assert found(ours(), theirs("117.60")) == []

    @pytest.mark.parametrize(("amount", "off"), [("118", 40), ("117", -60)])
    def test_may_be_rounded_to_whole_units(self, amount: str, off: int) -> None:
        assert found(ours(), theirs(amount)) == [Difference(Kind.ROUNDING, amount=off)]

    def test_are_never_rounded_by_a_whole_unit(self) -> None:
        # 117.60 − 0.60 = 117.00
        assert found(ours(adjusted=-60), theirs("118"))[0].kind is not Kind.ROUNDING

    def test_are_not_rounded_where_they_have_cents(self) -> None:
        (only,) = found(ours(), theirs("117.10"))
        assert only.kind is Kind.PRICE

    def test_differ_by_seats(self) -> None:
        # 5 × 49.00 = 245.00, less 49.00 = 196.00
        assert found(ours(), theirs("196", seats=5)) == [Difference(Kind.QUANTITY, "3", "5", 7840)]

    def test_differ_by_seats_alone_that_nothing_was_asked_for(self) -> None:
        # two seats more, and the price of three
        listed = found(ours(), theirs("117.60", seats=5))
        assert [(each.kind, each.amount) for each in listed] == [(Kind.QUANTITY, 7840), (Kind.PRICE, -7840)]

    @pytest.mark.parametrize(
        ("amount", "rate"), [("147", "0"), ("132.30", "0.1"), ("110.25", "0.25"), ("102.90", "0.3")]
    )
    def test_differ_by_the_discount(self, amount: str, rate: str) -> None:
        first = found(ours(), theirs(amount))[0]
        assert (first.kind, first.here, first.there) == (Kind.DISCOUNT, "0.2", rate)

    def test_differ_by_the_price_where_rounding_would_make_a_discount_of_any(self) -> None:
        # less 30 % it is 102.90; but 5 % of 147.00 is hardly more than what rounding hides
        assert found(ours(), theirs("103"))[0].kind is Kind.PRICE
        # 30 × 49.00 = 1,470.00, less 30 % = 1,029.00
        assert found(ours(30), theirs("1029", seats=30)) == [Difference(Kind.DISCOUNT, "0.2", "0.3", -14700)]

    def test_differ_by_a_discount_that_we_do_not_give(self) -> None:
        assert found(ours(rate=None), theirs("117.60")) == [Difference(Kind.DISCOUNT, "0", "0.2", -2940)]

    def test_differ_by_the_price(self) -> None:
        # 3 × 59.00 = 177.00, less 35.40 = 141.60
        assert found(ours(), theirs("141.60")) == [Difference(Kind.PRICE, "4900", "5900", 2400)]

    def test_differ_by_seats_and_price(self) -> None:
        # 2 × 49.00 less 20 % = 78.40; at 59.00 94.40
        listed = found(ours(), theirs("94.40", seats=2))
        assert listed == [
            Difference(Kind.QUANTITY, "3", "2", -3920),
            Difference(Kind.PRICE, "4900", "5900", 1600),
        ]

    def test_differ_by_lines_that_are_not_there(self) -> None:
        # the adjustment of −39.20
        assert found(ours(adjusted=-3920), theirs("117.60")) == [
            Difference(Kind.ADJUSTMENT, "-3920", "0", 3920)
        ]
        # a true-up of 17.60 where there is no discount
        assert found(ours(rate=None, true_up=1760), theirs("147")) == [
            Difference(Kind.TRUE_UP, "1760", "0", -1760)
        ]
        # both of discount and adjustment: 147.00
        both = found(ours(adjusted=-3920), theirs("147"))
        assert [each.kind for each in both] == [Kind.DISCOUNT, Kind.ADJUSTMENT]

    def test_differ_without_a_reason_where_there_is_no_period(self) -> None:
        (only,) = found(ours(quantity=None, rate=None, adjusted=-4900), theirs("-20", seats=0))
        assert only == Difference(Kind.AMOUNT, "-4900", "-2000", 2900)

    def test_never_speak_of_a_price_below_nothing(self) -> None:
        assert found(ours(), theirs("-50"))[0].kind is Kind.AMOUNT

    @given(
        quantity=st.integers(0, 50) | st.none(),
        unit_amount=st.integers(0, 10_000),
        rate=st.sampled_from([None, "0", "0.2", "0.125", "1"]),
        true_up=st.integers(0, 5_000),
        adjusted=st.integers(-9_000, 9_000),
        seats=st.integers(0, 50),
        cents=st.integers(-500_000, 500_000),
        whole=st.booleans(),
    )
    def test_add_up_whatever_they_are(
        self, *, quantity: int | None, unit_amount: int, rate: str | None, true_up: int, adjusted: int,
        seats: int, cents: int, whole: bool,
    ) -> None:  # fmt: skip
        amount = Decimal(cents // 100 * 100 if whole else cents).scaleb(-2)
        listed = found(ours(quantity, unit_amount, rate, true_up, adjusted), theirs(str(amount), seats))
        slack = 100 if amount == amount.to_integral_value() else 1
        for each in listed:
            if each.kind is Kind.ROUNDING:
                assert 0 < abs(each.amount or 0) < slack


class TestTerms:
    def test_differ(self) -> None:
        listed = found(ours(), theirs("117.60", plan="business", billing_cycle="yearly", status="disputed"))
        assert [(each.kind, each.here, each.there) for each in listed] == [
            (Kind.STATUS, "issued", "disputed"),
            (Kind.PLAN, "team", "business"),
            (Kind.BILLING_CYCLE, "monthly", "yearly"),
        ]

    def test_agree_in_other_words(self) -> None:
        here = {**ours(), "billing_cycle": "annual"}
        assert found(here, theirs("117.60", plan="TEAM", billing_cycle="Yearly", status="PENDING")) == []

    def test_of_another_currency_compare_no_amounts(self) -> None:
        assert found(ours(), theirs("1", currency="EUR")) == [Difference(Kind.CURRENCY, "USD", "EUR")]

    @pytest.mark.parametrize("status", ["void", "Refunded", "failed"])
    def test_say_that_nothing_is_asked_for_there(self, status: str) -> None:
        assert found(ours(), theirs("118", status=status)) == [
            Difference(Kind.STATUS, "issued", status, -11760)
        ]


class TestDates:
    @staticmethod
    def at(text: str) -> PartnerInvoice:
        row = {
            "invoice_no": "1", "date": text, "plan": "team", "seats": 3, "billing_cycle": "monthly",
            "amount": 117.6, "status": "paid",
        }  # fmt: skip
        return read_partner_file("file", json.dumps({"result": [row]}).encode())[0]

    @pytest.mark.parametrize(
        ("text", "zone", "dates_in", "kind"),
        [
            ("2024-08-20", "Asia/Tokyo", DatesIn.UTC, None),
            ("2024-08-20 00:00:00", "UTC", DatesIn.UTC, None),
            # the first instant of 20 August in Tokyo is 15:00 of the 19th in UTC
            ("2024-08-19 15:00:00", "Asia/Tokyo", DatesIn.UTC, None),
            ("2024-08-19 15:00:00", "Asia/Tokyo", DatesIn.LICENSE, Kind.BILLING_DATE_ZONE),
            ("2024-08-20 00:30:00", "America/Los_Angeles", DatesIn.UTC, Kind.BILLING_DATE_ZONE),
            ("2024-08-20 00:30:00", "America/Los_Angeles", DatesIn.LICENSE, None),
            ("2024-08-20T00:30:00-07:00", "America/Los_Angeles", DatesIn.UTC, None),
            ("2024-08-21T00:30:00Z", "UTC", DatesIn.UTC, Kind.BILLING_DATE_ZONE),
            ("2024-08-22 12:00:00", "UTC", DatesIn.UTC, Kind.BILLING_DATE),
            ("2024-08-21", "UTC", DatesIn.UTC, Kind.BILLING_DATE),
        ],
    )
    def test_are_days_of_the_licence(
        self, text: str, zone: str, dates_in: DatesIn, kind: Kind | None
    ) -> None:
        listed = found(ours(), self.at(text), zone, dates_in)
        assert [each.kind for each in listed] == ([kind] if kind else [])


class TestMatched:
    def test_pairs_the_nearest_days(self) -> None:
        here = [Ours(date(2024, month, 20), 1, 100) for month in (7, 8, 9)]
        there = [
            Theirs(date(2024, month, day), 1, 100, is_void=False)
            for month, day in ((9, 21), (8, 18), (7, 20))
        ]
        assert matched(here, there) == {0: 2, 1: 1, 2: 0}

    def test_pairs_the_nearest_amount_of_several_on_a_day_and_leaves_the_rest(self) -> None:
        there = [Theirs(DAY, 1, amount, is_void=False) for amount in (1, 11800, 11700)]
        assert matched([Ours(DAY, 3, 11760)], there) == {1: 0}

    def test_passes_over_what_is_void_if_something_stands(self) -> None:
        there = [Theirs(DAY, 3, 11760, is_void=True), Theirs(DAY, 3, 9000, is_void=False)]
        assert matched([Ours(DAY, 3, 11760)], there) == {1: 0}
        assert matched([Ours(DAY, 3, 11760)], there[:1]) == {0: 0}

    def test_pairs_nothing_that_is_half_a_month_apart(self) -> None:
        here = [Ours(DAY, 1, 100)]
        assert matched(here, [Theirs(date(2024, 9, 4), 1, 100, is_void=False)]) == {0: 0}
        assert matched(here, [Theirs(date(2024, 9, 5), 1, 100, is_void=False)]) == {}

    def test_of_nothing_is_nothing(self) -> None:
        assert matched([], []) == {}
