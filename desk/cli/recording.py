"""What all recording commands share: who, when, under which key, and the line that says what was recorded."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from rich.text import Text

from desk.cli import lazy
from desk.cli.screen import arriving, err_console, out_console
from desk.cli.words import instant
from ledger.rules.clock import system_clock
from ledger.rules.instants import format_instant

if TYPE_CHECKING:
    from ledger.application.recording import CommandMeta, Recorded


def meta(at: datetime | None, actor: str, key: str | None) -> "CommandMeta":
    """Return what every command carries; its request id is what the logs of one run share."""
    return lazy.CommandMeta(at=at, actor=actor, key=key, request_id=uuid4().hex)


def show_recorded(recorded: "Recorded") -> None:
    """Print one line: the position, what happened, and when it is effective."""
    event = recorded.event
    place = "Known already at" if recorded.already_known else "Recorded at"
    style = "yellow" if recorded.already_known else "green"
    on = f" on licence {event.license_id}" if event.license_id is not None else ""
    what = lazy.what_happened(event)
    said = Text.assemble(
        (f"{place} position {recorded.position}", style),
        f"{on}: {what}, effective {instant(event.effective_at)} UTC (id {event.id}).",
    )
    with arriving(f"The event is recorded all the same, at position {recorded.position}."):
        out_console().print(said, soft_wrap=True)
    if not recorded.already_known:
        _warn_of_clock(event.recorded_at)


def _warn_of_clock(recorded_at: datetime) -> None:
    """Say that the event counts as recorded later than it was, for the log's time never goes back."""
    clock = system_clock()
    if recorded_at <= clock:
        return
    said = (
        f"Recorded as of {format_instant(recorded_at)}: the log's last event is from then, this machine's "
        f"clock shows {format_instant(clock)}."
    )
    err_console().print(Text(said, "yellow"), soft_wrap=True)
