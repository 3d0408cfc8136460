"""When an agent takes and leaves a seat: the many events, kept in short streams of their own."""

from functools import cached_property
from typing import ClassVar, Literal

from ledger.events.base import LicenseEvent
from ledger.events.facts import Fact
from ledger.events.fields import Text
from ledger.events.streams import seats_stream


class SeatEvent(LicenseEvent):
    """Something happened to the seat of an agent."""

    subject_field: ClassVar[str] = "agent_id"

    agent_id: Text

    @cached_property
    def stream_id(self) -> str:
        """Return the agent's seat meter for the month in which the fact became true."""
        return seats_stream(self.license_id, self.agent_id, self.effective_at)


class SeatTaken(SeatEvent):
    """An agent began to chat with visitors."""

    fact_code: ClassVar[Fact] = Fact.SEAT_TAKEN

    type: Literal["SeatTaken"] = "SeatTaken"


class SeatReleased(SeatEvent):
    """An agent left the seat."""

    fact_code: ClassVar[Fact] = Fact.SEAT_RELEASED

    type: Literal["SeatReleased"] = "SeatReleased"
