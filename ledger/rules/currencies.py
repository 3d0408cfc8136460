"""The currencies of ISO 4217 with the number of digits of their minor unit, so that money stays whole."""

from typing import Final

from ledger.rules.errors import InvalidValue

_BY_DIGITS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
        "GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
        "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_UNIT_DIGITS: Final[dict[str, int]] = {
    code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()
}


class UnknownCurrency(InvalidValue):
    """Raised for a code that ISO 4217 does not list as money with a minor unit."""

    code = "unknown_currency"
    template = "{value!r} is not a currency code of ISO 4217."
    hint = "Use a code of three capital letters such as USD or EUR."


def minor_unit_digits(currency: str) -> int:
    """Return the decimals of a currency's minor unit (USD 2, JPY 0, KWD 3); raises UnknownCurrency."""
    try:
        return MINOR_UNIT_DIGITS[currency]
    except KeyError:
        raise UnknownCurrency(value=currency) from None
