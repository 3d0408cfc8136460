"""The names of streams, spelt once: everything of one licence shares a prefix and is one range of names."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

PRICES_STREAM = "prices"
# More than the agents that are busy at one time: quoting a name costs more than the rest of a decision on it.
_NAMES_KEPT = 2**18
_MONTHS = tuple(f"{month:02}" for month in range(13))


@lru_cache(maxsize=_NAMES_KEPT)
def quoted(part: str) -> str:
    """Return an id as it stands in a stream's name: a slash in it is no separator, and none is empty."""
    return quote(part, safe="@")


@lru_cache(maxsize=_NAMES_KEPT)
def license_stream(license_id: str) -> str:
    """Return the stream of a licence's own facts."""
    return "license/" + quoted(license_id)


@lru_cache(maxsize=_NAMES_KEPT)
def seats_prefix(license_id: str, agent_id: str) -> str:
    """Return what the names of an agent's seat meters begin with; the month follows."""
    return f"license/{quoted(license_id)}/seats/{quoted(agent_id)}/"


def seats_streams(
    license_ids: Iterable[str], agent_ids: Iterable[str], instants: Iterable[datetime]
) -> list[str]:
    """Return the seat meters of agents for the UTC months of instants."""
    return [
        f"{prefix}{instant.year}-{_MONTHS[instant.month]}"
        for prefix, instant in zip(map(seats_prefix, license_ids, agent_ids), instants, strict=True)
    ]


def seats_stream(license_id: str, agent_id: str, instant: datetime) -> str:
    """Return the seat meter of an agent for the UTC month of an instant."""
    return seats_streams((license_id,), (agent_id,), (instant,))[0]


def invoices_stream(license_id: str) -> str:
    """Return the stream of a licence's issued invoices."""
    return f"license/{quoted(license_id)}/invoices"


def notices_stream(license_id: str, cutover_id: str) -> str:
    """Return the stream of a licence's notices about one cutover."""
    return f"license/{quoted(license_id)}/notices/{quoted(cutover_id)}"


def partner_stream(partner_id: str) -> str:
    """Return the stream of a partner."""
    return "partner/" + quoted(partner_id)


def cutover_stream(cutover_id: str) -> str:
    """Return the stream of a cutover."""
    return "cutover/" + quoted(cutover_id)
