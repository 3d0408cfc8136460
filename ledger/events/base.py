"""What every event has, so that stores and aggregates can treat all of them alike."""

from typing import TYPE_CHECKING, ClassVar, cast

from pydantic import BaseModel, ConfigDict

from ledger.events.facts import Fact
from ledger.events.fields import Instant, Text


class EventPart(BaseModel):
    """A frozen model that takes no field it does not know and coerces no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LedgerEvent(EventPart):
    """Something that happened, with both times and who did it (docs/rules.md §2).

    `version` is that of the class's fields: older ones are lifted by ledger.events.upcasters.
    """

    version: ClassVar[int] = 1
    fact_code: ClassVar[Fact]
    subject_field: ClassVar[str | None] = None

    id: Text
    actor: Text
    effective_at: Instant
    recorded_at: Instant

    if TYPE_CHECKING:

        @property
        def type(self) -> str:
            """Return the name of the event."""
            raise NotImplementedError

        @property
        def license_id(self) -> str | None:
            """Return the licence that the event belongs to; None for events of the programme."""
            raise NotImplementedError

    @property
    def stream_id(self) -> str:
        """Return the stream that the event is appended to."""
        raise NotImplementedError

    @property
    def subject(self) -> str | None:
        """Return the id of what the event is about; None if that is the licence itself."""
        name = self.subject_field
        return None if name is None else cast(str, getattr(self, name))

    @property
    def fact(self) -> Fact:
        """Return the code that projections read instead of the state."""
        return self.fact_code


class LicenseEvent(LedgerEvent):
    """An event of one licence."""

    license_id: Text


class ProgrammeEvent(LedgerEvent):
    """An event that belongs to no licence: a partner's, a price's or a cutover's."""

    license_id: ClassVar[None] = None
