"""The two times of a question as addresses carry them: as of when, and as known when."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, PlainSerializer, WithJsonSchema

from desk.web.desk import TheDesk
from ledger.rules.errors import InvalidValue
from ledger.rules.instants import FIRST_YEAR, LAST_YEAR, format_instant

Instant = Annotated[
    datetime,
    PlainSerializer(format_instant, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class BadMoment(InvalidValue):
    """Raised for text that names no moment."""

    code = "bad_moment"
    template = "{value!r} is no moment: {reason}."
    hint = "Write it like 2024-08-11, 2024-08-11 07:00 or 2024-08-11T07:00:00Z; times are in UTC."


class Times(BaseModel):
    """As of when (valid time) and as known when (transaction time), and whether the address names them."""

    as_of: Instant
    known_at: Instant
    as_of_given: bool
    known_at_given: bool

    @property
    def query(self) -> dict[str, str]:
        """Return what an address needs to show the same; nothing where it shows the present."""
        return {
            name: format_instant(value)
            for name, value, given in (
                ("as_of", self.as_of, self.as_of_given),
                ("known_at", self.known_at, self.known_at_given),
            )
            if given
        }

    @property
    def is_present(self) -> bool:
        """Tell whether the address names no time."""
        return not (self.as_of_given or self.known_at_given)


def read_moment(text: str) -> datetime:
    """Read a date (its first instant in UTC), a date and a time, or RFC 3339; raises BadMoment."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadMoment(value=text, reason="it needs a date, and may have a time") from error
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadMoment(value=text, reason="there is no such moment") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadMoment(value=text, reason=f"its year is outside {FIRST_YEAR} to {LAST_YEAR}")
    return moment


_AS_OF = Query(
    description="The moment that is asked about; now, if left out.", examples=["2024-08-11T00:00:00Z"]
)
_KNOWN_AT = Query(description="Leave out what was recorded after this moment; by default as_of.")


def _the_times(
    desk: TheDesk, as_of: Annotated[str, _AS_OF] = "", known_at: Annotated[str, _KNOWN_AT] = ""
) -> Times:
    moment = read_moment(as_of) if as_of.strip() else desk.now()
    known = read_moment(known_at) if known_at.strip() else moment
    return Times(
        as_of=moment,
        known_at=known,
        as_of_given=bool(as_of.strip()),
        known_at_given=bool(known_at.strip()),
    )


TheTimes = Annotated[Times, Depends(_the_times)]
