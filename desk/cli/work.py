"""The command that bills, notifies and follows until it is told to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from desk.configuration import Configuration
    from ledger.application.notice_posting import Post

app = typer.Typer()

_LAST_PORT = 65_535
_Host = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        show_default="work.host, 127.0.0.1",
        help="Where /health and /metrics are answered; nothing there asks for a password.",
    ),
]
_Port = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        parser=whole_number(0, _LAST_PORT),
        show_default="work.port, 9470",
        help="The port for them; 0 is any that is free.",
    ),
]


@app.command(
    "work",
    cls=LedgerCommand,
    rich_help_panel=OPERATE,
    epilog=examples("--config ledger.toml work", "work --port 0"),
)
def work(ctx: typer.Context, *, host: _Host = None, port: _Port = None) -> None:
    """Bill, notify and follow the log as time passes and as it grows, until told to stop.

    Several may run at once: everything is done once. A lost database or mail server is waited for. Stop it
    with Ctrl-C, or with SIGTERM: what is under way comes to its end first.
    """
    settings = configuration(ctx)
    of = settings.work
    tally, series = lazy.Tally(), settings.invoices.series
    with (
        until_told_to_stop() as stopping,
        open_to_record(ctx, level="info") as ledger,
        lazy.worker_of(ledger, tally, lambda: _post(settings), series) as worker,
    ):
        observed = lazy.observing_app(
            ledger,
            worker.watched,
            tally,
            stale_after=timedelta(seconds=of.stale_after_seconds),
            version=lazy.version(PROGRAM),
        )
        with lazy.listening(observed, host or of.host, of.port if port is None else port) as address:
            said = f"Working; health and figures are at {address}/health and /metrics"
            err_console().print(said, soft_wrap=True)
            lazy.run_worker(ledger, worker, stopping.stop, of.poll_seconds)
    if stopping.by == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _post(settings: "Configuration") -> "Iterator[Post]":
    with lazy.SmtpMailer(settings) as mailer:
        yield lazy.Post(mailer, lambda payer: settings.payer(payer).email, settings.mail.attempts)
