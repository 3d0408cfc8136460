from datetime import UTC, date, datetime

import pytest
from babel.core import UnknownLocaleError

from desk.documents.language import Language

NB = "\N{NO-BREAK SPACE}"


class TestMoney:
    @pytest.mark.parametrize(
        ("language", "amount_minor", "currency", "written"),
        [
            ("en_US", 15680, "USD", "$156.80"),
            ("en_US", -980, "USD", "−$9.80"),
            ("en_US", 6800, "JPY", "¥6,800"),
            # ISO 4217 gives the dinar three digits, and a code of letters stands apart from its figures
            ("en_US", 186_718_125, "KWD", f"KWD{NB}186,718.125"),
            ("en_US", 5, "CLF", f"CLF{NB}0.0005"),
            ("de_DE", 6046600, "EUR", f"60.466,00{NB}€"),
            ("de_DE", -755825, "EUR", f"−7.558,25{NB}€"),
            ("de_DE", 1, "KWD", f"0,001{NB}KWD"),
            ("fr_FR", 123456, "EUR", f"1{NB}234,56{NB}€"),
            ("ja_JP", 4536, "JPY", "\N{FULLWIDTH YEN SIGN}4,536"),
            ("pt_BR", 123456, "BRL", f"R${NB}1.234,56"),
            ("de_CH", 1234505, "CHF", f"CHF{NB}12\N{RIGHT SINGLE QUOTATION MARK}345.05"),
            ("en_US", 2 * 10**18, "USD", "$20,000,000,000,000,000.00"),
        ],
    )
    def test_has_the_digits_of_its_currency_and_the_signs_of_the_language(
        self, language: str, amount_minor: int, currency: str, written: str
    ) -> None:
        assert Language(language).money(amount_minor, currency) == written


class TestDates:
    @pytest.mark.parametrize(
        ("language", "written"),
        [
            ("en_US", "Aug 11, 2024"),
            ("de_DE", "11.08.2024"),
            ("fr_FR", "11 août 2024"),
            ("ja_JP", "2024/08/11"),
            ("pt_BR", "11 de ago. de 2024"),
        ],
    )
    def test_are_written_as_the_language_does(self, language: str, written: str) -> None:
        assert Language(language).day(date(2024, 8, 11)) == written

    def test_name_the_last_day_of_a_period_not_the_one_behind_it(self) -> None:
        english = Language("en_US")
        assert english.days(date(2024, 1, 31), date(2024, 2, 29)) == "Jan 31, 2024 – Feb 28, 2024"
        assert english.days(date(2024, 1, 31), date(2024, 2, 1)) == "Jan 31, 2024"

    def test_are_those_of_the_licence_where_instants_are_told(self) -> None:
        english = Language("en_US")
        moment = datetime(2024, 8, 11, 3, 30, tzinfo=UTC)
        assert english.moment(moment, "America/New_York") == f"Aug 10, 2024, 11:30{NB}PM (America/New_York)"
        assert Language("de_DE").moment(moment, "Asia/Tokyo") == "11.08.2024, 12:30 (Asia/Tokyo)"
        end = datetime(2024, 9, 11, 4, 0, tzinfo=UTC)
        said = english.days_between(moment, end, "America/New_York")
        assert said == "between Aug 10, 2024 and Sep 10, 2024"


class TestRates:
    @pytest.mark.parametrize(
        ("language", "rate", "written"),
        [
            ("en_US", "0.125", "12.5%"),
            ("de_DE", "0.125", f"12,5{NB}%"),
            ("en_US", "0", "0%"),
            ("en_US", "1", "100%"),
            ("en_US", "0.000000000001", "0.0000000001%"),
        ],
    )
    def test_are_percentages_with_all_their_decimals(self, language: str, rate: str, written: str) -> None:
        assert Language(language).percent(rate) == written


class TestLanguages:
    def test_have_a_name_for_html_and_screen_readers(self) -> None:
        assert Language("pt_BR").tag == "pt-BR"

    def test_are_refused_if_nobody_knows_them(self) -> None:
        with pytest.raises(UnknownLocaleError):
            Language("tlh_KL")
