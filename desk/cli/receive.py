"""The command that takes webhooks until it is told to stop."""

import os
import signal
from typing import Annotated

import typer

from desk.cli import lazy
from desk.cli.failures import INTERRUPTED
from desk.cli.group import LedgerCommand
from desk.cli.help_page import PROGRAM, examples
from desk.cli.options import OPERATE
from desk.cli.screen import err_console
from desk.cli.settings import configuration, open_to_record
from desk.cli.stopping import until_told_to_stop
from desk.cli.values import whole_number

app = typer.Typer()

_LAST_PORT = 65_535
_Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; a proxy in front does TLS.")]
_Port = Annotated[
    int,
    typer.Option(metavar="N", parser=whole_number(0, _LAST_PORT), help="The port; 0 is any that is free."),
]


@app.command(
    "receive",
    cls=LedgerCommand,
    rich_help_panel=OPERATE,
    epilog=examples("--config ledger.toml receive --port 8080", "receive --help"),
)
def receive(ctx: typer.Context, *, host: _Host = "127.0.0.1", port: _Port = 8080) -> None:
    """Take the programme's configuration webhooks and record what they say, until told to stop.

    The configuration says by which secret they prove themselves, and which licence an organisation is
    (docs/outside.md). Several may run at once. Stop it with Ctrl-C, or with SIGTERM: what has begun is
    answered first.
    """
    settings = configuration(ctx)
    secrets = lazy.webhook_secrets(settings.webhooks, os.environ)
    with open_to_record(ctx) as ledger, until_told_to_stop() as stopping:
        router = lazy.webhook_router(
            ledger,
            secrets=secrets,
            organisations=settings.organisations,
            body_limit_bytes=settings.webhooks.body_limit_bytes,
        )
        served = lazy.webhook_app(router, lazy.version(PROGRAM))
        lazy.listen(served, host, port, stop=stopping.stop, told=_tell)
    if stopping.by == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _tell(address: str) -> None:
    err_console().print(f"Webhooks are taken at {address}/webhooks", soft_wrap=True)
