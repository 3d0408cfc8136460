"""What the whole command line was told: which store, and how much to say."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from desk.cli import lazy

if TYPE_CHECKING:
    from desk.configuration import Configuration
    from ledger.application.ledger import Ledger

DEFAULT_STORE = "sqlite:///license-ledger.db"


@dataclass
class Settings:
    """The options before the command. `store` is None where nobody named one."""

    store: str | None = None
    config: Path | None = None
    verbose: bool = False


def settings_of(ctx: typer.Context) -> Settings:
    """Return the settings that the command line began with."""
    return ctx.ensure_object(Settings)


def store_url(ctx: typer.Context) -> str:
    """Return the URL of the store that was named, or of the default one."""
    return settings_of(ctx).store or DEFAULT_STORE


def configuration(ctx: typer.Context) -> "Configuration":
    """Return what the configuration file says; raises BadConfiguration."""
    return lazy.read_configuration(settings_of(ctx).config)


def open_to_ask(ctx: typer.Context) -> "Ledger":
    """Open the store that was named. Raises what opening a store raises, StoreNotFound among it."""
    return lazy.Ledger.open(store_url(ctx), create=False)


def open_to_record(
    ctx: typer.Context, *, create: bool = False, url: str | None = None, level: str | None = None
) -> "Ledger":
    """Open the store that was named, or another `url`; the log of the ledger's own work goes to stderr.

    Only what can be a ledger's first event may `create` the store, so that a mistyped URL leaves nothing.
    `level` is how much a service logs if nobody says.
    """
    try:
        lazy.configure_logs("info" if settings_of(ctx).verbose else None, default=level)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="'LEDGER_LOG'") from error
    return lazy.Ledger.open(url or store_url(ctx), create=create)
