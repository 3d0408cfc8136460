"""What all recording commands share: who, when, under which key, and the line that says what was recorded."""

from collections.abc import Callable
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import typer
from rich.text import Text

from desk.cli import lazy
from desk.cli.screen import arriving, err_console, out_console
from desk.cli.settings import open_to_record, store_url
from desk.words import instant
from ledger.rules.clock import system_clock
from ledger.rules.instants import format_instant

if TYPE_CHECKING:
    from ledger.application.ledger import Ledger
    from ledger.application.recording import CommandMeta, Recorded


def meta(at: datetime | None, actor: str, key: str | None) -> "CommandMeta":
    """Return what every command carries; its request id is what the logs of one run share."""
    return lazy.CommandMeta(at=at, actor=actor, key=key, request_id=uuid4().hex)


def record_first(ctx: typer.Context, command: Callable[["Ledger"], "Recorded"]) -> "Recorded":
    """Run a command that can be a ledger's first; if it is refused, no store is left behind.

    A store that is not there yet is made only after the command went well in an empty one: to take back what
    was made could take away what another has recorded in it meanwhile.
    """
    file = next(iter(lazy.files_of(store_url(ctx))), None)
    if file is not None and not file.exists() and file.parent.is_dir():
        with (
            TemporaryDirectory(prefix="license-ledger-trial-") as folder,
            lazy.Ledger.open(f"sqlite:///{folder}/trial.db", create=True) as trial,
        ):
            command(trial)
    with open_to_record(ctx, create=True) as ledger:
        return command(ledger)


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
