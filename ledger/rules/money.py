"""Money as whole minor units of an ISO 4217 currency, rounded once, half away from zero."""

import re

# The largest price of one unit for one period. Two million units (the most a licence can count) at this price
# are 2 * 10**18, and 64 bits hold 9 * 10**18.
MAX_UNIT_AMOUNT_MINOR = 10**12
RATE_DECIMALS = 12
RATE_SCALE: int = 10**RATE_DECIMALS
_RATE = re.compile(r"(?:0|1)(?:\.\d{1,12})?", re.ASCII)


def round_half_away(numerator: int, denominator: int) -> int:
    """Round an exact fraction (denominator positive) to the nearest integer, halves away from zero."""
    doubled = (2 * abs(numerator) + denominator) // (2 * denominator)
    return doubled if numerator >= 0 else -doubled


def is_rate(text: str) -> bool:
    """Tell whether the text is a decimal string from 0 to 1 with at most twelve decimals."""
    return _RATE.fullmatch(text) is not None and scaled_rate(text) <= RATE_SCALE


def scaled_rate(text: str) -> int:
    """Return a rate as a whole number of RATE_SCALE-ths."""
    whole, _, decimals = text.partition(".")
    scaled: int = int(whole) * RATE_SCALE + int((decimals or "0").ljust(RATE_DECIMALS, "0"))
    return scaled


def plain_rate(text: str) -> str:
    """Write a rate without trailing zeros, as answers show it: 0.20 becomes 0.2, 1.0 becomes 1."""
    return text.rstrip("0").rstrip(".") if "." in text else text
