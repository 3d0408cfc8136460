"""Where the command line begins: `license-ledger` and its global options."""

from pathlib import Path
from typing import Annotated

import typer

from desk.cli import (
    agents,
    api_keys,
    archive,
    bill,
    chatbots,
    demo,
    explain,
    export_history,
    follow,
    import_history,
    invoice,
    invoices,
    journal,
    lazy,
    licenses,
    log,
    notices,
    notify,
    programme,
    rebuild,
    receive,
    reconcile,
    redundant,
    replay,
    savings,
    seats,
    serve,
    simulate,
    statement,
    status,
    users,
    verify,
    webhooks,
    work,
)
from desk.cli.group import LedgerGroup
from desk.cli.help_page import PROGRAM, examples
from desk.cli.settings import DEFAULT_STORE, settings_of

app = typer.Typer(
    name=PROGRAM,
    cls=LedgerGroup,
    no_args_is_help=True,
    add_completion=False,
    # help pages are this room's own; without Typer's rich mode they also come faster
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=examples("demo", "--store sqlite:///demo.db import history.jsonl", "invoices --help"),
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {lazy.version(PROGRAM)}")
        raise typer.Exit


_Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="LEDGER_STORE",
        show_envvar=True,
        show_default=DEFAULT_STORE,
        help="Where events are kept: sqlite:///relative.db, sqlite:////absolute.db or postgresql://…",
    ),
]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="LEDGER_CONFIG",
        show_envvar=True,
        help="A TOML file that says who sells, who pays and where mail goes (docs/configuration.md).",
    ),
]
_Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more: logs, and the traceback if something fails.")
]
_Version = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version and end.")
]


@app.callback()
def license_ledger(
    ctx: typer.Context,
    store: _Store = None,
    config: _Config = None,
    verbose: _Verbose = False,
    _version: _Version = False,
) -> None:
    """Keep the facts of a licence programme; answer what was counted, charged and announced at any moment.

    Every answer can be had as of any time, and as it was known at any time.
    """
    settings = settings_of(ctx)
    settings.store = store
    settings.config = config
    settings.verbose = verbose


for _family in (
    licenses, agents, chatbots, programme,
    seats, invoices, invoice, explain, notices, log, replay,
    bill, verify, reconcile,
    statement, savings, redundant, journal,
    import_history, export_history, archive,
    work, notify, rebuild, follow, status, receive, webhooks, serve, users, api_keys,
    demo, simulate,
):  # fmt: skip
    app.add_typer(_family.app)


def main() -> None:
    """Run the command line."""
    app()
