"""The command that serves the pages until it is told to stop."""

import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

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
    from ledger.application.accounts.accounts import Accounts
    from ledger.application.ledger import Ledger

app = typer.Typer()

_LAST_PORT = 65_535
_Host = Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen; a proxy in front does TLS.")]
_Port = Annotated[
    int,
    typer.Option(metavar="N", parser=whole_number(0, _LAST_PORT), help="The port; 0 is any that is free."),
]
_Sample = Annotated[
    bool,
    typer.Option(
        "--sample", help="Fill an empty store with the sample programme and a user of each role; not asked."
    ),
]


@app.command(
    "serve",
    cls=LedgerCommand,
    rich_help_panel=OPERATE,
    epilog=examples("serve", "serve --port 8080 --sample"),
)
def serve(
    ctx: typer.Context, *, host: _Host = "127.0.0.1", port: _Port = 8000, sample: _Sample = False
) -> None:
    """Serve the pages: licences, teams and invoices, for people who sign in and programs with a key.

    An empty store can be filled with the sample programme to look at, with one user of each role, if this
    machine alone can reach it. Stop it with Ctrl-C, or with SIGTERM: what has begun is answered first.
    """
    known = configuration(ctx)
    settings = known.web
    if sample and not lazy.is_loopback(host):
        raise typer.BadParameter(
            "The sample's users are for this machine alone. Leave out --host, or --sample.",
            param_hint="'--sample'",
        )
    with (
        open_to_record(ctx, create=True) as ledger,
        lazy.Accounts.open(ledger) as accounts,
        until_told_to_stop() as stopping,
    ):
        _prepare(ledger, accounts, host, sample=sample)
        served = lazy.create_app(ledger, accounts, settings, configuration=known)
        lazy.listen(
            served, host, port, stop=stopping.stop, told=_tell, trusted_proxies=settings.trusted_proxies
        )
    if stopping.by == signal.SIGINT:
        raise typer.Exit(INTERRUPTED)


def _prepare(ledger: "Ledger", accounts: "Accounts", host: str, *, sample: bool) -> None:
    """Offer the sample where there is nothing yet; say what is missing where nobody could sign in."""
    console = err_console()
    if accounts.store.users():
        return
    is_new = lazy.is_empty(ledger) and lazy.is_loopback(host)
    asked = is_new and not sample and console.is_terminal
    if is_new and (sample or (asked and typer.confirm(_OFFER, default=True, err=True))):
        _tell_users(lazy.fill_with_sample(ledger, accounts))
        return
    console.print("Nobody can sign in yet. Add a user, in another window if you like:", style="yellow")
    console.print(f"  $ {PROGRAM} user add you@example.com --role admin", style="green")
    if is_new:
        console.print("Or stop it and look at the sample programme first:", style="yellow")
        console.print(f"  $ {PROGRAM} serve --sample", style="green")


_OFFER = "The store is empty. Fill it with the sample programme and one user of each role?"


def _tell_users(passwords: Mapping[str, str]) -> None:
    console = err_console()
    console.print("The sample programme is recorded. Its users, whose passwords are shown this once:")
    for name, password in passwords.items():
        console.print(Text.assemble(f"  {name:<10}", (password, "bold")))


def _tell(address: str) -> None:
    err_console().print(Text.assemble("The pages are at ", (address, "bold green")), soft_wrap=True)
