"""The types of the fields that events are made of, so that each kind of bad value is refused in one place."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ledger.rules.calendar import zone_names
from ledger.rules.currencies import MINOR_UNIT_DIGITS
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, BadInstant, parse_instant
from ledger.rules.money import MAX_UNIT_AMOUNT_MINOR, RATE_DECIMALS, is_rate

MAX_TEXT_LENGTH = 200
MAX_NOTICE_DAYS = 365
MAX_QUANTITY = 10**9
MAX_ATTEMPTS = 10**6
# Signed 64 bits: what both stores and the columnar kernel keep.
MAX_AMOUNT_MINOR = 2**63 - 1
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _instant(value: object) -> datetime:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except BadInstant as error:
            raise PydanticCustomError(
                "bad_instant", "{reason}", {"reason": error.fields["reason"]}
            ) from error
    if not isinstance(value, datetime):
        raise PydanticCustomError("bad_instant", "it is not text such as 2024-08-11T00:00:00Z")
    if value.tzinfo is None:
        raise PydanticCustomError("bad_instant", "it has no zone")
    instant = value.astimezone(UTC)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise PydanticCustomError("bad_instant", f"its year is outside {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def _day(value: object) -> date:
    if isinstance(value, str):
        if not _DATE.fullmatch(value):
            raise PydanticCustomError("bad_date", "a date is written YYYY-MM-DD")
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("bad_date", "there is no such day") from error
    elif isinstance(value, date) and not isinstance(value, datetime):
        day = value
    else:
        raise PydanticCustomError("bad_date", "a date is written YYYY-MM-DD")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("bad_date", f"its year is outside {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _currency(value: str) -> str:
    if value not in MINOR_UNIT_DIGITS:
        raise PydanticCustomError("unknown_currency", "it is not a currency code of ISO 4217")
    return value


def _time_zone(value: str) -> str:
    if value not in zone_names():
        raise PydanticCustomError("unknown_time_zone", "it is not a time zone of the IANA database")
    return value


def _rate(value: str) -> str:
    if not is_rate(value):
        raise PydanticCustomError(
            "bad_rate",
            f"a rate is a decimal from 0 to 1 with at most {RATE_DECIMALS} decimals, such as 0.2 for 20 %",
        )
    return value


# Not blank and without control characters: ids come from outside and travel through URLs, files and stores.
Text = Annotated[
    str,
    StringConstraints(max_length=MAX_TEXT_LENGTH, pattern=r"^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$"),
]
OptionalText = Annotated[str, StringConstraints(max_length=MAX_TEXT_LENGTH, pattern=r"^[^\p{Cc}]*$")]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Currency = Annotated[str, AfterValidator(_currency)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Rate = Annotated[str, AfterValidator(_rate)]
UnitAmountMinor = Annotated[int, Field(ge=0, le=MAX_UNIT_AMOUNT_MINOR)]
AmountMinor = Annotated[int, Field(ge=-MAX_AMOUNT_MINOR, le=MAX_AMOUNT_MINOR)]
Quantity = Annotated[int, Field(ge=0, le=MAX_QUANTITY)]
NoticeDays = Annotated[int, Field(ge=0, le=MAX_NOTICE_DAYS)]
Attempt = Annotated[int, Field(ge=1, le=MAX_ATTEMPTS)]
DayCount = Annotated[int, Field(ge=0, le=366)]
