"""Show the ledger at work: the sample programme in a store, and its two great cutovers replayed."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from ledger.application.import_history import import_history
from ledger.application.ledger import Ledger
from ledger.events.catalogue import parse_line
from ledger.rules.errors import Conflict
from ledger.stores.reading import export_pages
from replay.cutover import CutoverReplay, replay_cutover
from replay.sample import sample_history

DEMO_CUTOVERS = ("partner-app-2024-06-10", "resellers-2024-08-11")
# The billing dates that the sample tells of have come by then.
DEMO_AS_OF = datetime(2024, 12, 20, tzinfo=UTC)


class StoreHoldsOtherEvents(Conflict):
    """Raised when the demonstration is asked for in a store that is not its own."""

    code = "store_holds_other_events"
    template = "{url} holds other events than the sample programme; nothing was changed."
    hint = "Name an empty store, or none: the demonstration then makes one of its own."


@dataclass(frozen=True)
class DemoReport:
    """The sample programme's cutovers as replayed; `recorded` counts what was imported this time."""

    recorded: int
    events: int
    replays: tuple[CutoverReplay, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the replays' digests, a line each; equal wherever it was computed."""
        lines = (f"{replay.cutover.cutover_id} {replay.digest}\n" for replay in self.replays)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def run_demo(ledger: Ledger, as_of: datetime = DEMO_AS_OF) -> DemoReport:
    """Import the sample programme, unless it is there already, and replay its two cutovers.

    Raises StoreHoldsOtherEvents for a store that holds anything else.
    """
    sample_ids = [parse_line(line).id for line in sample_history().splitlines()]
    held = _ids_held(ledger, limit=len(sample_ids))
    if held and held != list(dict.fromkeys(sample_ids)):
        raise StoreHoldsOtherEvents(url=ledger.store.url)
    report = None if held else import_history(ledger, BytesIO(sample_history()))
    replays = tuple(replay_cutover(ledger, cutover_id, as_of) for cutover_id in DEMO_CUTOVERS)
    return DemoReport(
        recorded=0 if report is None else report.recorded,
        events=len(set(sample_ids)),
        replays=replays,
    )


def _ids_held(ledger: Ledger, limit: int) -> list[str]:
    """Return the ids of the log's events in order, or of its first pages if there are more than `limit`."""
    held: list[str] = []
    for page in export_pages(ledger.store):
        held += [parse_line(line).id for line in page.lines.splitlines()]
        if len(held) > limit:
            break
    return held
