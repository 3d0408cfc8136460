"""What this log's recorders do beyond the library's: they say how rows were recorded in the end."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

from eventsourcing.persistence import ApplicationRecorder

from ledger.stores.log_row import LogRow, Recorded

# No stream's version matters but those of the rows.
UNCHANGED: Mapping[str, int] = {}


class LogRecorder(ApplicationRecorder):
    """The library's application recorder, with `append`."""

    @abstractmethod
    def append(
        self, rows: Sequence[LogRow], *, restamp: bool = False, unchanged: Mapping[str, int] = UNCHANGED
    ) -> list[Recorded]:
        """Append rows as `insert_events` does and return them as they are recorded, with their positions.

        `unchanged` gives streams and the versions that they must still have; another one is a
        StreamConflict, as a version that is taken.
        """
