"""What all recording commands share: who, when, under which key, and the line that says what was recorded."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from rich.text import Text

from desk.cli import lazy
from desk.cli.screen import out_console
from desk.cli.words import instant

if TYPE_CHECKING:
    from ledger.application.recording import CommandMeta, Recorded


def meta(at: datetime | None, actor: str, key: str | None) -> "CommandMeta":
    """Return what every command carries; its request id is what the logs of one run share."""
    return lazy.CommandMeta(at=at, actor=actor, key=key, request_id=uuid4().hex)


def show_recorded(recorded: "Recorded") -> None:
    """Print one line: the position, what happened, and when it is effective."""
    event = recorded.event
    said = "Known already at" if recorded.already_known else "Recorded at"
    style = "yellow" if recorded.already_known else "green"
    on = f" on licence {event.license_id}" if event.license_id is not None else ""
    what = lazy.what_happened(event)
    out_console().print(
        Text.assemble(
            (f"{said} position {recorded.position}", style),
            f"{on}: {what}, effective {instant(event.effective_at)} UTC (id {event.id}).",
        ),
        soft_wrap=True,
    )
