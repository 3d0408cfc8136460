"""Money, dates and rates are written as people read them, exactly."""

from datetime import UTC, date, datetime

import pytest

from desk import words
from desk.cli.invoice_page import show_invoices


class TestMoney:
    @pytest.mark.parametrize(
        ("amount_minor", "currency", "written"),
        [
            (15680, "USD", "$156.80"),
            (-3920, "USD", "-$39.20"),
            (0, "USD", "$0.00"),
            (6800, "JPY", "¥6,800"),
            (123456, "EUR", "€1,234.56"),
            (1500, "KWD", "KWD\N{NO-BREAK SPACE}1.500"),
            (-7, "CLF", "-CLF\N{NO-BREAK SPACE}0.0007"),
            # more decimals than people there use in cash, but as many as the minor unit has
            (1234, "IQD", "IQD\N{NO-BREAK SPACE}1.234"),
            (2**63 - 1, "USD", "$92,233,720,368,547,758.07"),
        ],
    )
    def test_has_the_decimals_of_its_currency(self, amount_minor: int, currency: str, written: str) -> None:
        assert words.money(amount_minor, currency) == written


class TestDays:
    def test_are_the_first_and_the_last_of_a_period(self) -> None:
        assert words.days(date(2024, 8, 24), date(2024, 9, 24)) == "24 Aug – 23 Sep 2024"
        assert words.days(date(2023, 12, 31), date(2024, 1, 31)) == "31 Dec 2023 – 30 Jan 2024"


class TestInstants:
    @pytest.mark.parametrize(
        ("instant", "written"),
        [
            (datetime(2024, 8, 11, 7, tzinfo=UTC), "2024-08-11 07:00"),
            (datetime(2024, 8, 11, 7, 0, 5, tzinfo=UTC), "2024-08-11 07:00:05"),
            ("2024-08-11T07:00:00.000001Z", "2024-08-11 07:00:00.000001"),
        ],
    )
    def test_leave_out_the_zeros_that_say_nothing(self, instant: datetime | str, written: str) -> None:
        assert words.instant(instant) == written


class TestRates:
    @pytest.mark.parametrize(
        ("rate", "written"), [("0.2", "20 %"), ("0.125", "12.5 %"), ("1", "100 %"), ("0", "0 %")]
    )
    def test_are_percentages(self, rate: str, written: str) -> None:
        assert words.percent(rate) == written


class TestInvoices:
    def test_give_a_long_line_s_amount_a_line_of_its_own(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        line = {
            "kind": "true_up", "pricing_model": "ppu", "date": "2024-03-14", "quantity": 10**9,
            "unit_amount": 10**12, "remaining_days": 17, "period_days": 31, "amount": 5 * 10**17,
        }  # fmt: skip
        invoice = {
            "license_id": "long", "billing_date": "2024-04-01", "period_start": None, "period_end": None,
            "pricing_model": None, "currency": "USD", "plan": "team", "billing_cycle": "monthly",
            "lines": [line], "total": 5 * 10**17, "number": None,
        }  # fmt: skip
        show_invoices([invoice])
        shown = capsys.readouterr().out.splitlines()
        assert shown[2].startswith(
            "  true-up from 14 Mar 2024: 1,000,000,000 more at $10,000,000,000.00 for 17"
        )
        assert shown[3] == f"{'$5,000,000,000,000,000.00':>80}"
